"""Builds the requests of lists and of single rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kommo_orm.dialects.v4.endpoint import Endpoint, FilterRules, Pair
from kommo_orm.dialects.v4.registry import ENDPOINTS, build_collection_url, build_row_url
from kommo_orm.dialects.v4.row_decoder import make_page_decoder, make_row_decoder
from kommo_orm.errors import QueryError
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.term import Term
from kommo_orm.transport.http_messages import HttpRequest

MAX_PAGE_SIZE = 250  # the service cuts longer pages without a word
STAGE_FILTERS = {"status": "statuses", "lead_status": "lead_statuses"}  # filters by stage, of leads and of tasks


def build_list_request(read: ReadRequest, number: int, size: int) -> HttpRequest:
    """Build the request of one page. Raises `QueryError` for filters that only API v2 has."""
    endpoint = ENDPOINTS[read.kind]
    params = build_include_params(read, endpoint)
    if read.search is not None:
        params.append((endpoint.filters.search, read.search))
    for term in read.terms:
        _refuse_v2_filter(read, endpoint.filters, term)
        params += build_filter_params(endpoint.filters, term)
    if read.order is not None:
        name, descending = read.order
        params.append((f"order[{name}]", "desc" if descending else "asc"))
    if endpoint.capabilities.is_paged:
        params += [("page", str(number)), ("limit", str(min(size, MAX_PAGE_SIZE)))]
    purpose = f"read {read.kind if read.parent is None else f'{read.kind} of {read.parent}'}, page {number}"
    url = build_collection_url(read.kind, read.parent)
    decode = make_page_decoder(read.kind)
    return HttpRequest("GET", url, tuple(params), purpose=purpose, drive=endpoint.is_on_drive, decode=decode)


def build_row_request(read: ReadRequest, pk: int | str) -> HttpRequest:
    """Build the request of one row by id."""
    endpoint = ENDPOINTS[read.kind]
    params = tuple(build_include_params(read, endpoint, row=True))
    url = build_row_url(read.kind, read.parent, pk)
    purpose, decode = f"read {read.kind} {pk}", make_row_decoder(read.kind)
    return HttpRequest("GET", url, params, purpose=purpose, drive=endpoint.is_on_drive, decode=decode)


def build_include_params(read: ReadRequest, endpoint: Endpoint, *, row: bool = False) -> list[Pair]:
    """The parameter `with`."""
    rules = endpoint.includes
    names = {*rules.always, *read.includes} - (rules.list_only if row else frozenset())
    if read.deleted:
        names.add("only_deleted")
    return [("with", ",".join(sorted(names)))] if names else []


# ---- filters
def _refuse_v2_filter(read: ReadRequest, rules: FilterRules, term: Term) -> None:
    if term.name in rules.only_v2 and term.field_id is None:
        raise QueryError(f"Kommo's API v4 cannot filter {read.kind} by {term.name}; the older API can: dialect='v2'")


def build_filter_params(rules: FilterRules, term: Term) -> Iterator[Pair]:
    """The parameters of one condition."""
    if term.field_id is not None:
        yield from build_value_params(f"filter[custom_fields_values][{term.field_id}]", term, scalar=False)
    elif term.name in rules.builders:
        yield from rules.builders[term.name](term)
    elif term.name in STAGE_FILTERS:
        yield from build_stage_params(STAGE_FILTERS[term.name], term.value)
    elif term.name in rules.plain:
        yield term.name, format_value(term.value)
    else:
        yield from _build_named_params(rules, term)


def _build_named_params(rules: FilterRules, term: Term) -> Iterator[Pair]:
    is_scalar = term.name in rules.scalar or (term.op == "eq" and term.name in rules.scalar_for_one)
    for name in rules.names.get(term.name, (term.name,)):
        if not name.endswith("="):
            yield from build_value_params(f"filter[{name}]", term, scalar=is_scalar)
        elif term.op == "eq":
            yield from build_value_params(f"filter[{name.rstrip('=')}]", term, scalar=True)


def build_value_params(key: str, term: Term, *, scalar: bool) -> Iterator[Pair]:
    """One value, several values, or the ends of a range. Raises `QueryError` for several where one is taken."""
    match term.op:
        case "eq":
            yield key if scalar else f"{key}[]", format_value(term.value)
        case "in":
            if scalar:
                raise QueryError(f"Kommo takes one value for {term.name}, not several; run a query for each")
            yield from ((f"{key}[]", format_value(value)) for value in term.value)
        case "gte":
            yield f"{key}[from]", format_value(term.value)
        case "lte":
            yield f"{key}[to]", format_value(term.value)
        case "range":
            yield f"{key}[from]", format_value(term.value[0])
            yield f"{key}[to]", format_value(term.value[1])


def build_stage_params(name: str, pairs: tuple[tuple[int | None, int], ...]) -> Iterator[Pair]:
    """A stage is the pair of pipeline and status: 142 and 143 exist in every pipeline."""
    for index, (pipeline, status) in enumerate(pairs):
        if pipeline is not None:
            yield f"filter[{name}][{index}][pipeline_id]", str(pipeline)
        yield f"filter[{name}][{index}][status_id]", str(status)


def format_value(value: Any) -> str:
    """A value as the text of a parameter."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)

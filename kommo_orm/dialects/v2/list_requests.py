"""Builds the requests of lists and of single rows, and refuses what API v2 cannot be asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from email.utils import formatdate
from typing import Any

from kommo_orm.dialects.v2.endpoint import CLOSED_STATUSES, MAX_PAGE_SIZE, Endpoint, Filter, Pair
from kommo_orm.dialects.v2.registry import ENDPOINTS
from kommo_orm.dialects.v2.unsupported import explain_unsupported
from kommo_orm.errors import QueryError
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.term import Term
from kommo_orm.transport.http_messages import HttpRequest

SINCE_HEADER = "If-Modified-Since"
ID_NAMES = ("id", "uid")


def get_readable_endpoint(kind: str) -> Endpoint:
    """The endpoint of a kind. Raises `QueryError` for a kind that cannot be read."""
    endpoint = ENDPOINTS.get(kind)
    if endpoint is None or not endpoint.capabilities.is_readable:
        raise QueryError(explain_unsupported(f"read {kind}"))
    return endpoint


def build_list_request(read: ReadRequest, number: int, size: int) -> HttpRequest:
    """Build the request of one page. Raises `QueryError` for what v2 cannot be asked for."""
    if read.kind == "links":
        return build_owner_request(read)
    endpoint = get_readable_endpoint(read.kind)
    validate_read(read, endpoint)
    by_ids = any(term.name in ID_NAMES for term in read.terms)
    params = [*build_parent_params(read, endpoint, by_ids=by_ids), *build_include_params(read, endpoint)]
    if read.search is not None:
        params.append((str(endpoint.lists.search), read.search))
    if read.order is not None:
        params.append((f"order_by[{read.order[0]}]", "desc" if read.order[1] else "asc"))
    headers: list[Pair] = []
    for term in read.terms:
        rule = endpoint.lists.filters[term.name]
        (headers if rule.style == "since" else params).extend(build_filter_params(term, rule))
    params += build_page_params(endpoint, number, size)
    about = read.kind if read.parent is None else f"{read.kind} of {read.parent}"
    purpose = f"read {about}, page {number}"
    return HttpRequest("GET", endpoint.path, tuple(params), headers=tuple(headers), purpose=purpose)


def build_row_request(read: ReadRequest, pk: int | str) -> HttpRequest:
    """Build the request of one row: a list of one."""
    endpoint = get_readable_endpoint(read.kind)
    validate_read(read, endpoint)
    parent = build_parent_params(read, endpoint, by_ids=True)
    params = [*parent, *build_include_params(read, endpoint), *endpoint.build_row_params(pk)]
    return HttpRequest("GET", endpoint.path, tuple(params), purpose=f"read {read.kind} {pk}")


def build_owner_request(read: ReadRequest) -> HttpRequest:
    """Build the request of a card's row, which holds its links."""
    parent = read.parent
    if parent is None or parent.kind not in ENDPOINTS or parent.kind in ("catalogs", "tasks"):
        raise QueryError(explain_unsupported(f"read links of {parent}"))
    include = (("with", "catalog_elements_links"),) if parent.kind in ("leads", "customers") else ()
    params = (("id", str(parent.id)), *include)
    return HttpRequest("GET", ENDPOINTS[parent.kind].path, params, purpose=f"read links of {parent}")


# ---- refusals
def validate_read(read: ReadRequest, endpoint: Endpoint) -> None:
    """Raise `QueryError` for what cannot be asked, and name what can."""
    lists = endpoint.lists
    if read.order is not None and read.order[0] not in lists.orders:
        raise QueryError(explain_unsupported(f"order {read.kind} by {read.order[0]}", "sort the list in Python"))
    if read.search is not None and lists.search is None:
        raise QueryError(explain_unsupported(f"search {read.kind}"))
    if read.deleted and not lists.has_trash:
        raise QueryError(explain_unsupported(f"list deleted {read.kind}"))
    for term in read.terms:
        _validate_term(read, endpoint, term)
    _refuse_filters_beside_ids(read, endpoint)


def _validate_term(read: ReadRequest, endpoint: Endpoint, term: Term) -> None:
    filters = endpoint.lists.filters
    rule = None if term.field_id is not None else filters.get(term.name)
    if rule is not None and (term.op in rule.operators or term.name in STAGE_BUILDERS):
        return
    name = term.name if term.op == "eq" else f"{term.name}__{term.op}"
    lookups = [lookup for one, other in filters.items() for lookup in other.list_lookups(one)]
    known = f"it can by {', '.join(lookups) or 'nothing'}"
    raise QueryError(explain_unsupported(f"filter {read.kind} by {name}", known))


def _refuse_filters_beside_ids(read: ReadRequest, endpoint: Endpoint) -> None:
    """The service ignores other filters beside ids."""
    others = [term.name for term in read.terms if term.name not in ID_NAMES] + (["the search"] if read.search else [])
    if others and endpoint.capabilities.is_paged and any(term.name in ID_NAMES for term in read.terms):
        what = f"filter {read.kind} by ids and by {others[0]} together (it would ignore the latter)"
        raise QueryError(explain_unsupported(what))


# ---- parameters
def build_parent_params(read: ReadRequest, endpoint: Endpoint, *, by_ids: bool) -> list[Pair]:
    """The parent of a list. With ids, the card of a note is left out: the service would ignore the ids."""
    return [pair for pair in endpoint.parent.build_params(read) if not by_ids or pair[0] != "element_id"]


def build_include_params(read: ReadRequest, endpoint: Endpoint) -> list[Pair]:
    """The parameter `with`."""
    words = [*endpoint.includes.always, *_list_include_words(read, endpoint)]
    if read.deleted:
        words.append("only_deleted")
    params = [("with", ",".join(sorted(words)))] if words else []
    return [*params, ("free_users", "Y")] if "users" in words else params


def _list_include_words(read: ReadRequest, endpoint: Endpoint) -> Iterable[str]:
    """The service's words for includes. Raises `QueryError` for what v2 cannot include."""
    known = endpoint.includes.words
    for name in sorted(read.includes):
        if name not in known:
            able = f"it can include {', '.join(known) or 'nothing'}"
            raise QueryError(explain_unsupported(f"bring {name} of {read.kind} along", able))
        word = known[name]
        if word is not None:
            yield word


def build_filter_params(term: Term, rule: Filter) -> Iterator[Pair]:
    """The parameters of one condition, or its header."""
    if term.name in STAGE_BUILDERS:
        yield from STAGE_BUILDERS[term.name](rule.param, term.value)
    elif rule.style == "since":
        yield SINCE_HEADER, formatdate(int(term.value) - 1, usegmt=True)  # the answer has what changed later than that
    elif rule.style == "span":
        low, high = {"gte": (term.value, None), "lte": (None, term.value)}.get(term.op) or term.value
        if low is not None:
            yield f"{rule.param}[from]", rule.format(low)
        if high is not None:
            yield f"{rule.param}[to]", rule.format(high)
    elif rule.param:  # without a parameter, all rows come, and `row_parser` filters them
        values = term.value if term.op == "in" else (term.value,)
        key = f"{rule.param}[]" if term.op == "in" or rule.style == "many" else rule.param
        yield from ((key, rule.format(value)) for value in values)


def build_stage_params(param: str, pairs: tuple[tuple[int | None, int], ...]) -> Iterator[Pair]:
    """Stages by their ids alone, which name all but the closed ones. Raises `QueryError` for those in one pipeline."""
    for pipeline, status in pairs:
        if pipeline is not None and status in CLOSED_STATUSES:
            instead = f"filter by status_id={status} alone and choose in Python"
            raise QueryError(explain_unsupported(f"find leads of stage {status} in one pipeline", instead))
        yield f"{param}[]", str(status)


def build_lead_stage_params(param: str, pairs: tuple[tuple[int | None, int], ...]) -> Iterator[Pair]:
    """Stages of the leads of tasks. Raises `QueryError` for a stage without its pipeline."""
    for pipeline, status in pairs:
        if pipeline is None:
            raise QueryError(explain_unsupported("find tasks by a stage without its pipeline"))
        yield f"{param}[{pipeline}][]", str(status)


STAGE_BUILDERS: dict[str, Callable[[str, Any], Iterator[Pair]]] = {
    "status": build_stage_params,
    "lead_status": build_lead_stage_params,
}


def build_page_params(endpoint: Endpoint, number: int, size: int) -> list[Pair]:
    """The page in one of the three forms of v2."""
    if not endpoint.capabilities.is_paged:
        return []
    if endpoint.lists.paging == "page":
        return [("page", str(number))]
    if endpoint.lists.paging == "size":
        return [("page_size", str(min(size, MAX_PAGE_SIZE))), ("page", str(number))]
    return [("limit_rows", str(min(size, MAX_PAGE_SIZE))), ("limit_offset", str((number - 1) * size))]

"""From plain values to API v4 calls: lists, single rows, batches, links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kommo_orm.dialects.v4.removal import deleting
from kommo_orm.dialects.v4.routes import ROUTES, Route
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.batch_item import BatchItem
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.term import Term
from kommo_orm.transport.http_messages import HttpRequest, Repeat

Pair = tuple[str, str]
MOST = 250  # rows of a page: more is cut silently
STAGES = {"status": "statuses", "lead_status": "lead_statuses"}  # filters by stage, of leads and of tasks


def route_of(kind: str) -> Route:
    return ROUTES[kind]


def list_call(read: ReadRequest, number: int, size: int) -> HttpRequest:
    route = route_of(read.kind)
    params: list[Pair] = []
    params += with_params(read, route)
    if read.search is not None:
        params.append((route.search, read.search))
    for term in read.terms:
        if term.name in route.older and term.field_id is None:
            raise QueryError(
                f"Kommo's API v4 cannot filter {read.kind} by {term.name}; the older API can: dialect='v2'"
            )
        params += filter_params(route, term)
    if read.order is not None:
        name, descending = read.order
        params.append((f"order[{name}]", "desc" if descending else "asc"))
    if route.features.is_paged:
        params += [("page", str(number)), ("limit", str(min(size, MOST)))]
    purpose = f"read {about(read)}, page {number}"
    return HttpRequest("GET", route.url(read.parent), tuple(params), purpose=purpose, drive=route.drive)


def get_call(read: ReadRequest, pk: int | str) -> HttpRequest:
    route = route_of(read.kind)
    params = tuple(with_params(read, route, row=True))
    return HttpRequest("GET", route.url(read.parent, pk), params, purpose=f"read {read.kind} {pk}", drive=route.drive)


def about(read: ReadRequest) -> str:
    return read.kind if read.parent is None else f"{read.kind} of {read.parent}"


def with_params(read: ReadRequest, route: Route, *, row: bool = False) -> list[Pair]:
    names = {*route.always_with, *read.includes} - (route.list_with if row else frozenset())
    if read.deleted:
        names.add("only_deleted")
    return [("with", ",".join(sorted(names)))] if names else []


def filter_params(route: Route, term: Term) -> Iterator[Pair]:
    if term.field_id is not None:
        yield from shaped(f"filter[custom_fields_values][{term.field_id}]", term, scalar=False)
    elif term.name in route.shapes:
        yield from route.shapes[term.name](term)
    elif term.name in STAGES:
        yield from statuses(STAGES[term.name], term.value)
    elif term.name in route.plain:
        yield term.name, text(term.value)
    else:
        for name in route.renamed.get(term.name, (term.name,)):
            if name.endswith("=") and term.op != "eq":
                continue
            yield from shaped(f"filter[{name.rstrip('=')}]", term, scalar=is_plain(route, term) or name.endswith("="))


def is_plain(route: Route, term: Term) -> bool:
    return term.name in route.scalar or (term.op == "eq" and term.name in route.plain_alone)


def shaped(key: str, term: Term, *, scalar: bool) -> Iterator[Pair]:
    match term.op:
        case "eq" if scalar:
            yield key, text(term.value)
        case "eq":
            yield f"{key}[]", text(term.value)
        case "in":
            if scalar:
                raise QueryError(f"Kommo takes one value for {term.name}, not several; run a query for each.")
            yield from ((f"{key}[]", text(value)) for value in term.value)
        case "gte":
            yield f"{key}[from]", text(term.value)
        case "lte":
            yield f"{key}[to]", text(term.value)
        case "range":
            yield f"{key}[from]", text(term.value[0])
            yield f"{key}[to]", text(term.value[1])


def statuses(name: str, pairs: tuple[tuple[int | None, int], ...]) -> Iterator[Pair]:
    """A stage is the pair of pipeline and status: 142 and 143 exist in every pipeline."""
    for index, (pipeline, status) in enumerate(pairs):
        if pipeline is not None:
            yield f"filter[{name}][{index}][pipeline_id]", str(pipeline)
        yield f"filter[{name}][{index}][status_id]", str(status)


def text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


# ---- writing
def write_call(batch: Batch) -> HttpRequest:
    match batch.verb:
        case "create":
            return creating(batch)
        case "update":
            return updating(batch)
        case "complex":
            return HttpRequest(
                "POST", "/api/v4/leads/complex", json=bodies(batch), purpose=str(batch), repeat=Repeat.CREATES
            )
        case "link" | "unlink":
            return linking(batch)
        case "delete":
            return deleting(batch)
        case "save":
            raise ConfigurationError("API v4 creates and updates in requests of their own")


def creating(batch: Batch) -> HttpRequest:
    route = route_of(batch.kind)
    sent: Any = batch.items[0].body if route.single else bodies(batch, marked=not route.by_place)
    url = route.url_of_creation(batch.parent)
    params = tuple((name, "true" if value else "false") for name, value in batch.parent.options) if batch.parent else ()
    return HttpRequest("POST", url, params, json=sent, purpose=str(batch), repeat=Repeat.CREATES)


def bodies(batch: Batch, *, marked: bool = True) -> list[dict[str, Any]]:
    return [{**item.body, "request_id": item.request_id} if marked else item.body for item in batch.items]


def updating(batch: Batch) -> HttpRequest:
    route = route_of(batch.kind)
    if len(batch) == 1:
        (item,) = batch.items
        if route.whole_collection:
            return HttpRequest(
                "POST", route.url(batch.parent), json=item.body, purpose=f"update {batch.kind} {item.id}"
            )
        body = {key: value for key, value in item.body.items() if key not in route.batch_only}
        url, purpose = route.url(batch.parent, item.id), f"update {batch.kind} {item.id}"
        return HttpRequest("PATCH", url, json=body, purpose=purpose, drive=route.drive)
    rows = [{"id": item.id, **item.body, "request_id": item.request_id} for item in batch.items]
    return HttpRequest("PATCH", route.url(batch.parent), json=rows, purpose=str(batch))


def linking(batch: Batch) -> HttpRequest:
    """One owner has its own address; several go through the mass endpoint."""
    owners = {item.id for item in batch.items}
    if len(owners) == 1:
        path = f"{ROUTES[batch.kind].url(batch.parent, batch.items[0].id)}/{batch.verb}"
        return HttpRequest("POST", path, json=[link_row(item) for item in batch.items], purpose=str(batch))
    rows = [{"entity_id": item.id, **link_row(item)} for item in batch.items]
    return HttpRequest("POST", f"{ROUTES[batch.kind].url(batch.parent)}/{batch.verb}", json=rows, purpose=str(batch))


def link_row(item: BatchItem) -> dict[str, Any]:
    return {key: value for key, value in item.body.items() if value != {}}

"""Reading: from a `ReadRequest` to a call, and from its answer to canonical rows. Everything is a list; one row is a list of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import Any

from kommo_orm.dialects.common.entity_types import parse_id
from kommo_orm.dialects.common.response_body import build_unexpected_error, get_embedded, list_items, parse_success
from kommo_orm.dialects.v2.account import with_words
from kommo_orm.dialects.v2.endpoint import CLOSED, MOST, Endpoint, Filter, Pair, unable
from kommo_orm.dialects.v2.registry import ENDPOINTS
from kommo_orm.errors import QueryError
from kommo_orm.interface.page import Page
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.interface.term import Term
from kommo_orm.model.definition import iterate_items
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

SINCE = "If-Modified-Since"
IDS = ("id", "uid")


def get_endpoint(kind: str) -> Endpoint:
    endpoint = ENDPOINTS.get(kind)
    if endpoint is None or not endpoint.capabilities.is_readable:
        raise QueryError(unable(f"read {kind}"))
    return endpoint


# ---- calls
def list_call(read: ReadRequest, page: int, size: int) -> HttpRequest:
    if read.kind == "links":
        return owner_call(read)
    endpoint = get_endpoint(read.kind)
    refuse(read, endpoint)
    params = [*home_params(read, endpoint, any(term.name in IDS for term in read.terms)), *with_params(read, endpoint)]
    if read.search is not None:
        params.append((str(endpoint.search), read.search))
    if read.order is not None:
        params.append((f"order_by[{read.order[0]}]", "desc" if read.order[1] else "asc"))
    headers: list[Pair] = []
    for term in read.terms:
        asked = endpoint.filters[term.name]
        (headers if asked.style == "since" else params).extend(written(term, asked))
    params += paging(endpoint, page, size)
    about = read.kind if read.parent is None else f"{read.kind} of {read.parent}"
    return HttpRequest(
        "GET", endpoint.path, tuple(params), headers=tuple(headers), purpose=f"read {about}, page {page}"
    )


def get_call(read: ReadRequest, pk: int | str) -> HttpRequest:
    endpoint = get_endpoint(read.kind)
    refuse(read, endpoint)
    params = [*home_params(read, endpoint, True), *with_params(read, endpoint), *endpoint.address(pk)]
    return HttpRequest("GET", endpoint.path, tuple(params), purpose=f"read {read.kind} {pk}")


def owner_call(read: ReadRequest) -> HttpRequest:
    """Links are told by the row of their owner."""
    parent = read.parent
    if parent is None or parent.kind not in ENDPOINTS or parent.kind in ("catalogs", "tasks"):
        raise QueryError(unable(f"read links of {parent}"))
    more = (("with", "catalog_elements_links"),) if parent.kind in ("leads", "customers") else ()
    return HttpRequest(
        "GET", ENDPOINTS[parent.kind].path, (("id", str(parent.id)), *more), purpose=f"read links of {parent}"
    )


def home_params(read: ReadRequest, endpoint: Endpoint, by_ids: bool) -> list[Pair]:
    """Under which row to look. An id is enough, and the card of a note would be ignored beside it."""
    return [pair for pair in endpoint.home(read) if not by_ids or pair[0] != "element_id"]


def refuse(read: ReadRequest, endpoint: Endpoint) -> None:
    """Raise `QueryError` for what cannot be asked, with what can."""
    if read.order is not None and read.order[0] not in endpoint.orders:
        raise QueryError(unable(f"order {read.kind} by {read.order[0]}", "sort the list in Python"))
    if read.search is not None and endpoint.search is None:
        raise QueryError(unable(f"search {read.kind}"))
    if read.deleted and not endpoint.deleted:
        raise QueryError(unable(f"list deleted {read.kind}"))
    for term in read.terms:
        refuse_term(read, endpoint, term)
    beside = [term.name for term in read.terms if term.name not in IDS] + (["the search"] if read.search else [])
    if beside and endpoint.capabilities.is_paged and any(term.name in IDS for term in read.terms):
        raise QueryError(unable(f"filter {read.kind} by ids and by {beside[0]} together (it would ignore the latter)"))


def refuse_term(read: ReadRequest, endpoint: Endpoint, term: Term) -> None:
    asked = None if term.field_id is not None else endpoint.filters.get(term.name)
    if asked is not None and (term.op in asked.operators or term.name in SPECIAL):
        return
    name = term.name if term.op == "eq" else f"{term.name}__{term.op}"
    able = [said for one, other in endpoint.filters.items() for said in other.lookups(one)]
    raise QueryError(unable(f"filter {read.kind} by {name}", f"it can by {', '.join(able) or 'nothing'}"))


def with_params(read: ReadRequest, endpoint: Endpoint) -> list[Pair]:
    words = [*endpoint.always_with, *with_words(read, endpoint)]
    if read.deleted:
        words.append("only_deleted")
    found = [("with", ",".join(sorted(words)))] if words else []
    return [*found, ("free_users", "Y")] if "users" in words else found


def written(term: Term, asked: Filter) -> Iterator[Pair]:
    if term.name in SPECIAL:
        yield from SPECIAL[term.name](asked.param, term.value)
    elif asked.style == "since":
        yield SINCE, formatdate(int(term.value) - 1, usegmt=True)  # it answers what changed later than that
    elif asked.style == "span":
        low, high = {"gte": (term.value, None), "lte": (None, term.value)}.get(term.op) or term.value
        if low is not None:
            yield f"{asked.param}[from]", asked.write(low)
        if high is not None:
            yield f"{asked.param}[to]", asked.write(high)
    elif asked.param:  # else all rows come, and `page` chooses
        values = term.value if term.op == "in" else (term.value,)
        key = f"{asked.param}[]" if term.op == "in" or asked.style == "many" else asked.param
        yield from ((key, asked.write(value)) for value in values)


def stages(param: str, pairs: tuple[tuple[int | None, int], ...]) -> Iterator[Pair]:
    """A stage by its id alone, which is enough for all but the closed ones."""
    for pipeline, status in pairs:
        if pipeline is not None and status in CLOSED:
            raise QueryError(
                unable(
                    f"find leads of stage {status} in one pipeline",
                    f"filter by status_id={status} alone and choose in Python",
                )
            )
        yield f"{param}[]", str(status)


def lead_stages(param: str, pairs: tuple[tuple[int | None, int], ...]) -> Iterator[Pair]:
    for pipeline, status in pairs:
        if pipeline is None:
            raise QueryError(unable("find tasks by a stage without its pipeline"))
        yield f"{param}[{pipeline}][]", str(status)


SPECIAL: dict[str, Callable[[str, Any], Iterator[Pair]]] = {"status": stages, "lead_status": lead_stages}


def paging(endpoint: Endpoint, page: int, size: int) -> list[Pair]:
    if not endpoint.capabilities.is_paged:
        return []
    if endpoint.paging == "page":
        return [("page", str(page))]
    if endpoint.paging == "size":
        return [("page_size", str(min(size, MOST))), ("page", str(page))]
    return [("limit_rows", str(min(size, MOST))), ("limit_offset", str((page - 1) * size))]


# ---- answers
def page(read: ReadRequest, answer: HttpResponse) -> Page:
    if answer.empty:
        return Page([], last=True, seconds=answer.seconds)
    if read.kind == "links":
        return Page(links(read, answer), last=True, seconds=answer.seconds)
    endpoint = get_endpoint(read.kind)
    raw = raw_rows(read, endpoint, answer)
    rows = [row for row in (endpoint.decode(one, read) for one in raw) if chosen(row, read, endpoint)]
    return Page(rows, last=is_last(read, endpoint, answer, len(raw)), seconds=answer.seconds)


def raw_rows(read: ReadRequest, endpoint: Endpoint, answer: HttpResponse) -> list[Row]:
    body = parse_success(answer)
    if endpoint.rows is not None:
        return list(endpoint.rows(body, read))
    found = list_items(body)
    if found is None and isinstance(named := get_embedded(body).get(read.kind), dict | list):  # an answer was seen so
        found = list(iterate_items(named))
    if found is None:
        if isinstance(body, dict) and not body.get("_embedded"):
            return []
        raise build_unexpected_error(answer, f"no list of {read.kind}")
    return found


def chosen(row: Row, read: ReadRequest, endpoint: Endpoint) -> bool:
    """Whether a row is asked for, as far as the service does not choose: lists that come whole, changes since a second."""
    if not endpoint.at_home(row, read):
        return False
    for term in read.terms:
        asked = endpoint.filters.get(term.name)
        if asked is None:
            continue
        if asked.style == "since" and (parse_id(row.get("updated_at")) or term.value) < term.value:
            return False
        if not asked.param:
            values = term.value if term.op == "in" else (term.value,)
            if str(row.get(term.name)) not in [str(value) for value in values]:
                return False
    return True


def is_last(read: ReadRequest, endpoint: Endpoint, answer: HttpResponse, count: int) -> bool:
    """There is no word for the end: a page that is not full is the last one."""
    if not endpoint.capabilities.is_paged or not count:
        return True
    asked = dict(answer.request.params)
    if endpoint.paging == "page":
        return any(term.name == "id" and count >= _wanted(term) for term in read.terms)
    size = parse_id(asked.get("page_size" if endpoint.paging == "size" else "limit_rows"))
    return size is None or count < size


def _wanted(term: Term) -> int:
    return len(term.value) if term.op == "in" else 1


def row(read: ReadRequest, answer: HttpResponse) -> Row | None:
    if answer.empty:
        return None
    endpoint = get_endpoint(read.kind)
    asked = parse_id(dict(answer.request.params).get("id")) if endpoint.rows is None else None
    rows = [
        one
        for one in (endpoint.decode(raw, read) for raw in raw_rows(read, endpoint, answer))
        if endpoint.at_home(one, read)
    ]
    return next((one for one in rows if asked is None or parse_id(one.get("id")) in (asked, None)), None)


def links(read: ReadRequest, answer: HttpResponse) -> list[Row]:
    """The relations of one card as rows of links."""
    kind = read.parent.kind if read.parent is not None else ""
    owner = ReadRequest(kind, includes=frozenset({"catalog_elements"}) if kind == "leads" else frozenset())
    found = row(owner, answer)
    embedded = (found or {}).get("_embedded") or {}
    kinds = ("contacts", "companies", "leads", "customers", "catalog_elements")
    rows = [_link(kind, one) for kind in kinds for one in embedded.get(kind) or ()]
    return [one for one in rows if all(_is_asked(one, term) for term in read.terms)]


def _is_asked(one: Row, term: Term) -> bool:
    """The row of an owner tells all links: which of them are meant is chosen here."""
    meta: Any = one.get("metadata")
    told = {**(meta if isinstance(meta, dict) else {}), **one}
    value = told.get("catalog_id" if term.name == "to_catalog_id" else term.name)
    return str(value) in [str(wanted) for wanted in (term.value if term.op == "in" else (term.value,))]


def _link(kind: str, one: Row) -> Row:
    meta: Any = one.get("metadata")
    if "is_main" in one:
        meta = {"main_contact": one["is_main"]}
    return {"to_entity_id": one["id"], "to_entity_type": kind, "metadata": meta}

"""Parses answers to reads: pages, single rows, and links, which the rows of cards hold."""

from __future__ import annotations

from typing import Any

from kommo_orm.dialects.common.entity_types import parse_id
from kommo_orm.dialects.common.response_body import build_unexpected_error, get_embedded, list_items, parse_success
from kommo_orm.dialects.v2.endpoint import Endpoint
from kommo_orm.dialects.v2.list_requests import get_readable_endpoint
from kommo_orm.interface.page import Page
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import MutableRow
from kommo_orm.interface.term import Term
from kommo_orm.model.definition import iterate_items
from kommo_orm.transport.http_messages import HttpResponse

LINKED_KINDS = ("contacts", "companies", "leads", "customers", "catalog_elements")


def parse_page(read: ReadRequest, answer: HttpResponse) -> Page:
    """Parse one page of a list."""
    if answer.empty:
        return Page([], last=True, seconds=answer.seconds)
    if read.kind == "links":
        return Page(parse_links(read, answer), last=True, seconds=answer.seconds)
    endpoint = get_readable_endpoint(read.kind)
    raw = find_raw_rows(read, endpoint, answer)
    rows = [row for row in (endpoint.decode(one, read) for one in raw) if is_wanted(row, read, endpoint)]
    return Page(rows, last=is_last_page(read, endpoint, answer, len(raw)), seconds=answer.seconds)


def parse_row(read: ReadRequest, answer: HttpResponse) -> MutableRow | None:
    """Parse one row out of a list. None if it is not there."""
    if answer.empty:
        return None
    endpoint = get_readable_endpoint(read.kind)
    wanted = parse_id(dict(answer.request.params).get("id")) if endpoint.find_rows is None else None
    rows = (endpoint.decode(raw, read) for raw in find_raw_rows(read, endpoint, answer))
    under_parent = [row for row in rows if endpoint.parent.accepts(row, read)]
    return next((row for row in under_parent if wanted is None or parse_id(row.get("id")) in (wanted, None)), None)


def find_raw_rows(read: ReadRequest, endpoint: Endpoint, answer: HttpResponse) -> list[MutableRow]:
    """The rows of an answer as they are. Raises `UnexpectedResponse` if there is no list."""
    body = parse_success(answer)
    if endpoint.find_rows is not None:
        return list(endpoint.find_rows(body, read))
    rows = list_items(body)
    if rows is None and isinstance(named := get_embedded(body).get(read.kind), dict | list):  # seen in one answer
        rows = list(iterate_items(named))
    if rows is None:
        if isinstance(body, dict) and not body.get("_embedded"):
            return []
        raise build_unexpected_error(answer, f"no list of {read.kind}")
    return rows


def is_wanted(row: MutableRow, read: ReadRequest, endpoint: Endpoint) -> bool:
    """Whether a row fits the conditions that the service does not apply: filters of unfiltered lists, changes since a second."""
    return endpoint.parent.accepts(row, read) and all(_fits_term(row, term, endpoint) for term in read.terms)


def _fits_term(row: MutableRow, term: Term, endpoint: Endpoint) -> bool:
    rule = endpoint.lists.filters.get(term.name)
    if rule is None:
        return True
    if rule.style == "since" and (parse_id(row.get("updated_at")) or term.value) < term.value:
        return False
    return bool(rule.param) or str(row.get(term.name)) in _list_texts(term)


def _list_texts(term: Term) -> list[str]:
    return [str(value) for value in (term.value if term.op == "in" else (term.value,))]


def is_last_page(read: ReadRequest, endpoint: Endpoint, answer: HttpResponse, count: int) -> bool:
    """Answers do not name a next page: a page that is not full is the last one."""
    if not endpoint.capabilities.is_paged or not count:
        return True
    params = dict(answer.request.params)
    if endpoint.lists.paging == "page":
        return any(term.name == "id" and count >= len(_list_texts(term)) for term in read.terms)
    size = parse_id(params.get("page_size" if endpoint.lists.paging == "size" else "limit_rows"))
    return size is None or count < size


# ---- links
def parse_links(read: ReadRequest, answer: HttpResponse) -> list[MutableRow]:
    """The relations of one card as rows of links."""
    kind = read.parent.kind if read.parent is not None else ""
    owner = ReadRequest(kind, includes=frozenset({"catalog_elements"}) if kind == "leads" else frozenset())
    embedded = (parse_row(owner, answer) or {}).get("_embedded") or {}
    links = [_build_link(kind, one) for kind in LINKED_KINDS for one in embedded.get(kind) or ()]
    return [link for link in links if all(_is_asked_link(link, term) for term in read.terms)]


def _is_asked_link(link: MutableRow, term: Term) -> bool:
    """The row of a card has all of its links; the asked ones are chosen here."""
    meta: Any = link.get("metadata")
    values = {**(meta if isinstance(meta, dict) else {}), **link}
    value = values.get("catalog_id" if term.name == "to_catalog_id" else term.name)
    return str(value) in _list_texts(term)


def _build_link(kind: str, one: MutableRow) -> MutableRow:
    meta = {"main_contact": one["is_main"]} if "is_main" in one else one.get("metadata")
    return {"to_entity_id": one["id"], "to_entity_type": kind, "metadata": meta}

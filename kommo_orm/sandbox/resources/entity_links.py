"""Links between cards and list elements (Kommo API v4, Links).

A lead, a contact and a customer have at most one company: linking another replaces it. The first contact of a lead or
a customer is its main one; written as `metadata.is_main`, read as `main_contact`. A link to an element has a quantity and names its list.
Linking the same pair again updates the link. Linking changes no `updated_at`: no document says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import CARDS, Account
from kommo_orm.sandbox.hal_responses import nothing
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, NOT_SUPPORTED_CHOICE, flawed
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import End, Row
from kommo_orm.sandbox.validators import (
    Scope,
    anything,
    boolean,
    choice,
    examine,
    existing,
    integer,
    join,
    nullable,
    number,
    user,
)

TARGETS = {
    "leads": ("contacts", "companies", "catalog_elements"),
    "contacts": ("companies", "leads", "customers", "catalog_elements"),
    "companies": ("contacts", "leads", "customers", "catalog_elements"),
    "customers": ("contacts", "companies", "catalog_elements"),
    "catalog_elements": ("leads", "customers"),
}
WITH_MAIN = ("leads", "customers")  # one of their contacts is the main one
ELEMENT = "catalog_elements"


# Rules


def connect(account: Account, one: End, other: End, metadata: Row | None = None) -> None:
    """Link two rows, in either direction, and keep the rules of both."""
    given = metadata or {}
    for holder, company in ((one, other), (other, one)):
        if company[0] == "companies" and holder[0] in ("leads", "contacts", "customers"):
            _leave_other_companies(account, holder, company)
    kept = {**_element_metadata(account, one, other, given)}
    account.store.links.connect(one, other, kept)
    for owner, contact in ((one, other), (other, one)):
        if owner[0] in WITH_MAIN and contact[0] == "contacts":
            _choose_main(account, owner, contact if given.get("is_main") else None)


def disconnect(account: Account, one: End, other: End) -> None:
    account.store.links.disconnect(one, other)
    for end in (one, other):
        if end[0] in WITH_MAIN:
            _choose_main(account, end, None)


def _leave_other_companies(account: Account, holder: End, company: End) -> None:
    for former, _ in account.store.links.of(holder, "companies"):
        if former != company:
            account.store.links.disconnect(holder, former)


def _element_metadata(account: Account, one: End, other: End, given: Row) -> Row:
    if ELEMENT not in (one[0], other[0]):
        return {}
    known = account.store.links.between(one, other) or {"quantity": 1.0}
    catalog = account.store.table(ELEMENT)[one[1] if one[0] == ELEMENT else other[1]]["catalog_id"]
    price = {"price_id": given["price_id"]} if given.get("price_id") is not None else {}
    return {
        **known,
        "quantity": float(given["quantity"] if "quantity" in given else known["quantity"]),
        "catalog_id": catalog,
        **price,
    }


def _choose_main(account: Account, owner: End, wanted: End | None) -> None:
    """Exactly one main contact: the wanted one, else the one it was, else the first."""
    linked = account.store.links.of(owner, "contacts")
    ends = [end for end, _ in linked]
    present = [end for end, metadata in linked if metadata.get("main_contact")]
    main = next((end for end in (wanted, *present, *ends) if end in ends), None)
    for end, metadata in linked:
        metadata["main_contact"] = end == main
    for end in (owner, *ends):
        account.store.touch(*end)


# Writing


def _check(scope: Scope, item: Any, kind: str, *, mass: bool) -> Row:
    owner = {"entity_id": existing(kind)} if mass else {"entity_id": anything}
    schema = {
        **owner,
        "entity_type": nullable(choice(kind)),
        "to_entity_id": integer,
        "to_entity_type": choice(*TARGETS[kind]),
        "metadata": nullable(_check_metadata),
    }
    required = ("entity_id", "to_entity_id", "to_entity_type") if mass else ("to_entity_id", "to_entity_type")
    clean = examine(scope, item, schema, required=required)
    if not scope.flaws:
        _check_target(scope, clean)
    return clean


def _check_metadata(scope: Scope, value: Any, path: str) -> Row:
    schema = {
        "is_main": boolean,
        "catalog_id": existing("catalogs"),
        "quantity": number,
        "price_id": nullable(integer),
        "updated_by": user,
    }
    return examine(scope, value, schema, path)


def _check_target(scope: Scope, clean: Row) -> None:
    kind, target = clean["to_entity_type"], scope.account.store.get(clean["to_entity_type"], clean["to_entity_id"])
    metadata: Row = clean.get("metadata") or {}
    if target is None:
        scope.flaw(NOT_SUPPORTED_CHOICE, "to_entity_id")
    elif kind == ELEMENT and "catalog_id" not in metadata:
        scope.flaw(FIELD_MISSING, join("metadata", "catalog_id"))
    elif kind == ELEMENT and metadata["catalog_id"] != target["catalog_id"]:
        scope.flaw(NOT_SUPPORTED_CHOICE, join("metadata", "catalog_id"))


def _write(call: Call, act: Callable[[End, End, Row | None], None]) -> list[tuple[End, End]]:
    """Check all, then link or unlink all; answers the pairs."""
    mass = "id" not in call.places
    if not mass:
        _owner(call)
    checked = [clean for clean, _ in call.checked_items(lambda scope, item: _check(scope, item, call.kind, mass=mass))]
    pairs: list[tuple[End, End]] = []
    for clean in checked:
        number = clean["entity_id"] if mass else call.number()
        pair = ((call.kind, number), (clean["to_entity_type"], clean["to_entity_id"]))
        act(*pair, clean.get("metadata"))
        pairs.append(pair)
    return pairs


def _owner(call: Call) -> Row:
    row = call.store.get(call.kind, call.number())
    if row is None or ("catalog_id" in call.places and row["catalog_id"] != call.number("catalog_id")):
        raise flawed(NOT_SUPPORTED_CHOICE, "entity_id")
    return row


def link(call: Call) -> SandboxResponse:
    """Answers the links of this request, with both ends."""
    pairs = _write(call, lambda one, other, metadata: connect(call.account, one, other, metadata))
    return call.whole("links", [_show(call.account, one, other, owner=True) for one, other in pairs])


def unlink(call: Call) -> SandboxResponse:
    """204, also for what was not linked."""
    _write(call, lambda one, other, metadata: disconnect(call.account, one, other))
    return nothing()


# Reading


def _show(account: Account, one: End, other: End, *, owner: bool = False) -> Row:
    metadata = account.store.links.between(one, other) or {}
    head = {"entity_id": one[1], "entity_type": one[0]} if owner else {}
    return {**head, "to_entity_id": other[1], "to_entity_type": other[0], "metadata": dict(metadata) or None}


def _linked(call: Call, end: End) -> list[End]:
    branch = call.query.branch("filter")
    found = [other for other, _ in call.store.links.of(end)]
    if "to_entity_id" in branch and "to_entity_type" in branch:  # alone, either is ignored
        numbers = filters.integers(branch["to_entity_id"])
        found = [end for end in found if end[1] in numbers and end[0] == branch["to_entity_type"]]
    if "to_catalog_id" in branch:
        catalogs = filters.integers(branch["to_catalog_id"])
        found = [end for end in found if (call.store.get(*end) or {}).get("catalog_id") in catalogs]
    return found


def list_links(call: Call) -> SandboxResponse:
    end = (call.kind, call.number())
    shown = [_show(call.account, end, other) for other in _linked(call, end)]
    return call.whole("links", shown) if shown else nothing()


def list_mass_links(call: Call) -> SandboxResponse:
    wanted = call.query.branch("filter").get("entity_id")
    if wanted is None:
        raise flawed(FIELD_MISSING, "filter.entity_id")
    ends = [(call.kind, number) for number in sorted(filters.integers(wanted))]
    shown = [_show(call.account, end, other, owner=True) for end in ends for other in _linked(call, end)]
    return call.whole("links", shown) if shown else nothing()


def _nothing_to_test(account: Account, node: Any) -> None:
    return None


FILTERS: dict[str, filters.Filter] = dict.fromkeys(
    ("to_entity_id", "to_entity_type", "to_catalog_id"), _nothing_to_test
)


def _routes(kind: str) -> tuple[Route, ...]:
    base = f"/api/v4/{kind}"
    return (
        Route("GET", f"{base}/{{id}}/links", list_links, kind, filters=FILTERS),
        Route("POST", f"{base}/{{id}}/link", link, kind),
        Route("POST", f"{base}/{{id}}/unlink", unlink, kind),
        Route("GET", f"{base}/links", list_mass_links, kind, filters={**FILTERS, "entity_id": _nothing_to_test}),
        Route("POST", f"{base}/link", link, kind),
        Route("POST", f"{base}/unlink", unlink, kind),
    )


_ELEMENTS = "/api/v4/catalogs/{catalog_id}/elements/{id}"
ROUTES = (
    *(route for kind in CARDS for route in _routes(kind)),
    Route("GET", f"{_ELEMENTS}/links", list_links, ELEMENT, filters=FILTERS),
    Route("POST", f"{_ELEMENTS}/link", link, ELEMENT),
    Route("POST", f"{_ELEMENTS}/unlink", unlink, ELEMENT),
)

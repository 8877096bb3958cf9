"""Links between cards and list elements (Kommo API v4, Links).

A lead, a contact or a customer has at most one company, so linking another one replaces it. The first contact of a lead
or a customer is its main contact: written as `metadata.is_main`, read as `main_contact`. A link to an element has a
quantity and the id of the list. Linking the same pair again updates the link. No document says that linking changes
`updated_at`, so it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kommo_orm.sandbox import event_feed, filters
from kommo_orm.sandbox.account_state import CARDS, Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_empty_response
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, NOT_SUPPORTED_CHOICE, build_field_error
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import End, Row
from kommo_orm.sandbox.validators import (
    ValidationContext,
    accept_any,
    allow_null,
    join_path,
    validate_boolean,
    validate_choice,
    validate_integer,
    validate_number,
    validate_object,
    validate_row_id,
    validate_user_id,
)

TARGETS = {
    "leads": ("contacts", "companies", "catalog_elements"),
    "contacts": ("companies", "leads", "customers", "catalog_elements"),
    "companies": ("contacts", "leads", "customers", "catalog_elements"),
    "customers": ("contacts", "companies", "catalog_elements"),
    "catalog_elements": ("leads", "customers"),
}
WITH_MAIN = ("leads", "customers")  # have a main contact
ELEMENT = "catalog_elements"


# Rules


def link_rows(account: Account, one: End, other: End, metadata: Row | None = None) -> None:
    """Link two rows, in either order, by the rules of both kinds."""
    given = metadata or {}
    for holder, company in ((one, other), (other, one)):
        if company[0] == "companies" and holder[0] in ("leads", "contacts", "customers"):
            _unlink_other_companies(account, holder, company)
    kept = {**_build_element_metadata(account, one, other, given)}
    account.store.links.add_link(one, other, kept)
    for owner, contact in ((one, other), (other, one)):
        if owner[0] in WITH_MAIN and contact[0] == "contacts":
            _choose_main_contact(account, owner, contact if given.get("is_main") else None)


def unlink_rows(account: Account, one: End, other: End) -> None:
    account.store.links.remove_link(one, other)
    for end in (one, other):
        if end[0] in WITH_MAIN:
            _choose_main_contact(account, end, None)


def _unlink_other_companies(account: Account, holder: End, company: End) -> None:
    for former, _ in account.store.links.find_linked(holder, "companies"):
        if former != company:
            account.store.links.remove_link(holder, former)


def _build_element_metadata(account: Account, one: End, other: End, given: Row) -> Row:
    if ELEMENT not in (one[0], other[0]):
        return {}
    known = account.store.links.get_metadata(one, other) or {"quantity": 1.0}
    catalog = account.store.get_table(ELEMENT)[one[1] if one[0] == ELEMENT else other[1]]["catalog_id"]
    price = {"price_id": given["price_id"]} if "price_id" in given else {}  # a null is kept and shown, too
    return {
        **known,
        "quantity": float(given["quantity"] if "quantity" in given else known["quantity"]),
        "catalog_id": catalog,
        **price,
    }


def _choose_main_contact(account: Account, owner: End, wanted: End | None) -> None:
    """Make exactly one contact the main one: `wanted`, else the present main contact, else the first one."""
    linked = account.store.links.find_linked(owner, "contacts")
    ends = [end for end, _ in linked]
    present = [end for end, metadata in linked if metadata.get("main_contact")]
    main = next((end for end in (wanted, *present, *ends) if end in ends), None)
    for end, metadata in linked:
        metadata["main_contact"] = end == main
    for end in (owner, *ends):
        account.store.invalidate_row(*end)


# Writing


def _validate_link(context: ValidationContext, item: Any, kind: str, *, mass: bool) -> Row:
    owner = {"entity_id": validate_row_id(kind)} if mass else {"entity_id": accept_any}
    schema = {
        **owner,
        "entity_type": allow_null(validate_choice(kind)),
        "to_entity_id": validate_integer,
        "to_entity_type": validate_choice(*TARGETS[kind]),
        "metadata": allow_null(_validate_link_metadata),
    }
    required = ("entity_id", "to_entity_id", "to_entity_type") if mass else ("to_entity_id", "to_entity_type")
    clean = validate_object(context, item, schema, required=required)
    if not context.errors:
        _validate_link_target(context, clean)
    return clean


def _validate_link_metadata(context: ValidationContext, value: Any, path: str) -> Row:
    schema = {
        "is_main": validate_boolean,
        "catalog_id": validate_row_id("catalogs"),
        "quantity": validate_number,
        "price_id": allow_null(validate_integer),
        "updated_by": validate_user_id,
    }
    return validate_object(context, value, schema, path)


def _validate_link_target(context: ValidationContext, clean: Row) -> None:
    kind, target = (
        clean["to_entity_type"],
        context.account.store.get_row(clean["to_entity_type"], clean["to_entity_id"]),
    )
    metadata: Row = clean.get("metadata") or {}
    if target is None:
        context.add_error(NOT_SUPPORTED_CHOICE, "to_entity_id")
    elif kind == ELEMENT and "catalog_id" not in metadata:
        context.add_error(FIELD_MISSING, join_path("metadata", "catalog_id"))
    elif kind == ELEMENT and metadata["catalog_id"] != target["catalog_id"]:
        context.add_error(NOT_SUPPORTED_CHOICE, join_path("metadata", "catalog_id"))


def _apply_links(call: ApiCall, act: Callable[[End, End, Row | None], None]) -> list[tuple[End, End]]:
    """Validate all items, then call `act` for each pair. Returns the pairs."""
    mass = "id" not in call.path_params
    if not mass:
        _require_link_owner(call)
    checked = [
        clean
        for clean, _ in call.validate_items(lambda context, item: _validate_link(context, item, call.kind, mass=mass))
    ]
    pairs: list[tuple[End, End]] = []
    for clean in checked:
        number = clean["entity_id"] if mass else call.get_path_id()
        pair = ((call.kind, number), (clean["to_entity_type"], clean["to_entity_id"]))
        was_linked = call.store.links.get_metadata(*pair) is not None
        act(*pair, clean.get("metadata"))
        _record_link_change(call, pair, clean.get("metadata") or {}, was_linked=was_linked)
        pairs.append(pair)
    return pairs


def _record_link_change(call: ApiCall, pair: tuple[End, End], metadata: Row, *, was_linked: bool) -> None:
    is_linked = call.store.links.get_metadata(*pair) is not None
    if is_linked != was_linked:
        by = int(metadata.get("updated_by") or call.user["id"])
        event_feed.record_link_event(call.account, *pair, "linked" if is_linked else "unlinked", by)


def _require_link_owner(call: ApiCall) -> Row:
    row = call.store.get_row(call.kind, call.get_path_id())
    if row is None or ("catalog_id" in call.path_params and row["catalog_id"] != call.get_path_id("catalog_id")):
        raise build_field_error(NOT_SUPPORTED_CHOICE, "entity_id")
    return row


def create_links(call: ApiCall) -> SandboxResponse:
    """Create links. The response shows them with both ends, and `price_id` of an element also where it is null."""
    pairs = _apply_links(call, lambda one, other, metadata: link_rows(call.account, one, other, metadata))
    shown = [_render_link(call.account, one, other, owner=True) for one, other in pairs]
    for row in shown:
        if row["to_entity_type"] == ELEMENT:
            row["metadata"] = {"price_id": None, **row["metadata"]}
    return call.build_list_response("links", shown)


def delete_links(call: ApiCall) -> SandboxResponse:
    """Delete links. The response is 204, even if a pair was not linked."""
    _apply_links(call, lambda one, other, metadata: unlink_rows(call.account, one, other))
    return build_empty_response()


# Reading


def _render_link(account: Account, one: End, other: End, *, owner: bool = False) -> Row:
    metadata = account.store.links.get_metadata(one, other) or {}
    head = {"entity_id": one[1], "entity_type": one[0]} if owner else {}
    return {**head, "to_entity_id": other[1], "to_entity_type": other[0], "metadata": dict(metadata) or None}


def _select_linked(call: ApiCall, end: End) -> list[End]:
    branch = call.query.get_branch("filter")
    found = [other for other, _ in call.store.links.find_linked(end)]
    if "to_entity_id" in branch and "to_entity_type" in branch:  # one without the other is ignored
        numbers = filters.parse_integers(branch["to_entity_id"])
        found = [end for end in found if end[1] in numbers and end[0] == branch["to_entity_type"]]
    if "to_catalog_id" in branch:
        catalogs = filters.parse_integers(branch["to_catalog_id"])
        found = [end for end in found if (call.store.get_row(*end) or {}).get("catalog_id") in catalogs]
    return found


def list_links(call: ApiCall) -> SandboxResponse:
    end = (call.kind, call.get_path_id())
    shown = [_render_link(call.account, end, other) for other in _select_linked(call, end)]
    return call.build_list_response("links", shown) if shown else build_empty_response()


def list_mass_links(call: ApiCall) -> SandboxResponse:
    wanted = call.query.get_branch("filter").get("entity_id")
    if wanted is None:
        raise build_field_error(FIELD_MISSING, "filter.entity_id")
    ends = [(call.kind, number) for number in sorted(filters.parse_integers(wanted))]
    shown = [_render_link(call.account, end, other, owner=True) for end in ends for other in _select_linked(call, end)]
    return call.build_list_response("links", shown) if shown else build_empty_response()


def _build_no_link_filter(account: Account, node: Any) -> None:
    return None


FILTERS: dict[str, filters.FilterParser] = dict.fromkeys(
    ("to_entity_id", "to_entity_type", "to_catalog_id"), _build_no_link_filter
)


def _build_link_routes(kind: str) -> tuple[Route, ...]:
    base = f"/api/v4/{kind}"
    return (
        Route("GET", f"{base}/{{id}}/links", list_links, kind, filters=FILTERS),
        Route("POST", f"{base}/{{id}}/link", create_links, kind),
        Route("POST", f"{base}/{{id}}/unlink", delete_links, kind),
        Route("GET", f"{base}/links", list_mass_links, kind, filters={**FILTERS, "entity_id": _build_no_link_filter}),
        Route("POST", f"{base}/link", create_links, kind),
        Route("POST", f"{base}/unlink", delete_links, kind),
    )


_ELEMENTS = "/api/v4/catalogs/{catalog_id}/elements/{id}"
ROUTES = (
    *(route for kind in CARDS for route in _build_link_routes(kind)),
    Route("GET", f"{_ELEMENTS}/links", list_links, ELEMENT, filters=FILTERS),
    Route("POST", f"{_ELEMENTS}/link", create_links, ELEMENT),
    Route("POST", f"{_ELEMENTS}/unlink", delete_links, ELEMENT),
)

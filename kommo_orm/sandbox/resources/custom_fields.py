"""Definitions of custom fields (Kommo API v4, Custom fields), of cards and of lists.

Which types an owner may have, which keys a type brings along, and how options are kept: `enums` of an update is the
whole new set, kept options carry their `id`, options that are left out disappear together with their values.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import CARDS, Account
from kommo_orm.sandbox.hal_responses import encode, link, nothing
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import (
    FIELD_MISSING,
    NOT_SUPPORTED_CHOICE,
    NOT_UNIQUE,
    Refusal,
    not_found,
)
from kommo_orm.sandbox.query_string import leaves
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Check,
    Schema,
    Scope,
    anything,
    array_of,
    boolean,
    choice,
    examine,
    existing,
    integer,
    is_array,
    is_object,
    nullable,
    shape,
    text,
    words,
)
from kommo_orm.sandbox.value_codecs import ADDRESS_PARTS

_PLAIN = "text numeric checkbox date url date_time textarea streetaddress select multiselect radiobutton"
_CARD = f"{_PLAIN} smart_address birthday legal_entity monetary file"
TYPES: dict[str, tuple[str, ...]] = {
    "leads": tuple(f"{_CARD} chained_list tracking_data".split()),
    "contacts": tuple(f"{_CARD} multitext".split()),
    "companies": tuple(f"{_CARD} multitext".split()),
    "customers": tuple(f"{_PLAIN} monetary file chained_list".split()),
    "segments": tuple(_PLAIN.split()),
    "catalogs": tuple(f"{_PLAIN} price category linked_entity monetary file".split()),
}
MOST_OF_SEGMENTS = 30
OPTIONED = ("select", "multiselect", "radiobutton")
MULTITEXT = {"PHONE": "WORK WORKDD MOB FAX HOME OTHER", "EMAIL": "WORK PRIV OTHER", "IM": "SKYPE ICQ JABBER OTHER"}


# Schemas


def _option(scope: Scope, value: Any, path: str) -> Row:
    schema = {"id": integer, "value": text, "sort": integer, "code": nullable(text)}
    return examine(scope, value, schema, path, ("value",))


def _options(scope: Scope, value: Any, path: str) -> Any:
    """Options need distinct values."""
    options = array_of(_option)(scope, value, path)
    values = [option.get("value") for option in options]
    if is_array(value) and len(set(values)) < len(values):
        scope.flaw(NOT_UNIQUE, path)
    return options


_NODE: Schema = {
    "id": integer,
    "parent_id": nullable(integer),
    "value": text,
    "sort": integer,
    "request_id": text,
    "parent_request_id": text,
}
_STATUS: Schema = {"status_id": integer, "pipeline_id": existing("pipelines")}
_CHAIN: Schema = {"title": nullable(text), "catalog_id": existing("catalogs"), "parent_catalog_id": nullable(integer)}


def _chained(scope: Scope, value: Any, path: str) -> Any:
    """A list, or an object keyed by list id."""
    items = list(value.values()) if is_object(value) else value
    return array_of(shape(_CHAIN, ("catalog_id",)))(scope, items, path)


_COMMON: Schema = {"name": text, "code": nullable(text), "sort": integer, "settings": nullable(anything)}
_OF_CUSTOMERS: Schema = {"group_id": nullable(text), "is_api_only": boolean}
_OF_CARDS: Schema = {
    **_OF_CUSTOMERS,
    "required_statuses": nullable(array_of(shape(_STATUS, _STATUS))),
    "hidden_statuses": nullable(array_of(shape(_STATUS, _STATUS))),
}
_OF_LISTS: Schema = {"is_visible": boolean, "is_required": boolean, "is_deletable": boolean}
_OWN: dict[str, Schema] = {"customers": _OF_CUSTOMERS, "segments": {}}
_OF_TYPES: dict[str, tuple[str, Check]] = {
    **dict.fromkeys(OPTIONED, ("enums", _options)),
    "category": ("nested", array_of(shape(_NODE, ("value",)))),
    "birthday": ("remind", nullable(choice("never", "day", "week", "month"))),
    "monetary": ("currency", text),
    "chained_list": ("chained_lists", _chained),
    "linked_entity": ("search_in", nullable(text)),
    "tracking_data": ("tracking_callback", nullable(text)),
}
_NEEDED_ON_CREATE = {"monetary": "currency"}


def _schema(owner: str, kind: str) -> Schema:
    own = _OF_LISTS if owner.startswith("catalogs/") else _OWN.get(owner, _OF_CARDS)
    key, check = _OF_TYPES.get(kind, ("name", text))
    return {**_COMMON, **own, key: check, "type": choice(*TYPES[owner.partition("/")[0]])}


def _check_create(owner: str) -> Any:
    def check(scope: Scope, item: Any) -> Row:
        kind = str(item.get("type")) if is_object(item) else ""
        needed = [_NEEDED_ON_CREATE[kind]] if kind in _NEEDED_ON_CREATE else []
        clean = examine(scope, item, _schema(owner, kind), required=("name", "type", *needed))
        _check_code(scope, owner, clean, None)
        return clean

    return check


def _check_update(owner: str, known: int | None = None) -> Any:
    """An update of an optioned field has to say its options again (Kommo API v4, Update custom fields)."""

    def check(scope: Scope, item: Any) -> Row:
        number = item.get("id", known) if is_object(item) else known
        row = next((row for row in scope.account.definitions(owner) if row["id"] == number), None)
        if row is None:
            scope.flaw(FIELD_MISSING if number is None else NOT_SUPPORTED_CHOICE, "id")
            return {}
        needed = ("enums",) if row["type"] in OPTIONED else ()
        clean = examine(
            scope, item, {"id": integer, **_schema(owner, row["type"]), "type": choice(row["type"])}, "", needed
        )
        _check_code(scope, owner, clean, row)
        _check_option_ids(scope, clean.get("enums") or [], row)
        return {**clean, "id": number}

    return check


def _check_code(scope: Scope, owner: str, clean: Row, row: Row | None) -> None:
    """Codes are unique among the fields of an owner."""
    taken = [field["code"] for field in scope.account.definitions(owner) if field is not row]
    if clean.get("code") is not None and clean["code"] in taken:
        scope.flaw(NOT_UNIQUE, "code")


def _check_option_ids(scope: Scope, options: list[Row], row: Row) -> None:
    stored: list[Row] = row["enums"] or []
    known = [option["id"] for option in stored]
    for index, option in enumerate(options):
        if "id" in option and option["id"] not in known:
            scope.flaw(NOT_SUPPORTED_CHOICE, f"enums.{index}.id")


# Rules

_BLANK: Row = {
    "code": None,
    "group_id": None,
    "is_predefined": False,
    "is_deletable": True,
    "is_visible": True,
    "is_required": False,
    "is_api_only": False,
    "is_computed": False,
    "remind": None,
    "enums": None,
    "nested": None,
    "required_statuses": [],
    "hidden_statuses": [],
    "chained_lists": None,
    "currency": None,
    "tracking_callback": None,
    "search_in": None,
    "triggers": [],
    "settings": None,
}


def create(account: Account, owner: str, clean: Row) -> Row:
    """A new definition from checked keys; predefined labels come with multitext and address fields."""
    number = account.store.new_id("custom_fields")
    row: Row = {"id": number, "owner": owner, "sort": 500 + len(account.definitions(owner)), **_BLANK, **clean}
    if row["type"] in OPTIONED:
        row["enums"] = _enums(account, row["enums"] or [], [])
    elif row["type"] == "category":
        row["nested"] = _nodes(account, row["nested"] or [])
    elif row["type"] == "multitext":
        row["enums"] = _enums(account, [{"value": code} for code in _labels(row["code"])], [])
    elif row["type"] == "smart_address":
        row["enums"] = [{"id": n, "value": part, "sort": n, "code": None} for n, part in enumerate(ADDRESS_PARTS, 1)]
    account.store.insert("custom_fields", row)
    account.definitions_changed()
    return row


def _labels(code: str | None) -> Iterable[str]:
    return MULTITEXT.get(code or "", MULTITEXT["PHONE"]).split()


def _enums(account: Account, given: list[Row], known: list[Row]) -> list[Row]:
    """The whole new set: with an id the option stays the one it was, without it is new."""
    kept = {option["id"]: option for option in known}
    made: list[Row] = []
    for position, option in enumerate(given, 1):
        former = kept.get(option.get("id"), {})
        number = option.get("id") or account.store.new_id("enums")
        made.append({"id": number, "value": "", "sort": position, "code": None, **former, **option} | {"id": number})
        account.store.insert("enums", {"id": number})
    return sorted(made, key=lambda option: (option["sort"], option["id"]))


def _nodes(account: Account, given: list[Row]) -> list[Row]:
    """A tree of categories; a parent of the same request is named by its `request_id`."""
    numbers = [node.get("id") or account.store.new_id("nodes") for node in given]
    named = {node["request_id"]: number for node, number in zip(given, numbers, strict=True) if "request_id" in node}
    made: list[Row] = []
    for position, (node, number) in enumerate(zip(given, numbers, strict=True)):
        parent = named.get(node.get("parent_request_id"), node.get("parent_id"))
        made.append({"id": number, "parent_id": parent, "value": node["value"], "sort": node.get("sort", position)})
        account.store.insert("nodes", {"id": number})
    return made


def update(account: Account, row: Row, clean: Row) -> None:
    if "enums" in clean:
        clean = {**clean, "enums": _enums(account, clean["enums"], row["enums"] or [])}
    if "nested" in clean:
        clean = {**clean, "nested": _nodes(account, clean["nested"])}
    row.update(clean)
    account.definitions_changed()


def delete(account: Account, row: Row) -> None:
    """Its values go with it."""
    account.store.remove("custom_fields", row["id"])
    for kind in (*CARDS, "segments", "catalog_elements"):
        for holder in account.store.rows(kind):
            holder["values"].pop(row["id"], None)
    account.definitions_changed()


# Showing

_BASES = {"segments": "/api/v4/customers/segments/custom_fields"}
_HEAD = ("id", "name", "type")
_CARD_TAIL = words(
    "group_id required_statuses hidden_statuses is_deletable is_predefined tracking_callback remind "
    "triggers currency chained_lists search_in settings"
)
_LIST_TAIL = words("is_visible triggers is_deletable is_required search_in nested")


def show(account: Account, row: Row) -> Row:
    owner, _, catalog = str(row["owner"]).partition("/")
    shown = {key: row[key] for key in _HEAD}
    shown.update(account_id=account.id, code=row["code"], sort=row["sort"], is_api_only=row["is_api_only"])
    shown["enums"] = _shown_enums(row)
    if catalog:
        shown["catalog_id"] = int(catalog)
    shown.update({key: row[key] for key in (_LIST_TAIL if catalog else _CARD_TAIL)}, entity_type=owner)
    if row["type"] == "monetary":
        shown["currency"] = row["currency"]
    base = _BASES.get(row["owner"], f"/api/v4/{row['owner']}/custom_fields")
    return {**shown, "_links": link(account.url(f"{base}/{row['id']}"))}


def _shown_enums(row: Row) -> list[Row] | None:
    """Options show their code only where they have one."""
    if row["enums"] is None:
        return None
    hidden = ("code",)
    return [{k: v for k, v in option.items() if k not in hidden or v is not None} for option in row["enums"]]


# Routes


def owner_of(call: Call) -> str:
    if call.kind != "catalogs":
        return call.kind
    if call.store.get("catalogs", call.number("catalog_id")) is None:
        raise not_found("Catalog not found")
    return f"catalogs/{call.number('catalog_id')}"


def _found(call: Call) -> Row:
    owner = owner_of(call)
    row = call.store.get("custom_fields", call.number())
    if row is None or row["owner"] != owner:
        raise not_found("Custom field not found")
    return row


def list_fields(call: Call) -> SandboxResponse:
    wanted = {name: leaves(node) for name, node in call.query.branch("filter").items()}
    rows = [
        row
        for row in call.account.definitions(owner_of(call))
        if row["type"] in wanted.get("type", [row["type"]]) and str(row["id"]) in wanted.get("id", [str(row["id"])])
    ]
    column, descending = filters.sorter(call.query.tree.get("order"), ("sort", "id"), "sort")
    rows.sort(key=lambda row: (row[column], row["id"]), reverse=descending)
    table = call.store.table("custom_fields")
    numbers = [row["id"] for row in rows]
    return call.page("custom_fields", numbers, lambda number: encode(show(call.account, table[number])), counts=True)


def get_field(call: Call) -> SandboxResponse:
    return call.one(show(call.account, _found(call)))


def create_fields(call: Call) -> SandboxResponse:
    """201; one object instead of an array is taken too, and answered bare."""
    owner = owner_of(call)
    if is_object(call.body()):
        row = create(call.account, owner, call.checked_item(_check_create(owner)))
        return call.one(show(call.account, row), 201)
    checked = call.checked_items(_check_create(owner))
    if owner == "segments" and len(call.account.definitions(owner)) + len(checked) > MOST_OF_SEGMENTS:
        raise Refusal(422, f"Segments have at most {MOST_OF_SEGMENTS} custom fields")
    made = [{**show(call.account, create(call.account, owner, clean)), "request_id": name} for clean, name in checked]
    return call.whole("custom_fields", made, links=False, status=201)


def update_fields(call: Call) -> SandboxResponse:
    owner = owner_of(call)
    made: list[Row] = []
    for clean, request_id in call.checked_items(_check_update(owner)):
        row = call.store.table("custom_fields")[clean["id"]]
        update(call.account, row, clean)
        made.append({**show(call.account, row), "request_id": request_id})
    return call.whole("custom_fields", made, links=False)


def update_field(call: Call) -> SandboxResponse:
    row = _found(call)
    clean = call.checked_item(_check_update(owner_of(call), row["id"]))
    update(call.account, row, clean)
    return call.one(show(call.account, row))


def delete_field(call: Call) -> SandboxResponse:
    row = _found(call)
    if row["is_predefined"] or not row["is_deletable"]:
        raise Refusal(403, "This field can not be deleted")
    delete(call.account, row)
    return nothing()


def _nothing_to_test(account: Account, node: Any) -> None:
    return None


_FILTERS: dict[str, filters.Filter] = {"type": _nothing_to_test, "id": _nothing_to_test}


def _routes(kind: str, base: str) -> tuple[Route, ...]:
    return (
        Route("GET", base, list_fields, kind, filters=_FILTERS),
        Route("GET", f"{base}/{{id}}", get_field, kind),
        Route("POST", base, create_fields, kind, admin=True),
        Route("PATCH", base, update_fields, kind, admin=True),
        Route("PATCH", f"{base}/{{id}}", update_field, kind, admin=True),
        Route("DELETE", f"{base}/{{id}}", delete_field, kind, admin=True),
    )


ROUTES = (
    *(route for kind in CARDS for route in _routes(kind, f"/api/v4/{kind}/custom_fields")),
    *_routes("segments", _BASES["segments"]),
    *_routes("catalogs", "/api/v4/catalogs/{catalog_id}/custom_fields"),
)

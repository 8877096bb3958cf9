"""Groups of custom fields: the tabs of a card or of a list's elements (Kommo API v4, Custom field groups).

Their ids are texts. The field itself knows its group; the predefined group "default" holds what has none.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import CARDS, Account
from kommo_orm.sandbox.hal_responses import nothing
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import NOT_SUPPORTED_CHOICE, Refusal, not_found
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, Scope, array_of, examine, integer, text


def _owned(scope: Scope, kind: str, clean: Row) -> None:
    known = [field["id"] for field in scope.account.definitions(kind)]
    for index, number in enumerate(clean.get("fields", [])):
        if number not in known:
            scope.flaw(NOT_SUPPORTED_CHOICE, f"fields.{index}")


_SCHEMA: Schema = {"name": text, "sort": integer, "fields": array_of(integer)}


def _predefined(kind: str) -> Row:
    return {"id": "default", "name": "Main", "is_predefined": True, "entity_type": kind, "sort": 1}


def _all(account: Account, kind: str) -> list[Row]:
    own = [row for row in account.store.rows("custom_field_groups") if row["entity_type"] == kind]
    return [_predefined(kind), *sorted(own, key=lambda row: (row["sort"], row["number"]))]


def _show(account: Account, row: Row) -> Row:
    fields = account.definitions(row["entity_type"])
    inside = [field["id"] for field in fields if (field["group_id"] or "default") == row["id"]]
    kept = {key: row[key] for key in ("id", "name", "is_predefined")}
    rest = {"type": "custom_field_group", "fields": inside, "sort": row["sort"]}
    rest["entity_type"] = row["entity_type"].partition("/")[0]
    return {**kept, **rest}


def _owner(call: Call) -> str:
    """Whose groups: those of a kind of card, or of one list (`catalogs/3005`)."""
    if call.kind != "catalogs":
        return call.kind
    if call.store.get("catalogs", call.number("catalog_id")) is None:
        raise not_found("Catalog not found")
    return f"catalogs/{call.number('catalog_id')}"


def _found(call: Call) -> Row:
    rows = [row for row in _all(call.account, _owner(call)) if row["id"] == call.places["id"]]
    if not rows:
        raise not_found("Group not found")
    return rows[0]


def list_groups(call: Call) -> SandboxResponse:
    return call.whole("custom_field_groups", [_show(call.account, row) for row in _all(call.account, _owner(call))])


def get_group(call: Call) -> SandboxResponse:
    return call.one(_show(call.account, _found(call)))


def create_groups(call: Call) -> SandboxResponse:
    def check(scope: Scope, item: Any) -> Row:
        clean = examine(scope, item, _SCHEMA, required=("name",))
        _owned(scope, _owner(call), clean)
        return clean

    made: list[Row] = []
    for clean, request_id in call.checked_items(check):
        made.append({**_show(call.account, _create(call, clean)), "request_id": request_id})
    return call.whole("custom_field_groups", made, status=201)


def _create(call: Call, clean: Row) -> Row:
    number = call.store.new_id("custom_field_groups")
    head: Row = {"id": f"{call.kind}_{number}", "number": number, "name": clean["name"], "is_predefined": False}
    row: Row = {**head, "entity_type": _owner(call), "sort": clean.get("sort", 2 + number - call.store.first_id)}
    call.store.table("custom_field_groups")[number] = row
    _move(call.account, row, clean)
    return row


def _move(account: Account, group: Row, clean: Row) -> None:
    for field in account.definitions(group["entity_type"]):
        if field["id"] in clean.get("fields", []):
            field["group_id"] = None if group["id"] == "default" else group["id"]


def update_group(call: Call) -> SandboxResponse:
    row = _found(call)

    def check(scope: Scope, item: Any) -> Row:
        clean = examine(scope, item, _SCHEMA)
        _owned(scope, _owner(call), clean)
        return clean

    clean = call.checked_item(check)
    _move(call.account, row, clean)
    row.update({key: value for key, value in clean.items() if key != "fields"})
    return call.one(_show(call.account, row))


def delete_group(call: Call) -> SandboxResponse:
    """Its fields return to the main group."""
    row = _found(call)
    if row["is_predefined"]:
        raise Refusal(403, "This group can not be deleted")
    for field in call.account.definitions(_owner(call)):
        if field["group_id"] == row["id"]:
            field["group_id"] = None
    call.store.remove("custom_field_groups", row["number"])
    return nothing()


def _routes(kind: str, base: str) -> tuple[Route, ...]:
    base = f"{base}/custom_fields/groups"
    return (
        Route("GET", base, list_groups, kind),
        Route("GET", f"{base}/{{id:text}}", get_group, kind),
        Route("POST", base, create_groups, kind, admin=True),
        Route("PATCH", f"{base}/{{id:text}}", update_group, kind, admin=True),
        Route("DELETE", f"{base}/{{id:text}}", delete_group, kind, admin=True),
    )


ROUTES = (
    *(route for kind in CARDS for route in _routes(kind, f"/api/v4/{kind}")),
    *_routes("catalogs", "/api/v4/catalogs/{catalog_id}"),
)

"""Groups of custom fields: the tabs of a card or of a list element (Kommo API v4, Custom field groups).

The id of a group is a text. Each field stores the id of its group; a field without one is in the predefined group
"default".
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import CARDS, Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_empty_response
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import NOT_SUPPORTED_CHOICE, HttpError, build_not_found
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    validate_array,
    validate_integer,
    validate_object,
    validate_text,
)


def _validate_group_fields(context: ValidationContext, kind: str, clean: Row) -> None:
    known = [field["id"] for field in context.account.get_definitions(kind)]
    for index, number in enumerate(clean.get("fields", [])):
        if number not in known:
            context.add_error(NOT_SUPPORTED_CHOICE, f"fields.{index}")


_SCHEMA: Schema = {"name": validate_text, "sort": validate_integer, "fields": validate_array(validate_integer)}


def _build_default_group(kind: str) -> Row:
    return {"id": "default", "name": "Main", "is_predefined": True, "entity_type": kind, "sort": 1}


def get_groups(account: Account, kind: str) -> list[Row]:
    own = [row for row in account.store.iter_rows("custom_field_groups") if row["entity_type"] == kind]
    return [_build_default_group(kind), *sorted(own, key=lambda row: (row["sort"], row["number"]))]


def _render_group(account: Account, row: Row) -> Row:
    fields = account.get_definitions(row["entity_type"])
    inside = [field["id"] for field in fields if (field["group_id"] or "default") == row["id"]]
    kept = {key: row[key] for key in ("id", "name", "is_predefined")}
    rest = {"type": "custom_field_group", "fields": inside, "sort": row["sort"]}
    rest["entity_type"] = row["entity_type"].partition("/")[0]
    return {**kept, **rest}


def _require_group_owner(call: ApiCall) -> str:
    """Return the owner of the groups: a kind of card, or one list (`catalogs/3005`). Raises 404."""
    if call.kind != "catalogs":
        return call.kind
    if call.store.get_row("catalogs", call.get_path_id("catalog_id")) is None:
        raise build_not_found("Catalog not found")
    return f"catalogs/{call.get_path_id('catalog_id')}"


def _require_group(call: ApiCall) -> Row:
    rows = [row for row in get_groups(call.account, _require_group_owner(call)) if row["id"] == call.path_params["id"]]
    if not rows:
        raise build_not_found("Group not found")
    return rows[0]


def list_groups(call: ApiCall) -> SandboxResponse:
    return call.build_list_response(
        "custom_field_groups",
        [_render_group(call.account, row) for row in get_groups(call.account, _require_group_owner(call))],
    )


def get_group(call: ApiCall) -> SandboxResponse:
    return call.build_row_response(_render_group(call.account, _require_group(call)))


def create_groups(call: ApiCall) -> SandboxResponse:
    def validate_group(context: ValidationContext, item: Any) -> Row:
        clean = validate_object(context, item, _SCHEMA, required=("name",))
        _validate_group_fields(context, _require_group_owner(call), clean)
        return clean

    made: list[Row] = []
    for clean, request_id in call.validate_items(validate_group):
        made.append({**_render_group(call.account, _insert_group(call, clean)), "request_id": request_id})
    return call.build_list_response("custom_field_groups", made, status=201)


def _insert_group(call: ApiCall, clean: Row) -> Row:
    number = call.store.allocate_id("custom_field_groups")
    head: Row = {"id": f"{call.kind}_{number}", "number": number, "name": clean["name"], "is_predefined": False}
    row: Row = {
        **head,
        "entity_type": _require_group_owner(call),
        "sort": clean.get("sort", 2 + number - call.store.first_id),
    }
    call.store.get_table("custom_field_groups")[number] = row
    _move_fields(call.account, row, clean)
    return row


def _move_fields(account: Account, group: Row, clean: Row) -> None:
    for field in account.get_definitions(group["entity_type"]):
        if field["id"] in clean.get("fields", []):
            field["group_id"] = None if group["id"] == "default" else group["id"]


def update_group(call: ApiCall) -> SandboxResponse:
    row = _require_group(call)

    def validate_group(context: ValidationContext, item: Any) -> Row:
        clean = validate_object(context, item, _SCHEMA)
        _validate_group_fields(context, _require_group_owner(call), clean)
        return clean

    clean = call.validate_item(validate_group)
    _move_fields(call.account, row, clean)
    row.update({key: value for key, value in clean.items() if key != "fields"})
    return call.build_row_response(_render_group(call.account, row))


def delete_group(call: ApiCall) -> SandboxResponse:
    """Delete a group. Its fields return to the default group."""
    row = _require_group(call)
    if row["is_predefined"]:
        raise HttpError(403, "This group can not be deleted")
    for field in call.account.get_definitions(_require_group_owner(call)):
        if field["group_id"] == row["id"]:
            field["group_id"] = None
    call.store.delete_row("custom_field_groups", row["number"])
    return build_empty_response()


def _build_group_routes(kind: str, base: str) -> tuple[Route, ...]:
    base = f"{base}/custom_fields/groups"
    return (
        Route("GET", base, list_groups, kind),
        Route("GET", f"{base}/{{id:text}}", get_group, kind),
        Route("POST", base, create_groups, kind, admin=True),
        Route("PATCH", f"{base}/{{id:text}}", update_group, kind, admin=True),
        Route("DELETE", f"{base}/{{id:text}}", delete_group, kind, admin=True),
    )


ROUTES = (
    *(route for kind in CARDS for route in _build_group_routes(kind, f"/api/v4/{kind}")),
    *_build_group_routes("catalogs", "/api/v4/catalogs/{catalog_id}"),
)

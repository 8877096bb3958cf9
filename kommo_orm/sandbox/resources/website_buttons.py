"""Website buttons (Kommo API v4, CRM plugin), identified by the id of their source. Kommo makes them with a delay.

Here a new button is `creation_pending` at its first read, and `created` from then on.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_response, build_row_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, build_not_found
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    validate_array,
    validate_boolean,
    validate_nested,
    validate_object,
    validate_row_id,
    validate_text,
)

_SCHEMA: Schema = {
    "pipeline_id": validate_row_id("pipelines"),
    "trusted_websites": validate_array(validate_text),
    "is_used_in_app": validate_boolean,
    "name": validate_text,
}
_CHANGES: Schema = {
    "trusted_websites": validate_nested({"add": validate_array(validate_text)}, ("add",)),
    "name": validate_text,
}
_HIDDEN = ("trusted_websites", "is_used_in_app", "is_deleted", "has_online_chat")


def _render_button(call: ApiCall, row: Row) -> Row:
    shown = {key: value for key, value in row.items() if key not in _HIDDEN}
    if "scripts" in call.withs:
        shown["script"] = f"<script>/* button of source {row['source_id']} */</script>" if row["button_id"] else None
    if "deleted" in call.withs:
        shown["is_deleted"] = row["is_deleted"]
    return {**shown, "_links": build_row_link(call.account.build_url(f"/api/v4/website_buttons/{row['source_id']}"))}


def _render_and_complete_button(call: ApiCall, row: Row) -> Row:
    shown = _render_button(call, row)
    if row["creation_status"] == "creation_pending":
        row.update(creation_status="created", button_id=call.store.allocate_id("button numbers"))
    return shown


def list_buttons(call: ApiCall) -> SandboxResponse:
    table = call.store.get_table("website_buttons")
    chosen = sorted(number for number, row in table.items() if "deleted" in call.withs or not row["is_deleted"])
    return call.build_page_response(
        "website_buttons", chosen, lambda number: encode_json(_render_and_complete_button(call, table[number]))
    )


def _require_button(call: ApiCall) -> Row:
    row = call.store.get_row("website_buttons", call.get_path_id())
    if row is None or row["is_deleted"]:
        raise build_not_found("Website button not found")
    return row


def get_button(call: ApiCall) -> SandboxResponse:
    return call.build_row_response(_render_and_complete_button(call, _require_button(call)))


def _validate_new_button(context: ValidationContext, item: Any) -> Row:
    clean = validate_object(context, item, _SCHEMA, required=("pipeline_id",))
    if not clean.get("trusted_websites") and not clean.get("is_used_in_app"):
        context.add_error(FIELD_MISSING, "is_used_in_app")
    return clean


def create_button(call: ApiCall) -> SandboxResponse:
    clean = call.validate_item(_validate_new_button)
    number = call.store.allocate_id("website_buttons")
    row: Row = {"id": number, "account_id": call.account.id, "source_id": number, "button_id": None}
    row |= {"is_duplication_control_enabled": True, "name": f"Button {number}", "creation_status": "creation_pending"}
    row |= {"trusted_websites": [], "is_used_in_app": False, "is_deleted": False, "has_online_chat": False}
    call.store.insert_row("website_buttons", {**row, **clean})
    del row["id"], call.store.get_table("website_buttons")[number]["id"]
    shown = {"source_id": number, "trusted_websites": clean.get("trusted_websites", [])}
    return build_response(202, {**shown, **({"name": clean["name"]} if "name" in clean else {})})


def _validate_button_update(context: ValidationContext, item: Any) -> Row:
    clean = validate_object(context, item, _CHANGES)
    if not clean:
        context.add_error(FIELD_MISSING, "name")
    return clean


def update_button(call: ApiCall) -> SandboxResponse:
    row, clean = _require_button(call), call.validate_item(_validate_button_update)
    for site in clean.pop("trusted_websites", {}).get("add", []):
        if site not in row["trusted_websites"]:
            row["trusted_websites"].append(site)
    row.update(clean)
    return call.build_row_response(_render_button(call, row))


def add_online_chat(call: ApiCall) -> SandboxResponse:
    _require_button(call)["has_online_chat"] = True
    return build_response(202, {})


_BASE = "/api/v4/website_buttons"
ROUTES = (
    Route("GET", _BASE, list_buttons, withs=frozenset({"scripts", "deleted"})),
    Route("GET", f"{_BASE}/{{id}}", get_button, withs=frozenset({"scripts"})),
    Route("POST", _BASE, create_button),
    Route("PATCH", f"{_BASE}/{{id}}", update_button),
    Route("POST", f"{_BASE}/{{id}}/online_chat", add_online_chat),
)

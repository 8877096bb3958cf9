"""Website buttons (Kommo API v4, CRM plugin): known by the id of their source, made a while after they were asked for.

A new button is `creation_pending` when it is read the first time, and made from then on.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.hal_responses import answer, encode, link
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, not_found
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, Scope, array_of, boolean, examine, existing, shape, text

_SCHEMA: Schema = {
    "pipeline_id": existing("pipelines"),
    "trusted_websites": array_of(text),
    "is_used_in_app": boolean,
    "name": text,
}
_CHANGES: Schema = {"trusted_websites": shape({"add": array_of(text)}, ("add",)), "name": text}
_HIDDEN = ("trusted_websites", "is_used_in_app", "is_deleted", "has_online_chat")


def _show(call: Call, row: Row) -> Row:
    shown = {key: value for key, value in row.items() if key not in _HIDDEN}
    if "scripts" in call.withs:
        shown["script"] = f"<script>/* button of source {row['source_id']} */</script>" if row["button_id"] else None
    if "deleted" in call.withs:
        shown["is_deleted"] = row["is_deleted"]
    return {**shown, "_links": link(call.account.url(f"/api/v4/website_buttons/{row['source_id']}"))}


def _read(call: Call, row: Row) -> Row:
    shown = _show(call, row)
    if row["creation_status"] == "creation_pending":
        row.update(creation_status="created", button_id=call.store.new_id("button numbers"))
    return shown


def list_buttons(call: Call) -> SandboxResponse:
    table = call.store.table("website_buttons")
    chosen = sorted(number for number, row in table.items() if "deleted" in call.withs or not row["is_deleted"])
    return call.page("website_buttons", chosen, lambda number: encode(_read(call, table[number])))


def _found(call: Call) -> Row:
    row = call.store.get("website_buttons", call.number())
    if row is None or row["is_deleted"]:
        raise not_found("Website button not found")
    return row


def get_button(call: Call) -> SandboxResponse:
    return call.one(_read(call, _found(call)))


def _check_create(scope: Scope, item: Any) -> Row:
    clean = examine(scope, item, _SCHEMA, required=("pipeline_id",))
    if not clean.get("trusted_websites") and not clean.get("is_used_in_app"):
        scope.flaw(FIELD_MISSING, "is_used_in_app")
    return clean


def create_button(call: Call) -> SandboxResponse:
    clean = call.checked_item(_check_create)
    number = call.store.new_id("website_buttons")
    row: Row = {"id": number, "account_id": call.account.id, "source_id": number, "button_id": None}
    row |= {"is_duplication_control_enabled": True, "name": f"Button {number}", "creation_status": "creation_pending"}
    row |= {"trusted_websites": [], "is_used_in_app": False, "is_deleted": False, "has_online_chat": False}
    call.store.insert("website_buttons", {**row, **clean})
    del row["id"], call.store.table("website_buttons")[number]["id"]
    said = {"source_id": number, "trusted_websites": clean.get("trusted_websites", [])}
    return answer(202, {**said, **({"name": clean["name"]} if "name" in clean else {})})


def _check_change(scope: Scope, item: Any) -> Row:
    clean = examine(scope, item, _CHANGES)
    if not clean:
        scope.flaw(FIELD_MISSING, "name")
    return clean


def update_button(call: Call) -> SandboxResponse:
    row, clean = _found(call), call.checked_item(_check_change)
    for site in clean.pop("trusted_websites", {}).get("add", []):
        if site not in row["trusted_websites"]:
            row["trusted_websites"].append(site)
    row.update(clean)
    return call.one(_show(call, row))


def add_online_chat(call: Call) -> SandboxResponse:
    _found(call)["has_online_chat"] = True
    return answer(202, {})


_BASE = "/api/v4/website_buttons"
ROUTES = (
    Route("GET", _BASE, list_buttons, withs=frozenset({"scripts", "deleted"})),
    Route("GET", f"{_BASE}/{{id}}", get_button, withs=frozenset({"scripts"})),
    Route("POST", _BASE, create_button),
    Route("PATCH", f"{_BASE}/{{id}}", update_button),
    Route("POST", f"{_BASE}/{{id}}/online_chat", add_online_chat),
)

"""Loss reasons (Kommo API v4, Loss reasons): a short list without pages; an unknown id is 404 here."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.hal_responses import encode, link, nothing
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import not_found
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, Scope, examine, integer, text

_SCHEMA: Schema = {"name": text, "sort": integer}


def show(account: Account, row: Row) -> Row:
    return {**row, "_links": link(account.url(f"/api/v4/leads/loss_reasons/{row['id']}"))}


def embedded(account: Account, number: int | None) -> list[Row]:
    """`_embedded.loss_reason` of a lead is a list, whatever the documentation says; empty without a reason."""
    row = account.store.get("loss_reasons", number)
    return [show(account, row)] if row else []


def _sorted(call: Call) -> list[Row]:
    return sorted(call.store.rows("loss_reasons"), key=lambda row: (row["sort"], row["id"]))


def list_reasons(call: Call) -> SandboxResponse:
    rows = [encode(show(call.account, row)) for row in _sorted(call)]
    return call.whole("loss_reasons", rows) if rows else nothing()


def _found(call: Call) -> Row:
    row = call.store.get("loss_reasons", call.number())
    if row is None:
        raise not_found("Loss reason not found")
    return row


def get_reason(call: Call) -> SandboxResponse:
    return call.one(show(call.account, _found(call)))


def create_reasons(call: Call) -> SandboxResponse:
    made = call.checked_items(lambda scope, item: examine(scope, item, _SCHEMA, required=("name",)))
    return call.whole("loss_reasons", [_create(call, clean, request_id) for clean, request_id in made])


def _create(call: Call, clean: Row, request_id: str) -> Row:
    sort = clean.get("sort", len(call.store.table("loss_reasons")) + 1)
    times = {"created_at": call.now, "updated_at": call.now}
    row = {"id": call.store.new_id("loss_reasons"), "name": clean["name"], "sort": sort, **times}
    call.store.insert("loss_reasons", row)
    return {**show(call.account, row), "request_id": request_id}


def update_reason(call: Call) -> SandboxResponse:
    row = _found(call)
    row.update(call.checked_item(_check_update), updated_at=call.now)
    call.store.forget_rendered()
    return call.one(show(call.account, row))


def _check_update(scope: Scope, item: Any) -> Row:
    return examine(scope, item, _SCHEMA)


def delete_reason(call: Call) -> SandboxResponse:
    """Leads lost for this reason keep none."""
    row = _found(call)
    call.store.remove("loss_reasons", row["id"])
    for lead in call.store.rows("leads"):
        if lead["loss_reason_id"] == row["id"]:
            lead["loss_reason_id"] = None
    call.store.forget_rendered()
    return nothing()


_BASE = "/api/v4/leads/loss_reasons"
ROUTES = (
    Route("GET", _BASE, list_reasons),
    Route("GET", f"{_BASE}/{{id}}", get_reason),
    Route("POST", _BASE, create_reasons),
    Route("PATCH", f"{_BASE}/{{id}}", update_reason),
    Route("DELETE", f"{_BASE}/{{id}}", delete_reason),
)

"""Loss reasons (Kommo API v4, Loss reasons). The list has no pages, and an unknown id gives 404."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall, RequestId
from kommo_orm.sandbox.hal_responses import build_empty_response, build_row_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import build_not_found
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, ValidationContext, validate_integer, validate_object, validate_text

_SCHEMA: Schema = {"name": validate_text, "sort": validate_integer}


def render_loss_reason(account: Account, row: Row) -> Row:
    return {**row, "_links": build_row_link(account.build_url(f"/api/v4/leads/loss_reasons/{row['id']}"))}


def render_lead_loss_reason(account: Account, number: int | None) -> list[Row]:
    """Render `_embedded.loss_reason` of a lead. It is a list, although the documentation shows an object."""
    row = account.store.get_row("loss_reasons", number)
    return [render_loss_reason(account, row)] if row else []


def _get_sorted_reasons(call: ApiCall) -> list[Row]:
    return sorted(call.store.iter_rows("loss_reasons"), key=lambda row: (row["sort"], row["id"]))


def list_loss_reasons(call: ApiCall) -> SandboxResponse:
    rows = [encode_json(render_loss_reason(call.account, row)) for row in _get_sorted_reasons(call)]
    return call.build_list_response("loss_reasons", rows) if rows else build_empty_response()


def _require_loss_reason(call: ApiCall) -> Row:
    row = call.store.get_row("loss_reasons", call.get_path_id())
    if row is None:
        raise build_not_found("Loss reason not found")
    return row


def get_loss_reason(call: ApiCall) -> SandboxResponse:
    return call.build_row_response(render_loss_reason(call.account, _require_loss_reason(call)))


def create_loss_reasons(call: ApiCall) -> SandboxResponse:
    made = call.validate_items(lambda context, item: validate_object(context, item, _SCHEMA, required=("name",)))
    return call.build_list_response(
        "loss_reasons", [_insert_loss_reason(call, clean, request_id) for clean, request_id in made]
    )


def _insert_loss_reason(call: ApiCall, clean: Row, request_id: RequestId) -> Row:
    sort = clean.get("sort", len(call.store.get_table("loss_reasons")) + 1)
    times = {"created_at": call.now, "updated_at": call.now}
    row = {"id": call.store.allocate_id("loss_reasons"), "name": clean["name"], "sort": sort, **times}
    call.store.insert_row("loss_reasons", row)
    return {**{key: row[key] for key in ("id", "name", "sort")}, "request_id": request_id}


def update_loss_reason(call: ApiCall) -> SandboxResponse:
    row = _require_loss_reason(call)
    row.update(call.validate_item(_validate_loss_reason_update), updated_at=call.now)
    call.store.clear_cache()
    return call.build_row_response(render_loss_reason(call.account, row))


def _validate_loss_reason_update(context: ValidationContext, item: Any) -> Row:
    return validate_object(context, item, _SCHEMA)


def delete_loss_reason(call: ApiCall) -> SandboxResponse:
    """Delete a reason. Leads that were lost for it have no reason afterwards."""
    row = _require_loss_reason(call)
    call.store.delete_row("loss_reasons", row["id"])
    for lead in call.store.iter_rows("leads"):
        if lead["loss_reason_id"] == row["id"]:
            lead["loss_reason_id"] = None
    call.store.clear_cache()
    return build_empty_response()


_BASE = "/api/v4/leads/loss_reasons"
ROUTES = (
    Route("GET", _BASE, list_loss_reasons),
    Route("GET", f"{_BASE}/{{id}}", get_loss_reason),
    Route("POST", _BASE, create_loss_reasons),
    Route("PATCH", f"{_BASE}/{{id}}", update_loss_reason),
    Route("DELETE", f"{_BASE}/{{id}}", delete_loss_reason),
)

"""Salesbots (Kommo API v4, Salesbots).

In Kommo the editor makes bots; here a test adds them. A run is only recorded. The list lies under `items`. The type of
an entity is a word: a number gets two errors, wrong type and unsupported choice.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.filters import FilterParser
from kommo_orm.sandbox.hal_responses import build_empty_response, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import NOT_SUPPORTED_CHOICE, build_not_found
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, ValidationContext, Validator, is_int, validate_integer, validate_object

MOST_RUNS = 100
TYPES = ("regular", "greeting", "marketing", "nps")
_CARDS = ("leads", "contacts", "customers")


def add_bot(account: Account, values: Row) -> int:
    """Add a bot as the editor makes it and return its id. Raises `ValueError` for an unknown key."""
    number = values.pop("id", None) or account.store.allocate_id("bots")
    row: Row = {"name": f"Bot {number}", "type_functionality": "regular", "is_visual_editor": True}
    row |= {"settings": {"active": True}, "is_favorite": False}
    if unknown := values.keys() - row.keys():
        raise ValueError(f"A bot has no {', '.join(sorted(unknown))}")
    account.store.insert_row("bots", {"id": number, **row, **values})
    return int(number)


def render_bot(account: Account, row: Row, *, favorite: bool = True) -> Row:
    return {key: value for key, value in row.items() if favorite or key != "is_favorite"}


def list_bots(call: ApiCall) -> SandboxResponse:
    row_filters, table = call.build_row_filters(), call.store.get_table("bots")
    chosen = [number for number, row in table.items() if all(row_filter(row) for row_filter in row_filters)]
    return call.build_page_response(
        "items", chosen, lambda number: encode_json(_render_requested_bot(call, table[number]))
    )


def _render_requested_bot(call: ApiCall, row: Row) -> Row:
    return render_bot(call.account, row, favorite="favorite" in call.withs)


def get_bot(call: ApiCall) -> SandboxResponse:
    row = call.store.get_row("bots", call.get_path_id())
    return call.build_row_response(_render_requested_bot(call, row)) if row else build_empty_response()


def _build_entity_type_validator(*kinds: str) -> Validator:
    def validate_entity_type(context: ValidationContext, value: Any, path: str) -> Any:
        if is_int(value):
            context.add_type_error(path, "string")
        if not isinstance(value, str) or value not in kinds:
            context.add_error(NOT_SUPPORTED_CHOICE, path)
        return value

    return validate_entity_type


_TARGET: Schema = {"entity_id": validate_integer, "entity_type": _build_entity_type_validator(*_CARDS)}


def _validate_run(context: ValidationContext, item: Any, *, with_bot: bool) -> Row:
    schema = {**_TARGET, **({"bot_id": validate_integer} if with_bot else {})}
    clean = validate_object(context, item, schema, required=tuple(schema))
    if not context.errors:
        store = context.account.store
        if store.get_row(clean["entity_type"], clean["entity_id"]) is None:
            context.add_error(NOT_SUPPORTED_CHOICE, "entity_id")
        if with_bot and store.get_row("bots", clean["bot_id"]) is None:
            context.add_error(NOT_SUPPORTED_CHOICE, "bot_id")
    return clean


def _require_bot(call: ApiCall) -> Row:
    row = call.store.get_row("bots", call.get_path_id())
    if row is None:
        raise build_not_found("Bot not found")
    return row


def run_bot(call: ApiCall) -> SandboxResponse:
    bot = _require_bot(call)
    clean = call.validate_item(lambda context, item: _validate_run(context, item, with_bot=False))
    record_bot_run(call.account, {**clean, "bot_id": bot["id"]})
    return SandboxResponse(202, {"content-type": "text/html; charset=UTF-8"}, b"Accepted")


def run_bots(call: ApiCall) -> SandboxResponse:
    for clean, _ in call.validate_items(lambda context, item: _validate_run(context, item, with_bot=True), MOST_RUNS):
        record_bot_run(call.account, clean)
    return SandboxResponse(202, {"content-type": "text/html; charset=UTF-8"})


def stop_bot(call: ApiCall) -> SandboxResponse:
    bot = _require_bot(call)
    schema: Schema = {"entity_id": validate_integer, "entity_type": _build_entity_type_validator("leads")}
    clean = call.validate_item(lambda context, item: validate_object(context, item, schema, required=tuple(schema)))
    runs = call.store.get_table("bot_runs")
    for number, row in list(runs.items()):
        if row["bot_id"] == bot["id"] and row["entity_id"] == clean["entity_id"]:
            call.store.delete_row("bot_runs", number)
    return SandboxResponse(202)


def record_bot_run(account: Account, run: Row) -> None:
    """Record a run. A card has at most one running bot, so a new run replaces the old one."""
    store, card = account.store, (run["entity_type"], run["entity_id"])
    for number, row in list(store.get_table("bot_runs").items()):
        if (row["entity_type"], row["entity_id"]) == card:
            store.delete_row("bot_runs", number)
    store.insert_row("bot_runs", {"id": store.allocate_id("bot_runs"), **run})


FILTERS: dict[str, FilterParser] = {
    "id": filters.filter_by_ids("id"),
    "type_functionality": filters.filter_by_texts("type_functionality"),
}
_BASE = "/api/v4/bots"
_WITHS = frozenset({"favorite"})
ROUTES = (
    Route("GET", _BASE, list_bots, filters=FILTERS, withs=_WITHS),
    Route("GET", f"{_BASE}/{{id}}", get_bot, withs=_WITHS),
    Route("POST", f"{_BASE}/{{id}}/run", run_bot),
    Route("POST", f"{_BASE}/run", run_bots),
    Route("POST", f"{_BASE}/{{id}}/stop", stop_bot),
)

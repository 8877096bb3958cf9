"""Salesbots (Kommo API v4, Salesbots): made in the editor, here by a test; runs are only written down.

The list lies under `items`. Entities are named by words: a number is refused twice, as the wrong type and as no choice.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.filters import Filter
from kommo_orm.sandbox.hal_responses import encode, nothing
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import NOT_SUPPORTED_CHOICE, not_found
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Check, Schema, Scope, examine, integer, is_int

MOST_RUNS = 100
TYPES = ("regular", "greeting", "marketing", "nps")
_CARDS = ("leads", "contacts", "customers")


def add(account: Account, values: Row) -> int:
    """A bot as the editor makes it. Raises `ValueError` for a key that a bot has not."""
    number = values.pop("id", None) or account.store.new_id("bots")
    row: Row = {"name": f"Bot {number}", "type_functionality": "regular", "is_visual_editor": True}
    row |= {"settings": {"active": True}, "is_favorite": False}
    if unknown := values.keys() - row.keys():
        raise ValueError(f"a bot has no {', '.join(sorted(unknown))}")
    account.store.insert("bots", {"id": number, **row, **values})
    return int(number)


def show(account: Account, row: Row, *, favorite: bool = True) -> Row:
    return {key: value for key, value in row.items() if favorite or key != "is_favorite"}


def list_bots(call: Call) -> SandboxResponse:
    tests, table = call.tests(), call.store.table("bots")
    chosen = [number for number, row in table.items() if all(test(row) for test in tests)]
    return call.page("items", chosen, lambda number: encode(_shown(call, table[number])))


def _shown(call: Call, row: Row) -> Row:
    return show(call.account, row, favorite="favorite" in call.withs)


def get_bot(call: Call) -> SandboxResponse:
    row = call.store.get("bots", call.number())
    return call.one(_shown(call, row)) if row else nothing()


def _card(*kinds: str) -> Check:
    def checked(scope: Scope, value: Any, path: str) -> Any:
        if is_int(value):
            scope.wrong_type(path, "string")
        if not isinstance(value, str) or value not in kinds:
            scope.flaw(NOT_SUPPORTED_CHOICE, path)
        return value

    return checked


_TARGET: Schema = {"entity_id": integer, "entity_type": _card(*_CARDS)}


def _check_run(scope: Scope, item: Any, *, with_bot: bool) -> Row:
    schema = {**_TARGET, **({"bot_id": integer} if with_bot else {})}
    clean = examine(scope, item, schema, required=tuple(schema))
    if not scope.flaws:
        store = scope.account.store
        if store.get(clean["entity_type"], clean["entity_id"]) is None:
            scope.flaw(NOT_SUPPORTED_CHOICE, "entity_id")
        if with_bot and store.get("bots", clean["bot_id"]) is None:
            scope.flaw(NOT_SUPPORTED_CHOICE, "bot_id")
    return clean


def _bot(call: Call) -> Row:
    row = call.store.get("bots", call.number())
    if row is None:
        raise not_found("Bot not found")
    return row


def run(call: Call) -> SandboxResponse:
    bot = _bot(call)
    clean = call.checked_item(lambda scope, item: _check_run(scope, item, with_bot=False))
    note_run(call.account, {**clean, "bot_id": bot["id"]})
    return SandboxResponse(202, {"content-type": "text/html; charset=UTF-8"}, b"Accepted")


def run_many(call: Call) -> SandboxResponse:
    for clean, _ in call.checked_items(lambda scope, item: _check_run(scope, item, with_bot=True), MOST_RUNS):
        note_run(call.account, clean)
    return SandboxResponse(202, {"content-type": "text/html; charset=UTF-8"})


def stop(call: Call) -> SandboxResponse:
    bot = _bot(call)
    schema: Schema = {"entity_id": integer, "entity_type": _card("leads")}
    clean = call.checked_item(lambda scope, item: examine(scope, item, schema, required=tuple(schema)))
    runs = call.store.table("bot_runs")
    for number, row in list(runs.items()):
        if row["bot_id"] == bot["id"] and row["entity_id"] == clean["entity_id"]:
            call.store.remove("bot_runs", number)
    return SandboxResponse(202)


def note_run(account: Account, run: Row) -> None:
    """A card has one running bot: the new one takes the place of the old."""
    store, card = account.store, (run["entity_type"], run["entity_id"])
    for number, row in list(store.table("bot_runs").items()):
        if (row["entity_type"], row["entity_id"]) == card:
            store.remove("bot_runs", number)
    store.insert("bot_runs", {"id": store.new_id("bot_runs"), **run})


FILTERS: dict[str, Filter] = {"id": filters.ids("id"), "type_functionality": filters.texts("type_functionality")}
_BASE = "/api/v4/bots"
_WITHS = frozenset({"favorite"})
ROUTES = (
    Route("GET", _BASE, list_bots, filters=FILTERS, withs=_WITHS),
    Route("GET", f"{_BASE}/{{id}}", get_bot, withs=_WITHS),
    Route("POST", f"{_BASE}/{{id}}/run", run),
    Route("POST", f"{_BASE}/run", run_many),
    Route("POST", f"{_BASE}/{{id}}/stop", stop),
)

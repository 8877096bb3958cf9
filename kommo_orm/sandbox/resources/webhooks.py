"""Webhooks (Kommo API v4, Webhooks): one a destination, which is what the service knows them by.

Subscribing a known destination replaces its events. There is no address of one row, and no PATCH.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.hal_responses import answer, nothing
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import INVALID_VALUE, NOT_SUPPORTED_CHOICE, Refusal, not_found
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, Scope, array_of, examine, integer, is_array, text

MOST = 100  # an account
_CARD_VERBS = ("add", "update", "delete", "restore", "responsible", "note")
EVENTS = frozenset(
    {f"{verb}_{card}" for verb in _CARD_VERBS for card in ("lead", "contact", "company")}
    | {f"{verb}_customer" for verb in ("add", "update", "delete", "responsible", "note")}
    | {f"{verb}_task" for verb in ("add", "update", "delete", "responsible")}
    | {f"{verb}_{noun}" for verb in ("add", "update", "delete") for noun in ("talk", "unsorted")}
    | {"status_lead", "add_message", "add_outgoing_message", "add_chat_template_review"}
)


def _destination(scope: Scope, value: Any, path: str) -> Any:
    text(scope, value, path)
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is not None and (parts.scheme not in ("http", "https") or not parts.netloc):
        scope.flaw(INVALID_VALUE, path, "This value is not a valid URL.")
    return value


def _event(scope: Scope, value: Any, path: str) -> Any:
    if value not in EVENTS:
        scope.flaw(NOT_SUPPORTED_CHOICE, path)
    return value


def _events(scope: Scope, value: Any, path: str) -> Any:
    if is_array(value) and not value:
        scope.flaw(INVALID_VALUE, path, "This collection should contain 1 element or more.")
    return array_of(_event)(scope, value, path)


_SCHEMA: Schema = {"destination": _destination, "settings": _events, "sort": integer}


def show(account: Account, row: Row) -> Row:
    return {**row, "account_id": account.id}


def with_destination(call: Call, destination: str) -> Row | None:
    return next((row for row in call.store.rows("webhooks") if row["destination"] == destination), None)


def list_webhooks(call: Call) -> SandboxResponse:
    tests = call.tests()
    rows = [show(call.account, row) for row in call.store.rows("webhooks") if all(test(row) for test in tests)]
    return call.whole("webhooks", rows, links=False) if rows else nothing()


def subscribe(call: Call) -> SandboxResponse:
    clean = call.checked_item(lambda scope, item: examine(scope, item, _SCHEMA, required=("destination", "settings")))
    row = with_destination(call, clean["destination"])
    if row is None:
        row = insert(call)
    row.update(clean, updated_at=call.now)
    return answer(200, show(call.account, row))


def insert(call: Call) -> Row:
    count = len(call.store.table("webhooks"))
    if count >= MOST:
        raise Refusal(422, f"No more than {MOST} webhooks are possible")
    times = {"created_at": call.now, "updated_at": call.now}
    row: Row = {"id": call.store.new_id("webhooks"), "destination": "", **times, "created_by": call.user["id"]}
    return call.store.insert("webhooks", {**row, "sort": count + 1, "disabled": False, "settings": []})


def unsubscribe(call: Call) -> SandboxResponse:
    clean = call.checked_item(
        lambda scope, item: examine(scope, item, {"destination": _destination}, required=("destination",))
    )
    row = with_destination(call, clean["destination"])
    if row is None:
        raise not_found("Webhook not found")
    call.store.remove("webhooks", row["id"])
    return nothing()


_BASE = "/api/v4/webhooks"
ROUTES = (
    Route("GET", _BASE, list_webhooks, filters={"destination": filters.texts("destination")}, admin=True),
    Route("POST", _BASE, subscribe, admin=True),
    Route("DELETE", _BASE, unsubscribe, admin=True),
)

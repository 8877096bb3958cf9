"""Bots that wait for an answer (Kommo API v4, Salesbot): whoever calls their `return_url` lets them go on, once."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, INVALID_VALUE, NOT_SUPPORTED_CHOICE, not_found
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, Scope, array_of, examine, integer, is_array, is_object, join, text

KINDS = ("salesbot", "marketingbot")
SHOWN = ("text", "buttons", "buttons_url")
STEPS = ("question", "answer", "finish")


def put(account: Account, kind: str, bot_id: int) -> str:
    """A bot has sent its request and waits; answers its `return_url`."""
    if kind not in KINDS:
        raise ValueError(f"bots that wait are {' and '.join(KINDS)}, not {kind!r}")
    number = account.store.new_id("waiting_bots")
    account.store.insert("waiting_bots", {"id": number, "bot": kind, "bot_id": bot_id})
    return account.url(f"/api/v4/{kind}/{bot_id}/continue/{number}")


def _object(scope: Scope, value: Any, path: str) -> Any:
    if not is_object(value):
        scope.wrong_type(path, "object")
    return value


def _sized(scope: Scope, value: Any, path: str, most: int) -> None:
    if (isinstance(value, str) or is_array(value)) and not 1 <= len(value) <= most:
        scope.flaw(INVALID_VALUE, path, f"This value should have from 1 to {most} elements.")


def _text(scope: Scope, value: Any, path: str) -> Any:
    _sized(scope, text(scope, value, path), path, 80)
    return value


def _buttons(scope: Scope, value: Any, path: str) -> Any:
    _sized(scope, value, path, 25)
    return array_of(text)(scope, value, path)


def _params(scope: Scope, params: Any, path: str, types: tuple[str, ...], schema: Schema) -> Row:
    clean = examine(scope, params, {"type": text, **schema}, path, ("type",))
    if clean.get("type") not in types:
        scope.flaw(NOT_SUPPORTED_CHOICE, join(path, "type"))
    return clean


def _handler(scope: Scope, value: Any, path: str) -> Any:
    clean = examine(scope, value, {"handler": text, "params": _object}, path, ("handler", "params"))
    below = join(path, "params")
    if clean.get("handler") == "show":
        shown = _params(scope, clean.get("params"), below, SHOWN, {"value": _text, "buttons": _buttons})
        needed: tuple[str, ...] = ("value",) if shown.get("type") == "text" else ("value", "buttons")
    elif clean.get("handler") == "goto":
        shown = _params(scope, clean.get("params"), below, STEPS, {"step": integer})
        needed = () if shown.get("type") == "finish" else ("step",)
    else:
        scope.flaw(NOT_SUPPORTED_CHOICE, join(path, "handler"))
        return value
    for key in needed:
        if key not in shown:
            scope.flaw(FIELD_MISSING, join(below, key))
    return value


def _handlers(scope: Scope, value: Any, path: str) -> Any:
    _sized(scope, value, path, 10)
    return array_of(_handler)(scope, value, path)


def go_on(call: Call) -> SandboxResponse:
    row = call.store.get("waiting_bots", call.number("continue_id"))
    if row is None or (row["bot"], row["bot_id"]) != (call.kind, call.number("bot_id")):
        raise not_found("Nothing is waiting")
    call.checked_item(lambda scope, item: examine(scope, item, {"data": _object, "execute_handlers": _handlers}))
    call.store.remove("waiting_bots", row["id"])
    return SandboxResponse(202)


ROUTES = tuple(
    Route("POST", f"/api/v4/{kind}/{{bot_id}}/continue/{{continue_id}}", go_on, kind=kind, admin=True) for kind in KINDS
)

"""Bots that wait for a response (Kommo API v4, Salesbot). A request to their `return_url` continues them, once."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, INVALID_VALUE, NOT_SUPPORTED_CHOICE, build_not_found
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    is_array,
    is_object,
    join_path,
    validate_array,
    validate_integer,
    validate_object,
    validate_text,
)

KINDS = ("salesbot", "marketingbot")
SHOWN = ("text", "buttons", "buttons_url")
STEPS = ("question", "answer", "finish")


def add_waiting_bot(account: Account, kind: str, bot_id: int) -> str:
    """Store a bot that has sent its request and waits. Returns its `return_url`."""
    if kind not in KINDS:
        raise ValueError(f"A bot that waits must be a {' or a '.join(KINDS)}, not {kind!r}")
    number = account.store.allocate_id("waiting_bots")
    account.store.insert_row("waiting_bots", {"id": number, "bot": kind, "bot_id": bot_id})
    return account.build_url(f"/api/v4/{kind}/{bot_id}/continue/{number}")


def _validate_object(context: ValidationContext, value: Any, path: str) -> Any:
    if not is_object(value):
        context.add_type_error(path, "object")
    return value


def _validate_size(context: ValidationContext, value: Any, path: str, most: int) -> None:
    if (isinstance(value, str) or is_array(value)) and not 1 <= len(value) <= most:
        context.add_error(INVALID_VALUE, path, f"This value should have from 1 to {most} elements.")


def _validate_short_text(context: ValidationContext, value: Any, path: str) -> Any:
    _validate_size(context, validate_text(context, value, path), path, 80)
    return value


def _validate_bot_buttons(context: ValidationContext, value: Any, path: str) -> Any:
    _validate_size(context, value, path, 25)
    return validate_array(validate_text)(context, value, path)


def _validate_handler_params(
    context: ValidationContext, params: Any, path: str, types: tuple[str, ...], schema: Schema
) -> Row:
    clean = validate_object(context, params, {"type": validate_text, **schema}, path, ("type",))
    if clean.get("type") not in types:
        context.add_error(NOT_SUPPORTED_CHOICE, join_path(path, "type"))
    return clean


def _validate_handler(context: ValidationContext, value: Any, path: str) -> Any:
    clean = validate_object(
        context, value, {"handler": validate_text, "params": _validate_object}, path, ("handler", "params")
    )
    below = join_path(path, "params")
    if clean.get("handler") == "show":
        shown = _validate_handler_params(
            context,
            clean.get("params"),
            below,
            SHOWN,
            {"value": _validate_short_text, "buttons": _validate_bot_buttons},
        )
        needed: tuple[str, ...] = ("value",) if shown.get("type") == "text" else ("value", "buttons")
    elif clean.get("handler") == "goto":
        shown = _validate_handler_params(context, clean.get("params"), below, STEPS, {"step": validate_integer})
        needed = () if shown.get("type") == "finish" else ("step",)
    else:
        context.add_error(NOT_SUPPORTED_CHOICE, join_path(path, "handler"))
        return value
    for key in needed:
        if key not in shown:
            context.add_error(FIELD_MISSING, join_path(below, key))
    return value


def _validate_handlers(context: ValidationContext, value: Any, path: str) -> Any:
    _validate_size(context, value, path, 10)
    return validate_array(_validate_handler)(context, value, path)


def continue_bot(call: ApiCall) -> SandboxResponse:
    row = call.store.get_row("waiting_bots", call.get_path_id("continue_id"))
    if row is None or (row["bot"], row["bot_id"]) != (call.kind, call.get_path_id("bot_id")):
        raise build_not_found("Nothing is waiting")
    call.validate_item(
        lambda context, item: validate_object(
            context, item, {"data": _validate_object, "execute_handlers": _validate_handlers}
        )
    )
    call.store.delete_row("waiting_bots", row["id"])
    return SandboxResponse(202)


ROUTES = tuple(
    Route("POST", f"/api/v4/{kind}/{{bot_id}}/continue/{{continue_id}}", continue_bot, kind=kind, admin=True)
    for kind in KINDS
)

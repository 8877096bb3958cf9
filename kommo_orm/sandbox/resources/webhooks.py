"""Webhooks (Kommo API v4, Webhooks). The service identifies a webhook by its destination.

Subscribing the same destination again replaces its events, and enables it. A webhook has no path of its own, and there
is no PATCH. Kommo does not publish the names of events of list elements; here they are `add_catalog_element` and so on.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_empty_response, build_response
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import INVALID_VALUE, NOT_SUPPORTED_CHOICE, HttpError, build_not_found
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    is_array,
    validate_array,
    validate_integer,
    validate_object,
    validate_text,
)

MOST = 100  # in an account
_CARD_VERBS = ("add", "update", "delete", "restore", "responsible", "note")
EVENTS = frozenset(
    {f"{verb}_{card}" for verb in _CARD_VERBS for card in ("lead", "contact", "company")}
    | {f"{verb}_customer" for verb in ("add", "update", "delete", "responsible", "note")}
    | {f"{verb}_task" for verb in ("add", "update", "delete", "responsible")}
    | {f"{verb}_{noun}" for verb in ("add", "update", "delete") for noun in ("talk", "unsorted", "catalog_element")}
    | {"status_lead", "add_message", "add_outgoing_message", "add_chat_template_review"}
)


def _validate_destination(context: ValidationContext, value: Any, path: str) -> Any:
    validate_text(context, value, path)
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is not None and (parts.scheme not in ("http", "https") or not parts.netloc):
        context.add_error(INVALID_VALUE, path, "This value is not a valid URL.")
    return value


def _validate_event(context: ValidationContext, value: Any, path: str) -> Any:
    if value not in EVENTS:
        context.add_error(NOT_SUPPORTED_CHOICE, path)
    return value


def _validate_events(context: ValidationContext, value: Any, path: str) -> Any:
    if is_array(value) and not value:
        context.add_error(INVALID_VALUE, path, "This collection should contain 1 element or more.")
    return validate_array(_validate_event)(context, value, path)


_SCHEMA: Schema = {"destination": _validate_destination, "settings": _validate_events, "sort": validate_integer}


def render_webhook(account: Account, row: Row) -> Row:
    return {**row, "account_id": account.id}


def find_webhook(call: ApiCall, destination: str) -> Row | None:
    return next((row for row in call.store.iter_rows("webhooks") if row["destination"] == destination), None)


def list_webhooks(call: ApiCall) -> SandboxResponse:
    row_filters = call.build_row_filters()
    rows = [
        render_webhook(call.account, row)
        for row in call.store.iter_rows("webhooks")
        if all(row_filter(row) for row_filter in row_filters)
    ]
    return call.build_list_response("webhooks", rows, links=False) if rows else build_empty_response()


def subscribe_webhook(call: ApiCall) -> SandboxResponse:
    clean = call.validate_item(
        lambda context, item: validate_object(context, item, _SCHEMA, required=("destination", "settings"))
    )
    row = find_webhook(call, clean["destination"])
    if row is None:
        row = insert_webhook(call)
    row.update(clean)
    enable_webhook(call.account, row)
    return build_response(200, render_webhook(call.account, row))


def insert_webhook(call: ApiCall) -> Row:
    if len(call.store.get_table("webhooks")) >= MOST:
        raise HttpError(422, f"No more than {MOST} webhooks are possible")
    return store_webhook(call.account, call.user["id"])


def store_webhook(account: Account, user_id: int) -> Row:
    now, count = account.now(), len(account.store.get_table("webhooks"))
    times = {"created_at": now, "updated_at": now}
    row: Row = {"id": account.store.allocate_id("webhooks"), "destination": "", **times, "created_by": user_id}
    return account.store.insert_row("webhooks", {**row, "sort": count + 1, "disabled": False, "settings": []})


def subscribe_destination(account: Account, url: str, events: list[str]) -> Row:
    """Subscribe an address as the owner of the account does. Raises `ValueError` for an unknown event."""
    unknown = [event for event in events if event not in EVENTS]
    if unknown:
        raise ValueError(f"Webhooks have no event {unknown[0]!r}")
    known = next((row for row in account.store.iter_rows("webhooks") if row["destination"] == url), None)
    row = known or store_webhook(account, account.owner_id)
    row.update(destination=url, settings=events)
    enable_webhook(account, row)
    return row


def enable_webhook(account: Account, row: Row) -> None:
    """Note that a webhook was saved. One that was disabled after failures works again, and they are forgotten."""
    row.update(updated_at=account.now(), disabled=False)
    account.outbox.failures.pop(row["id"], None)


def unsubscribe_webhook(call: ApiCall) -> SandboxResponse:
    clean = call.validate_item(
        lambda context, item: validate_object(
            context, item, {"destination": _validate_destination}, required=("destination",)
        )
    )
    row = find_webhook(call, clean["destination"])
    if row is None:
        raise build_not_found("Webhook not found")
    call.store.delete_row("webhooks", row["id"])
    return build_empty_response()


_BASE = "/api/v4/webhooks"
ROUTES = (
    Route("GET", _BASE, list_webhooks, filters={"destination": filters.filter_by_texts("destination")}, admin=True),
    Route("POST", _BASE, subscribe_webhook, admin=True),
    Route("DELETE", _BASE, unsubscribe_webhook, admin=True),
)

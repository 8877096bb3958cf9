"""Webhooks (Kommo API v2, Webhooks): administrators subscribe and unsubscribe single events.

Each entry of a write has its own `result`, and a `notice` if it failed. An address without events is removed from the list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import webhooks as v4
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import parsers, request_bodies, responses, routes
from kommo_orm.sandbox.v2.errors import RequestError

_CARDS = ("lead", "contact", "company")
EVENTS = frozenset(
    {f"{verb}_{card}" for verb in ("responsible", "restore", "add", "update", "delete") for card in _CARDS}
    | {f"{verb}_{resource}" for verb in ("responsible", "add", "update", "delete") for resource in ("customer", "task")}
    | {f"note_{card}" for card in (*_CARDS, "customer")}
    | {"status_lead"}
)
_ENTRY: parsers.Schema = {"url": parsers.parse_text, "events": parsers.parse_array}


def _list_webhooks(call: ApiCall) -> SandboxResponse:
    rows = [
        {"id": row["id"], "url": row["destination"], "events": row["settings"], "disabled": row["disabled"]}
        for row in call.store.iter_rows("webhooks")
    ]
    return responses.build_items_reply(call, rows)


def _parse_entries(call: ApiCall, key: str) -> list[Row]:
    given = request_bodies.parse_body_object(call)
    parsers.refuse_unknown_keys(call, given, (key,), "body")
    if key not in given:
        raise RequestError(103, f"Parameters missing: {key}")
    found = parsers.parse_array(call, given[key], key)
    return [parsers.parse_keys(call, one, _ENTRY, f"{key}/{at}", _ENTRY) for at, one in enumerate(found)]


def _build_entries_handler(key: str, act: Callable[[ApiCall, Row], str]) -> routes.Handler:
    """A handler that calls `act` for each entry. `act` returns what is wrong, or an empty text."""

    def handle_entries(call: ApiCall) -> SandboxResponse:
        made: list[Row] = []
        for entry in _parse_entries(call, key):
            notice = _find_event_error(entry["events"]) or act(call, entry)
            made.append({"url": entry["url"], "result": not notice, **({"notice": notice} if notice else {})})
        return responses.build_write_reply(call, made)

    return handle_entries


def _find_event_error(events: list[Any]) -> str:
    unknown = [str(event) for event in events if not isinstance(event, str) or event not in EVENTS]
    return f"Unknown events: {', '.join(unknown)}" if unknown else "" if events else "No events"


def _subscribe_webhook(call: ApiCall, entry: Row) -> str:
    if not _is_valid_url(entry["url"]):
        return "The address is not valid"
    row = v4.find_webhook(call, entry["url"])
    if row is None and len(call.store.get_table("webhooks")) >= v4.MOST:
        return f"No more than {v4.MOST} webhooks are possible"
    row = row or v4.insert_webhook(call)
    row["destination"] = entry["url"]
    v4.enable_webhook(call.account, row)
    row["settings"] = list(dict.fromkeys([*row["settings"], *entry["events"]]))
    return ""


def _is_valid_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _unsubscribe_webhook(call: ApiCall, entry: Row) -> str:
    row = v4.find_webhook(call, entry["url"])
    if row is None:
        return "There is no such webhook"
    row["settings"] = [event for event in row["settings"] if event not in entry["events"]]
    row["updated_at"] = call.now
    if not row["settings"]:
        call.store.delete_row("webhooks", row["id"])
    return ""


_BASE = "/api/v2/webhooks"
ROUTES = (
    routes.build_get_route(_BASE, _list_webhooks, admin=True),
    routes.build_post_route(f"{_BASE}/subscribe", _build_entries_handler("subscribe", _subscribe_webhook), admin=True),
    routes.build_post_route(
        f"{_BASE}/unsubscribe", _build_entries_handler("unsubscribe", _unsubscribe_webhook), admin=True
    ),
)

"""Webhooks (Kommo API v2, Webhooks): subscribed and unsubscribed event by event, for administrators.

Each entry says by itself whether it worked: `result`, and a `notice` where it did not. An address that has no event left
is no longer listed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import webhooks as v4
from kommo_orm.sandbox.routing import ApiCall
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import answers, bodies, lenient, listing
from kommo_orm.sandbox.v2.refusals import Wrong

_CARDS = ("lead", "contact", "company")
EVENTS = frozenset(
    {f"{verb}_{card}" for verb in ("responsible", "restore", "add", "update", "delete") for card in _CARDS}
    | {f"{verb}_{noun}" for verb in ("responsible", "add", "update", "delete") for noun in ("customer", "task")}
    | {f"note_{card}" for card in (*_CARDS, "customer")}
    | {"status_lead"}
)
_ENTRY: lenient.Schema = {"url": lenient.text, "events": lenient.array}


def _list(call: ApiCall) -> SandboxResponse:
    rows = [
        {"id": row["id"], "url": row["destination"], "events": row["settings"], "disabled": row["disabled"]}
        for row in call.store.iter_rows("webhooks")
    ]
    return answers.items(call, rows)


def _entries(call: ApiCall, key: str) -> list[Row]:
    given = bodies.fields(call)
    lenient.known_keys(call, given, (key,), "body")
    if key not in given:
        raise Wrong(103, f"Parameters missing: {key}")
    found = lenient.array(call, given[key], key)
    return [lenient.examine(call, one, _ENTRY, f"{key}/{at}", _ENTRY) for at, one in enumerate(found)]


def _each(key: str, act: Callable[[ApiCall, Row], str]) -> listing.Handler:
    """`act` answers what is wrong, or nothing."""

    def handler(call: ApiCall) -> SandboxResponse:
        made: list[Row] = []
        for entry in _entries(call, key):
            notice = _wrong_with(entry["events"]) or act(call, entry)
            made.append({"url": entry["url"], "result": not notice, **({"notice": notice} if notice else {})})
        return answers.written(call, made)

    return handler


def _wrong_with(events: list[Any]) -> str:
    unknown = [str(event) for event in events if not isinstance(event, str) or event not in EVENTS]
    return f"Unknown events: {', '.join(unknown)}" if unknown else "" if events else "No events"


def _subscribe(call: ApiCall, entry: Row) -> str:
    if not _is_address(entry["url"]):
        return "The address is not valid"
    row = v4.find_webhook(call, entry["url"])
    if row is None and len(call.store.get_table("webhooks")) >= v4.MOST:
        return f"No more than {v4.MOST} webhooks are possible"
    row = row or v4.insert_webhook(call)
    row.update(destination=entry["url"], updated_at=call.now)
    row["settings"] = list(dict.fromkeys([*row["settings"], *entry["events"]]))
    return ""


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _unsubscribe(call: ApiCall, entry: Row) -> str:
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
    listing.get(_BASE, _list, admin=True),
    listing.post(f"{_BASE}/subscribe", _each("subscribe", _subscribe), admin=True),
    listing.post(f"{_BASE}/unsubscribe", _each("unsubscribe", _unsubscribe), admin=True),
)

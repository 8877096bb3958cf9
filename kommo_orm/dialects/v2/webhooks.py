"""Webhooks: subscribed and unsubscribed event by event; each entry of an answer says by itself whether it worked.

Source: Kommo API v2, "Webhooks".
"""

from __future__ import annotations

from typing import Any

from kommo_orm.dialects.common.response_body import list_items
from kommo_orm.dialects.v2.endpoint import Endpoint, Filter, unable
from kommo_orm.errors import BadRequest, ConfigurationError
from kommo_orm.interface.action import Action
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.refusal import Refusal
from kommo_orm.interface.row import Row
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from kommo_orm.unit.report import describe

PATH = "/api/v2/webhooks"
OWN = {"url": "destination", "events": "settings"}
_CARDS = ("lead", "contact", "company")
ALL = (
    *(f"{verb}_{card}" for card in _CARDS for verb in ("responsible", "restore", "add", "update", "delete")),
    *(f"{verb}_{noun}" for noun in ("customer", "task") for verb in ("responsible", "add", "update", "delete")),
    "status_lead",
    *(f"note_{card}" for card in (*_CARDS, "customer")),
)


def webhook(row: Row, read: ReadRequest) -> Row:
    return {OWN.get(key, key): told for key, told in row.items() if key != "_links"}


# ---- writing
def write_call(batch: Batch) -> HttpRequest:
    """One webhook a request: more events, or fewer."""
    (item,) = batch.items
    verb, events = "unsubscribe", ended(item)
    if batch.verb != "delete":
        verb, events = change(item)
    return calling(verb, str(item.body.get("destination")), events, str(batch))


def ended(item: BatchItem) -> list[str]:
    return list(item.stored_values.get("settings") or ALL)


def change(item: BatchItem) -> tuple[str, list[str]]:
    body = item.body
    strange = [key for key in body if key not in ("destination", "settings")]
    if strange:
        raise ConfigurationError(f"{describe(item.object)}: {unable(f'write {strange[0]} of webhooks')}")
    wanted: list[str] = list(body.get("settings") or ())
    if item.is_create:
        return "subscribe", wanted
    if item.stored_values.get("settings") is None:
        raise ConfigurationError(
            f"{describe(item.object)}: Kommo's API v2 changes webhooks event by event, and the present ones are not loaded. "
            "Call refresh() first."
        )
    now = list(item.stored_values["settings"])
    more, less = [one for one in wanted if one not in now], [one for one in now if one not in wanted]
    if more and less:
        instead = "subscribe(...) to some and unsubscribe(...) the others"
        raise ConfigurationError(f"{describe(item.object)}: {unable('add and end events at once', instead)}")
    return ("unsubscribe", less) if less else ("subscribe", more)


def calling(verb: str, url: str, events: list[str], purpose: str) -> HttpRequest:
    """Subscribing twice is subscribing once."""
    return HttpRequest("POST", f"{PATH}/{verb}", json={verb: [{"url": url, "events": events}]}, purpose=purpose)


def unsubscribing(action: Action) -> HttpRequest:
    body: Row = action.body
    return calling("unsubscribe", body["destination"], list(body.get("settings") or ALL), "unsubscribe a webhook")


# ---- answers
def refused(batch: Batch, body: Any) -> dict[str, Refusal]:
    told = failure(body)
    return {} if told is None else {item.request_id: Refusal(told) for item in batch.items}


def failure(body: Any) -> str | None:
    failed = [row for row in list_items(body) or () if row.get("result") is False]
    return str(failed[0].get("notice") or "it was refused") if failed else None


def stored(batch: Batch) -> dict[str, StoredRow]:
    """Answers tell no ids."""
    return {
        item.request_id: StoredRow(item.id or 0, {key: item.body[key] for key in ("settings",) if key in item.body})
        for item in batch.items
    }


def outcome(answer: HttpResponse, body: Any) -> None:
    told = failure(body)
    if told is not None:
        raise BadRequest(f"{answer.request.summary}: {told}.", status=answer.status, detail=told)


WEBHOOKS = Endpoint(
    PATH,
    Capabilities(
        is_paged=False,
        reads_single_rows=False,
        create_size=1,
        update_size=1,
        delete_size=1,
        needs_stored_row=True,
        is_ordered=False,
        returns_ids=False,
    ),
    webhook,
    filters={"destination": Filter(""), "id": Filter("")},
)

"""Webhooks: subscribed and unsubscribed event by event. Each entry of an answer says by itself whether it was accepted.

Source: Kommo API v2, "Webhooks".
"""

from __future__ import annotations

from typing import Any

from kommo_orm.dialects.common.response_body import list_items
from kommo_orm.dialects.v2.endpoint import Endpoint, Filter, ListRules
from kommo_orm.dialects.v2.unsupported import build_unsupported_error
from kommo_orm.errors import BadRequest, ConfigurationError
from kommo_orm.interface.action import Action
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.refusal import Refusal
from kommo_orm.interface.row import MutableRow
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from kommo_orm.unit.report import describe

PATH = "/api/v2/webhooks"
CANONICAL_KEYS = {"url": "destination", "events": "settings"}
_CARDS = ("lead", "contact", "company")
ALL_EVENTS = (
    *(f"{verb}_{card}" for card in _CARDS for verb in ("responsible", "restore", "add", "update", "delete")),
    *(f"{verb}_{noun}" for noun in ("customer", "task") for verb in ("responsible", "add", "update", "delete")),
    "status_lead",
    *(f"note_{card}" for card in (*_CARDS, "customer")),
)


def decode_webhook(row: MutableRow, read: ReadRequest) -> MutableRow:
    """The canonical row of a webhook."""
    return {CANONICAL_KEYS.get(key, key): value for key, value in row.items() if key != "_links"}


# ---- writing
def build_webhook_request(batch: Batch) -> HttpRequest:
    """Build the request of one webhook: more events, or fewer."""
    (item,) = batch.items
    if batch.verb == "delete":
        verb, events = "unsubscribe", list(item.stored_values.get("settings") or ALL_EVENTS)
    else:
        verb, events = find_change(item)
    return build_subscription(verb, str(item.body.get("destination")), events, str(batch))


def find_change(item: BatchItem) -> tuple[str, list[str]]:
    """Which events to subscribe or to unsubscribe. Raises `ConfigurationError` for both at once."""
    unknown = [key for key in item.body if key not in ("destination", "settings")]
    if unknown:
        raise build_unsupported_error(item, f"write {unknown[0]} of webhooks")
    wanted: list[str] = list(item.body.get("settings") or ())
    if item.is_create:
        return "subscribe", wanted
    if item.stored_values.get("settings") is None:
        raise ConfigurationError(
            f"{describe(item.object)}: Kommo's API v2 changes webhooks event by event, and the present ones are not "
            "loaded. Call refresh() first"
        )
    now = list(item.stored_values["settings"])
    more, less = [event for event in wanted if event not in now], [event for event in now if event not in wanted]
    if more and less:
        instead = "subscribe(...) to some and unsubscribe(...) the others"
        raise build_unsupported_error(item, "add and end events at once", instead)
    return ("unsubscribe", less) if less else ("subscribe", more)


def build_subscription(verb: str, url: str, events: list[str], purpose: str) -> HttpRequest:
    """Subscribe or unsubscribe an address. Doing it twice changes nothing more."""
    body = {verb: [{"url": url, "events": events}]}
    return HttpRequest("POST", f"{PATH}/{verb}", json=body, purpose=purpose)


def build_unsubscription(action: Action) -> HttpRequest:
    """Unsubscribe an address from some events, or from all."""
    events = list(action.body.get("settings") or ALL_EVENTS)
    return build_subscription("unsubscribe", action.body["destination"], events, "unsubscribe a webhook")


# ---- answers
def parse_webhook_refusals(batch: Batch, body: Any) -> dict[str, Refusal]:
    """Why webhooks were refused, by request id."""
    reason = find_refusal_reason(body)
    return {} if reason is None else {item.request_id: Refusal(reason) for item in batch.items}


def find_refusal_reason(body: Any) -> str | None:
    """The words of the first entry that was refused, None if there is none."""
    refused = [row for row in list_items(body) or () if row.get("result") is False]
    return str(refused[0].get("notice") or "it was refused") if refused else None


def parse_stored_webhooks(batch: Batch) -> dict[str, StoredRow]:
    """What was sent: answers have no ids."""
    return {
        item.request_id: StoredRow(item.id or 0, {key: item.body[key] for key in ("settings",) if key in item.body})
        for item in batch.items
    }


def require_accepted(answer: HttpResponse, body: Any) -> None:
    """Raise `BadRequest` if an entry of an action's answer was refused."""
    reason = find_refusal_reason(body)
    if reason is not None:
        raise BadRequest(f"{answer.request.summary}: {reason}.", status=answer.status, detail=reason)


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
    decode_webhook,
    lists=ListRules(filters={"destination": Filter(""), "id": Filter("")}),
)

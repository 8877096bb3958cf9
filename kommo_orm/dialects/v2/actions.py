"""What is done to rows that is no value of theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kommo_orm.dialects.common.call_announcements import build_announcement_request, parse_announced_card
from kommo_orm.dialects.common.customer_periods import build_periods_request, parse_periods
from kommo_orm.dialects.common.entity_types import ENTITY_TYPES
from kommo_orm.dialects.common.response_body import parse_success
from kommo_orm.dialects.v2 import incoming_leads, webhooks, widgets
from kommo_orm.dialects.v2.endpoint import unable
from kommo_orm.dialects.v2.unsupported import told
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.action import Action
from kommo_orm.interface.row import Row
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse, Repeat

PRODUCTS = "/api/v2/products_settings"
RUNS = "/api/v2/salesbot/run"


def calling(action: Action) -> HttpRequest:
    compiled = ACTIONS.get((action.kind, action.verb))
    if compiled is None:
        raise ConfigurationError(unable(told(action)))
    return compiled(action)


def outcome(action: Action, answer: HttpResponse) -> Any:
    """Canonical; None for nothing, and for a mere text such as `Accepted`."""
    if answer.empty or answer.content.lstrip()[:1] not in (b"{", b"["):
        return None
    said = parse_success(answer)
    read = OUTCOMES.get(action.kind)
    return said if read is None else read(action, answer, said)


OUTCOMES: dict[str, Callable[[Action, HttpResponse, Any], Any]] = {
    "incoming_leads": lambda action, answer, said: incoming_leads.sorted_out(action, said),
    "webhooks": lambda action, answer, said: webhooks.outcome(answer, said),
    "calls": lambda action, answer, said: parse_announced_card(said),
    "widgets": lambda action, answer, said: widgets.written(said),
    "customer_periods": lambda action, answer, said: parse_periods(answer, said),
}


def reading_products(action: Action) -> HttpRequest:
    return HttpRequest("GET", PRODUCTS, purpose=str(action))


def switching_products(action: Action) -> HttpRequest:
    return HttpRequest("POST", PRODUCTS, json={"enabled": action.body["is_enabled"]}, purpose=str(action))


def running(action: Action) -> HttpRequest:
    """Runs of bots: always a list here."""
    given: Any = action.body
    runs: list[Row] = given if isinstance(given, list) else [{"bot_id": action.ids[0], **given}]
    for run in runs:
        if run["entity_type"] not in ("leads", "contacts"):
            raise ConfigurationError(unable(f"run bots for {run['entity_type']}"))
    sent = [{**run, "entity_type": ENTITY_TYPES[run["entity_type"]]} for run in runs]
    return HttpRequest("POST", RUNS, json=sent, purpose=str(action), repeat=Repeat.CREATES)


ACTIONS: dict[tuple[str, str], Callable[[Action], HttpRequest]] = {
    ("bots", "run"): running,
    ("calls", "announce"): build_announcement_request,
    ("catalogs", "read_products_settings"): reading_products,
    ("catalogs", "switch_products"): switching_products,
    ("customer_periods", "replace"): build_periods_request,
    ("incoming_leads", "accept"): incoming_leads.sorting,
    ("incoming_leads", "decline"): incoming_leads.sorting,
    ("webhooks", "unsubscribe"): webhooks.unsubscribing,
    ("widgets", "install"): widgets.writing,
    ("widgets", "uninstall"): widgets.writing,
    ("widgets", "set_sources"): widgets.naming_sources,
}

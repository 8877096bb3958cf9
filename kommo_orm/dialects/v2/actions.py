"""Builds the requests of actions and parses their answers. Source: Kommo API v2, the page of each entity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kommo_orm.dialects.common.call_announcements import build_announcement_request, parse_announced_card
from kommo_orm.dialects.common.customer_periods import build_periods_request, parse_periods
from kommo_orm.dialects.common.entity_types import ENTITY_TYPES
from kommo_orm.dialects.common.response_body import has_json_body, parse_success
from kommo_orm.dialects.v2 import incoming_leads, webhooks, widgets
from kommo_orm.dialects.v2.unsupported import describe_action, explain_unsupported
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.action import Action
from kommo_orm.interface.row import MutableRow
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse, Repeat

PRODUCTS_PATH = "/api/v2/products_settings"
BOT_RUNS_PATH = "/api/v2/salesbot/run"


def build_action_request(action: Action) -> HttpRequest:
    """Build the request of an action. Raises `ConfigurationError` for an action that API v2 does not have."""
    builder = ACTIONS.get((action.kind, action.verb))
    if builder is None:
        raise ConfigurationError(explain_unsupported(describe_action(action)))
    return builder(action)


def parse_action_result(action: Action, answer: HttpResponse) -> Any:
    """Parse the canonical answer to an action. None for an empty one, and for a text such as `Accepted`."""
    if answer.empty or not has_json_body(answer):
        return None
    body = parse_success(answer)
    parse = RESULT_PARSERS.get(action.kind)
    return body if parse is None else parse(action, answer, body)


RESULT_PARSERS: dict[str, Callable[[Action, HttpResponse, Any], Any]] = {
    "incoming_leads": lambda action, answer, body: incoming_leads.parse_created_cards(action, body),
    "webhooks": lambda action, answer, body: webhooks.require_accepted(answer, body),
    "calls": lambda action, answer, body: parse_announced_card(body),
    "widgets": lambda action, answer, body: widgets.parse_written_widget(body),
    "customer_periods": lambda action, answer, body: parse_periods(answer, body),
}


def build_products_read(action: Action) -> HttpRequest:
    """Read the settings of products."""
    return HttpRequest("GET", PRODUCTS_PATH, purpose=str(action))


def build_products_switch(action: Action) -> HttpRequest:
    """Switch products on or off."""
    return HttpRequest("POST", PRODUCTS_PATH, json={"enabled": action.body["is_enabled"]}, purpose=str(action))


def build_bot_run(action: Action) -> HttpRequest:
    """Run bots: always a list here. Raises `ConfigurationError` for cards that v2 runs no bots for."""
    given: Any = action.body
    runs: list[MutableRow] = given if isinstance(given, list) else [{"bot_id": action.ids[0], **given}]
    for run in runs:
        if run["entity_type"] not in ("leads", "contacts"):
            raise ConfigurationError(explain_unsupported(f"run bots for {run['entity_type']}"))
    body = [{**run, "entity_type": ENTITY_TYPES[run["entity_type"]]} for run in runs]
    return HttpRequest("POST", BOT_RUNS_PATH, json=body, purpose=str(action), repeat=Repeat.CREATES)


ACTIONS: dict[tuple[str, str], Callable[[Action], HttpRequest]] = {
    ("bots", "run"): build_bot_run,
    ("calls", "announce"): build_announcement_request,
    ("catalogs", "read_products_settings"): build_products_read,
    ("catalogs", "switch_products"): build_products_switch,
    ("customer_periods", "replace"): build_periods_request,
    ("incoming_leads", "accept"): incoming_leads.build_incoming_lead_action,
    ("incoming_leads", "decline"): incoming_leads.build_incoming_lead_action,
    ("webhooks", "unsubscribe"): webhooks.build_unsubscription,
    ("widgets", "install"): widgets.build_widget_request,
    ("widgets", "uninstall"): widgets.build_widget_request,
    ("widgets", "set_sources"): widgets.build_sources_request,
}

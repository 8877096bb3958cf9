"""Builds the requests of actions, one function for each form of request, and parses their answers.

Most actions may be repeated: doing them twice changes nothing more. The others are sent with `Repeat.CREATES`.
Source: Kommo API v4, the reference of each entity.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kommo_orm.dialects.common.call_announcements import build_announcement_request, parse_announced_card
from kommo_orm.dialects.common.customer_periods import build_periods_request, parse_periods
from kommo_orm.dialects.common.response_body import has_json_body
from kommo_orm.dialects.v4.file_actions import FILE_ACTIONS
from kommo_orm.dialects.v4.registry import ENDPOINTS, build_collection_url, build_row_url
from kommo_orm.dialects.v4.row_parser import find_single_row, rename_ids
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.action import Action
from kommo_orm.transport.http_messages import NO_BODY, HttpRequest, HttpResponse, Repeat

PRODUCTS_PATH = "/api/v4/catalogs/products/settings"
AI_PATHS = {  # Kommo AI has paths of its own, which have nothing to do with the older API v2
    "add_text": "/api/v2/sources/text",
    "add_url": "/api/v2/sources/url",
    "add_file": "/api/v2/sources/file",
    "import_products": "/api/v2/agent/knowledges/products/import",
}


def build_action_request(action: Action) -> HttpRequest:
    """Build the request of an action. Raises `ConfigurationError` for an action that API v4 does not have."""
    builder = ACTIONS.get((action.kind, action.verb))
    if builder is None:
        raise ConfigurationError(f"API v4 cannot {action}")
    return builder(action)


def parse_action_result(action: Action, answer: HttpResponse) -> Any:
    """Parse the answer to an action. None for an empty one, and for a text such as `Accepted`."""
    if answer.empty or not has_json_body(answer):
        return None
    body = answer.json()
    if action.kind == "customer_periods":
        return parse_periods(answer, body)
    if action.verb == "announce":
        return parse_announced_card(body)
    return _parse_row(action.kind, body) if (action.kind, action.verb) in ANSWERED_BY_A_ROW else body


def _parse_row(kind: str, body: Any) -> Any:
    endpoint = ENDPOINTS[kind]
    found = find_single_row(body, endpoint) if isinstance(body, dict) else body
    if not isinstance(found, dict):
        return {}
    rename_ids([found], endpoint.rows)
    return found


# ---- forms of requests
def build_row_action(action: Action) -> HttpRequest:
    """`POST /{collection}/{id}/{verb}` without a body."""
    (pk,) = action.ids
    return HttpRequest("POST", f"{build_row_url(action.kind, action.parent, pk)}/{action.verb}", purpose=str(action))


def build_rows_action(action: Action) -> HttpRequest:
    """`POST /{collection}/{verb}` with the ids of the rows."""
    url = f"{build_collection_url(action.kind, action.parent)}/{action.verb}"
    return HttpRequest("POST", url, json=[{"id": pk} for pk in action.ids], purpose=str(action))


def build_body_action(action: Action) -> HttpRequest:
    """`POST /{collection}/{id}/{verb}` with a body; a second one changes nothing more."""
    (pk,) = action.ids
    url = f"{build_row_url(action.kind, action.parent, pk)}/{action.verb}"
    return HttpRequest("POST", url, json=action.body, purpose=str(action))


def build_unrepeatable_action(action: Action) -> HttpRequest:
    """The same where a second one acts twice: send a message, run a bot. Without an id, for several rows at once."""
    url = "/".join([build_collection_url(action.kind, action.parent), *map(str, action.ids), action.verb])
    return HttpRequest("POST", url, json=action.body, purpose=str(action), repeat=Repeat.CREATES)


def build_switch_action(action: Action) -> HttpRequest:
    """`PATCH /{collection}/{verb}` with a body: a switch of the account."""
    url = f"{build_collection_url(action.kind, action.parent)}/{action.verb}"
    return HttpRequest("PATCH", url, json=action.body, purpose=f"set {action}")


# ---- chat templates
def build_review_request(action: Action) -> HttpRequest:
    """Each request starts a review of its own."""
    (pk,) = action.ids
    url = f"{build_row_url(action.kind, action.parent, pk)}/{action.verb}"
    return HttpRequest("POST", url, purpose=str(action), repeat=Repeat.CREATES)


def build_review_decision(action: Action) -> HttpRequest:
    """Clients differ in the method: POST sets a decision, PATCH changes it."""
    template, review = action.ids
    url = f"{build_collection_url(action.kind, action.parent)}/{template}/review/{review}"
    method = "PATCH" if action.verb == "change_review" else "POST"
    return HttpRequest(method, url, json=action.body, purpose=str(action))


# ---- Kommo AI and products
def build_ai_request(action: Action) -> HttpRequest:
    """Add a source to Kommo AI, or import the account's products into it."""
    if action.verb == "import_products":
        purpose = "import products into Kommo AI"
        return HttpRequest("POST", AI_PATHS[action.verb], purpose=purpose, repeat=Repeat.CREATES)
    path, purpose = AI_PATHS[action.verb], "add a source to Kommo AI"
    return HttpRequest("POST", path, json=action.body, purpose=purpose, repeat=Repeat.CREATES)


def build_products_read(action: Action) -> HttpRequest:
    """Read the settings of products."""
    return HttpRequest("GET", PRODUCTS_PATH, purpose=str(action))


def build_products_switch(action: Action) -> HttpRequest:
    """Switch products on or off."""
    return HttpRequest("PATCH", PRODUCTS_PATH, json=action.body, purpose=str(action))


# ---- chats and bots
def build_chat_attachment(action: Action) -> HttpRequest:
    """Attach chats to contacts. Kommo does not document whether the same pair twice makes two links."""
    url = build_collection_url(action.kind, action.parent)
    return HttpRequest("POST", url, json=action.body, purpose=str(action), repeat=Repeat.CREATES)


def build_bot_continuation(action: Action) -> HttpRequest:
    """Resume a waiting bot. A second request would find no waiting bot, or the bot at its next question."""
    bot_id, continue_id = action.ids
    path = f"/api/v4/{action.kind}/{bot_id}/continue/{continue_id}"
    purpose = f"resume {action.kind} {bot_id}"
    return HttpRequest("POST", path, json=action.body, purpose=purpose, repeat=Repeat.CREATES)


# ---- incoming leads
def build_incoming_lead_action(action: Action) -> HttpRequest:
    """Accept or link one incoming lead."""
    (uid,) = action.ids
    url = f"{build_row_url(action.kind, action.parent, uid)}/{action.verb}"
    return HttpRequest("POST", url, json=action.body or NO_BODY, purpose=str(action))


def build_incoming_lead_decline(action: Action) -> HttpRequest:
    """Decline one incoming lead: a DELETE with a body."""
    (uid,) = action.ids
    url = f"{build_row_url(action.kind, action.parent, uid)}/{action.verb}"
    return HttpRequest("DELETE", url, json=action.body or NO_BODY, purpose=str(action))


# ---- integrations
def build_unsubscription(action: Action) -> HttpRequest:
    """All events of an address end by DELETE. Some of them end by subscribing it to the others, which replaces them."""
    url, purpose = build_collection_url(action.kind, action.parent), "unsubscribe a webhook"
    body = {"destination": action.body["destination"]}
    if action.body.get("rest"):
        return HttpRequest("POST", url, json={**body, "settings": action.body["rest"]}, purpose=purpose)
    return HttpRequest("DELETE", url, json=body, purpose=purpose)


def build_widget_installation(action: Action) -> HttpRequest:
    """Install a widget, or change its settings. The settings are the body itself."""
    (code,) = action.ids
    url = build_row_url(action.kind, action.parent, code)
    return HttpRequest("POST", url, json=action.body, purpose=str(action))


def build_widget_removal(action: Action) -> HttpRequest:
    """Uninstall a widget."""
    (code,) = action.ids
    return HttpRequest("DELETE", build_row_url(action.kind, action.parent, code), purpose=str(action))


def build_online_chat_request(action: Action) -> HttpRequest:
    """Add an online chat to a website button."""
    (pk,) = action.ids
    path, purpose = (
        f"{build_row_url(action.kind, action.parent, pk)}/online_chat",
        f"add an online chat to website button {pk}",
    )
    return HttpRequest("POST", path, purpose=purpose, repeat=Repeat.CREATES)


ANSWERED_BY_A_ROW = {("widgets", "install"), ("webhooks", "unsubscribe")}
ACTIONS: dict[tuple[str, str], Callable[[Action], HttpRequest]] = {
    ("notes", "pin"): build_row_action,
    ("notes", "unpin"): build_row_action,
    ("salesbot", "continue"): build_bot_continuation,
    ("marketingbot", "continue"): build_bot_continuation,
    ("webhooks", "unsubscribe"): build_unsubscription,
    ("website_buttons", "add_online_chat"): build_online_chat_request,
    ("widgets", "install"): build_widget_installation,
    ("widgets", "uninstall"): build_widget_removal,
    ("incoming_leads", "accept"): build_incoming_lead_action,
    ("incoming_leads", "link"): build_incoming_lead_action,
    ("incoming_leads", "decline"): build_incoming_lead_decline,
    ("customers", "bonus_points"): build_unrepeatable_action,
    ("customers", "mode"): build_switch_action,
    ("customer_periods", "replace"): build_periods_request,
    ("users", "activate"): build_rows_action,
    ("users", "deactivate"): build_rows_action,
    ("calls", "announce"): build_announcement_request,
    ("talks", "close"): build_body_action,
    ("talks", "send_message"): build_unrepeatable_action,
    ("chat_templates", "review"): build_review_request,
    ("chat_templates", "set_review"): build_review_decision,
    ("chat_templates", "change_review"): build_review_decision,
    ("bots", "run"): build_unrepeatable_action,
    ("bots", "stop"): build_body_action,
    ("ai_sources", "add_text"): build_ai_request,
    ("ai_sources", "add_url"): build_ai_request,
    ("ai_sources", "add_file"): build_ai_request,
    ("ai_sources", "import_products"): build_ai_request,
    ("catalogs", "read_products_settings"): build_products_read,
    ("catalogs", "switch_products"): build_products_switch,
    ("contact_chats", "attach"): build_chat_attachment,
    **FILE_ACTIONS,
}

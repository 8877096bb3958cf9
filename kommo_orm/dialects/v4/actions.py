"""What is done to rows that is no value of theirs: one row an action, and what its answer holds.

Most of them may be repeated: doing them twice changes nothing more. The ones that may not say so.
Source: Kommo API v4, the reference of each entity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kommo_orm.dialects.v2 import periods
from kommo_orm.dialects.v2.calls import announced, announcing
from kommo_orm.dialects.v4.decode import is_json, parsed, single
from kommo_orm.dialects.v4.drive import FILES
from kommo_orm.dialects.v4.routes import ROUTES
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.action import Action
from kommo_orm.transport.http_messages import NO_BODY, HttpRequest, HttpResponse, Repeat


def calling(action: Action) -> HttpRequest:
    compiled = ACTIONS.get((action.kind, action.verb))
    if compiled is None:
        raise ConfigurationError(f"API v4 cannot {action}")
    return compiled(action)


def outcome(action: Action, answer: HttpResponse) -> Any:
    """What an action was answered with, parsed; None for nothing, and for a mere text such as `Accepted`."""
    if answer.empty or not is_json(answer):
        return None
    said = parsed(answer)
    if action.kind == "customer_periods":
        return periods.replaced(answer, said)
    if action.verb == "announce":
        return announced(said)
    return single(said, ROUTES[action.kind]) if (action.kind, action.verb) in ANSWERED_BY_A_ROW else said


def on_row(action: Action) -> HttpRequest:
    """`POST /{collection}/{id}/{verb}` without a body."""
    (pk,) = action.ids
    url = ROUTES[action.kind].url(action.parent)
    return HttpRequest("POST", f"{url}/{pk}/{action.verb}", purpose=str(action))


def on_rows(action: Action) -> HttpRequest:
    """`POST /{collection}/{verb}` with the ids of the rows."""
    url = ROUTES[action.kind].url(action.parent)
    return HttpRequest("POST", f"{url}/{action.verb}", json=[{"id": pk} for pk in action.ids], purpose=str(action))


def with_body(action: Action) -> HttpRequest:
    """`POST /{collection}/{id}/{verb}` with a body; a second one changes nothing more."""
    (pk,) = action.ids
    url = ROUTES[action.kind].url(action.parent)
    return HttpRequest("POST", f"{url}/{pk}/{action.verb}", json=action.body, purpose=str(action))


def creating(action: Action) -> HttpRequest:
    """The same where a second one would do it twice: send a message, run a bot. Without an id, for several at once."""
    url = ROUTES[action.kind].url(action.parent)
    path = "/".join([url, *map(str, action.ids), action.verb])
    return HttpRequest("POST", path, json=action.body, purpose=str(action), repeat=Repeat.CREATES)


def sending_to_review(action: Action) -> HttpRequest:
    """Every time is a review of its own."""
    return replace(on_row(action), repeat=Repeat.CREATES)


def judging(action: Action) -> HttpRequest:
    template, review = action.ids
    url = f"{ROUTES[action.kind].url(action.parent)}/{template}/review/{review}"
    method = "PATCH" if action.verb == "change_review" else "POST"  # clients differ in it
    return HttpRequest(method, url, json=action.body, purpose=str(action))


AI = {"add_text": "sources/text", "add_url": "sources/url", "add_file": "sources/file"}


def teaching(action: Action) -> HttpRequest:
    """Kommo AI has paths of its own, which have nothing to do with the CRM's old API v2."""
    if action.verb == "import_products":
        path = "/api/v2/agent/knowledges/products/import"
        return HttpRequest("POST", path, purpose="import products into Kommo AI", repeat=Repeat.CREATES)
    path = f"/api/v2/{AI[action.verb]}"
    return HttpRequest("POST", path, json=action.body, purpose="add a source to Kommo AI", repeat=Repeat.CREATES)


def reading_products(action: Action) -> HttpRequest:
    return HttpRequest("GET", PRODUCTS, purpose=str(action))


def switching_products(action: Action) -> HttpRequest:
    return HttpRequest("PATCH", PRODUCTS, json=action.body, purpose=str(action))


def attaching_chats(action: Action) -> HttpRequest:
    """Whether the same pair twice makes two links is told nowhere."""
    url = ROUTES[action.kind].url(action.parent)
    return HttpRequest("POST", url, json=action.body, purpose=str(action), repeat=Repeat.CREATES)


def sorting(action: Action) -> HttpRequest:
    """Accepting or linking an incoming lead: one a request, whatever goes along in its body."""
    (uid,) = action.ids
    url = f"{ROUTES[action.kind].url(action.parent, uid)}/{action.verb}"
    return HttpRequest("POST", url, json=action.body or NO_BODY, purpose=str(action))


def declining(action: Action) -> HttpRequest:
    """A DELETE with a body."""
    (uid,) = action.ids
    url = f"{ROUTES[action.kind].url(action.parent, uid)}/{action.verb}"
    return HttpRequest("DELETE", url, json=action.body or NO_BODY, purpose=str(action))


PRODUCTS = "/api/v4/catalogs/products/settings"


def unsubscribing(action: Action) -> HttpRequest:
    """All events of an address end by DELETE; some of them by subscribing it to the rest, which replaces them."""
    url = ROUTES[action.kind].url(action.parent)
    body = {"destination": action.body["destination"]}
    if action.body.get("rest"):
        return HttpRequest("POST", url, json={**body, "settings": action.body["rest"]}, purpose="unsubscribe a webhook")
    return HttpRequest("DELETE", url, json=body, purpose="unsubscribe a webhook")


def installing(action: Action) -> HttpRequest:
    """The settings are the body itself."""
    (code,) = action.ids
    return HttpRequest("POST", ROUTES[action.kind].url(action.parent, code), json=action.body, purpose=str(action))


def uninstalling(action: Action) -> HttpRequest:
    (code,) = action.ids
    return HttpRequest("DELETE", ROUTES[action.kind].url(action.parent, code), purpose=str(action))


def adding_online_chat(action: Action) -> HttpRequest:
    (pk,) = action.ids
    path = f"{ROUTES[action.kind].url(action.parent, pk)}/online_chat"
    return HttpRequest("POST", path, purpose=f"add an online chat to website button {pk}", repeat=Repeat.CREATES)


def continuing(action: Action) -> HttpRequest:
    """A second time it would find nothing that waits, or the bot at its next question."""
    bot_id, continue_id = action.ids
    path = f"/api/v4/{action.kind}/{bot_id}/continue/{continue_id}"
    return HttpRequest("POST", path, json=action.body, purpose=f"resume {action.kind} {bot_id}", repeat=Repeat.CREATES)


def on_feature(action: Action) -> HttpRequest:
    """`PATCH /{collection}/{verb}` with a body: a switch of the whole account."""
    url = ROUTES[action.kind].url(action.parent)
    return HttpRequest("PATCH", f"{url}/{action.verb}", json=action.body, purpose=f"set {action}")


ANSWERED_BY_A_ROW = {("widgets", "install"), ("webhooks", "unsubscribe")}
ACTIONS: dict[tuple[str, str], Callable[[Action], HttpRequest]] = {
    ("notes", "pin"): on_row,
    ("notes", "unpin"): on_row,
    ("salesbot", "continue"): continuing,
    ("marketingbot", "continue"): continuing,
    ("webhooks", "unsubscribe"): unsubscribing,
    ("website_buttons", "add_online_chat"): adding_online_chat,
    ("widgets", "install"): installing,
    ("widgets", "uninstall"): uninstalling,
    ("incoming_leads", "accept"): sorting,
    ("incoming_leads", "link"): sorting,
    ("incoming_leads", "decline"): declining,
    ("customers", "bonus_points"): creating,
    ("customers", "mode"): on_feature,
    ("customer_periods", "replace"): periods.replacing,  # API v2's, and so are purchases' comments
    ("users", "activate"): on_rows,
    ("users", "deactivate"): on_rows,
    ("calls", "announce"): announcing,  # API v2's, which v4 has nothing like
    ("talks", "close"): with_body,
    ("talks", "send_message"): creating,
    ("chat_templates", "review"): sending_to_review,
    ("chat_templates", "set_review"): judging,
    ("chat_templates", "change_review"): judging,
    ("bots", "run"): creating,
    ("bots", "stop"): with_body,
    ("ai_sources", "add_text"): teaching,
    ("ai_sources", "add_url"): teaching,
    ("ai_sources", "add_file"): teaching,
    ("ai_sources", "import_products"): teaching,
    ("catalogs", "read_products_settings"): reading_products,
    ("catalogs", "switch_products"): switching_products,
    ("contact_chats", "attach"): attaching_chats,
    **FILES,
}

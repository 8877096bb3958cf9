from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from kommo_orm.sandbox.v2.webhooks import EVENTS
from tests.sandbox.v2.api_v2_client import ApiV2Client, get_error_code, get_sandbox_detail

HOOKS = "/api/v2/webhooks"
URL = "https://example.com/hook"


def send(api: ApiV2Client, verb: str, *events: Any, url: str = URL) -> Any:
    [item] = api.write(f"{HOOKS}/{verb}", **{verb: [{"url": url, "events": list(events)}]})["items"]
    assert item["url"] == url
    return item


def test_single_events_are_subscribed_and_unsubscribed(api: ApiV2Client) -> None:
    assert send(api, "subscribe", "add_lead") == {"url": URL, "result": True}
    send(api, "subscribe", "note_contact", "add_lead")
    shown = api.item(HOOKS)
    assert (shown["url"], shown["events"], shown["disabled"]) == (URL, ["add_lead", "note_contact"], False)
    assert api.get("/api/v4/webhooks").json()["_embedded"]["webhooks"][0]["destination"] == URL
    send(api, "unsubscribe", "add_lead")
    assert api.item(HOOKS)["events"] == ["note_contact"]
    send(api, "unsubscribe", "note_contact")
    assert api.get(HOOKS).status == 204


def test_each_entry_has_its_own_result(api: ApiV2Client) -> None:
    for verb, events in (("subscribe", ("add_talk",)), ("subscribe", ()), ("unsubscribe", ("add_lead",))):
        item = send(api, verb, *events)
        assert (item["result"], bool(item["notice"])) == (False, True)
    assert send(api, "subscribe", "add_lead", url="example")["result"] is False
    entries = [{"url": f"{URL}/{at}", "events": ["add_lead"]} for at in range(101)]
    items = api.write(f"{HOOKS}/subscribe", subscribe=entries)["items"]
    assert [item["result"] for item in items] == [True] * 100 + [False]


def test_there_are_twenty_eight_events() -> None:
    assert len(EVENTS) == 28


@pytest.mark.parametrize("body", [{}, {"subscribe": {"url": URL}}, {"subscribe": [{"url": URL}]}])
def test_wrong_subscriptions_are_refused(api: ApiV2Client, body: Any) -> None:
    assert get_error_code(api.post(f"{HOOKS}/subscribe", body)) in ("103", "400")


def test_webhooks_need_an_administrator_and_refuse_unknown_keys(api: ApiV2Client, sandbox: Sandbox) -> None:
    assert "destination" in get_sandbox_detail(api.post(f"{HOOKS}/subscribe", {"subscribe": [{"destination": URL}]}))
    user = str(sandbox.add("users", name="Eve")["id"])
    assert api.get(HOOKS, X_Context_User_ID=user).status == 403

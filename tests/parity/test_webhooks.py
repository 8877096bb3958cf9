"""Webhooks and widgets: subscribing, unsubscribing, listing."""

from __future__ import annotations

import pytest

from kommo_orm import BadRequest, Kommo, Webhook, Widget
from kommo_orm.sandbox import Sandbox
from tests.account import asked
from tests.parity.ledger import proves

HOOK = "https://olive.example/hook"


@proves(110, 120, 122, "R11")
def test_webhooks_are_subscribed_one_by_one_and_listed(sandbox: Sandbox, kommo: Kommo) -> None:
    made = Webhook.objects.using(kommo).subscribe(HOOK, ["add_lead", "update_lead"])
    assert made.id
    (found,) = Webhook.objects.using(kommo)
    assert (found.destination, sorted(found.settings)) == (HOOK, ["add_lead", "update_lead"])
    assert Webhook.objects.using(kommo).filter(destination="https://other.example").list() == []


@proves(121, "R11")
def test_webhooks_and_their_single_events_are_unsubscribed(sandbox: Sandbox, kommo: Kommo) -> None:
    hook = Webhook.objects.using(kommo).subscribe(HOOK, ["add_lead", "update_lead"])
    hook.unsubscribe("update_lead")
    assert [one.settings for one in Webhook.objects.using(kommo)] == [["add_lead"]]
    Webhook.objects.using(kommo).unsubscribe(HOOK)
    assert Webhook.objects.using(kommo).list() == []


@proves(111, "B17")
def test_widgets_are_read_from_their_own_address(sandbox: Sandbox, kommo: Kommo) -> None:
    for code in ("olive_sms", "olive_calls"):
        sandbox.add("widgets", code=code)
    found = Widget.objects.using(kommo).list()
    assert [(type(widget), widget.code) for widget in found] == [(Widget, "olive_sms"), (Widget, "olive_calls")]
    assert asked(sandbox) == ["/api/v4/widgets"]


@proves("B26")
@pytest.mark.parametrize("dialect", ["v4", "v2"])
def test_a_refused_webhook_raises_an_error(sandbox: Sandbox, dialect: str) -> None:
    refusal = {
        "v4": {"status": 400, "body": {"title": "Bad Request", "detail": "destination is no address", "status": 400}},
        "v2": {
            "status": 200,
            "body": {"_embedded": {"items": [{"url": HOOK, "events": ["add_lead"], "result": False}]}},
        },
    }
    sandbox.faults.next(**refusal[dialect])  # type: ignore[arg-type]
    with sandbox.connect(dialect=dialect) as kommo, pytest.raises(BadRequest):
        Webhook.objects.using(kommo).subscribe(HOOK, ["add_lead"])

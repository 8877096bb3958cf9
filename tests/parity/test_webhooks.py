"""Webhooks and widgets: subscribing, unsubscribing, listing."""

from __future__ import annotations

from kommo_orm import Kommo, Webhook, Widget
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
    assert all(isinstance(widget, Widget) for widget in Widget.objects.using(kommo))
    assert asked(sandbox) == ["/api/v4/widgets"]

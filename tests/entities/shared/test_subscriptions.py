"""Who is told of a lead or a customer."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm import ConfigurationError, Customer, Kommo, Lead, NotLoaded
from kommo_orm.entities.shared.subscriptions import Subscription
from kommo_orm.sandbox import Sandbox
from tests.account import asked


@pytest.mark.parametrize("cls", [Lead, Customer])
def test_subscribers_are_listed(kommo: Kommo, sandbox: Sandbox, cls: Any):
    sandbox.account.customers_mode = "segments"
    kind = cls.__kommo_kind__
    card = cls.objects.get(sandbox.add(kind, name="One")["id"])
    for number in range(251):
        row = {"id": number, "entity_type": kind, "entity_id": card.id, "subscriber_id": 501 + number, "type": "group"}
        sandbox.account.store.insert_row("subscriptions", row)
    sandbox.log.clear()
    found = card.subscriptions.list()
    assert (found[0].subscriber_id, found[0].type) == (card.responsible_user_id, "user")
    assert [one.subscriber_id for one in found[1:]] == list(range(501, 752))
    assert asked(sandbox) == [f"/api/v4/{kind}/{card.id}/subscriptions"] * 2


def test_nothing_talks_in_secret(kommo: Kommo, sandbox: Sandbox):
    lead = Lead(id=5)
    for use in (iter, len, bool):
        with pytest.raises(NotLoaded, match=r"subscriptions\.list\(\)"):
            use(lead.subscriptions)
    with pytest.raises(ConfigurationError, match=r"save\(\) it first"):
        Lead(name="x").subscriptions.list()
    assert asked(sandbox) == []
    assert lead.subscriptions.list() == []


def test_odd_rows_read():
    odd = Subscription.from_raw({"subscriber_id": "42", "type": "robot", "since": 5})
    assert (odd.subscriber_id, odd.type, odd.extra) == (42, "robot", {"since": 5})


async def test_async(kommo: Kommo):
    lead = await Lead.objects.acreate(name="x")
    assert [one.type for one in await lead.subscriptions.alist()] == ["user"]

"""After the answer: baselines move to what was sent, and what was changed since then stays a change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from kommo_orm import Company, Contact, Lead
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, bodies, field_id, ids_of, sent, value_in


async def saved_while(model: Any, change: Callable[[], None], sandbox: Sandbox) -> None:
    """Save, and change the object when the request is on its way."""
    sandbox.latency = 0.02
    task = asyncio.ensure_future(model.asave())
    await on_its_way(sandbox)
    change()
    await task
    sandbox.latency = 0


async def on_its_way(sandbox: Sandbox) -> None:
    """Wait until one more write has arrived; its answer takes longer than we do."""
    before = len(sent(sandbox))
    while len(sent(sandbox)) == before:
        await asyncio.sleep(0.001)


async def deal_of(sandbox: Sandbox, **values: Any) -> Deal:
    deal = Deal(name="Roof", price=900, regions=["EU"], **values)
    deal.tags.add("old")
    await deal.asave()
    sandbox.log.clear()
    return await Deal.objects.aget(deal.id)


async def test_a_value_changed_meanwhile_stays_a_change(sandbox: Sandbox):
    async with sandbox.connect():
        deal = await deal_of(sandbox)
        deal.price = 1
        deal.regions.append("US")

        def change() -> None:
            deal.price, deal.name = 2, "Wall"
            deal.regions.append("ASIA")

        await saved_while(deal, change, sandbox)
        assert deal.changes == {
            "price": (Decimal(1), Decimal(2)),
            "name": ("Roof", "Wall"),
            "regions": (["EU", "US"], ["EU", "US", "ASIA"]),
        }
        await deal.asave()
        assert deal.changes == {}
    assert [body.keys() for body in bodies(sandbox)] == [{"price", "custom_fields_values"}] + [
        {"price", "name", "custom_fields_values"}
    ]


async def test_a_value_set_back_meanwhile_is_a_change_again(sandbox: Sandbox):
    async with sandbox.connect():
        deal = await deal_of(sandbox)
        deal.price = 1
        await saved_while(deal, lambda: setattr(deal, "price", 900), sandbox)
        assert deal.changes == {"price": (Decimal(1), Decimal(900))}


async def test_a_value_that_the_answer_tells_too_is_not_overwritten(sandbox: Sandbox):
    """Answers about contacts carry the name."""
    async with sandbox.connect():
        contact = await Contact.objects.aget(sandbox.add("contacts", name="Ann")["id"])
        contact.last_name = "Ruiz"
        await saved_while(contact, lambda: setattr(contact, "name", "Mine"), sandbox)
        assert contact.name == "Mine"
        assert contact.changes == {"name": ("Ruiz", "Mine")}
        contact.revert()
        contact.first_name, contact.last_name = "Ann", "Lopez"
        await contact.asave()
        assert contact.name == "Ann Lopez"


async def test_undeclared_values_changed_meanwhile_stay_changes(sandbox: Sandbox):
    async with sandbox.connect():
        deal = await deal_of(sandbox)
        deal.custom_fields["Size"] = 1
        deal.custom_fields["Colour"] = ["red"]

        def change() -> None:
            deal.custom_fields["Size"] = 2
            deal.custom_fields["Colour"].append("blue")
            deal.custom_fields["Notice"] = "new"

        await saved_while(deal, change, sandbox)
        assert set(deal.changes) == {"custom_fields['Size']", "custom_fields['Colour']", "custom_fields['Notice']"}
        await deal.asave()
        assert deal.changes == {}
    assert value_in(sandbox, "leads", deal.id, "Size") == ["2"]
    assert value_in(sandbox, "leads", deal.id, "Colour") == ["red", "blue"]
    assert field_id(sandbox, "Notice")


async def test_tags_added_and_removed_meanwhile_stay_changes(sandbox: Sandbox):
    async with sandbox.connect():
        deal = await deal_of(sandbox)
        deal.tags.add("one", "two")
        deal.tags.remove("old")

        def change() -> None:
            deal.tags.remove("one")  # is being added
            deal.tags.add("old")  # is being removed
            deal.tags.add("three")

        await saved_while(deal, change, sandbox)
        assert set(deal.tags.names) == {"two", "three", "old"}
        await deal.asave()
        assert deal.changes == {}
        await deal.arefresh()
        assert set(deal.tags.names) == {"two", "three", "old"}


async def test_links_made_and_undone_meanwhile_stay_changes(sandbox: Sandbox):
    ann, bob, cat, dan = (sandbox.add("contacts", name=name)["id"] for name in ("Ann", "Bob", "Cat", "Dan"))
    async with sandbox.connect():
        lead = await Lead.objects.aget(sandbox.add("leads", name="Roof", contacts=[ann])["id"])
        lead.contacts.add(bob, cat)
        lead.contacts.remove(ann)

        def change() -> None:
            lead.contacts.remove(bob)  # is being linked
            lead.contacts.add(ann)  # is being unlinked
            lead.contacts.add(dan)

        await saved_while(lead, change, sandbox)
        assert set(lead.contacts.ids) == {ann, cat, dan}
        assert lead.has_changes
        await lead.asave()
        assert lead.changes == {}
    assert set(ids_of(sandbox, "leads", lead.id, "contacts")) == {ann, cat, dan}


async def test_a_creation_settles_only_what_it_carried(sandbox: Sandbox):
    async with sandbox.connect():
        lead = Lead(name="Roof")
        lead.tags.add("one")

        def change() -> None:
            lead.name = "Wall"
            lead.tags.add("two")
            lead.company = Company(name="Olive")

        await saved_while(lead, change, sandbox)
        assert lead.changes.keys() == {"name", "tags", "company"}
        await lead.asave()
        assert lead.changes == {}
    row = sandbox.row("leads", lead.id)
    assert row is not None
    assert ([tag["name"] for tag in row["_embedded"]["tags"]], row["name"]) == (["one", "two"], "Wall")
    assert ids_of(sandbox, "leads", lead.id, "companies") == [lead.company_id]


async def test_one_object_saved_twice_at_once_sends_each_change_and_is_clean(sandbox: Sandbox):
    async with sandbox.connect():
        deal = await deal_of(sandbox)
        deal.price = 1
        sandbox.latency = 0.02
        first = asyncio.ensure_future(deal.asave())
        await on_its_way(sandbox)
        deal.name = "Wall"
        await asyncio.gather(first, deal.asave())
        assert deal.changes == {}
    row = sandbox.row("leads", deal.id)
    assert row is not None
    assert (row["price"], row["name"]) == (1, "Wall")


@pytest.mark.parametrize("kind", [Contact, Company])
def test_what_the_answer_tells_is_read_from_it(kommo, sandbox: Sandbox, kind: Any):
    model = kind(name="Ann")
    model.save()
    model.name = "Anna"
    model.save()
    assert (model.name, model.changes) == ("Anna", {})
    assert model.updated_at is not None

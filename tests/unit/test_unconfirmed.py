"""A change that was sent and never answered is unconfirmed: it counts as changed, set back or not, until a write or read confirms it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kommo_orm import Company, Contact, Kommo, KommoError, Lead, RateLimited, Session
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, ids_of, value_in


def lost(sandbox: Sandbox, flush: Callable[[], object], **of: str) -> None:
    """One flush whose request is applied and whose answer never comes."""
    for _ in range(5):
        sandbox.faults.next(drop_after=True, **of)
    with pytest.raises(KommoError):
        flush()
    sandbox.faults.clear()


@pytest.fixture
def quick(sandbox: Sandbox) -> Kommo:
    return sandbox.connect(backoff=0.001)


def test_a_field_that_is_set_back_is_sent_again(quick: Kommo, sandbox: Sandbox):
    session = Session(quick)
    lead = session.get(Lead, sandbox.add("leads", name="Roof", price=1)["id"])
    lead.price = 5
    lost(sandbox, session.flush, method="PATCH")
    lead.price = 1
    assert lead.has_changes
    session.flush()
    assert sandbox.row("leads", lead.id)["price"] == 1  # type: ignore[index]
    assert not lead.has_changes


def test_a_revert_takes_back_what_may_be_stored(quick: Kommo, sandbox: Sandbox):
    session = Session(quick)
    deal = session.get(Deal, sandbox.add("leads", name="Roof")["id"])
    deal.name, deal.budget = "Wall", 7
    deal.tags.add("vip")
    deal.custom_fields["Remark"] = "x"
    lost(sandbox, session.flush, method="PATCH")
    deal.revert()
    session.flush()
    deal.refresh()
    assert (deal.name, deal.budget, deal.tags.names, deal.custom_fields["Remark"]) == ("Roof", None, (), None)


def test_links_that_may_have_been_made_are_unmade(quick: Kommo, sandbox: Sandbox):
    session = Session(quick)
    lead = session.get(Lead, sandbox.add("leads", name="Roof")["id"])
    ann = session.get(Contact, sandbox.add("contacts", name="Ann")["id"])
    lead.contacts.add(ann)
    lead.company = session.get(Company, sandbox.add("companies", name="Olive")["id"])
    lost(sandbox, session.flush, method="POST")
    assert ids_of(sandbox, "leads", lead.id, "contacts") == [ann.id]
    lead.contacts.remove(ann)
    lead.company = None
    session.flush()
    assert ids_of(sandbox, "leads", lead.id, "contacts") == []
    assert ids_of(sandbox, "leads", lead.id, "companies") == []
    assert not lead.has_changes


def test_links_that_may_have_been_unmade_are_made_again(quick: Kommo, sandbox: Sandbox):
    session = Session(quick)
    ann = sandbox.add("contacts", name="Ann")["id"]
    lead = session.get(Lead, sandbox.add("leads", name="Roof", contacts=[ann])["id"])
    lead.contacts.remove(ann)
    lost(sandbox, session.flush, method="POST")
    assert ids_of(sandbox, "leads", lead.id, "contacts") == []
    lead.revert()
    session.flush()
    assert ids_of(sandbox, "leads", lead.id, "contacts") == [ann]


def test_a_copy_and_a_fresh_row(quick: Kommo, sandbox: Sandbox):
    lead = Lead.objects.using(quick).get(sandbox.add("leads", name="Roof")["id"])
    lead.name = "Wall"
    lost(sandbox, lead.save, method="PATCH")
    lead.name = "Roof"
    assert lead.model_copy().changes == {"name": ("Roof", "Roof")}
    lead.refresh()
    assert (lead.name, lead.changes) == ("Wall", {})


def test_a_list_that_was_emptied_again_is_sent_again(quick: Kommo, sandbox: Sandbox):
    """Also of an object that was made here, which has no such field in its row."""
    lead = Deal(name="Roof")
    regions = lead.regions
    lead.save(using=quick)
    regions.append("EU")
    lost(sandbox, lead.save, method="PATCH")
    assert value_in(sandbox, "leads", lead.id, "Regions") == ["EU"]
    regions.remove("EU")
    lead.save()
    assert not value_in(sandbox, "leads", lead.id, "Regions")
    assert not lead.has_changes


def test_a_change_that_was_lost_and_then_put_off_may_be_stored_too(quick: Kommo, sandbox: Sandbox):
    lead = Lead.objects.using(quick).get(sandbox.add("leads", name="Roof", price=1)["id"])
    lead.price = 5
    sandbox.faults.next(method="PATCH", drop_after=True)
    sandbox.faults.next(method="PATCH", times=9, status=429)
    with pytest.raises(RateLimited):
        lead.save()
    sandbox.faults.clear()
    lead.price = 1
    lead.save()
    assert sandbox.row("leads", lead.id)["price"] == 1  # type: ignore[index]

"""A create is never repeated blindly (rule 2): whoever saved it decides what became of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kommo_orm import (
    Company,
    ConfigurationError,
    Contact,
    Kommo,
    Lead,
    QueryError,
    UncertainWrite,
)
from kommo_orm.sandbox import Sandbox
from tests.account import (
    Deal,
    bodies,
)


# ---- creations of which nobody knows
def test_a_lost_answer_to_a_creation_is_uncertain_and_never_sent_again(kommo: Kommo, sandbox: Sandbox):
    lead = Lead(name="Roof")
    sandbox.faults.next(method="POST", drop_after=True)
    with pytest.raises(UncertainWrite, match="Nobody knows whether new Lead 'Roof' was created") as lost:
        lead.save()
    assert lost.value.objects == (lead,)
    with pytest.raises(ConfigurationError, match="new Lead 'Roof' may have been created already"):
        lead.save()
    assert len(sandbox.rows("leads")) == 1


def uncertain(sandbox: Sandbox, **values: Any) -> Deal:
    deal = Deal(name="Roof", **values)
    deal.tags.add("vip")
    deal.custom_fields["Size"] = 3
    sandbox.faults.next(method="POST", path="/api/v4/leads", drop_after=True)
    with pytest.raises(UncertainWrite):
        deal.save()
    return deal


def test_it_is_resolved_by_the_id_that_was_found(kommo: Kommo, sandbox: Sandbox):
    deal = uncertain(sandbox, budget=5)
    [row] = sandbox.rows("leads")
    deal.price = 7  # changed since it was sent
    deal.resolve(created_id=row["id"])
    assert (deal.id, deal.is_new) == (row["id"], False)
    assert deal.changes == {"price": (None, Decimal(7))}
    deal.save()
    assert bodies(sandbox) == [{"price": 7}]
    assert len(sandbox.rows("leads")) == 1


def test_links_that_had_not_been_made_are_made_after_it_was_resolved(kommo: Kommo, sandbox: Sandbox):
    contact = Contact(name="Ann")
    contact.company = Company(name="Olive")
    sandbox.faults.next(method="POST", path="/api/v4/contacts", drop_after=True)
    with pytest.raises(UncertainWrite):
        contact.save()
    contact.resolve(created_id=sandbox.rows("contacts")[0]["id"])
    assert contact.changes.keys() == {"company"}
    contact.save()
    assert contact.changes == {}
    assert sandbox.rows("contacts")[0]["_embedded"]["companies"][0]["id"] == contact.company_id


def test_it_is_resolved_by_sending_it_again(kommo: Kommo, sandbox: Sandbox):
    deal = uncertain(sandbox)
    deal.resolve(retry=True)
    deal.save()
    assert len(sandbox.rows("leads")) == 2
    assert deal.changes == {}


def test_it_is_resolved_by_giving_it_up(kommo: Kommo, sandbox: Sandbox):
    deal = uncertain(sandbox)
    deal.resolve(drop=True)
    assert deal.is_new
    with pytest.raises(QueryError, match="new Deal 'Roof' is not uncertain: there is nothing to resolve"):
        deal.resolve(retry=True)


@pytest.mark.parametrize("given", [{}, {"created_id": 5, "retry": True}, {"retry": True, "drop": True}], ids=repr)
def test_exactly_one_answer_is_taken(kommo: Kommo, sandbox: Sandbox, given):
    deal = uncertain(sandbox)
    with pytest.raises(QueryError, match="resolve\\(\\) takes exactly one"):
        deal.resolve(**given)
    with pytest.raises(ConfigurationError, match="may have been created already"):
        deal.save()


def test_an_uncertain_object_stays_so_in_copies_and_pickles(kommo: Kommo, sandbox: Sandbox):
    import copy
    import pickle

    deal = uncertain(sandbox)
    for twin in (copy.copy(deal), copy.deepcopy(deal), pickle.loads(pickle.dumps(deal))):
        with pytest.raises(ConfigurationError, match="may have been created already"):
            twin.save()
        twin.resolve(created_id=sandbox.rows("leads")[0]["id"])
        assert twin.changes == {}


def test_what_surely_was_not_applied_is_simply_sent_again(kommo: Kommo, sandbox: Sandbox):
    sandbox.faults.next(method="POST", refuse=True)
    sandbox.faults.next(method="POST", status=503)
    sandbox.faults.next(method="POST", status=429)
    Lead(name="Roof").save()
    assert len(sandbox.rows("leads")) == 1


def test_a_change_is_repeated_whatever_was_lost(kommo: Kommo, sandbox: Sandbox):
    lead = Lead.objects.get(sandbox.add("leads", name="Roof")["id"])
    sandbox.faults.next(method="PATCH", drop_after=True)
    sandbox.faults.next(method="PATCH", status=502)
    sandbox.faults.next(method="PATCH", truncate=True)
    lead.price = 5
    lead.save()
    assert lead.changes == {}
    assert [row["price"] for row in sandbox.rows("leads")] == [5]

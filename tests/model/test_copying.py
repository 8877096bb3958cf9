"""Copies and pickles: baseline, pending changes and the account's name go along; no client and no secret do."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest

from kommo_orm import Company, Contact, Kommo, Lead, NotConnected, Session
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, Person, bodies

Copied = Callable[[Deal], Deal]


def pickled(deal: Deal) -> Deal:
    twin = pickle.loads(pickle.dumps(deal))
    assert isinstance(twin, Deal)
    return twin


WAYS = pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, pickled, Deal.model_copy], ids=["copy", "deepcopy", "pickle", "model_copy"]
)


@pytest.fixture
def deal(kommo: Kommo, sandbox: Sandbox) -> Deal:
    ann = sandbox.add("contacts", name="Ann")["id"]
    made = Deal(name="Roof", price=900, budget=500, regions=["EU"])
    made.contacts.add(ann)
    made.save()
    return Deal.objects.include("contacts").get(made.id)


@WAYS
def test_pending_changes_and_the_baseline_go_along(deal: Deal, copied: Copied):
    deal.price = 1000
    deal.regions.append("US")
    deal.tags.add("vip")
    deal.company = Company(name="Olive")
    deal.custom_fields["Size"] = 3
    twin = copied(deal)
    assert (
        twin.changes.keys() == deal.changes.keys() == {"price", "regions", "tags", "company", "custom_fields['Size']"}
    )
    assert twin.changes["price"] == deal.changes["price"]
    twin.revert()
    assert (twin.price, twin.regions) == (900, ["EU"])
    assert twin.changes == {}
    assert deal.price == 1000


@WAYS
def test_a_copy_lives_on_by_itself(deal: Deal, copied: Copied, sandbox: Sandbox):
    twin = copied(deal)
    assert twin == deal
    assert twin is not deal
    twin.price = 5
    twin.tags.add("vip")
    twin.contacts.clear()
    assert (deal.price, deal.changes, len(deal.contacts)) == (900, {}, 1)
    twin.save()
    assert bodies(sandbox) == [{"price": 5, "tags_to_add": [{"name": "vip"}]}]
    assert deal.changes == {}


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled], ids=["deepcopy", "pickle"])
def test_a_deep_copy_shares_no_list(deal: Deal, copied: Copied):
    deal.regions  # noqa: B018
    twin = copied(deal)
    twin.regions.append("US")
    assert deal.regions == ["EU"]
    assert deal.changes == {}
    assert twin.changes.keys() == {"regions"}


@WAYS
def test_the_baseline_that_a_save_moved_goes_along(deal: Deal, copied: Copied):
    deal.price = 1000
    deal.regions.append("US")
    deal.save()
    twin = copied(deal)
    assert twin.changes == {}
    twin.price = 900
    assert twin.changes.keys() == {"price"}


@WAYS
def test_loaded_relations_go_along(deal: Deal, copied: Copied):
    twin = copied(deal)
    assert [contact.name for contact in twin.contacts] == ["Ann"]
    assert isinstance(next(iter(twin.contacts)), Contact)


@WAYS
def test_a_copy_is_in_no_session(kommo: Kommo, deal: Deal, copied: Copied, sandbox: Sandbox):
    sandbox.log.clear()
    with Session(kommo) as session:
        session.add(deal)
        twin = copied(deal)
        twin.price = 5
        assert twin not in session
    assert bodies(sandbox) == []


def test_a_pickle_holds_no_secret_and_no_client(deal: Deal, kommo: Kommo):
    assert list(deal.contacts)
    data = pickle.dumps(deal)
    assert b"sandbox-token" not in data
    assert b"Kommo" not in data.replace(b"kommo_orm", b"")


def test_an_unpickled_object_finds_its_account_among_the_open_ones(sandbox: Sandbox):
    kommo = sandbox.connect()
    lead = Lead(name="Roof")
    lead.save(using=kommo)
    assert lead.account_name == "sandbox.kommo.com"
    data = pickle.dumps(lead)
    twin = pickle.loads(data)
    assert twin.account_name == "sandbox.kommo.com"
    twin.name = "Wall"
    twin.save()
    assert bodies(sandbox) == [{"name": "Wall"}]
    kommo.close()
    lost = pickle.loads(data)
    lost.name = "Door"
    with pytest.raises(NotConnected, match="This object belongs to account sandbox.kommo.com, which is not open here"):
        lost.save()
    with sandbox.connect():
        lost.save()
    assert bodies(sandbox)[-1] == {"name": "Door"}


def test_a_deep_copy_of_a_graph_keeps_one_object_one():
    ann = Person(name="Ann")
    one, other = Deal(name="a"), Deal(name="b")
    one.contacts.add(ann)
    other.contacts.add(ann)
    two, twother = copy.deepcopy([one, other])
    assert next(iter(two.contacts)) is next(iter(twother.contacts))
    assert next(iter(two.contacts)) is not ann


def test_new_objects_that_point_at_each_other_can_be_copied():
    deal, ann = Deal(name="a"), Person(name="Ann")
    deal.contacts.add(ann)
    ann.leads.add(deal)
    twin = copy.deepcopy(deal)
    [its] = twin.contacts
    assert its.leads[0] is twin
    pickled_twin = pickle.loads(pickle.dumps(deal))
    assert pickled_twin.contacts[0].leads[0] is pickled_twin


def test_private_values_of_a_users_class_go_along():
    class Own(Lead):
        seen: int = 0
        _hidden: int = 7

    own = Own(name="Roof")
    own.seen, own._hidden = 3, 9
    for twin in (copy.copy(own), copy.deepcopy(own)):
        assert (twin.seen, twin._hidden) == (3, 9)

"""What counts as a change: rule 1, "a save sends what changed and nothing else", as far as the object itself goes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from kommo_orm import Kommo, Lead
from kommo_orm.sandbox import Sandbox
from tests.account import REGIONS, Caller, Deal, Person


@pytest.fixture
def deal(kommo: Kommo, sandbox: Sandbox) -> Deal:
    """A stored deal with every field of its class filled."""
    made = Deal(name="Roof", price=900, budget=500, source="web", regions=["EU"], remark="x", signed=date(2026, 3, 1))
    made.save()
    sandbox.log.clear()
    return Deal.objects.get(made.id)


@pytest.fixture
def caller(kommo: Kommo, sandbox: Sandbox) -> Caller:
    made = Caller(name="Ann", phones=["+1", "+2"])
    made.save()
    return Caller.objects.get(made.id)


def test_reading_is_no_change(deal: Deal):
    assert [deal.name, deal.price, deal.budget, deal.source, deal.regions, deal.remark, deal.signed]
    deal.model_dump()
    assert deal.changes == {}
    assert not deal.has_changes


@pytest.mark.parametrize(
    ("name", "value", "old"),
    [
        ("name", "Wall", "Roof"),
        ("price", 1000, Decimal(900)),
        ("budget", 7, Decimal(500)),
        ("budget", None, Decimal(500)),
        ("source", "call", "web"),
        ("source", None, "web"),
        ("regions", ["US"], ["EU"]),
        ("regions", [], ["EU"]),
        ("remark", "y", "x"),
        ("signed", date(2026, 3, 2), date(2026, 3, 1)),
        ("closed_at", datetime(2026, 1, 1, tzinfo=UTC), None),
    ],
)
def test_a_changed_value_is_told_with_its_old_one_and_set_back_is_clean(deal: Deal, name, value, old):
    before = getattr(deal, name)
    setattr(deal, name, value)
    assert deal.changes == {name: (old, getattr(deal, name))}
    assert deal.has_changes
    setattr(deal, name, before)
    assert deal.changes == {}
    assert not deal.has_changes


def test_the_same_value_in_another_form_is_no_change(deal: Deal):
    deal.price = 900.0
    deal.budget = Decimal("500.00")
    deal.source = "web"
    deal.regions = ["EU"]
    assert deal.changes == {}


def test_setting_without_reading_first_compares_with_the_row(deal: Deal, kommo: Kommo):
    other = Deal.objects.get(deal.id)
    other.price = 900
    other.regions = ["EU"]
    assert other.changes == {}
    other.price = 901
    assert other.changes == {"price": (Decimal(900), Decimal(901))}


def test_in_place_changes_of_a_list_count_and_undone_ones_do_not(deal: Deal):
    deal.regions.append("US")
    assert deal.changes == {"regions": (["EU"], ["EU", "US"])}
    deal.regions.remove("US")
    assert deal.changes == {}


def test_a_multiselect_is_compared_as_a_set(deal: Deal, kommo: Kommo):
    deal.regions = ["US", "EU"]
    deal.save()
    deal.regions = ["EU", "US"]
    assert deal.changes == {}


def test_in_place_changes_of_nested_values_count(caller: Caller):
    assert [phone.value for phone in caller.phones] == ["+1", "+2"]
    caller.phones[1].value = "+3"
    assert caller.changes.keys() == {"phones"}
    caller.phones[1].value = "+2"
    assert caller.changes == {}


def test_a_phone_shows_the_first_value_and_is_compared_as_one(caller: Caller, kommo: Kommo):
    person = Person.objects.get(caller.id)
    assert person.phone == "+1"
    person.phone = "+9"
    assert person.changes == {"phone": ("+1", "+9")}
    person.phone = "+1"
    assert person.changes == {}


def test_everything_given_to_a_new_object_is_a_change():
    assert Lead(name="Roof", loss_reason_id=None).changes == {"name": (None, "Roof"), "loss_reason_id": (None, None)}


def test_revert_gives_the_loaded_values_back(deal: Deal):
    deal.name = "Wall"
    deal.regions.append("US")
    deal.budget = None
    deal.tags.add("vip")
    deal.contacts.add(5)
    deal.custom_fields["Size"] = 3
    deal.revert()
    assert deal.changes == {}
    assert (deal.name, deal.regions, deal.budget, deal.tags.names) == ("Roof", ["EU"], 500, ())
    assert deal.contacts.ids == ()
    assert deal.custom_fields["Size"] is None


def test_revert_of_a_saved_object_gives_the_saved_values_back(deal: Deal):
    deal.name = "Wall"
    deal.regions.append("US")
    deal.save()
    deal.name = "Door"
    deal.regions.clear()
    deal.revert()
    assert (deal.name, deal.regions, deal.changes) == ("Wall", ["EU", "US"], {})
    deal.regions.append("ASIA")
    deal.revert()
    assert deal.regions == ["EU", "US"]


def test_revert_of_a_new_object_leaves_nothing():
    lead = Lead(name="Roof", price=5)
    lead.revert()
    assert (lead.changes, lead.model_dump()) == ({}, {})


def test_revert_of_a_reference_leaves_the_id():
    lead = Lead(id=5, price=3)
    lead.revert()
    assert (lead.id, lead.changes) == (5, {})


def test_a_value_changed_in_place_is_told_with_the_values_that_were_loaded(deal: Deal):
    regions = deal.regions
    regions.append("US")
    old, new = deal.changes["regions"]
    assert (old, new) == (["EU"], ["EU", "US"])
    assert new is regions


def test_refresh_reads_the_row_again_and_forgets_changes(deal: Deal, sandbox: Sandbox):
    deal.name, deal.price = "Wall", 5
    sandbox.change("leads", deal.id, price=1200)
    deal.refresh()
    assert (deal.name, deal.price, deal.changes) == ("Roof", 1200, {})


def test_refresh_can_keep_changes_on_top_of_the_new_row(deal: Deal, sandbox: Sandbox):
    deal.name = "Wall"
    deal.tags.add("mine")
    deal.contacts.add(contact := sandbox.add("contacts", name="Ann")["id"])
    deal.custom_fields["Size"] = 3
    sandbox.change("leads", deal.id, price=1200, tags_to_add=[{"name": "theirs"}])
    deal.refresh(keep_changes=True)
    assert deal.price == 1200
    assert deal.changes == {
        "name": ("Roof", "Wall"),
        "tags": (("theirs",), ("theirs", "mine")),
        "contacts": ((), (contact,)),
        "custom_fields['Size']": (None, 3),
    }


def test_a_kept_change_that_the_new_row_has_too_is_none(deal: Deal, sandbox: Sandbox):
    deal.name = "Wall"
    sandbox.change("leads", deal.id, name="Wall")
    deal.refresh(keep_changes=True)
    assert deal.changes == {}


def test_what_was_read_and_not_changed_is_read_anew_after_a_refresh(deal: Deal, sandbox: Sandbox):
    assert deal.regions == ["EU"]
    assert deal.custom_fields["Colour"] is None
    colours = [{"field_id": fid(sandbox, "Colour"), "values": [{"value": "red"}]}]
    sandbox.change("leads", deal.id, custom_fields_values=colours)
    deal.refresh(keep_changes=True)
    assert deal.custom_fields["Colour"] == ["red"]
    regions = [{"field_id": REGIONS, "values": [{"value": "US"}]}]
    colours = [{"field_id": fid(sandbox, "Colour"), "values": [{"value": "blue"}]}]
    sandbox.change("leads", deal.id, custom_fields_values=regions + colours)
    deal.refresh(keep_changes=True)
    assert deal.regions == ["US"]
    assert deal.custom_fields["Colour"] == ["blue"]


def fid(sandbox: Sandbox, name: str) -> int:
    return int(next(row["id"] for row in sandbox.rows("custom_fields") if row["name"] == name))

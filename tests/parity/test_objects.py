"""The base of all models: filling, changing, saving, tags and custom fields."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from kommo_orm import Company, Contact, Email, Kommo, Lead, MultiSelect, Note, NotFound, NotLoaded, Phone, Task
from kommo_orm.sandbox import Sandbox
from tests.account import BUDGET, REGIONS, Deal, Person, asked, bodies, option_id, sent, value_in
from tests.parity.ledger import proves


def stored(sandbox: Sandbox, kommo: Kommo, cls: Any = Lead, kind: str = "leads", **values: Any) -> Any:
    return cls.objects.using(kommo).get(sandbox.add(kind, **values)["id"])


@proves(67, 68)
def test_an_unknown_name_is_refused_and_common_fields_are_there() -> None:
    with pytest.raises((ValidationError, TypeError, ValueError), match="prise"):
        Lead(name="x", prise=5)  # type: ignore[call-arg]
    common = {
        "id",
        "name",
        "responsible_user_id",
        "group_id",
        "created_by",
        "updated_by",
        "created_at",
        "updated_at",
        "account_id",
    }
    for cls in (Lead, Contact):
        assert common <= set(cls.model_fields)


@proves(67, 68)
def test_what_only_the_service_knows_is_kept_and_what_only_it_writes_is_read_only(
    sandbox: Sandbox, kommo: Kommo
) -> None:
    (lead,) = Lead.hydrate(
        [{"id": 7, "name": "Roof", "account_id": 5, "created_at": 1, "something_new": {"a": 1}}], kommo
    )
    assert lead.extra == {"something_new": {"a": 1}}
    for name, value in (("id", 8), ("account_id", 6)):
        with pytest.raises(AttributeError, match="given by Kommo|read-only"):
            setattr(lead, name, value)
    with pytest.raises(ValidationError, match="read-only"):
        Lead(name="x", account_id=6)  # type: ignore[call-arg]


@proves(69, 95)
def test_entities_are_named_by_class_or_word_and_not_by_number(sandbox: Sandbox, kommo: Kommo) -> None:
    lead, contact = stored(sandbox, kommo, name="Roof"), stored(sandbox, kommo, Contact, "contacts", name="Ann")
    for card in (lead, contact):
        task = card.tasks.create("Call back", lead.created_at)
        assert (task.entity_type, task.entity_id) == (f"{type(card).__name__.lower()}s", card.id)
        other = Task(text="Write", complete_till=lead.created_at, entity=card)
        other.save(using=kommo)
        assert (other.entity_type, other.entity_id) == (task.entity_type, task.entity_id)


@proves(70)
def test_an_object_is_loaded_by_its_id_and_read_again(sandbox: Sandbox, kommo: Kommo) -> None:
    lead = stored(sandbox, kommo, name="Roof")
    sandbox.change("leads", lead.id, name="Roof, red", price=7)
    lead.refresh()
    assert (lead.name, lead.price) == ("Roof, red", 7)
    with pytest.raises(NotFound):
        Lead.objects.using(kommo).get(999_999)


@proves(70, "B23")
def test_notes_and_elements_are_loaded_under_their_parent(sandbox: Sandbox, kommo: Kommo) -> None:
    from kommo_orm import CatalogElement, QueryError

    lead = sandbox.add("leads", name="Roof")
    note = sandbox.add("notes", entity_type="leads", entity_id=lead["id"], text="Hello")
    catalog = sandbox.add("catalogs", name="Cars")
    car = sandbox.add("catalog_elements", catalog_id=catalog["id"], name="Van")
    assert Note.objects.using(kommo).of(Lead).get(note["id"]).text == "Hello"
    assert CatalogElement.objects.using(kommo).of(catalog["id"]).get(car["id"]).name == "Van"
    with pytest.raises(QueryError, match="of"):
        Note.objects.using(kommo).get(note["id"])


@proves(71, "B20")
def test_a_save_sends_what_changed_and_nothing_else(sandbox: Sandbox, kommo: Kommo) -> None:
    source = option_id(sandbox, "Source", "web")
    deal = stored(sandbox, kommo, Deal, name="Roof", price=5, tags=["vip"])
    deal.source = "web"
    deal.save()
    deal.price = 6
    assert deal.to_payload() == {"price": 6}
    deal.save()
    deal.save()
    assert bodies(sandbox) == [
        {"custom_fields_values": [{"field_id": field_of(sandbox, "Source"), "values": [{"enum_id": source}]}]},
        {"price": 6},
    ]


def field_of(sandbox: Sandbox, name: str) -> int:
    return next(int(row["id"]) for row in sandbox.rows("custom_fields") if row["name"] == name)


@proves(73, 74)
def test_custom_fields_are_read_by_id_code_or_name(sandbox: Sandbox, kommo: Kommo) -> None:
    deal = stored(sandbox, kommo, Deal, name="Roof")
    deal.budget, deal.source, deal.regions, deal.signed = 500, "web", ["EU", "US"], date(2026, 11, 24)
    deal.save(refresh=True)
    lead = Lead.objects.using(kommo).get(deal.id)
    assert lead.custom_fields[BUDGET] == 500
    assert lead.custom_fields["Source"] == "web"
    assert lead.custom_fields["SIGNED_ON"] == date(2026, 11, 24)
    assert lead.custom_fields.get(REGIONS, MultiSelect) == ["EU", "US"]
    assert deal.source is not None
    assert deal.source.id == option_id(sandbox, "Source", "web")
    assert lead.custom_fields["SIZE"] is None  # defined, and without a value
    sandbox.log.clear()
    with sandbox.connect(timezone=sandbox.account.timezone) as unprepared:  # the row tells ids, codes and names itself
        fields = Lead.objects.using(unprepared).get(deal.id).custom_fields
        assert [fields[BUDGET], fields["SIGNED_ON"], fields["Source"]] == [500, date(2026, 11, 24), "web"]
    assert asked(sandbox) == [f"/api/v4/leads/{deal.id}"]


@proves(75, "B6", "B30")
def test_custom_fields_are_set_typed_and_can_be_cleared(sandbox: Sandbox, kommo: Kommo) -> None:
    deal = stored(sandbox, kommo, Deal, name="Roof")
    deal.budget, deal.regions = 500, ["EU", "US"]
    deal.save()
    deal.budget, deal.regions = None, []
    deal.save()
    assert value_in(sandbox, "leads", deal.id, "Budget") is None
    assert value_in(sandbox, "leads", deal.id, "Regions") is None
    with pytest.raises((ValidationError, ValueError), match="budget"):
        deal.budget = {"value": 5}  # type: ignore[assignment]


@proves(84)
def test_phone_and_email_are_found_by_code(sandbox: Sandbox, kommo: Kommo) -> None:
    for cls, kind in ((Contact, "contacts"), (Company, "companies")):
        card = stored(sandbox, kommo, cls, kind, name="Ann")
        assert card.custom_fields["PHONE"] is None
        assert card.custom_fields["EMAIL"] is None
        card.custom_fields["PHONE"], card.custom_fields["EMAIL"] = ["+1555000100"], ["ann@example.com"]
        card.save()
        with sandbox.connect() as unprepared:
            again = cls.objects.using(unprepared).get(card.id)
            assert again.custom_fields.get("PHONE", Phone) == "+1555000100"
            assert again.custom_fields.get("EMAIL", Email) == "ann@example.com"
    person = Person(name="Bob", phone="+1555000200")
    person.save(using=kommo)
    assert Person.objects.using(kommo).get(person.id).phone == "+1555000200"
    assert stored(sandbox, kommo, Person, "contacts", name="Nobody").phone is None


@proves(76)
def test_tags_are_added_once(sandbox: Sandbox, kommo: Kommo) -> None:
    lead = stored(sandbox, kommo, name="Roof", tags=["vip"])
    lead.tags.add("vip", "new")
    lead.tags.add("new")
    lead.save()
    assert bodies(sandbox) == [{"tags_to_add": [{"name": "new"}]}]
    assert [tag["name"] for tag in sandbox.rows("leads")[0]["_embedded"]["tags"]] == ["vip", "new"]


@proves(77, "B5", "B6")
def test_tags_are_removed_by_name_also_the_last_one(sandbox: Sandbox, kommo: Kommo) -> None:
    lead = stored(sandbox, kommo, name="Roof", tags=["a", "b", "c", "d"])
    lead.tags.remove("b")
    lead.tags.remove("c")
    lead.save()
    assert [tag["name"] for tag in sandbox.rows("leads")[0]["_embedded"]["tags"]] == ["a", "d"]
    lead.refresh()
    lead.tags.remove("a", "d")
    lead.save()
    assert sandbox.rows("leads")[0]["_embedded"]["tags"] == []


@proves("B6")
def test_the_last_tag_the_last_value_and_the_last_link_can_be_taken_away(sandbox: Sandbox, kommo: Kommo) -> None:
    contact, company = sandbox.add("contacts", name="Ann"), sandbox.add("companies", name="Olive")
    deal = stored(sandbox, kommo, Deal, name="Roof", tags=["vip"], contacts=[contact["id"]], company=company["id"])
    deal.budget = 500
    deal.save()
    deal.tags.clear()
    deal.budget = None
    deal.contacts.remove(contact["id"])
    deal.company = None
    deal.save()
    row = sandbox.row("leads", deal.id)
    assert row is not None
    assert not row["custom_fields_values"]
    assert {key: row["_embedded"][key] for key in ("tags", "contacts", "companies")} == {
        "tags": [],
        "contacts": [],
        "companies": [],
    }


@proves(78, "B4")
def test_a_saved_object_knows_its_id_and_is_not_created_twice(sandbox: Sandbox, kommo: Kommo) -> None:
    contact = Contact(name="Ann")
    contact.save(using=kommo)
    contact.name = "Anne"
    contact.save()
    assert [(row["id"], row["name"]) for row in sandbox.rows("contacts")] == [(contact.id, "Anne")]


@proves(79)
def test_changes_are_known_and_can_be_taken_back(sandbox: Sandbox, kommo: Kommo) -> None:
    lead = stored(sandbox, kommo, name="Roof", price=5)
    lead.price = 6
    assert {name: tuple(map(str, change)) for name, change in lead.changes.items()} == {"price": ("5", "6")}
    lead.revert()
    assert lead.changes == {}
    lead.save()
    assert sent(sandbox) == []
    with pytest.raises(NotLoaded):
        _ = Lead(name="new").id

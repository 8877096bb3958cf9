"""Leads, contacts and companies: created, read, found, changed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from kommo_orm import Company, Contact, EmailValue, Lead, MessengerValue, NotFound, PhoneValue
from tests.dialects.suite.spoken import FIELDS, LEGAL, Deal, Firm, Person, Spoken, whole_deal


def test_a_lead_comes_back_as_it_was_saved(spoken: Spoken) -> None:
    lead = Lead(name="Roof", price=1200)
    lead.save()
    found = Lead.objects.get(lead.id)
    assert (found.id, found.name, found.price) == (lead.id, "Roof", Decimal(1200))
    assert found.pipeline_id
    assert found.status_id
    assert found.responsible_user_id
    assert found.closed_at is None
    assert found.closest_task_at is None
    assert not found.is_deleted
    assert isinstance(found.created_at, datetime)


async def test_the_same_in_async_code(spoken: Spoken) -> None:
    lead = await Lead.objects.acreate(name="Roof", price=7)
    assert (await Lead.objects.aget(lead.id)).price == 7
    assert [one.id async for one in Lead.objects] == [lead.id]


def test_nothing_is_an_empty_list_and_one_missing_row_is_not_found(spoken: Spoken) -> None:
    assert Lead.objects.list() == []
    assert Contact.objects.first() is None
    with pytest.raises(NotFound, match="has no Lead 9"):
        Lead.objects.get(9)


def test_values_of_every_type_come_back(spoken: Spoken) -> None:
    deal = whole_deal()
    deal.save()
    found = Deal.objects.get(deal.id)
    given = whole_deal()
    for name in FIELDS:
        spec = Deal.__kommo_info__.fields[name]
        assert spec.same(getattr(found, name), getattr(given, name)), name
    assert not found.has_changes


def test_what_was_read_and_saved_again_changes_nothing(spoken: Spoken) -> None:
    whole_deal().save()
    before = spoken.sandbox.rows("leads")
    found = Deal.objects.first()
    assert found is not None
    spoken.forget()
    found.save()
    assert spoken.sent == []
    assert spoken.sandbox.rows("leads") == before


def test_only_changes_are_sent(spoken: Spoken) -> None:
    whole_deal().save()
    found = Deal.objects.first()
    assert found is not None
    spoken.forget()
    found.price = 5
    found.budget = 7
    found.save()
    (row,) = spoken.written("leads")
    named = (
        {"price", "custom_fields_values"} if spoken.dialect == "v4" else {"id", "updated_at", "sale", "custom_fields"}
    )
    assert row.keys() == named
    again = Deal.objects.get(found.id)
    assert (again.price, again.budget, again.remark) == (5, 7, "first\nsecond")


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_can_be_cleared(spoken: Spoken, name: str) -> None:
    whole_deal().save()
    found = Deal.objects.first()
    assert found is not None
    setattr(found, name, False if name == "agreed" else None)
    found.save()
    again = Deal.objects.get(found.id)
    spec = Deal.__kommo_info__.fields[name]
    assert spec.same(getattr(again, name), False if name == "agreed" else None)
    assert again.name == "Roof"


def test_undeclared_fields_are_read_and_written_by_name(spoken: Spoken) -> None:
    whole_deal().save()
    lead = Lead.objects.first()
    assert lead is not None
    assert lead.custom_fields["Remark"] == "first\nsecond"
    assert [str(one) for one in lead.custom_fields["Regions"]] == ["EU", "ASIA"]
    lead.custom_fields["Regions"] = ["US"]
    lead.custom_fields["Signed on"] = date(2027, 2, 3)
    lead.save()
    again = Deal.objects.get(lead.id)
    assert ([str(one) for one in again.regions], again.signed) == (["US"], date(2027, 2, 3))


def test_phones_keep_their_kinds(spoken: Spoken) -> None:
    person = Person(
        name="Ana Ruiz",
        phones=[PhoneValue("+1", "MOB"), "+2"],
        emails=[EmailValue("a@b.example", "PRIV")],
        messengers=[MessengerValue("ana", "SKYPE")],
    )
    person.save()
    found = Person.objects.get(person.id)
    assert [(one.value, one.kind) for one in found.phones] == [("+1", "MOB"), ("+2", "WORK")]
    assert [(one.value, one.kind) for one in found.emails] == [("a@b.example", "PRIV")]
    assert [(one.value, one.kind) for one in found.messengers] == [("ana", "SKYPE")]
    found.phones.append(PhoneValue("+3", "HOME"))
    found.save()
    again = Person.objects.get(person.id)
    assert [(one.value, one.kind) for one in again.phones] == [("+1", "MOB"), ("+2", "WORK"), ("+3", "HOME")]


def test_legal_entities_come_back(spoken: Spoken) -> None:
    firm = Firm(name="Romashka", legal=[LEGAL])
    firm.save()
    found = Firm.objects.get(firm.id)
    (legal,) = found.legal
    assert (legal.name, legal.entity_type, legal.vat_id, legal.external_uid) == ("Romashka LLC", 2, "77-1", "u-1")


def test_a_contact_is_named_by_parts(spoken: Spoken) -> None:
    contact = Contact(first_name="Ana", last_name="Ruiz")
    contact.save()
    found = Contact.objects.get(contact.id)
    assert (found.name, found.first_name, found.last_name) == ("Ana Ruiz", "Ana", "Ruiz")


def test_six_hundred_rows_come_once_each(spoken: Spoken) -> None:
    spoken.sandbox.seed(leads=600, contacts=1, companies=1)
    spoken.forget()
    ids = [lead.id for lead in Lead.objects]
    assert len(ids) == len(set(ids)) == 600
    pages = len([entry for entry in spoken.sandbox.log if entry.path.endswith("/leads")])
    assert pages <= 3 + 2  # some may be asked for in advance


def test_rows_saved_while_a_list_is_read_come_once_each(spoken: Spoken) -> None:
    spoken.sandbox.seed(leads=600, contacts=1, companies=1)
    seen = []
    for number, lead in enumerate(Lead.objects):
        seen.append(lead.id)
        if number % 100 == 0:
            lead.price = 5
            lead.save()
    assert len(seen) == len(set(seen)) == 600


def test_pages_by_number(spoken: Spoken) -> None:
    spoken.sandbox.seed(leads=12, contacts=1, companies=1)
    pages = [Lead.objects.page(number, 5) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [5, 5, 2]
    assert [page.has_next for page in pages] == [True, True, False]
    assert len({lead.id for page in pages for lead in page}) == 12


def test_filters_that_both_have(spoken: Spoken) -> None:
    one, two = Lead(name="one"), Lead(name="two")
    Lead.objects.bulk_create([one, two])
    user = spoken.sandbox.users[0]["id"]
    assert [lead.id for lead in Lead.objects.filter(id=two.id)] == [two.id]
    assert {lead.id for lead in Lead.objects.filter(id__in=[one.id, two.id])} == {one.id, two.id}
    assert len(Lead.objects.filter(responsible_user_id=user).list()) == 2
    assert Lead.objects.filter(responsible_user_id__in=[user]).exists()
    assert Lead.objects.in_bulk([one.id, two.id, 77]).keys() == {one.id, two.id}
    assert [lead.name for lead in Lead.objects.search("two")] == ["two"]


def test_filters_by_time(spoken: Spoken) -> None:
    lead = Lead(name="one")
    lead.save()
    stored = Lead.objects.get(lead.id)
    for at, wanted in ((stored.updated_at, 1), (stored.updated_at + timedelta(seconds=1), 0)):
        assert len(Lead.objects.filter(updated_at__gte=at).list()) == wanted
    assert Lead.objects.filter(created_at__range=(stored.created_at, stored.created_at)).exists()
    company, contact = Company(name="c"), Contact(name="p")
    company.save(), contact.save()
    for cls in (Company, Contact):
        row = cls.objects.first()
        assert row is not None
        assert len(cls.objects.filter(updated_at__gte=row.updated_at).list()) == 1
        assert cls.objects.filter(updated_at__gte=row.updated_at + timedelta(seconds=1)).list() == []


def test_stages(spoken: Spoken) -> None:
    pipeline = spoken.sandbox.rows("pipelines")[0]
    stages = [
        row["id"] for row in pipeline["_embedded"]["statuses"] if row["type"] == 0 and row["id"] not in (142, 143)
    ]
    first, second = Lead(name="a", status_id=stages[0]), Lead(name="b", status_id=stages[1])
    Lead.objects.bulk_create([first, second])
    assert [lead.id for lead in Lead.objects.filter(pipeline_id=pipeline["id"], status_id=stages[1])] == [second.id]
    found = Lead.objects.filter(status__in=[(pipeline["id"], stages[0]), (pipeline["id"], stages[1])])
    assert {lead.id for lead in found} == {first.id, second.id}


def test_all_that_a_filter_finds_is_changed_at_once(spoken: Spoken) -> None:
    Lead.objects.bulk_create([Lead(name="a"), Lead(name="b")])
    spoken.forget()
    report = Lead.objects.all().update(price=9)
    assert len(report.updated) == 2
    assert len(spoken.sent) == 1
    assert {row["price"] for row in spoken.sandbox.rows("leads")} == {9}


def test_five_hundred_and_one_new_ones_go_in_batches(spoken: Spoken) -> None:
    leads = [Lead(name=f"{number}") for number in range(501)]
    report = Lead.objects.bulk_create(leads)
    assert len(report.created) == 501
    assert report.requests == 3
    names = {row["id"]: row["name"] for row in spoken.sandbox.rows("leads")}
    assert all(names[lead.id] == lead.name for lead in leads)


def test_deleted_leads(spoken: Spoken) -> None:
    lead = Lead(name="x")
    lead.save()
    spoken.sandbox.trash("leads", lead.id)
    assert Lead.objects.list() == []
    (found,) = Lead.objects.deleted().list()
    assert (found.id, found.is_deleted) == (lead.id, True)

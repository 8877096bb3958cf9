"""Contacts and companies: names in parts, phones, and what is linked by links alone."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm import Company, Contact, Kommo, Lead, LossReason, NotLoaded
from kommo_orm.sandbox import Sandbox
from tests.account import Caller, Person, bodies, ids_of, sent


def test_a_name_is_composed_by_the_service(kommo: Kommo, sandbox: Sandbox):
    contact = Contact(first_name="Ann", last_name="Ruiz")
    contact.save(refresh=True)
    assert contact.name == "Ann Ruiz"
    contact.name = "Ann Maria Ruiz"
    contact.save()
    assert bodies(sandbox) == [{"name": "Ann Maria Ruiz"}]
    contact.refresh()
    assert (contact.name, contact.first_name) == ("Ann Maria Ruiz", "")


def test_phones_by_kind(kommo: Kommo, sandbox: Sandbox):
    caller = Caller(name="Ann")
    assert caller.phones == []
    caller.phones.append("+1")  # type: ignore[arg-type]
    caller.save(refresh=True)
    assert [(phone.value, phone.kind) for phone in caller.phones] == [("+1", "WORK")]
    caller.phones[0].kind = "MOB"
    caller.save()
    assert [phone.kind for phone in Caller.objects.get(caller.id).phones] == ["MOB"]
    assert Person.objects.search("+1").one().phone == "+1"


def test_a_company_is_linked_after_the_contact_is_there(kommo: Kommo, sandbox: Sandbox):
    contact = Contact(name="Ann")
    contact.company = Company(name="Olive")
    contact.leads.add(lead := Lead(name="Roof"))
    contact.save()
    assert [path for _, path, _ in sent(sandbox)] == [
        "/api/v4/companies",
        "/api/v4/contacts",
        "/api/v4/leads",
        f"/api/v4/contacts/{contact.id}/link",
    ]
    assert ids_of(sandbox, "contacts", contact.id, "companies") == [contact.company_id]
    assert ids_of(sandbox, "leads", lead.id, "contacts") == [contact.id]
    assert contact.changes == {}


def test_a_company_links_contacts_and_leads(kommo: Kommo, sandbox: Sandbox):
    company = Company(name="Olive")
    company.contacts.add(Contact(name="Ann"), Contact(name="Bob"))
    company.leads.add(Lead(name="Roof"))
    company.save()
    assert len(ids_of(sandbox, "companies", company.id, "contacts")) == 2
    assert len(ids_of(sandbox, "companies", company.id, "leads")) == 1
    company.contacts.clear()
    company.save()
    assert ids_of(sandbox, "companies", company.id, "contacts") == []


@pytest.mark.parametrize("cls", [Contact, Company])
async def test_create_and_update_in_async_code(sandbox: Sandbox, cls: Any):
    async with sandbox.connect():
        made = await cls.objects.acreate(name="Ann")
        report = await cls.objects.filter(id=made.id).aupdate(name="Bob")
        assert len(report.updated) == 1
        assert (await cls.objects.aget(made.id)).name == "Bob"


@pytest.mark.parametrize("cls", [Contact, Company])
def test_create_and_update(kommo: Kommo, sandbox: Sandbox, cls: Any):
    made = cls.objects.create(name="Ann")
    assert len(cls.objects.filter(name="Ann").update(responsible_user_id=1001).updated) == 1
    assert cls.objects.get(made.id).responsible_user_id == 1001


async def test_loss_reasons(sandbox: Sandbox):
    async with sandbox.connect():
        reason = await LossReason.objects.acreate("Too dear", sort=5)
        assert (reason.name, reason.sort) == ("Too dear", 5)
        reason.sort = 7
        await reason.asave()
        assert (await LossReason.objects.aget(reason.id)).sort == 7
        await reason.adelete()
        assert await LossReason.objects.aget_or_none(reason.id) is None


def test_social_profiles_come_on_request(kommo: Kommo, sandbox: Sandbox):
    ann = Contact.objects.create(name="Ann")
    with pytest.raises(NotLoaded, match=r"include\('social_profiles'\)"):
        Contact.objects.get(ann.id).social_profiles  # noqa: B018
    assert Contact.objects.include("social_profiles").get(ann.id).social_profiles == []
    profile = {"id": "77", "name": "Ann", "source_name": "telegram", "data": [], "avatar": None, "age": 5}
    [told] = Contact.hydrate([{"id": 5, "_embedded": {"social_profiles": [profile]}}])[0].social_profiles
    assert (told.id, told.source_name, told.data, told.extra) == ("77", "telegram", None, {"age": 5})

"""Changing many rows of each kind in one request, and the small reads and writes that no other page of tests has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kommo_orm import (
    Catalog,
    CatalogElement,
    Company,
    ConfigurationError,
    Contact,
    CustomField,
    CustomFieldGroup,
    Kommo,
    Lead,
    LossReason,
    Role,
    Tag,
    Task,
)
from kommo_orm.entities.users.rights import Rights
from kommo_orm.sandbox import Sandbox
from tests.account import asked, sent

Maker = Callable[[], tuple[Any, str, list[Any]]]


def cards(cls: type[Any]) -> tuple[Any, str, list[Any]]:
    made = [cls.objects.create(name=name) for name in ("One", "Two")]
    return cls.objects, f"/api/v4/{cls.__kommo_kind__}", made


def catalogs() -> tuple[Any, str, list[Any]]:
    return Catalog.objects, "/api/v4/catalogs", [Catalog.objects.create(name) for name in ("One", "Two")]


def elements() -> tuple[Any, str, list[Any]]:
    goods = Catalog.objects.create("Goods")
    query = CatalogElement.objects.of(goods)
    return query, f"/api/v4/catalogs/{goods.id}/elements", [query.create(name) for name in ("One", "Two")]


def tags() -> tuple[Any, str, list[Any]]:
    query = Tag.objects.of(Lead)
    return query, "/api/v4/leads/tags", [query.create(name) for name in ("One", "Two")]


def fields() -> tuple[Any, str, list[Any]]:
    query = CustomField.objects.of(Lead)
    return query, "/api/v4/leads/custom_fields", [query.create(name, "text") for name in ("One", "Two")]


def fields_of_a_list() -> tuple[Any, str, list[Any]]:
    goods = Catalog.objects.create("Goods")
    query = CustomField.objects.of(goods)
    return query, f"/api/v4/catalogs/{goods.id}/custom_fields", [query.create(name, "text") for name in ("One", "Two")]


MAKERS: dict[str, Maker] = {
    "leads": lambda: cards(Lead),
    "contacts": lambda: cards(Contact),
    "companies": lambda: cards(Company),
    "catalogs": catalogs,
    "elements": elements,
    "tags": tags,
    "fields": fields,
    "fields of a list": fields_of_a_list,
}


@pytest.mark.parametrize("kind", MAKERS)
def test_two_changes_are_one_request(kommo: Kommo, sandbox: Sandbox, kind: str):
    query, path, made = MAKERS[kind]()
    sandbox.log.clear()
    for one in made:
        one.name = f"{one.name} anew"
    report = query.bulk_update(made)
    assert len(report.updated) == 2
    [(verb, where, body)] = sent(sandbox)
    assert (verb, where) == ("PATCH", path)
    assert [(row["id"], row["name"]) for row in body] == [(one.id, one.name) for one in made]
    assert {found.name for found in query.list()} >= {one.name for one in made}
    assert not any(one.has_changes for one in made)


@pytest.mark.parametrize("kind", MAKERS)
async def test_two_changes_are_one_request_in_async_code(kommo: Kommo, sandbox: Sandbox, kind: str):
    query, path, made = MAKERS[kind]()
    sandbox.log.clear()
    for one in made:
        one.name = f"{one.name} anew"
    await query.abulk_update(made)
    assert [entry[1] for entry in sent(sandbox)] == [path]


def test_a_lead_tag_is_renamed_and_recoloured_and_others_are_not(kommo: Kommo, sandbox: Sandbox):
    vip = Tag.objects.of(Lead).create("vip")
    vip.name, vip.color = "VIP", "FFCE5A"
    vip.save()
    assert sent(sandbox)[-1] == ("PATCH", f"/api/v4/leads/tags/{vip.id}", {"name": "VIP", "color": "FFCE5A"})
    [stored] = Tag.objects.of(Lead).list()
    assert (stored.name, stored.color) == ("VIP", "FFCE5A")
    other = Tag.objects.of(Contact).create("vip")
    other.name = "VIP"
    with pytest.raises(ConfigurationError, match="only tags of leads can be changed, those of contacts cannot"):
        other.save()
    assert len([entry for entry in sent(sandbox) if entry[0] == "PATCH"]) == 1


def test_one_list_is_read_by_its_id(kommo: Kommo, sandbox: Sandbox):
    cars = Catalog.objects.create("Cars")
    found = Catalog.objects.get(cars.id)
    assert (found.name, found.type, found.can_be_deleted) == ("Cars", "regular", True)
    assert asked(sandbox) == [f"/api/v4/catalogs/{cars.id}"]


def test_groups_of_a_list(kommo: Kommo, sandbox: Sandbox):
    goods = Catalog.objects.create("Goods")
    size = CustomField.objects.of(goods).create("Size", "text")
    group = CustomFieldGroup.objects.of(goods).create("Measures")
    assert (group.entity_type, group.catalog_id, group.fields) == ("catalogs", goods.id, [])
    group.fields = [size.id]
    group.save()
    base = f"/api/v4/catalogs/{goods.id}/custom_fields/groups"
    assert sent(sandbox)[-1] == ("PATCH", f"{base}/{group.id}", {"fields": [size.id]})
    assert CustomFieldGroup.objects.of(goods).get(group.id).fields == [size.id]
    assert [one.id for one in CustomFieldGroup.objects.of(goods)] == ["default", group.id]
    assert [one.id for one in CustomFieldGroup.objects.of(Lead)] == ["default"]
    group.delete()
    assert [one.id for one in CustomFieldGroup.objects.of(goods)] == ["default"]


def test_loss_reasons_are_listed(kommo: Kommo, sandbox: Sandbox):
    LossReason.objects.create("Too dear")
    assert [reason.name for reason in LossReason.objects] == ["Too dear"]
    assert asked(sandbox) == ["/api/v4/leads/loss_reasons"]


def test_roles_are_changed_one_by_one(kommo: Kommo, sandbox: Sandbox):
    made = [Role.objects.create(name, Rights(mail_access=True)) for name in ("One", "Two")]
    for role in made:
        role.name = f"{role.name} anew"
    Role.objects.bulk_update(made)
    assert [path for verb, path, _ in sent(sandbox) if verb == "PATCH"] == [f"/api/v4/roles/{role.id}" for role in made]


def test_views_of_a_card_write_what_is_theirs(kommo: Kommo, sandbox: Sandbox):
    from datetime import UTC, datetime

    lead = Lead.objects.create(name="Roof")
    note = lead.notes.create("Called back")
    task = lead.tasks.create("Call again", datetime(2030, 1, 1, tzinfo=UTC))
    assert [found.id for found in lead.notes.all()] == [note.id]
    assert [found.id for found in lead.tasks.all()] == [task.id]
    assert isinstance(task, Task)


def test_relations_of_each_side_are_included(kommo: Kommo, sandbox: Sandbox):
    olive, ann, lead = Company(name="Olive"), Contact(name="Ann"), Lead(name="Roof")
    lead.company = olive
    lead.contacts.add(ann)
    lead.save()
    ann.companies.add(olive)
    ann.save()
    assert [one.name for one in Lead.objects.include("contacts").get(lead.id).contacts] == ["Ann"]
    contact = Contact.objects.include("leads", "company").get(ann.id)
    assert [one.name for one in contact.leads] == ["Roof"]
    assert contact.company is not None
    assert contact.company.name == "Olive"
    company = Company.objects.include("leads", "contacts").get(olive.id)
    assert ([one.name for one in company.leads], [one.name for one in company.contacts]) == (["Roof"], ["Ann"])

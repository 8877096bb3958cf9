"""Groups of fields: their ids are texts, and the same one ("default") is in every entity."""

from __future__ import annotations

import copy
import pickle

import pytest

from kommo_orm import ConfigurationError, Contact, Forbidden, Kommo, Lead, NotFound, QueryError, Session
from kommo_orm.entities.custom_fields.custom_field import CustomField
from kommo_orm.entities.custom_fields.custom_field_group import CustomFieldGroup
from kommo_orm.sandbox import Sandbox
from tests.account import bodies, sent

GROUPS = "/api/v4/leads/custom_fields/groups"


def test_ids_are_texts_everywhere(kommo: Kommo, sandbox: Sandbox):
    group = CustomFieldGroup.objects.of(Lead).create("Passport")
    assert isinstance(group.id, str)
    assert group.pk == group.id
    assert not group.is_new
    assert hash(group) == hash(CustomFieldGroup.objects.of(Lead).get(group.id))
    for twin in (copy.deepcopy(group), pickle.loads(pickle.dumps(group))):
        assert twin.pk == group.pk
    assert group.model_dump()["id"] == group.id
    reference = CustomFieldGroup(id=group.id, entity_type="leads")
    reference.name = "Papers"
    reference.save()
    assert sent(sandbox)[-1] == ("PATCH", f"{GROUPS}/{group.id}", {"name": "Papers"})
    group.refresh()
    assert group.name == "Papers"


def test_wrong_ids_are_refused(kommo: Kommo):
    with pytest.raises(QueryError, match="is a text"):
        CustomFieldGroup.objects.of(Lead).get(5)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        CustomFieldGroup.objects.of(Lead).get("leads_1")
    with pytest.raises(QueryError, match="cannot list"):
        CustomFieldGroup.objects.of(Lead).in_bulk([1])


def test_writing_fields_moves_them(kommo: Kommo, sandbox: Sandbox):
    field = CustomField.objects.of(Lead).create("Way", "text")
    group = CustomFieldGroup.objects.of(Lead).create("Passport", sort=3, fields=[field.id])
    assert bodies(sandbox, "POST")[-1] == [
        {"name": "Passport", "sort": 3, "fields": [field.id], "request_id": "0"},
    ]
    assert (group.fields, group.is_predefined, group.type) == ([field.id], False, "custom_field_group")
    field.refresh()
    assert field.group_id == group.id
    group.fields.append(next(one.id for one in CustomField.objects.of(Lead).filter(type="numeric")))
    group.save()
    assert len(bodies(sandbox)[-1]["fields"]) == 2
    assert group.changes == {}


def test_the_same_id_under_two_entities_is_two_objects(kommo: Kommo):
    with Session(kommo) as session:
        leads = session.query(CustomFieldGroup).of(Lead).get("default")  # type: ignore[attr-defined]
        contacts = session.query(CustomFieldGroup).of(Contact).get("default")  # type: ignore[attr-defined]
    assert leads is not contacts
    assert (leads.entity_type, contacts.entity_type) == ("leads", "contacts")


def test_delete(kommo: Kommo, sandbox: Sandbox):
    group = CustomFieldGroup.objects.of(Lead).create("Passport")
    group.delete()
    assert sent(sandbox)[-1][:2] == ("DELETE", f"{GROUPS}/{group.id}")
    with pytest.raises(Forbidden):
        CustomFieldGroup.objects.of(Lead).get("default").delete()
    with pytest.raises(ConfigurationError, match="without name"):
        CustomFieldGroup(entity_type="leads").save()


async def test_async(kommo: Kommo):
    group = await CustomFieldGroup.objects.of(Lead).acreate("Passport")
    assert (await CustomFieldGroup.objects.of(Lead).aget(group.id)).name == "Passport"

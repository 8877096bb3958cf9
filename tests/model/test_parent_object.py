"""What an object belongs to: set as an object, new or stored; the id and the kind follow."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from kommo_orm import Company, ConfigurationError, Contact, Kommo, Lead, Note, Session, Tag, Task
from kommo_orm.sandbox import Sandbox
from tests.account import bodies

TILL = datetime(2030, 1, 1, tzinfo=UTC)


def task_of(**values: object) -> Task:
    return Task(text="Call", complete_till=TILL, **values)


def test_a_stored_object_gives_its_id_and_its_kind():
    task = task_of(entity=Lead(id=5))
    assert (task.entity_id, task.entity_type) == (5, "leads")
    assert task.entity is not None
    assert task.entity.pk == 5
    assert "entity" not in task.changes


def test_a_new_object_gives_them_when_it_is_saved(kommo: Kommo, sandbox: Sandbox):
    lead = Lead(name="Roof")
    task = task_of(entity=lead)
    assert task.entity is lead
    assert task.changes["entity"] == (None, lead)
    task.save()
    assert (task.entity_id, task.entity_type) == (lead.id, "leads")
    assert task.changes == {}
    assert [list(body[0]) for body in bodies(sandbox, "POST")] == [
        ["name", "request_id"],
        ["text", "complete_till", "entity_type", "entity_id", "request_id"],
    ]


def test_a_loaded_object_reads_a_reference(kommo: Kommo, sandbox: Sandbox):
    lead = Lead.objects.create(name="Roof")
    task_of(entity=lead).save()
    task = Task.objects.first()
    assert task is not None
    assert isinstance(task.entity, Lead)
    assert (task.entity.pk, task.entity.account_name) == (lead.id, "sandbox.kommo.com")
    assert Task.hydrate([{"id": 1, "entity_id": None, "entity_type": None}])[0].entity is None
    assert task_of().entity is None


def test_the_last_word_counts(kommo: Kommo, sandbox: Sandbox):
    ann = Contact(name="Ann")
    task = task_of(entity=Lead(id=5))
    task.entity = ann
    assert task.entity_type == "contacts"
    assert not hasattr(task, "entity_id")
    task.save()
    assert (task.entity_id, task.entity_type) == (ann.id, "contacts")


def test_a_stored_task_can_move_and_a_note_cannot(kommo: Kommo, sandbox: Sandbox):
    lead, company = Lead.objects.create(name="Roof"), Company.objects.create(name="Olive")
    task, note = task_of(entity=lead), Note(params="Hi", entity=lead)
    task.save()
    note.save()
    task.entity = company
    task.save()
    assert bodies(sandbox) == [{"entity_type": "companies", "entity_id": company.id}]
    with pytest.raises(ConfigurationError, match=rf"Note {note.id} stays with its entity: make a new one for another"):
        note.entity = company


def test_revert_forgets_it(kommo: Kommo, sandbox: Sandbox):
    task = task_of(entity=Lead.objects.create(name="Roof"))
    task.save()
    stored = task.entity_id
    task.entity = Contact(name="Ann")
    task.revert()
    assert (task.entity_id, task.changes) == (stored, {})


@pytest.mark.parametrize("wrong", [Tag(name="x"), 5, "leads", Lead], ids=["tag", "number", "text", "class"])
def test_what_nothing_belongs_to_is_refused(wrong: object):
    with pytest.raises((ConfigurationError, ValidationError), match="Task.entity is one of leads, contacts, companies"):
        task_of(entity=wrong)


def test_an_object_of_another_account_is_refused(kommo: Kommo, sandbox: Sandbox):
    task = task_of(entity=Lead.objects.create(name="Roof"))
    task.save()
    with Sandbox(subdomain="other").connect():
        foreign = Lead.objects.create(name="Foreign")
    with pytest.raises(
        ConfigurationError, match="An object of other.kommo.com cannot be the entity of one of sandbox.kommo.com"
    ):
        task.entity = foreign


def test_what_belongs_to_an_object_is_written_in_its_account(sandbox: Sandbox):
    other = Sandbox(subdomain="other")
    with other.connect() as kommo:
        lead = Lead.objects.create(name="Foreign")
        with sandbox.connect():
            task_of(entity=lead).save()
        assert kommo.name == "other.kommo.com"
    assert (len(other.rows("tasks")), len(sandbox.rows("tasks"))) == (1, 0)


def test_copies_and_pickles_keep_it():
    task = task_of(entity=(lead := Lead(name="Roof")))
    for twin in (copy.deepcopy(task), pickle.loads(pickle.dumps(task))):
        assert twin.entity is not lead
        assert twin.entity.name == "Roof"
        assert twin.changes.keys() == task.changes.keys()
    assert copy.copy(task).entity is lead


def test_setting_it_touches_the_session(kommo: Kommo, sandbox: Sandbox):
    task = task_of(entity=Lead.objects.create(name="Roof"))
    task.save()
    with Session(kommo) as session:
        session.get(Task, task.id).entity = Contact(name="Ann")
        assert len(session.dirty) == 1
    assert sandbox.rows("tasks")[0]["entity_type"] == "contacts"

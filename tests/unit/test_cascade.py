"""Who takes part in a save: the given ones, the new ones they are related to, and what waits for whom."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kommo_orm import Company, ConfigurationError, Contact, FlushError, Kommo, Lead, Note, Session, Task
from kommo_orm.sandbox import Sandbox
from kommo_orm.unit.cascade import collect_cascade, find_new_dependencies
from tests.account import ids_of, sent


def test_new_objects_come_before_those_that_need_them():
    lead, ann, olive = Lead(name="Roof"), Contact(name="Ann"), Company(name="Olive")
    ann.company = olive
    lead.contacts.add(ann, 5)
    assert [id(model) for model in collect_cascade([lead])] == [id(olive), id(ann), id(lead)]
    assert [id(model) for model in collect_cascade([lead, ann])] == [id(olive), id(ann), id(lead)]
    assert [id(model) for model in find_new_dependencies(lead)] == [id(ann)]


def test_circles_end():
    lead, ann = Lead(name="Roof"), Contact(name="Ann")
    lead.contacts.add(ann)
    ann.leads.add(lead)
    assert {id(model) for model in collect_cascade([ann])} == {id(lead), id(ann)}


def test_objects_of_another_account_are_refused_before_anything_is_sent(kommo: Kommo, sandbox: Sandbox):
    other = Sandbox(subdomain="other")
    with other.connect():
        foreign = Lead.objects.create(name="Foreign")
    foreign.name = "x"
    with pytest.raises(
        ConfigurationError, match=r"belongs to account other.kommo.com and cannot be saved in sandbox.kommo.com"
    ):
        Lead.objects.bulk_update([foreign])
    session = Session(kommo)
    with pytest.raises(ConfigurationError, match="belongs to account other.kommo.com"):
        session.add(foreign, Lead(name="Mine"))
    session.flush()
    assert sent(sandbox) == []


def test_notes_and_tasks_wait_for_their_card(kommo: Kommo, sandbox: Sandbox):
    lead = Lead(name="Roof")
    note = Note(params="Hi", entity=lead)
    task = Task(text="Call", complete_till=datetime(2030, 1, 1, tzinfo=UTC), entity=lead)
    with Session(kommo) as session:
        session.add(note, task)
    assert [path for _, path, _ in sent(sandbox)] == ["/api/v4/leads", "/api/v4/tasks", "/api/v4/leads/notes"]
    assert note.entity_id == task.entity_id == lead.id


def test_a_note_whose_card_was_refused_fails_with_it(kommo: Kommo, sandbox: Sandbox):
    lead = Lead(name="Roof", responsible_user_id=999)
    note = Note(params="Hi", entity=lead)
    session = Session(kommo)
    session.add(note)
    with pytest.raises(FlushError) as failed:
        session.flush()
    assert len(failed.value.report.failed) == 2
    assert "waits for new Lead 'Roof', which was not saved" in str(failed.value.report.failed[1].error)
    lead.responsible_user_id = 1001
    session.commit()
    assert note.entity_id == lead.id


@pytest.mark.slow
def test_a_mixed_commit_of_600_leads_with_a_contact_a_company_and_a_note_each(kommo: Kommo, sandbox: Sandbox):
    leads = []
    with Session(kommo) as session:
        for number in range(600):
            lead = Lead(name=f"Lead {number}")
            lead.contacts.add(Contact(name=f"Contact {number}"))
            lead.company = Company(name=f"Company {number}")
            session.add(lead, Note(params=f"Note {number}", entity=lead))
            leads.append(lead)
    assert session.report.requests == len(sent(sandbox)) <= 12
    notes = {row["entity_id"]: row["params"]["text"] for row in sandbox.rows("notes")}
    for number, lead in enumerate(leads):
        [contact] = ids_of(sandbox, "leads", lead.id, "contacts")
        assert sandbox.account.store.get_table("contacts")[contact]["name"] == f"Contact {number}"
        assert notes[lead.id] == f"Note {number}"

"""Tasks and notes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest

from kommo_orm import CallIn, CommonNote, Contact, Lead, Note, ServiceMessage, SmsIn, Task
from kommo_orm.errors import BadRequest, ConfigurationError, QueryError
from tests.dialects.suite.spoken import LATER, NOW, Spoken


@pytest.fixture
def lead(spoken: Spoken) -> Lead:
    lead = Lead(name="x")
    lead.save()
    return lead


def test_a_task_comes_back_as_it_was_saved(spoken: Spoken, lead: Lead) -> None:
    task = Task(text="Call", complete_till=LATER, entity=lead, task_type_id=2)
    task.save()
    found = Task.objects.get(task.id)
    assert (found.text, found.complete_till, found.task_type_id) == ("Call", LATER, 2)
    assert (found.entity_type, found.entity_id, found.is_completed, found.result) == ("leads", lead.id, False, None)


def test_a_task_is_completed_with_a_result(spoken: Spoken, lead: Lead) -> None:
    Task(text="Call", complete_till=LATER, entity=lead).save()
    (task,) = Task.objects.list()
    task.complete("Agreed")
    found = Task.objects.get(task.id)
    assert (found.is_completed, found.result, found.text) == (True, "Agreed", "Call")


def test_tasks_are_found(spoken: Spoken, lead: Lead) -> None:
    contact = Contact(name="Ana")
    contact.save()
    one = Task(text="one", complete_till=LATER, entity=lead)
    two = Task(text="two", complete_till=LATER, entity=contact, task_type_id=2, is_completed=True)
    Task.objects.bulk_create([one, two])
    assert [task.id for task in Task.objects.filter(is_completed=True)] == [two.id]
    assert [task.id for task in Task.objects.filter(entity_type="leads", entity_id=lead.id)] == [one.id]
    assert [task.id for task in Task.objects.filter(task_type_id=2)] == [two.id]
    assert {task.id for task in Task.objects.filter(task_type_id__in=[1, 2])} == {one.id, two.id}
    stored = Task.objects.get(one.id)
    assert Task.objects.filter(updated_at__gte=stored.updated_at - timedelta(seconds=1)).exists()
    assert [task.text for task in lead.tasks.all()] == ["one"]
    stage, pipeline = Lead.objects.get(lead.id).status_id, Lead.objects.get(lead.id).pipeline_id
    assert [task.id for task in Task.objects.filter(lead_status__in=[(pipeline, stage)])] == [one.id]


def test_many_tasks_change_at_once(spoken: Spoken, lead: Lead) -> None:
    Task.objects.bulk_create([Task(text=f"{number}", complete_till=LATER, entity=lead) for number in range(3)])
    spoken.forget()
    Task.objects.filter(is_completed=False).update(complete_till=LATER + timedelta(days=1))
    assert len(spoken.sent) == 1
    assert {(task.text, task.complete_till) for task in Task.objects} == {
        (text, LATER + timedelta(days=1)) for text in "012"
    }


def test_v2_wants_the_text_of_a_task(v2: Spoken) -> None:
    task = Task(id=5)
    task.is_completed = True
    with pytest.raises(ConfigurationError, match="wants a task's text with every change"):
        task.save()
    assert not v2.sent


def test_a_new_task_knows_the_text_that_it_was_given(spoken: Spoken) -> None:
    task = Task(text="Call", complete_till=LATER)
    task.save()
    task.complete("Agreed")
    assert spoken.row("tasks", task.id)["text"] == "Call"


def test_a_changed_text_is_not_taken_back_by_the_next_change(spoken: Spoken) -> None:
    """API v2 wants the text with every change: the one that was saved last, not the one that was read."""
    Task(text="Call", complete_till=LATER).save()
    (task,) = Task.objects.list()
    task.text = "Write"
    task.save()
    task.complete_till += timedelta(days=1)
    task.save()
    assert spoken.row("tasks", task.id)["text"] == "Write"


# ---- notes
def test_notes_of_several_types_come_back(spoken: Spoken, lead: Lead) -> None:
    given = [
        CommonNote("Sent"),
        ServiceMessage(service="Shop", text="Paid"),
        SmsIn(text="Yes", phone="+1"),
        CallIn(uniq="k", duration=95, source="pbx", phone="+1", link="https://x.example/1"),
    ]
    Note.objects.bulk_create([Note(params=params, entity=lead) for params in given])
    found = {note.note_type: note for note in Note.objects.of(lead)}
    for params in given:
        note = found[params.note_type]
        assert {**note.params.parts()} | params.parts() == note.params.parts(), note
        assert (note.entity_type, note.entity_id) == ("leads", lead.id)
    assert found["common"].text == "Sent"


def test_a_note_changes(spoken: Spoken, lead: Lead) -> None:
    note = lead.notes.create("Sent")
    note.text = "Sent twice"
    note.save()
    (found,) = Note.objects.of(Lead).list()
    assert (found.id, found.text) == (note.id, "Sent twice")
    assert Note.objects.of(lead).get(note.id).text == "Sent twice"
    found.text = "Sent thrice"
    found.save()
    assert Note.objects.of(lead).get(note.id).text == "Sent thrice"


def test_notes_are_found(spoken: Spoken, lead: Lead) -> None:
    other = Lead(name="y")
    other.save()
    lead.notes.create("one")
    other.notes.create(ServiceMessage(service="s", text="two"))
    assert [note.text for note in Note.objects.of(Lead).filter(note_type="service_message")] == ["two"]
    assert [note.text for note in Note.objects.of(Lead).filter(entity_id=lead.id)] == ["one"]
    note = Note.objects.of(lead).first()
    assert note is not None
    assert len(Note.objects.of(Lead).filter(updated_at__gte=note.updated_at).list()) >= 1
    assert Note.objects.of(Lead).filter(updated_at__gte=note.updated_at + timedelta(hours=1)).list() == []


def test_a_note_on_nothing_fails(spoken: Spoken) -> None:
    with pytest.raises(BadRequest):
        Note(params="x", entity_type="leads", entity_id=77).save()


def test_tasks_are_found_by_their_creation(v2: Spoken) -> None:
    old = Task(text="old", complete_till=LATER, created_at=NOW - timedelta(days=9))
    new = Task(text="new", complete_till=LATER, created_at=NOW)
    Task.objects.bulk_create([old, new])
    assert [one.text for one in Task.objects.filter(created_at__gte=NOW - timedelta(days=1))] == ["new"]
    assert [one.text for one in Task.objects.filter(created_at__lte=NOW - timedelta(days=1))] == ["old"]


def test_leads_are_found_by_what_is_to_be_done(v2: Spoken) -> None:
    busy, idle, won = Lead(name="busy"), Lead(name="idle"), Lead(name="won")
    Lead.objects.bulk_create([busy, idle, won])
    won.win()
    Task(text="call", complete_till=LATER, entity=busy).save()
    v2.forget()
    assert [one.name for one in Lead.objects.filter(has_open_tasks=True)] == ["busy"]
    assert [one.name for one in Lead.objects.filter(has_open_tasks=False, is_open=True)] == ["idle"]
    asked = [parse_qsl(entry.query) for entry in v2.sandbox.log if entry.path == "/api/v2/leads"]
    assert [[pair for pair in pairs if pair[0].startswith("filter")] for pairs in asked] == [
        [("filter[tasks]", "2")],
        [("filter[tasks]", "1"), ("filter[active]", "1")],
    ]
    with pytest.raises(QueryError, match="open leads only"):
        Lead.objects.filter(is_open=False)


@pytest.mark.parametrize(
    "query",
    [
        Task.objects.filter(created_at__gte=NOW),
        Lead.objects.filter(is_open=True),
        Lead.objects.filter(has_open_tasks=False),
    ],
    ids=["tasks by creation", "open leads", "leads without tasks"],
)
def test_v4_refuses_the_filters_of_v2_by_name(v4: Spoken, query: Any) -> None:
    with pytest.raises(
        QueryError, match=r"API v4 cannot filter .* by (created_at|is_open|has_open_tasks); the older API can"
    ):
        query.list()
    assert len(v4.sandbox.log) == 0


def test_notes_of_other_cards_are_not_found_by_their_ids(spoken: Spoken, lead: Lead) -> None:
    """API v2 ignores the card beside ids."""
    other = Lead(name="other")
    other.save()
    mine, theirs = lead.notes.create("mine"), other.notes.create("theirs")
    assert [note.text for note in Note.objects.of(lead).filter(id__in=[mine.id, theirs.id])] == ["mine"]
    assert Note.objects.of(lead).get(mine.id).text == "mine"
    assert Note.objects.of(lead).get_or_none(theirs.id) is None
    assert [note.text for note in Note.objects.of(Lead).filter(id__in=[mine.id, theirs.id])] == ["mine", "theirs"]

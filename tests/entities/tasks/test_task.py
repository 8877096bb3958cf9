"""Tasks: required at creation, completed by one request, about a card that may be new itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kommo_orm import ConfigurationError, FilterIgnored, Kommo, Lead, NotLoaded, QueryError
from kommo_orm.entities.tasks.task import FOLLOW_UP, MEETING, Task
from kommo_orm.sandbox import Sandbox
from tests.account import bodies, sent

TILL = datetime(2031, 5, 1, 9, 30, tzinfo=UTC)
ROW: dict[str, Any] = {
    "id": 6001,
    "created_by": 0,
    "updated_by": 5,
    "created_at": 1700000000,
    "updated_at": 1700000500,
    "responsible_user_id": 5,
    "group_id": 0,
    "entity_id": 501,
    "entity_type": "leads",
    "duration": 1800,
    "is_completed": True,
    "task_type_id": 77001,
    "text": "",
    "result": {"text": "done"},
    "complete_till": 1700086400,
    "account_id": 12,
    "labels": ["new key"],
}


def lead_of(sandbox: Sandbox, **values: Any) -> Lead:
    return Lead.objects.get(sandbox.add("leads", **{"name": "Roof", **values})["id"])


def task_of(sandbox: Sandbox, **values: Any) -> Task:
    row = sandbox.add("tasks", **{"text": "Call", "complete_till": int(TILL.timestamp()), **values})
    return Task.objects.get(row["id"])


def test_a_row_with_oddities_reads_and_keeps_what_it_does_not_know():
    task = Task.hydrate([dict(ROW)])[0]
    assert (task.text, task.result, task.duration, task.is_completed) == ("", "done", 1800, True)
    assert task.complete_till == datetime(2023, 11, 15, 22, 13, 20, tzinfo=UTC)
    assert task.extra == {"labels": ["new key"]}
    assert task.changes == {}


@pytest.mark.parametrize("unset", [[], None, {}, {"text": None}])
def test_an_unset_result_reads_as_none(unset: Any):
    assert Task.hydrate([{**ROW, "result": unset}])[0].result is None


@pytest.mark.parametrize("nothing", [0, None])
def test_a_task_without_a_card_has_no_entity(nothing: Any):
    task = Task.hydrate([{**ROW, "entity_id": nothing, "entity_type": None}])[0]
    assert task.entity_id is None
    assert task.entity is None


def test_create_sends_what_was_given(kommo: Kommo, sandbox: Sandbox):
    lead = lead_of(sandbox)
    task = Task.objects.create(text="Call", complete_till=TILL, entity=lead, task_type_id=MEETING, duration=600)
    (body,) = bodies(sandbox, "POST")
    stamp = int(TILL.timestamp())
    assert body == [
        {
            "text": "Call",
            "complete_till": stamp,
            "task_type_id": 2,
            "duration": 600,
            "entity_id": lead.id,
            "entity_type": "leads",
            "request_id": "0",
        }
    ]
    assert task.changes == {}
    assert task.entity is lead
    task.refresh()
    assert (task.entity_id, task.result, task.task_type_id) == (lead.id, None, MEETING)


def test_a_text_may_be_empty_and_a_deadline_may_not_be_missing(kommo: Kommo):
    assert not Task.objects.create(text="", complete_till=TILL).is_new
    with pytest.raises(ConfigurationError, match="cannot be created without complete_till"):
        Task(text="Call").save()


def test_its_card_may_be_new_and_is_created_first(kommo: Kommo, sandbox: Sandbox):
    lead = Lead(name="Fresh")
    task = Task(text="Call", complete_till=TILL, entity=lead)
    assert "entity" in task.changes
    task.save()
    assert [path for _, path, _ in sent(sandbox)] == ["/api/v4/leads", "/api/v4/tasks"]
    assert task.entity_id == lead.id
    assert task.changes == {}


def test_a_stored_task_can_move_to_a_new_card(kommo: Kommo, sandbox: Sandbox):
    task = task_of(sandbox, entity_type="leads", entity_id=lead_of(sandbox).id)
    task.entity = other = Lead(name="Fresh")
    assert task.has_changes
    task.save()
    assert bodies(sandbox) == [{"entity_id": other.id, "entity_type": "leads"}]
    assert not task.has_changes


def test_a_task_is_not_about_something_else(kommo: Kommo):
    with pytest.raises(ConfigurationError, match="one of leads, contacts, companies, customers"):
        Task(text="Call", complete_till=TILL, entity=Task(id=5))


def test_complete_is_one_request_and_leaves_other_changes_pending(kommo: Kommo, sandbox: Sandbox):
    task = task_of(sandbox)
    task.text = "Call again"
    task.complete("Agreed on Friday")
    assert bodies(sandbox) == [{"is_completed": True, "result": {"text": "Agreed on Friday"}}]
    assert task.changes == {"text": ("Call", "Call again")}
    task.refresh()
    assert (task.is_completed, task.result) == (True, "Agreed on Friday")


async def test_complete_without_a_result_async(kommo: Kommo, sandbox: Sandbox):
    task = task_of(sandbox)
    await task.acomplete()
    assert bodies(sandbox) == [{"is_completed": True}]


def test_a_new_task_cannot_be_completed_and_a_result_not_taken_back(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(QueryError, match="save"):
        Task(text="Call", complete_till=TILL).complete()
    task = task_of(sandbox, is_completed=True, result={"text": "done"})
    task.result = None  # type: ignore[assignment]
    with pytest.raises(ConfigurationError, match="cannot be removed"):
        task.save()


def test_filters_and_order(kommo: Kommo, sandbox: Sandbox):
    lead = lead_of(sandbox)
    open_one = task_of(sandbox, entity_type="leads", entity_id=lead.id)
    done = task_of(sandbox, is_completed=True, task_type_id=MEETING)
    assert Task.objects.filter(is_completed=False).list() == [open_one]
    assert Task.objects.filter(task_type_id=MEETING).list() == [done]
    assert Task.objects.filter(Task.task_type_id.in_(FOLLOW_UP, MEETING)).order_by("-id").list() == [done, open_one]
    assert Task.objects.filter(entity_type="leads", entity_id=lead.id).list() == [open_one]
    assert Task.objects.filter(lead_status__in=[(lead.pipeline_id, lead.status_id)]).list() == [open_one]
    assert Task.objects.filter(updated_at__gte=datetime(2020, 1, 1, tzinfo=UTC)).list() == [open_one, done]
    assert Task.objects.in_bulk([done.id]) == {done.id: done}


def test_the_task_type_is_sent_under_both_of_its_names(kommo: Kommo, sandbox: Sandbox):
    Task.objects.filter(task_type_id=2).list()
    (entry,) = [entry for entry in sandbox.log if entry.path == "/api/v4/tasks"]
    query = entry.query.replace("%5B", "[").replace("%5D", "]")
    assert "filter[task_type][]=2" in query
    assert "filter[task_type_id]=2" in query


def test_filters_that_kommo_would_ignore_are_refused(kommo: Kommo):
    with pytest.raises(QueryError, match="without entity_type"):
        Task.objects.filter(entity_id=5).list()
    with pytest.raises(QueryError, match="cannot order"):
        Task.objects.order_by("updated_at")  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="cannot filter"):
        Task.objects.filter(text="Call")  # type: ignore[call-arg]


def test_of_the_leads_stage_it_is_proved_that_the_task_is_about_a_lead(kommo: Kommo, sandbox: Sandbox):
    sandbox.faults.next(path="/api/v4/tasks", body={"_embedded": {"tasks": [{**ROW, "entity_type": "contacts"}]}})
    with pytest.raises(FilterIgnored, match="lead_status"):
        Task.objects.filter(lead_status__in=[(1, 2)]).list()


def test_many_are_updated_at_once(kommo: Kommo, sandbox: Sandbox):
    tasks = [task_of(sandbox) for _ in range(3)]
    report = Task.objects.filter(is_completed=False).update(task_type_id=MEETING)
    assert (len(report.updated), report.requests) == (3, 1)
    assert all(Task.objects.get(task.id).task_type_id == MEETING for task in tasks)


async def test_create_async(kommo: Kommo):
    task = await Task.objects.acreate(text="Call", complete_till=TILL)
    assert (await Task.objects.aget(task.id)).text == "Call"
    with pytest.raises(NotLoaded):
        task.responsible_user_id  # noqa: B018

"""Deleting by the routes of the web interface: batches, refusals, and unknown responses."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kommo_orm import (
    Contact,
    FlushError,
    Kommo,
    Lead,
    LossReason,
    Note,
    QueryError,
    Task,
    UnexpectedResponse,
    unofficial,
)
from kommo_orm.dialects.web_interface import build_trash_request, parse_trash_refusals
from kommo_orm.entities.shared.entity import Editable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.sandbox import Sandbox
from kommo_orm.transport.http_messages import HttpResponse


def test_trash_sends_250_leads_a_request(kommo_sandbox: Sandbox, kommo: Kommo) -> None:
    for number in range(260):
        kommo_sandbox.add("leads", name=f"Lead {number}")
    report = unofficial.trash(Lead.objects.all())
    assert (len(report.deleted), report.requests) == (260, 2)
    assert not Lead.objects.exists()
    assert len(Lead.objects.deleted().list()) == 260


def test_refused_objects_are_reported_with_the_reason(kommo_sandbox: Sandbox, kommo: Kommo) -> None:
    lead = Lead.objects.create(name="Twice")
    unofficial.trash([lead])
    with pytest.raises(FlushError) as refused:
        unofficial.trash([lead])
    (failed,) = refused.value.report.failed
    assert failed.object is lead
    assert "was not deleted" in str(failed.error)


def test_an_unknown_answer_raises(kommo_sandbox: Sandbox, kommo: Kommo) -> None:
    contact = Contact.objects.create(name="Ann")
    kommo_sandbox.faults.next(status=200, path="/ajax/contacts/multiple/delete/", body='{"status":"perhaps"}')
    with pytest.raises(UnexpectedResponse, match="perhaps"):
        unofficial.trash([contact])


def test_other_kinds_and_new_objects_are_refused_without_a_request(kommo_sandbox: Sandbox, kommo: Kommo) -> None:
    kommo_sandbox.log.clear()
    with pytest.raises(QueryError, match="loss_reasons"):
        unofficial.trash([LossReason(id=5)])
    with pytest.raises(QueryError, match="never saved"):
        unofficial.trash([Lead(name="New")])
    assert not kommo_sandbox.log


async def test_atrash_does_the_same(kommo_sandbox: Sandbox, kommo: Kommo) -> None:
    lead = await Lead.objects.acreate(name="Gone")
    report = await unofficial.atrash([lead], using=kommo)
    assert report.deleted == [lead]
    assert kommo_sandbox.row("leads", lead.id) is None or not await Lead.objects.aexists()


def test_an_empty_list_sends_no_request(kommo_sandbox: Sandbox, kommo: Kommo) -> None:
    assert unofficial.trash([]).requests == 0
    assert not kommo_sandbox.log


def test_tasks_and_notes_are_deleted_one_by_one(kommo_sandbox: Sandbox, kommo: Kommo) -> None:
    lead = Lead.objects.create(name="Roof")
    note = lead.notes.create("Called")
    task = Task(text="Call", complete_till=datetime.now(UTC) + timedelta(days=1), entity=lead)
    task.save()
    report = unofficial.trash([note, task])
    assert report.requests == 2
    assert not Note.objects.of(lead).exists()
    with pytest.raises(FlushError):
        unofficial.trash([task])
    with pytest.raises(FlushError, match="no note"):
        unofficial.trash([note])


class Buyer(Editable):
    """A customer, as far as deleting one goes."""

    __kommo_info__ = EntityInfo(kind="customers")


def test_customers_are_deleted_in_one_request(kommo_sandbox: Sandbox, kommo: Kommo) -> None:
    for number in (1, 2, 3):
        kommo_sandbox.account.store.insert_row(
            "customers", {"id": number, "name": f"Customer {number}"}
        )  # as far as its deletion goes
    gone, absent = Buyer(id=1), Buyer(id=9)
    with pytest.raises(FlushError, match="1 of 2 objects failed") as failed:
        unofficial.trash([gone, absent], using=kommo)
    report = failed.value.report
    assert report.deleted == [gone]
    ((model, error),) = report.failed
    assert model is absent
    assert "Not found" in str(error)
    assert unofficial.trash([Buyer(id=2), Buyer(id=3)], using=kommo).requests == 1
    (_, second) = kommo_sandbox.requests("POST", "/ajax/v1/customers/set/")
    assert second.json == {"request": {"customers": {"delete": [2, 3]}}}


@pytest.mark.parametrize(
    ("deleted", "kept"),
    [
        ({"customers": {"1": {}, "2": {}}, "errors": []}, {}),
        ({"errors": {}}, {}),
        ({"customers": {"1": {}}, "errors": [{"code": 404}]}, {2: "404"}),
        ({"customers": [1], "errors": [{"msg": "no rights"}]}, {2: "no rights"}),
        ({"customers": [{"id": 2}], "errors": [{"id": 1, "msg": "no rights"}]}, {1: "no rights"}),
        ({"errors": {"1": "no rights"}}, {1: "no rights"}),
        ({"errors": {"1": {"code": 282, "msg": "no such customer"}}}, {1: "no such customer"}),
        ({"errors": {"1": ["no rights", "in use"]}}, {1: "no rights; in use"}),
        ({"customers": [], "errors": ["no rights"]}, {1: "no rights", 2: "no rights"}),
        ({"errors": "no rights"}, {1: "no rights", 2: "no rights"}),
    ],
)
def test_answers_about_customers_are_read(deleted: dict[str, Any], kept: dict[int, str]) -> None:
    body = json.dumps({"response": {"customers": {"delete": deleted}}}).encode()
    assert (
        parse_trash_refusals("customers", [1, 2], HttpResponse(200, body, build_trash_request("customers", [1, 2])))
        == kept
    )


@pytest.mark.parametrize(
    "body", [b"{}", b'{"response": {"customers": []}}', b"<html>", b'{"response": {"customers": {"delete": {}}}}']
)
def test_an_unknown_answer_about_customers_raises(body: bytes) -> None:
    with pytest.raises(UnexpectedResponse, match="not known"):
        parse_trash_refusals("customers", [1], HttpResponse(200, body, build_trash_request("customers", [1])))

"""Links of many objects: mass endpoints, and the same rules for what goes wrong as for values."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm import AccountBlocked, BadRequest, Contact, FlushError, GatewayTimeout, Kommo, Lead, Report, Session
from kommo_orm.sandbox import Sandbox
from tests.account import ids_of, sent


@pytest.fixture
def people(sandbox: Sandbox) -> list[int]:
    return [int(sandbox.add("contacts", name=str(number))["id"]) for number in range(6)]


@pytest.fixture
def leads(kommo: Kommo, sandbox: Sandbox, people: list[int]) -> list[Lead]:
    """Six leads, each to be linked to a contact of its own."""
    for number in range(6):
        sandbox.add("leads", name=str(number))
    found = Lead.objects.list()
    for lead, person in zip(found, people, strict=True):
        lead.contacts.add(person)
    sandbox.log.clear()
    return found


def linked(sandbox: Sandbox, leads: list[Lead]) -> list[list[int]]:
    return [ids_of(sandbox, "leads", lead.id, "contacts") for lead in leads]


def failing(leads: list[Lead]) -> Report:
    with pytest.raises(FlushError) as failed:
        Lead.objects.bulk_update(leads)
    report = failed.value.report
    assert isinstance(report, Report)
    return report


def test_links_of_many_owners_are_one_request(kommo: Kommo, sandbox: Sandbox, leads: list[Lead], people: list[int]):
    report = Lead.objects.bulk_update(leads)
    assert [(method, path, len(body)) for method, path, body in sent(sandbox)] == [("POST", "/api/v4/leads/link", 6)]
    assert linked(sandbox, leads) == [[person] for person in people]
    assert (report.updated, report.requests) == (leads, 1)
    assert not any(lead.has_changes for lead in leads)


def test_unlinks_go_before_links(kommo: Kommo, sandbox: Sandbox, leads: list[Lead], people: list[int]):
    Lead.objects.bulk_update(leads)
    for lead, person in zip(leads, reversed(people), strict=True):
        lead.contacts.set([person])
    sandbox.log.clear()
    Lead.objects.bulk_update(leads)
    assert [path for _, path, _ in sent(sandbox)] == ["/api/v4/leads/unlink", "/api/v4/leads/link"]
    assert linked(sandbox, leads) == [[person] for person in reversed(people)]


def test_one_refused_link_does_not_take_the_others_with_it(
    kommo: Kommo, sandbox: Sandbox, leads: list[Lead], people: list[int]
):
    leads[2].contacts.add(999)
    report = failing(leads)
    assert [failed.object for failed in report.failed] == [leads[2]]
    assert isinstance(report.failed[0].error, BadRequest)
    assert [ids for number, ids in enumerate(linked(sandbox, leads)) if number != 2] == [
        [p] for n, p in enumerate(people) if n != 2
    ]
    assert [lead.has_changes for lead in leads] == [False, False, True, False, False, False]
    leads[2].contacts.remove(999)
    Lead.objects.bulk_update(leads)
    assert linked(sandbox, leads)[2] == [people[2]]


@pytest.mark.parametrize("status", [504, 413])
def test_too_many_links_are_halved(sandbox: Sandbox, leads: list[Lead], people: list[int], status: int):
    with sandbox.connect(backoff=0, retries=1) as kommo:
        sandbox.faults.next(status=status, path="*link", times=None, when=lambda request: len(request.json()) > 2)
        report = Lead.objects.using(kommo).bulk_update(leads)
    assert len(report.updated) == 6
    assert linked(sandbox, leads) == [[person] for person in people]
    assert sorted(len(body) for _, _, body in sent(sandbox)) == [1, 1, 2, 2, 3, 3, 6]


def test_a_single_link_that_is_too_slow_fails_its_owner(sandbox: Sandbox, leads: list[Lead]):
    with sandbox.connect(backoff=0, retries=1) as kommo:
        sandbox.faults.next(status=504, path="*link", times=None)
        with pytest.raises(GatewayTimeout):
            leads[0].save(using=kommo)
    assert leads[0].has_changes


def test_a_dropped_link_is_sent_again(kommo: Kommo, sandbox: Sandbox, leads: list[Lead], people: list[int]):
    sandbox.faults.next(path="*link", drop_after=True)
    Lead.objects.bulk_update(leads)
    assert linked(sandbox, leads) == [[person] for person in people]


def test_an_account_that_refuses_everything_is_not_asked_for_links(sandbox: Sandbox, leads: list[Lead]):
    with sandbox.connect(backoff=0, retries=1) as kommo:
        for lead in leads:
            lead.name = "x"
        sandbox.faults.next(status=403, html=True, method="PATCH")
        with pytest.raises(FlushError) as failed:
            Lead.objects.using(kommo).bulk_update(leads)
    assert {type(one.error) for one in failed.value.report.failed} == {AccountBlocked}
    assert not [path for _, path, _ in sent(sandbox) if path.endswith("link")]


def test_what_was_created_and_could_not_be_linked_is_created_and_failed(kommo: Kommo, sandbox: Sandbox):
    contact = Contact(name="Ann")
    contact.leads.add(999)
    with pytest.raises(FlushError) as failed:
        Contact.objects.bulk_create([contact])
    report = failed.value.report
    assert (report.created, [one.object for one in report.failed]) == ([contact], [contact])
    assert "1 of 1 object failed" in str(failed.value)
    assert contact.has_changes
    assert not contact.is_new
    contact.leads.remove(999)
    contact.save()
    assert len(sandbox.rows("contacts")) == 1


def test_an_interrupt_between_the_links_leaves_them_pending(
    kommo: Kommo, sandbox: Sandbox, leads: list[Lead], people: list[int]
):
    session = Session(kommo, batch_size=2, concurrency=1)
    session.add(*leads)
    calls: list[Any] = []

    def strike(request: Any) -> bool:
        calls.append(request)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return False

    sandbox.faults.next(when=strike, times=None)
    with pytest.raises(KeyboardInterrupt):
        session.flush()
    sandbox.faults.clear()
    session.commit()
    assert linked(sandbox, leads) == [[person] for person in people]
    assert not any(lead.has_changes for lead in leads)

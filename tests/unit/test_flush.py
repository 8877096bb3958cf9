"""What becomes of each object of a flush (rules 2, 3 and 6): saved, failed with its own error, or uncertain."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm import (
    AccountBlocked,
    BadRequest,
    ConfigurationError,
    Contact,
    FlushError,
    Forbidden,
    GatewayTimeout,
    Kommo,
    Lead,
    Report,
    Unauthorized,
)
from kommo_orm.model.model import Model
from kommo_orm.sandbox import Sandbox, SandboxRequest
from tests.account import Deal, bodies, sent

LEADS = "/api/v4/leads"


def stored_leads(sandbox: Sandbox, count: int) -> list[Lead]:
    for number in range(count):
        sandbox.add("leads", name=f"Lead {number}")
    leads = Lead.objects.list()
    sandbox.log.clear()
    return leads


def names(sandbox: Sandbox) -> set[str]:
    return {row["name"] for row in sandbox.rows("leads")}


def failing(flush: Any, *arguments: Any) -> Report:
    """The report of a flush that must fail."""
    with pytest.raises(FlushError) as failed:
        flush(*arguments)
    report = failed.value.report
    assert isinstance(report, Report)
    return report


def among(model: Model, models: list[Model]) -> bool:
    return any(model is other for other in models)


# ---- batches
def test_a_thousand_changed_leads_are_four_requests(kommo: Kommo, sandbox: Sandbox):
    leads = stored_leads(sandbox, 1000)
    for lead in leads:
        lead.price = 7
    report = Lead.objects.bulk_update(leads)
    assert [(method, path, len(body)) for method, path, body in sent(sandbox)] == [("PATCH", LEADS, 250)] * 4
    assert (len(report.updated), report.requests) == (1000, 4)
    assert not any(lead.has_changes for lead in leads)
    assert Lead.objects.bulk_update(leads).requests == 0


def test_each_item_of_a_batch_holds_its_own_changes_only(kommo: Kommo, sandbox: Sandbox):
    one, two, three = stored_leads(sandbox, 3)
    one.price = 1
    two.name = "Two"
    Lead.objects.bulk_update([one, two, three])
    [items] = bodies(sandbox)
    assert items == [{"id": one.id, "price": 1}, {"id": two.id, "name": "Two"}]


def test_a_thousand_new_contacts_are_four_requests_and_ids_are_filled_in(kommo: Kommo, sandbox: Sandbox):
    contacts = [Contact(name=f"Contact {number}") for number in range(1000)]
    report = Contact.objects.bulk_create(contacts)
    assert [len(body) for body in bodies(sandbox, "POST")] == [250] * 4
    by_name = {row["name"]: row["id"] for row in sandbox.rows("contacts")}
    assert all(contact.id == by_name[contact.name] for contact in contacts)
    assert report.ids == [contact.id for contact in report.created]
    assert len(report.ids) == 1000


# ---- one bad item
def test_three_bad_items_do_not_take_the_others_with_them(kommo: Kommo, sandbox: Sandbox):
    leads = stored_leads(sandbox, 250)
    for number, lead in enumerate(leads):
        lead.name = f"Changed {number}"
        if number in (7, 99, 249):
            lead.responsible_user_id = 999
    report = failing(Lead.objects.bulk_update, leads)
    assert (len(report.updated), len(report.failed), report.requests) == (247, 3, 2)
    assert len(bodies(sandbox)) == 2
    assert [failed.object for failed in report.failed] == [leads[7], leads[99], leads[249]]
    for failed in report.failed:
        assert isinstance(failed.error, BadRequest)
        [item] = failed.error.items
        assert (item.object, item.field, item.code) == (failed.object, "responsible_user_id", "NotSupportedChoice")
        assert failed.object.changes.keys() == {"name", "responsible_user_id"}
    assert not leads[0].has_changes
    assert len([name for name in names(sandbox) if name.startswith("Changed")]) == 247


def test_several_errors_of_one_item_are_all_told(kommo: Kommo, sandbox: Sandbox):
    one, two = stored_leads(sandbox, 2)
    one.responsible_user_id, one.pipeline_id, two.price = 999, 998, 5
    report = failing(Lead.objects.bulk_update, [one, two])
    [failed] = report.failed
    assert {item.field for item in failed.error.items} == {"responsible_user_id", "pipeline_id"}
    assert "responsible_user_id" in str(failed.error)
    assert "pipeline_id" in str(failed.error)
    assert report.updated == [two]


def test_new_ones_are_sent_again_without_the_bad_ones(kommo: Kommo, sandbox: Sandbox):
    leads = [Lead(name=f"Lead {number}", responsible_user_id=999 if number == 5 else 1001) for number in range(20)]
    report = failing(Lead.objects.bulk_create, leads)
    assert (len(report.created), len(report.failed), report.requests) == (19, 1, 2)
    assert among(leads[5], [failed.object for failed in report.failed])
    assert leads[5].is_new
    assert len(names(sandbox)) == 19
    leads[5].responsible_user_id = 1001
    assert Lead.objects.bulk_create([leads[5]]).requests == 1
    assert len(sandbox.rows("leads")) == 20


def test_a_refusal_that_names_nobody_is_narrowed_down_by_halves(kommo: Kommo, sandbox: Sandbox):
    leads = stored_leads(sandbox, 8)
    for lead in leads:
        lead.price = 5
    body = {"title": "Bad Request", "status": 400, "detail": "Request validation failed"}
    sandbox.faults.next(status=400, body=body, times=None, when=lambda request: holds(request, leads[3].id))
    report = failing(Lead.objects.bulk_update, leads)
    assert [failed.object for failed in report.failed] == [leads[3]]
    assert len(report.updated) == 7
    sizes = [len(body) if isinstance(body, list) else 1 for body in bodies(sandbox)]
    assert sorted(sizes) == [1, 1, 2, 2, 4, 4, 8]


def holds(request: SandboxRequest, pk: int) -> bool:
    """Whether a change of this row is among what is sent."""
    if request.method != "PATCH":
        return False
    body = request.json()
    return request.path.endswith(f"/{pk}") or (isinstance(body, list) and any(item["id"] == pk for item in body))


# ---- too large, too slow
@pytest.mark.parametrize("status", [504, 413])
def test_what_is_too_large_is_halved_and_never_sent_twice_in_the_same_size(kommo: Kommo, sandbox: Sandbox, status: int):
    leads = stored_leads(sandbox, 250)
    for lead in leads:
        lead.price = 7
    sandbox.faults.next(status=status, method="PATCH", times=None, when=lambda request: len(request.json()) > 40)
    report = Lead.objects.bulk_update(leads)
    assert len(report.updated) == 250
    seen: set[tuple[int, ...]] = set()
    for items in bodies(sandbox):
        ids = tuple(item["id"] for item in items)
        assert ids not in seen
        seen.add(ids)
    assert all(row["price"] == 7 for row in sandbox.rows("leads"))
    assert report.requests == len(bodies(sandbox))


def test_a_single_one_that_is_too_slow_fails_by_itself(sandbox: Sandbox):
    with sandbox.connect(backoff=0, retries=2):
        one, two = stored_leads(sandbox, 2)
        one.price = two.price = 5
        sandbox.faults.next(status=504, times=None, when=lambda request: holds(request, one.id))
        report = failing(Lead.objects.bulk_update, [one, two])
    [failed] = report.failed
    assert failed.object is one
    assert isinstance(failed.error, GatewayTimeout)
    assert report.updated == [two]


def test_creations_are_not_halved_after_a_timeout_but_uncertain(kommo: Kommo, sandbox: Sandbox):
    leads = [Lead(name=str(number)) for number in range(10)]
    sandbox.faults.next(status=504, method="POST", applied=True)
    report = failing(Lead.objects.bulk_create, leads)
    assert (len(report.uncertain), report.requests) == (10, 1)
    assert len(sandbox.rows("leads")) == 10


def test_creations_that_were_too_large_are_halved(kommo: Kommo, sandbox: Sandbox):
    leads = [Lead(name=str(number)) for number in range(10)]
    sandbox.faults.next(status=413, method="POST", times=None, when=lambda request: len(request.json()) > 5)
    assert len(Lead.objects.bulk_create(leads).created) == 10
    assert len(sandbox.rows("leads")) == 10


# ---- lost answers
def test_a_connection_dropped_after_a_creation_makes_no_doubles(kommo: Kommo, sandbox: Sandbox):
    leads = [Lead(name=f"Lead {number}") for number in range(500)]
    sandbox.faults.next(method="POST", drop_after=True)
    report = failing(Lead.objects.bulk_create, leads)
    assert (len(report.created), len(report.uncertain), report.failed, report.requests) == (250, 250, [], 2)
    assert len(sandbox.rows("leads")) == 500
    assert len(bodies(sandbox, "POST")) == 2


@pytest.mark.parametrize(
    "fault", [{"drop_before": True}, {"truncate": True}, {"status": 500}, {"status": 502, "applied": True}], ids=repr
)
def test_whatever_leaves_doubt_about_a_creation_makes_it_uncertain(
    kommo: Kommo, sandbox: Sandbox, fault: dict[str, Any]
):
    lead = Lead(name="Roof")
    sandbox.faults.next(method="POST", **fault)
    report = failing(Lead.objects.bulk_create, [lead])
    assert among(lead, report.uncertain)
    assert len(bodies(sandbox, "POST")) <= 1


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>ok</html>",
        {"_embedded": {"leads": []}},
        {"_embedded": {"contacts": []}},
        [],
        {"ok": True},
        b"",
        {"_embedded": {"leads": [{"id": 7}, {"id": 8}]}},
    ],
    ids=repr,
)
def test_an_answer_that_does_not_tell_the_ids_leaves_doubt(kommo: Kommo, sandbox: Sandbox, answer: Any):
    leads = [Lead(name="a"), Lead(name="b")]
    sandbox.faults.next(status=200, method="POST", body=answer, html=isinstance(answer, bytes))
    report = failing(Lead.objects.bulk_create, leads)
    assert len(report.uncertain) == 2
    assert all(lead.is_new for lead in leads)


def test_a_half_told_answer_leaves_doubt_about_the_other_half(kommo: Kommo, sandbox: Sandbox):
    leads = [Lead(name="a"), Lead(name="b")]
    body = {"_embedded": {"leads": [{"id": 77, "request_id": "1"}]}}
    sandbox.faults.next(status=200, method="POST", body=body)
    report = failing(Lead.objects.bulk_create, leads)
    assert (report.uncertain, report.created) == ([leads[0]], [leads[1]])
    assert leads[1].id == 77


def test_an_update_whose_answer_does_not_mention_it_fails_and_stays_pending(kommo: Kommo, sandbox: Sandbox):
    one, two = stored_leads(sandbox, 2)
    one.price = two.price = 5
    sandbox.faults.next(status=200, method="PATCH", body={"_embedded": {"leads": [{"id": two.id, "updated_at": 5}]}})
    report = failing(Lead.objects.bulk_update, [one, two])
    assert [failed.object for failed in report.failed] == [one]
    assert one.has_changes
    assert not two.has_changes


# ---- refusals of everything
@pytest.mark.parametrize(("status", "html", "error"), [(403, True, AccountBlocked), (401, False, Unauthorized)])
def test_nothing_more_is_sent_to_an_account_that_refuses_everything(sandbox: Sandbox, status, html, error):
    with sandbox.connect(backoff=0, retries=1):
        leads = stored_leads(sandbox, 1000)
        for lead in leads:
            lead.price = 5
        sandbox.faults.next(status=status, html=html, times=None, method="PATCH")
        report = failing(Lead.objects.bulk_update, leads)
    assert len(report.failed) == 1000
    assert {type(failed.error) for failed in report.failed} == {error}
    assert len(bodies(sandbox)) <= 4
    assert all(lead.has_changes for lead in leads)


def test_a_missing_right_fails_its_batch_alone(kommo: Kommo, sandbox: Sandbox):
    leads = stored_leads(sandbox, 500)
    for lead in leads:
        lead.price = 5
    sandbox.faults.next(status=403, body={"title": "Forbidden", "status": 403}, method="PATCH")
    report = failing(Lead.objects.bulk_update, leads)
    assert (len(report.updated), len(report.failed)) == (250, 250)
    assert {type(failed.error) for failed in report.failed} == {Forbidden}


# ---- the report
def test_a_report_prints_as_a_table(kommo: Kommo, sandbox: Sandbox):
    one, two = stored_leads(sandbox, 2)
    one.price, two.responsible_user_id = 5, 999
    report = failing(Lead.objects.bulk_update, [one, two])
    lines = str(report).splitlines()
    assert lines[0].split() == ["created", "updated", "deleted", "failed", "uncertain"]
    assert lines[1].split() == ["leads", "0", "1", "0", "1", "0"]
    assert lines[2].startswith(f"  Lead {two.id} was refused: responsible_user_id:")
    assert lines[3].startswith("2 requests, ")


def test_a_flush_error_says_how_many_and_quotes_the_first(kommo: Kommo, sandbox: Sandbox):
    one, two = stored_leads(sandbox, 2)
    one.price, two.responsible_user_id = 5, 999
    with pytest.raises(
        FlushError, match=rf"1 of 2 objects failed and 0 are uncertain; 1 is saved. First: Lead {two.id} was refused"
    ):
        Lead.objects.bulk_update([one, two])


def test_a_single_save_with_bad_input_sends_nothing(kommo: Kommo, sandbox: Sandbox):
    wrong = Deal(name="b", regions=["Mars"])
    wrong.contacts.add(Contact(name="Ann"))
    with pytest.raises(
        ConfigurationError, match="new Deal 'b': the value of 'regions' cannot be sent: 'Mars' is not an option"
    ) as refused:
        wrong.save()
    assert refused.value.object is wrong
    assert refused.value.field == "regions"
    assert bodies(sandbox, "POST") == []


async def test_the_same_in_async_code(sandbox: Sandbox):
    async with sandbox.connect(backoff=0):
        leads = [Lead(name=f"Lead {number}", responsible_user_id=999 if number == 5 else 1001) for number in range(600)]
        with pytest.raises(FlushError) as failed:
            await Lead.objects.abulk_create(leads)
        report = failed.value.report
        assert (len(report.created), len(report.failed), report.requests) == (599, 1, 4)
        for lead in leads[:5]:
            lead.price = 3
        sandbox.faults.next(status=504, method="PATCH", when=lambda request: len(request.json()) > 3)
        assert len((await Lead.objects.abulk_update(leads[:5])).updated) == 5


@pytest.mark.parametrize("detail", ["Error code 244", "Код ошибки 244"])
def test_a_save_tells_the_meaning_of_a_numbered_error(kommo: Kommo, sandbox: Sandbox, detail: str) -> None:
    meaning = "code 244 means: no right to add leads, or the subscription has ended"
    for save in (
        lambda: Lead(name="Roof").save(),
        lambda: Lead(id=5, price=3).save(),
        lambda: Lead.objects.create(name="x"),
    ):
        sandbox.faults.next(status=400, body={"title": "Bad Request", "status": 400, "detail": detail})
        with pytest.raises(BadRequest, match=f"was refused: {detail}; {meaning}") as caught:
            save()
        assert (caught.value.code, caught.value.meaning) == ("244", meaning)


def test_items_of_a_flush_tell_the_meaning_of_their_numbers(kommo: Kommo, sandbox: Sandbox) -> None:
    fault = {"code": "InvalidData", "path": "name", "detail": "Error code 244"}
    body = {"title": "Bad Request", "validation-errors": [{"request_id": "0", "errors": [fault]}]}
    sandbox.faults.next(status=400, body=body)
    with pytest.raises(FlushError) as caught:
        Lead.objects.bulk_create([Lead(name="Roof"), Lead(name="Wall")])
    [failed] = caught.value.report.failed
    assert "name: Error code 244 (InvalidData); code 244 means: no right to add leads" in str(failed.error)

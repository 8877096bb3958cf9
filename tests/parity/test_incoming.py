"""Incoming leads: built of models, added in batches, listed, counted, accepted, declined."""

from __future__ import annotations

import pytest

from kommo_orm import (
    BadRequest,
    CallMetadata,
    Company,
    ConfigurationError,
    Contact,
    FlushError,
    FormMetadata,
    IncomingLead,
    Kommo,
    NotFound,
    Session,
)
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, Person, asked, sent
from tests.parity.ledger import proves

FORM = FormMetadata(form_id="f-3", form_name="Callback", form_page="https://olive.example/cb")
CALL = CallMetadata(caller="+1555000100", phone="+1555000200", duration=7, service_code="pbx", uniq="u-1")


def a_form(**values: object) -> IncomingLead:
    return IncomingLead(source_uid="site-7", source_name="Landing page", metadata=FORM, **values)  # type: ignore[arg-type]


@proves(100, 102, 103, 104, 105, "B2", "R11")
def test_a_form_takes_own_models_and_gets_its_uid(sandbox: Sandbox, kommo: Kommo) -> None:
    deal, person, company = Deal(name="Callback", budget=500), Person(name="Ana", phone="+1555"), Company(name="Olive")
    incoming = a_form(lead=deal, contact=person, company=company)
    incoming.save(using=kommo)
    assert incoming.uid
    assert [path for _, path, _ in sent(sandbox)] == ["/api/v4/leads/unsorted/forms"]
    assert sent(sandbox)[0][2][0]["_embedded"]["leads"][0]["name"] == "Callback"
    with pytest.raises((ConfigurationError, ValueError)):
        IncomingLead(source_uid="s", source_name="n").save(using=kommo)


@proves(102)
def test_the_metadata_of_a_form_is_checked_before_it_is_sent(sandbox: Sandbox, kommo: Kommo) -> None:
    with pytest.raises((TypeError, ValueError), match="form_idd"):
        FormMetadata(form_idd="f-3", form_name="Callback")  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="form_id"):
        FormMetadata(form_id=["f-3"])  # type: ignore[arg-type]
    with (
        sandbox.connect(dialect="v2") as older,
        pytest.raises(ConfigurationError, match="form_page"),
    ):  # it must have one
        IncomingLead(source_uid="s", source_name="n", metadata=FormMetadata(form_id="f-3")).save(using=older)
    assert sent(sandbox) == []
    a_form().save(using=kommo)
    metadata = sent(sandbox)[0][2][0]["metadata"]
    assert (metadata["form_id"], metadata["form_name"], metadata["form_page"]) == (
        "f-3",
        "Callback",
        "https://olive.example/cb",
    )


@proves(106, "R11")
def test_a_call_has_its_own_metadata_and_address(sandbox: Sandbox, kommo: Kommo) -> None:
    incoming = IncomingLead(source_uid="pbx-1", source_name="Calls", metadata=CALL, contact=Contact(name="Ana"))
    incoming.save(using=kommo)
    assert [path for _, path, _ in sent(sandbox)] == ["/api/v4/leads/unsorted/sip"]


@proves(101)
def test_one_is_loaded_by_its_uid(sandbox: Sandbox, kommo: Kommo) -> None:
    incoming = a_form()
    incoming.save(using=kommo)
    found = IncomingLead.objects.using(kommo).get(incoming.uid)
    assert (found.uid, found.category) == (incoming.uid, "forms")
    assert isinstance(found.metadata, FormMetadata)
    with pytest.raises(NotFound):
        IncomingLead.objects.using(kommo).get("0" * 60)


@proves(112, 115, "B15", 123, 124, "R11")
def test_300_are_added_by_two_requests_and_all_come_back(sandbox: Sandbox, kommo: Kommo) -> None:
    with Session(kommo) as session:
        session.add(*(a_form() for _ in range(300)))
    assert [len(body) for _, _, body in sent(sandbox)] == [250, 50]
    sandbox.log.clear()
    found = [incoming.uid for incoming in IncomingLead.objects.using(kommo).iterate()]
    assert len(set(found)) == len(found) == 300
    assert asked(sandbox) == ["/api/v4/leads/unsorted"] * 2


@proves(107, 112)
def test_they_are_found_by_category(sandbox: Sandbox, kommo: Kommo) -> None:
    form = a_form()
    call = IncomingLead(source_uid="pbx-1", source_name="Calls", metadata=CALL, contact=Contact(name="Ana"))
    for one in (form, call):
        one.save(using=kommo)
    found = IncomingLead.objects.using(kommo)
    assert [one.uid for one in found.filter(category="sip").list()] == [call.uid]
    assert [one.uid for one in found.filter(category__in=["forms", "sip"]).page(2, size=1)] == [form.uid]


@proves(113)
def test_the_summary_is_typed(sandbox: Sandbox, kommo: Kommo) -> None:
    for _ in range(2):
        a_form().save(using=kommo)
    summary = IncomingLead.objects.using(kommo).summary()
    assert (summary.total, summary.accepted, summary.categories["forms"]) == (2, 0, 2)


@proves(125, 126, "R11")
def test_they_are_accepted_and_declined(sandbox: Sandbox, kommo: Kommo) -> None:
    one, two, three = (a_form(lead=Deal(name=name)) for name in "abc")
    for incoming in (one, two, three):
        incoming.save(using=kommo)
    accepted = one.accept(user_id=sandbox.account.owner_id)
    assert accepted.lead is not None
    accepted.lead.refresh()
    assert accepted.lead.name == "a"
    assert two.decline().lead is not None
    many = [a_form(), a_form()]
    IncomingLead.objects.using(kommo).bulk_create(many)
    assert len(IncomingLead.objects.using(kommo).decline(many).outcomes) == 2
    assert [found.uid for found in IncomingLead.objects.using(kommo)] == [three.uid]
    with pytest.raises(FlushError) as caught:
        IncomingLead.objects.using(kommo).accept([three, one])
    assert len(caught.value.report.outcomes) == 1
    assert len(caught.value.report.failed) == 1


@proves("B25", 104, 123)
def test_a_failure_that_comes_with_a_success_is_noticed(sandbox: Sandbox) -> None:
    """By API v2, whose answers say `fail` under the status 200."""
    fail = {"status": "fail", "error": "No rights", "error_code": 244}
    with sandbox.connect(dialect="v2") as kommo:
        stored = a_form(lead=Deal(name="Callback"))
        stored.save(using=kommo)
        for tried in (
            lambda: a_form().save(using=kommo),
            lambda: IncomingLead.objects.using(kommo).bulk_create([a_form()]),
            lambda: stored.accept(user_id=sandbox.account.owner_id),
            lambda: IncomingLead.objects.using(kommo).decline([stored]),
        ):
            sandbox.faults.next(status=200, method="POST", body=fail)
            with pytest.raises((BadRequest, FlushError), match="No rights"):
                tried()
        assert stored.decline().uid == stored.uid  # and none of them was taken for done


@proves("B25")
def test_a_refusal_is_raised_and_names_the_object(sandbox: Sandbox, kommo: Kommo) -> None:
    good, bad = a_form(), a_form(pipeline_id=999_999)
    with pytest.raises(FlushError) as caught:
        IncomingLead.objects.using(kommo).bulk_create([good, bad])
    report = caught.value.report
    assert (report.created, [failed.object for failed in report.failed]) == ([good], [bad])

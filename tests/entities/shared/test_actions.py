"""What is done to rows, when an attempt of it is lost or put off: only a lost one may have done it."""

from __future__ import annotations

import pytest

from kommo_orm import FormMetadata, IncomingLead, Kommo, NotFound, ServerError, Webhook
from kommo_orm.sandbox import Sandbox

URL = "https://hooks.example/in"


@pytest.fixture
def incoming(kommo: Kommo) -> IncomingLead:
    return IncomingLead.objects.create(
        source_uid="s",
        source_name="Site",
        metadata=FormMetadata(form_id=1, form_page="https://x.example", form_name="x"),
    )


def test_what_a_lost_attempt_has_taken_away_is_gone(kommo: Kommo, sandbox: Sandbox, incoming: IncomingLead):
    sandbox.faults.next(path=f"/api/v4/leads/unsorted/{incoming.uid}/decline", status=502, applied=True)
    incoming.decline()
    assert IncomingLead.objects.list() == []


def test_where_every_answer_is_lost_the_rows_are_looked_for(kommo: Kommo, sandbox: Sandbox, incoming: IncomingLead):
    sandbox.faults.next(path=f"/api/v4/leads/unsorted/{incoming.uid}/accept", times=9, status=502, applied=True)
    outcome = incoming.accept()
    assert outcome.uid == incoming.uid
    assert IncomingLead.objects.list() == []


def test_what_is_still_there_was_not_done(kommo: Kommo, sandbox: Sandbox, incoming: IncomingLead):
    sandbox.faults.next(path=f"/api/v4/leads/unsorted/{incoming.uid}/accept", times=9, status=502)
    with pytest.raises(ServerError):
        incoming.accept()
    assert [one.uid for one in IncomingLead.objects] == [incoming.uid]


def test_after_an_attempt_that_was_put_off_a_missing_row_is_not_found(
    kommo: Kommo, sandbox: Sandbox, incoming: IncomingLead
):
    """The first attempt was put off by the pace and did nothing, so the refusal of the second attempt is real."""
    gone = IncomingLead(id=incoming.uid)
    incoming.decline()
    sandbox.faults.next(path=f"/api/v4/leads/unsorted/{gone.uid}/decline", status=429)
    with pytest.raises(NotFound):
        gone.decline()


def test_so_it_is_with_deletions(kommo: Kommo, sandbox: Sandbox):
    hook = Webhook.objects.subscribe(URL, ["add_lead"])
    sandbox.faults.next(method="DELETE", path="/api/v4/webhooks", status=502, applied=True)
    hook.delete()
    hook = Webhook.objects.subscribe(URL, ["add_lead"])
    Webhook.objects.unsubscribe(URL)
    sandbox.faults.next(method="DELETE", path="/api/v4/webhooks", status=503)
    with pytest.raises(NotFound):
        hook.delete()


def test_what_is_named_by_no_id_is_not_looked_for(kommo: Kommo, sandbox: Sandbox):
    Webhook.objects.subscribe(URL, ["add_lead"])
    sandbox.faults.next(method="DELETE", path="/api/v4/webhooks", times=9, status=502)
    with pytest.raises(ServerError):
        Webhook.objects.unsubscribe(URL)
    assert len(Webhook.objects.list()) == 1


def test_an_account_without_filters_proves_nothing(kommo: Kommo, sandbox: Sandbox, incoming: IncomingLead):
    """It answers with whatever comes first, and the one that is meant may wait behind."""
    row = {"uid": "another", "category": "forms", "created_at": 1, "_embedded": {}}
    sandbox.faults.next(path=f"/api/v4/leads/unsorted/{incoming.uid}/accept", times=9, status=502)
    sandbox.faults.next(path="/api/v4/leads/unsorted", body={"_page": 1, "_embedded": {"unsorted": [row]}})
    with pytest.raises(ServerError):
        incoming.accept()

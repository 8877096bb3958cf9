"""Moving leads: to a stage, to won, to lost. Each saves just that, and the stage whole."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm import LOST, WON, BadRequest, Kommo, Lead, LossReason, Pipeline, QueryError, Session, Status
from kommo_orm.sandbox import Sandbox
from tests.account import bodies, sent


@pytest.fixture
def sales(kommo: Kommo) -> Pipeline:
    return Pipeline.objects.create("Sales", statuses=[Status(name="Call", sort=10), Status(name="Offer", sort=20)])


@pytest.fixture
def lead(kommo: Kommo, sandbox: Sandbox, sales: Pipeline) -> Lead:
    made = Lead.objects.create(name="Roof", pipeline_id=sales.id)
    made.refresh()
    sandbox.log.clear()
    return made


def stage(pipeline: Pipeline, name: str) -> Status:
    found = pipeline.statuses.named(name)
    assert found is not None
    return found


def test_to_a_stage_of_its_own_pipeline(lead: Lead, sales: Pipeline, sandbox: Sandbox):
    offer = stage(sales, "Offer")
    lead.name = "Pending"
    lead.move_to(offer)
    assert sent(sandbox) == [("PATCH", f"/api/v4/leads/{lead.id}", {"status_id": offer.id})]
    assert lead.changes == {"name": ("Roof", "Pending")}
    lead.move_to(stage(sales, "Call").id)
    lead.move_to((sales.id, offer.id))
    assert bodies(sandbox)[1:] == [{"status_id": stage(sales, "Call").id}, {"status_id": offer.id}]
    lead.move_to(offer)
    assert len(bodies(sandbox)) == 3, "it is there already"


def test_to_another_pipeline_both_ids_of_the_stage_are_sent(lead: Lead, sales: Pipeline, sandbox: Sandbox):
    lead.win()
    assert bodies(sandbox) == [{"status_id": WON}]
    other = Pipeline.objects.create("Other")
    won = stage(other, "Closed - won")
    lead.move_to(won)
    assert bodies(sandbox)[-1] == {"status_id": WON, "pipeline_id": other.id}
    lead.refresh()
    assert (lead.pipeline_id, lead.status_id, lead.has_changes) == (other.id, WON, False)
    reference = Lead(id=lead.id)
    reference.move_to((sales.id, LOST))
    assert bodies(sandbox)[-1] == {"status_id": LOST, "pipeline_id": sales.id}


def test_won_and_lost_with_a_reason(lead: Lead, sandbox: Sandbox):
    dear = LossReason.objects.create("Too dear")
    lead.lose(dear)
    assert bodies(sandbox) == [{"status_id": LOST, "loss_reason_id": dear.id}]
    other = LossReason.objects.create("Too late")
    lead.lose(other.id)
    assert bodies(sandbox)[-1] == {"status_id": LOST, "loss_reason_id": other.id}, "a reason goes with its stage"
    assert not lead.has_changes
    lead.refresh()
    assert (lead.status_id, lead.loss_reason_id) == (LOST, other.id)
    assert lead.closed_at is not None
    lead.win()
    lead.lose()
    assert bodies(sandbox)[-1] == {"status_id": LOST}


async def test_moves_in_async_code(lead: Lead, sales: Pipeline, sandbox: Sandbox):
    dear = await LossReason.objects.acreate("Too dear")
    await lead.amove_to(stage(sales, "Offer"))
    await lead.awin()
    await lead.alose(dear)
    assert [body["status_id"] for body in bodies(sandbox)] == [stage(sales, "Offer").id, WON, LOST]


@pytest.mark.parametrize(
    "wrong", [None, True, 0, "won", (7,), (7, "won"), (True, 142), (7, 142, 1), Status(name="New", sort=1)]
)
def test_what_is_no_stage(lead: Lead, sandbox: Sandbox, wrong: Any):
    with pytest.raises(QueryError, match="A stage is a stored Status"):
        lead.move_to(wrong)
    assert not sandbox.requests()
    assert not lead.has_changes


@pytest.mark.parametrize("wrong", [True, 0, "dear", LossReason(name="New")])
def test_what_is_no_reason(lead: Lead, wrong: Any):
    with pytest.raises(QueryError, match="A loss reason is a stored LossReason"):
        lead.lose(wrong)
    assert not lead.has_changes


def test_a_new_lead_is_saved_first(kommo: Kommo):
    with pytest.raises(QueryError, match="before you move it"):
        Lead(name="New").win()


def test_a_stage_of_another_pipeline_is_refused_by_the_service(lead: Lead, sales: Pipeline):
    with pytest.raises(BadRequest):
        lead.move_to((sales.id, 999_999))
    assert lead.changes == {"status_id": (stage(sales, "Call").id, 999_999)}
    with pytest.raises(BadRequest):
        lead.lose(999_999)
    lead.revert()
    assert not lead.has_changes


def test_in_a_session_it_is_saved_at_once(lead: Lead, kommo: Kommo, sandbox: Sandbox):
    with Session(kommo) as session:
        mine = session.get(Lead, lead.id)
        mine.win()
        assert bodies(sandbox) == [{"status_id": WON}]
    assert len(bodies(sandbox)) == 1

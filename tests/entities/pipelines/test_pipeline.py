"""Pipelines come and go with their stages."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from kommo_orm import BadRequest, ConfigurationError, Kommo, Lead, NotLoaded, QueryError
from kommo_orm.entities.pipelines.pipeline import Pipeline
from kommo_orm.entities.pipelines.stage_filter import LOST, WON
from kommo_orm.entities.pipelines.status import Status
from kommo_orm.sandbox import Sandbox
from tests.account import bodies, sent

ROW: dict[str, Any] = {
    "id": 502,
    "name": None,
    "sort": 2,
    "is_main": False,
    "is_unsorted_on": True,
    "is_archive": True,
    "account_id": 12,
    "_embedded": {
        "statuses": {
            "3": {"id": 9001, "name": "Incoming", "sort": 10, "pipeline_id": 502, "color": "#c1c1c1", "type": 1},
            "5": {"id": WON, "name": "Won", "sort": 10000, "pipeline_id": 502, "color": "#CCFF66", "type": 0},
        }
    },
}


def test_stages_read_whatever_the_shape_of_their_list():
    pipeline = Pipeline.hydrate([copy.deepcopy(ROW)])[0]
    assert [(stage.id, stage.color) for stage in pipeline.statuses] == [(9001, "#c1c1c1"), (WON, "#CCFF66")]
    assert pipeline.statuses[0] is pipeline.statuses[0]
    assert (len(pipeline.statuses), bool(pipeline.statuses), pipeline.changes) == (2, True, {})


def test_a_pipeline_without_a_name_raises_not_loaded():
    with pytest.raises(NotLoaded):
        Pipeline.hydrate([copy.deepcopy(ROW)])[0].name  # noqa: B018


def test_a_row_without_stages_names_refresh():
    with pytest.raises(NotLoaded, match=r"refresh\(\)"):
        list(Pipeline.hydrate([{"id": 5, "name": "x"}])[0].statuses)


def test_all_are_listed_in_one_request(kommo: Kommo, sandbox: Sandbox):
    (pipeline,) = Pipeline.objects.list()
    assert pipeline.is_main
    assert [stage.id for stage in pipeline.statuses][-2:] == [WON, LOST]
    (entry,) = sandbox.requests()
    assert entry.query == ""


def test_a_new_one_takes_its_stages_along(kommo: Kommo, sandbox: Sandbox):
    first, won = Status(name="First call", sort=20, color="#98cbff"), Status(id=WON, name="Renewed")
    pipeline = Pipeline.objects.create("Renewals", sort=20, statuses=[first, won])
    (body,) = bodies(sandbox, "POST")[0]
    assert body["_embedded"] == {
        "statuses": [{"name": "First call", "sort": 20, "color": "#98cbff"}, {"id": WON, "name": "Renewed"}]
    }
    assert (body["is_main"], body["is_unsorted_on"]) == (False, True)
    assert pipeline.changes == {}
    assert [stage.name for stage in pipeline.statuses] == ["Incoming leads", "First call", "Renewed", "Closed - lost"]
    assert (first.pipeline_id, first.changes, first.is_new) == (pipeline.id, {}, False)
    first.name = "Second call"
    first.save()
    assert sent(sandbox)[-1][1] == f"/api/v4/leads/pipelines/{pipeline.id}/statuses/{first.id}"


def test_stages_of_a_stored_one_are_created_by_themselves(kommo: Kommo):
    pipeline = Pipeline.objects.list()[0]
    with pytest.raises(ConfigurationError, match=r"Status\.objects\.of"):
        pipeline.statuses.add(Status(name="x", sort=1))
    with pytest.raises(ConfigurationError, match="does not take"):
        Pipeline(name="x", statuses=[Lead(name="y")])  # type: ignore[list-item]


def test_pending_stages_survive_copies_pickles_and_can_be_taken_back():
    pipeline = Pipeline(name="x", statuses=[Status(name="y", sort=1)])
    for twin in (copy.deepcopy(pipeline), pickle.loads(pickle.dumps(pipeline))):
        assert [stage.name for stage in twin.statuses] == ["y"]
    assert "statuses" in pipeline.changes
    pipeline.revert()
    assert list(pipeline.statuses) == []


def test_update_sends_one_object_and_keeps_the_stages(kommo: Kommo, sandbox: Sandbox):
    pipeline = Pipeline.objects.create("Renewals")
    pipeline.name = "Again"
    pipeline.save()
    assert bodies(sandbox) == [{"name": "Again"}]
    assert len(pipeline.statuses) == 3
    pipeline.refresh()
    assert (pipeline.name, len(pipeline.statuses)) == ("Again", 3)


def test_updates_go_one_by_one(kommo: Kommo, sandbox: Sandbox):
    pipelines = [Pipeline.objects.create(name) for name in ("A", "B")]
    for pipeline in pipelines:
        pipeline.sort = 50
    assert Pipeline.objects.bulk_update(pipelines).requests == 2


def test_one_that_holds_leads_stays(kommo: Kommo, sandbox: Sandbox):
    pipeline = Pipeline.objects.create("Renewals")
    lead = Lead.objects.create(name="Roof", pipeline_id=pipeline.id)
    with pytest.raises(BadRequest, match="without leads"):
        pipeline.delete()
    sandbox.trash("leads", lead.id)
    pipeline.delete()
    assert len(Pipeline.objects.list()) == 1


async def test_async(kommo: Kommo):
    pipeline = await Pipeline.objects.acreate("Renewals")
    assert (await Pipeline.objects.aget(pipeline.id)).name == "Renewals"
    await pipeline.adelete()
    with pytest.raises(QueryError, match="every Pipeline"):
        await Pipeline.objects.adelete()


# ---- the stages of a stored pipeline
def test_stages_are_there_and_can_be_asked_anew(kommo: Kommo, sandbox: Sandbox):
    made = Pipeline.objects.create("Renewals", statuses=[Status(name="Call", sort=10)])
    pipeline = Pipeline.objects.get(made.id)
    sandbox.log.clear()
    assert [status.name for status in pipeline.statuses][:2] == ["Incoming leads", "Call"]
    call = pipeline.statuses.named("Call")
    assert call is not None
    assert call.pipeline_id == pipeline.id
    assert pipeline.statuses.named("Nothing") is None
    assert not sandbox.requests(), "rows of pipelines bring their stages"
    assert [status.id for status in pipeline.statuses.all().include("descriptions")] == [
        status.id for status in pipeline.statuses
    ]
    signed = pipeline.statuses.create("Signed", sort=30)
    assert signed in list(pipeline.statuses)
    assert Status.objects.of(pipeline).get(signed.id).name == "Signed"
    with pytest.raises(ConfigurationError, match="save the Pipeline first"):
        Pipeline(name="New").statuses.all()


async def test_stages_in_async_code(kommo: Kommo):
    pipeline = await Pipeline.objects.acreate("Renewals")
    signed = await pipeline.statuses.acreate("Signed", sort=30)
    assert signed.id in [status.id async for status in pipeline.statuses.all()]


def test_one_stage_in_place_of_several_is_refused_and_the_given_ones_stay() -> None:
    pipeline = Pipeline(name="Renewals", statuses=[Status(name="First")])
    for given in ("First", Status(name="Second"), {"name": "Second"}):
        with pytest.raises(ConfigurationError, match="statuses takes several, as a list"):
            pipeline.statuses = given
    assert [status.name for status in pipeline.statuses.pending_objects] == ["First"]

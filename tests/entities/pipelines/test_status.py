"""Stages: a pair of pipeline and id, with colours that can be read but not written, and three of Kommo's own."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from kommo_orm import BadRequest, ConfigurationError, Kommo, Lead, NotLoaded, QueryError, Session
from kommo_orm.entities.pipelines.pipeline import Pipeline
from kommo_orm.entities.pipelines.stage_filter import LOST, WON
from kommo_orm.entities.pipelines.status import COLORS, Status, StatusDescription
from kommo_orm.sandbox import Sandbox
from tests.account import bodies, sent


def pipeline_of(sandbox: Sandbox, name: str = "Renewals") -> Pipeline:
    return Pipeline.objects.create(name)


def test_of_takes_a_pipeline_or_its_id(kommo: Kommo, sandbox: Sandbox):
    pipeline = pipeline_of(sandbox)
    names = [stage.name for stage in Status.objects.of(pipeline)]
    assert names == [stage.name for stage in Status.objects.of(pipeline.id)]
    assert Status.objects.of(pipeline).get(WON).pipeline_id == pipeline.id
    with pytest.raises(QueryError, match="an object or its id"):
        Status.objects.of(Pipeline)  # type: ignore[arg-type]
    with pytest.raises(QueryError, match=r"\.of\("):
        Status.objects.list()
    with pytest.raises(ConfigurationError, match="save"):
        Status.objects.of(Pipeline(name="new"))


def test_create_with_descriptions(kommo: Kommo, sandbox: Sandbox):
    pipeline = pipeline_of(sandbox)
    hint = StatusDescription(level="newbie", description="Call within a day")
    stage = Status.objects.of(pipeline).create("Offer", sort=40, color="#98cbff", descriptions=[hint])
    assert bodies(sandbox, "POST")[-1] == [
        {
            "name": "Offer",
            "sort": 40,
            "color": "#98cbff",
            "descriptions": [{"level": "newbie", "description": "Call within a day"}],
            "request_id": "0",
        }
    ]
    assert stage.changes == {}
    assert stage.descriptions[0].id is not None


def test_descriptions_come_on_request_and_change_in_place(kommo: Kommo, sandbox: Sandbox):
    pipeline = pipeline_of(sandbox)
    hint = StatusDescription(level="newbie", description="Call")
    created = Status.objects.of(pipeline).create("Offer", sort=40, descriptions=[hint])
    with pytest.raises(NotLoaded, match=r"\.include\('descriptions'\)"):
        Status.objects.of(pipeline).get(created.id).descriptions  # noqa: B018
    stage = Status.objects.of(pipeline).include("descriptions").get(created.id)
    stage.descriptions[0].description = "Call twice"
    stage.save()
    known = created.descriptions[0].id
    assert bodies(sandbox)[-1] == {"descriptions": [{"id": known, "level": "newbie", "description": "Call twice"}]}
    assert stage.changes == {}


def test_a_colour_is_one_of_the_palette(kommo: Kommo):
    assert len(COLORS) == 21
    assert Status(name="x", color="#FFFEB2").color == "#fffeb2"  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="no colour"):
        Status(name="x", color="#c1c1c1")  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="no colour"):
        Status(id=5, pipeline_id=7).color = "#99ccff"  # type: ignore[assignment]


def test_the_stages_of_kommo_are_protected(kommo: Kommo, sandbox: Sandbox):
    stages = {stage.name: stage for stage in Status.objects.of(pipeline_of(sandbox))}
    incoming, won = stages["Incoming leads"], stages["Closed - won"]
    assert (incoming.is_incoming, incoming.is_system, won.is_won, won.is_lost, won.is_system) == (
        *(True, True),
        *(True, False, True),
    )
    incoming.name = "Inbox"
    with pytest.raises(ConfigurationError, match="cannot be changed"):
        incoming.save()
    with pytest.raises(ConfigurationError, match="cannot be deleted"):
        won.delete()
    won.sort = 5
    with pytest.raises(ConfigurationError, match="only its name"):
        won.save()
    won.revert()
    won.name = "Renewed"
    won.save()
    assert bodies(sandbox) == [{"name": "Renewed"}]


def test_delete(kommo: Kommo, sandbox: Sandbox):
    pipeline = pipeline_of(sandbox)
    stage = Status.objects.of(pipeline).create("Offer", sort=40)
    Lead.objects.create(name="Roof", pipeline_id=pipeline.id, status_id=stage.id)
    with pytest.raises(BadRequest, match="without leads"):
        stage.delete()
    other = Status.objects.of(pipeline).create("Later", sort=50)
    other.delete()
    assert sent(sandbox)[-1][:2] == ("DELETE", f"/api/v4/leads/pipelines/{pipeline.id}/statuses/{other.id}")


def test_the_pipeline_of_a_new_stage_is_required(kommo: Kommo, sandbox: Sandbox):
    pipeline = pipeline_of(sandbox)
    with pytest.raises(ConfigurationError, match="needs its pipeline"):
        Status(name="Offer", sort=1).save()
    stage = Status(name="Offer", sort=1, pipeline_id=pipeline.id)
    stage.save()
    assert "pipeline_id" not in bodies(sandbox, "POST")[-1][0]
    Status(id=stage.id, pipeline_id=pipeline.id, name="Better").save()
    assert bodies(sandbox) == [{"name": "Better"}]
    with pytest.raises(AttributeError, match="stays there"):
        stage.pipeline_id = 5
    with pytest.raises(ConfigurationError, match="does not know its pipeline_id"):
        Status(id=stage.id, name="x").save()


def test_142_of_two_pipelines_are_two_objects_in_a_session(kommo: Kommo, sandbox: Sandbox):
    one, other = pipeline_of(sandbox, "A"), pipeline_of(sandbox, "B")
    with Session(kommo) as session:
        first = session.query(Status).of(one).get(WON)  # type: ignore[attr-defined]
        second = session.query(Status).of(other).get(WON)  # type: ignore[attr-defined]
        assert first is not second
        assert first is session.query(Status).of(one).get(WON)  # type: ignore[attr-defined]
        first.name, second.name = "Won A", "Won B"
    assert [Status.objects.of(pipeline).get(WON).name for pipeline in (one, other)] == ["Won A", "Won B"]


def test_leads_are_found_by_stages(kommo: Kommo, sandbox: Sandbox):
    pipeline = pipeline_of(sandbox)
    stage = Status.objects.of(pipeline).create("Offer", sort=40)
    lead = Lead.objects.create(name="Roof", pipeline_id=pipeline.id, status_id=stage.id)
    assert Lead.objects.filter(status__in=[stage, (pipeline.id, LOST)]).list() == [Lead.objects.get(lead.id)]


async def test_async(kommo: Kommo, sandbox: Sandbox):
    stage = await Status.objects.of(pipeline_of(sandbox)).acreate("Offer", sort=40)
    await stage.adelete()
    with pytest.raises(ConfigurationError, match="cannot be deleted"):
        await Status(id=WON, pipeline_id=7).adelete()

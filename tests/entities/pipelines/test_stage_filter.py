"""A stage is the pair of pipeline and status: 142 and 143 exist in every pipeline."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm import LOST, WON, Kommo, Lead, QueryError
from kommo_orm.entities.pipelines.status import Status
from kommo_orm.sandbox import Sandbox


@pytest.fixture
def pipelines(kommo: Kommo, sandbox: Sandbox) -> list[dict[str, Any]]:
    """Two pipelines, with a lead in the first stage, a won and a lost one in each."""
    second = sandbox.add("pipelines", name="Second", sort=20, is_main=False, is_unsorted_on=False)
    sandbox.add("statuses", pipeline_id=second["id"], name="First", sort=10)
    found = sandbox.rows("pipelines")
    for pipeline in found:
        for status in (first_of(pipeline), WON, LOST):
            sandbox.add("leads", name=f"{pipeline['id']}-{status}", pipeline_id=pipeline["id"], status_id=status)
    return found


def first_of(pipeline: dict[str, Any]) -> int:
    stages = [
        stage for stage in pipeline["_embedded"]["statuses"] if stage["type"] == 0 and stage["id"] not in (WON, LOST)
    ]
    return int(stages[0]["id"])


def names(query: Any) -> set[str]:
    return {lead.name for lead in query}


def test_a_status_with_its_pipeline(pipelines):
    one, two = pipelines
    first = first_of(one)
    assert names(Lead.objects.filter(pipeline_id=one["id"], status_id=first)) == {f"{one['id']}-{first}"}
    assert names(Lead.objects.filter(status_id=WON).filter(pipeline_id=two["id"])) == {f"{two['id']}-142"}


def test_won_and_lost_ones_of_all_pipelines(pipelines):
    assert names(Lead.objects.filter(status_id=WON)) == {f"{pipeline['id']}-142" for pipeline in pipelines}
    assert names(Lead.objects.filter(status_id=LOST)) == {f"{pipeline['id']}-143" for pipeline in pipelines}


def test_one_status_of_several_pipelines(pipelines):
    ids = [pipeline["id"] for pipeline in pipelines]
    assert names(Lead.objects.filter(pipeline_id__in=ids, status_id=WON)) == {f"{pk}-142" for pk in ids}
    assert names(Lead.objects.filter(pipeline_id__in=ids[:1], status_id=WON)) == {f"{ids[0]}-142"}


def test_several_stages_as_pairs_or_as_objects(pipelines):
    one, two = pipelines
    first = first_of(one)
    expected = {f"{one['id']}-{first}", f"{two['id']}-143"}
    assert names(Lead.objects.filter(status__in=[(one["id"], first), (two["id"], LOST)])) == expected
    stages = {stage.id: stage for stage in Status.objects.of(one["id"])}
    assert names(Lead.objects.filter(status__in=[stages[first], (two["id"], LOST)])) == expected


@pytest.mark.parametrize("wrong", [5, (7,), ("7", "142"), (7, 142, 3), None], ids=repr)
def test_what_is_no_stage_is_refused(wrong):
    with pytest.raises(QueryError, match=r"a stage is a pair \(pipeline_id, status_id\) or a Status"):
        Lead.objects.filter(status__in=[wrong])


def test_a_status_without_its_pipeline_is_refused_unless_every_pipeline_has_it(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(QueryError, match="Filter by status_id together with its pipeline_id"):
        Lead.objects.filter(status_id=11).exists()
    assert len(sandbox.log) == 0

"""Filtering leads by stage: a stage is the pair of pipeline and status, since 142 and 143 exist in every pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from kommo_orm.errors import QueryError
from kommo_orm.model.condition import Condition
from kommo_orm.model.field_spec import FieldSpec
from kommo_orm.model.model import Model

WON = 142
"""Status of won leads, the same in every pipeline."""
LOST = 143
"""Status of lost leads, the same in every pipeline."""

Stage: TypeAlias = tuple[int, int] | Model
Pair = tuple[int | None, int]


class StageSpec(FieldSpec):
    """The stage of a lead as a filter: pairs of pipeline and status."""

    def __init__(self) -> None:
        super().__init__("status", "Lead")

    def clean_one_filter(self, value: Any) -> Pair:
        if getattr(type(value), "__kommo_kind__", None) == "statuses":
            return (value.pipeline_id, value.id)
        match value:
            case (int(pipeline), int(status)):
                return (pipeline, status)
        raise ValueError(f"a stage is a pair (pipeline_id, status_id) or a Status, not {value!r}")

    def value_of(self, model: Any) -> Pair:
        return (model.pipeline_id, model.status_id)

    def matches(self, value: Any, wanted: Any) -> bool:
        return bool(value[1] == wanted[1] and wanted[0] in (None, value[0]))


class StatusSpec(FieldSpec):
    """`status_id` as a filter, before it is joined with its pipeline."""

    def __init__(self) -> None:
        super().__init__("status_id", "Lead")

    def clean_one_filter(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"a status id is a whole number, not {value!r}")  # noqa: TRY004  # callers name the field
        return value


STAGE = StageSpec()
STATUS = StatusSpec()


def join_stage_conditions(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """Join `status_id` with `pipeline_id` to the pair that the service filters by."""
    wanted = [condition for condition in conditions if condition.name == "status_id"]
    if not wanted:
        return tuple(conditions)
    if len(wanted) > 1:
        raise QueryError(
            "A query takes one status_id: for several stages use status__in=[(pipeline_id, status_id), ...]"
        )
    status = wanted[0].value
    pipelines = [c for c in conditions if c.name == "pipeline_id" and c.op in ("eq", "in")]
    found = [pipeline for c in pipelines for pipeline in ((c.value,) if c.op == "eq" else c.value)]
    rest = [c for c in conditions if c is not wanted[0] and c not in pipelines]
    pairs: tuple[Pair, ...] = tuple((pipeline, status) for pipeline in found) or ((None, status),)
    return (*rest, *([] if found else pipelines), Condition(STAGE, "in", pairs))


def refuse_incomplete_stages(conditions: Sequence[Condition]) -> None:
    """Refuse a status without its pipeline, unless it is one of the two that every pipeline has."""
    for condition in conditions:
        if condition.spec is STAGE and any(
            pipeline is None and status not in (WON, LOST) for pipeline, status in condition.value
        ):
            raise QueryError(
                "Filter by status_id together with its pipeline_id (only 142 and 143, won and lost, exist in every pipeline): "
                "filter(pipeline_id=7, status_id=11), or status__in=[(7, 11)]"
            )


__all__ = ["LOST", "WON"]

"""Filters of leads that are no fields: `is_open` and `has_open_tasks`.

Source: Kommo API v2, "Leads": `filter[active]`, `filter[tasks]`.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.entities.pipelines.stage_filter import LOST, WON
from kommo_orm.model.field_spec import FieldSpec


class FlagSpec(FieldSpec):
    """A filter that is true or false."""

    def clean_one_filter(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError(f"it is True or False, not {value!r}")  # noqa: TRY004  # callers name the field
        return value

    def matches(self, value: Any, wanted: Any) -> bool:
        return value is None or bool(value == wanted)  # a row without the value is not verified


class OpenSpec(FlagSpec):
    """Neither won nor lost. The service can be asked for open leads only."""

    def __init__(self) -> None:
        super().__init__("is_open", "Lead")

    def clean_one_filter(self, value: Any) -> bool:
        if super().clean_one_filter(value) is False:
            raise ValueError("Kommo finds open leads only; closed ones are found by status_id=142 and status_id=143")
        return True

    def value_of(self, model: Any) -> bool | None:
        status = getattr(model, "status_id", None)
        return None if status is None else status not in (WON, LOST)


class TasksSpec(FlagSpec):
    """With open tasks, or without any."""

    def __init__(self) -> None:
        super().__init__("has_open_tasks", "Lead")

    def value_of(self, model: Any) -> bool | None:
        return None if getattr(model, "closest_task_at", ...) is ... else model.closest_task_at is not None

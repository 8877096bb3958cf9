"""Filters of files, and how far a row verifies them.

The drive does not document how it compares names, nor how it names authors that are no users. A row is verified only by
what it has.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, get_args

from typing_extensions import TypedDict

from kommo_orm.model.codec import clean_int, clean_str
from kommo_orm.model.condition import Condition
from kommo_orm.model.field_spec import FieldSpec

Period = Literal[
    "day",
    "tomorrow",
    "yesterday",
    "week",
    "previous_week",
    "next_week",
    "month",
    "next_month",
    "previous_month",
    "quarter",
    "previous_quarter",
    "next_quarter",
    "last_3_days",
    "next_3_days",
    "last_6_month",
    "year",
]
"""A stretch of the account's calendar."""


class DriveFileFilters(TypedDict, total=False):
    """What files can be filtered by: sizes in bytes, authors by user id, 0 for the system, -1 for a customer.

    Source: Kommo API v4, "Files".
    """

    id: str
    id__in: Iterable[str]
    name: str
    extension: str
    extension__in: Iterable[str]
    source_id: int
    size__gte: int
    size__lte: int
    size__range: tuple[int, int]
    created_at__gte: datetime
    created_at__lte: datetime
    created_at__range: tuple[datetime, datetime]
    created_during: Period
    updated_at__gte: datetime
    updated_at__lte: datetime
    updated_at__range: tuple[datetime, datetime]
    updated_during: Period
    created_by: int
    created_by__in: Iterable[int]
    updated_by: int
    updated_by__in: Iterable[int]


class NameSpec(FieldSpec):
    """The name, with or without its extension, or a part of it."""

    def clean_one_filter(self, value: Any) -> str:
        if not clean_str(value).strip():
            raise ValueError("an empty name would find every file")
        return str(value)

    def value_of(self, model: Any) -> Any:
        return model.file_name

    def matches(self, value: Any, wanted: Any) -> bool:
        return value is None or str(wanted).casefold() in str(value).casefold()


class ExtensionSpec(FieldSpec):
    """The extension; a dot in front of it is left out."""

    def clean_one_filter(self, value: Any) -> str:
        if not (extension := clean_str(value).strip().removeprefix(".")):
            raise ValueError("an extension is a text such as 'pdf'")
        return extension

    def value_of(self, model: Any) -> Any:
        return model.extension

    def matches(self, value: Any, wanted: Any) -> bool:
        return value is None or super().matches(value, wanted)


class AuthorSpec(FieldSpec):
    """The author of a file or of its change. Only users have ids in the rows."""

    def clean_one_filter(self, value: Any) -> int:
        return clean_int(value)

    def matches(self, value: Any, wanted: Any) -> bool:
        if value is None or value.id is None or value.type != "internal" or wanted <= 0:
            return True
        return bool(value.id == wanted)


class TrashSpec(FieldSpec):
    """Whether a file is in the trash, by either key that a row may have."""

    def value_of(self, model: Any) -> Any:
        flags = [getattr(model, name) for name in ("is_trashed", "deleted_at") if hasattr(model, name)]
        return any(one not in (None, False) for one in flags) if flags else None

    def matches(self, value: Any, wanted: Any) -> bool:
        return value is None or bool(value)


class PeriodSpec(FieldSpec):
    """A stretch of the account's calendar, which only the account knows."""

    def clean_one_filter(self, value: Any) -> str:
        if value not in get_args(Period):
            raise ValueError(f"expected one of {', '.join(get_args(Period))}, got {value!r}")
        return str(value)

    def matches(self, value: Any, wanted: Any) -> bool:
        return True


SPECIALS: dict[str, FieldSpec] = {
    "name": NameSpec("name", "DriveFile"),
    "extension": ExtensionSpec("extension", "DriveFile"),
    "created_by": AuthorSpec("created_by", "DriveFile"),
    "updated_by": AuthorSpec("updated_by", "DriveFile"),
    "created_during": PeriodSpec("created_during", "DriveFile"),
    "updated_during": PeriodSpec("updated_during", "DriveFile"),
}
IN_TRASH = Condition(TrashSpec("is_trashed", "DriveFile"), "eq", value=True)
DATES = {"created_at": "created_at", "created_during": "created_at"} | {
    "updated_at": "updated_at",
    "updated_during": "updated_at",
}


def join_ranges(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Both ends of a range in one condition."""
    found: list[Condition] = []
    for condition in conditions:
        other = next(
            (one for one in found if one.spec is condition.spec and {one.op, condition.op} == {"gte", "lte"}), None
        )
        if other is None:
            found.append(condition)
            continue
        low, high = (other, condition) if other.op == "gte" else (condition, other)
        found[found.index(other)] = Condition(condition.spec, "range", (low.value, high.value))
    return tuple(found)

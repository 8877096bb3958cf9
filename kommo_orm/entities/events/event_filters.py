"""Filters of events beside their own fields, and how a row verifies them.

Source: Kommo API v4, "Filters of events".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

from kommo_orm.entities.events.event_changes import (
    AnyChange,
    CustomerStatusChange,
    FieldChange,
    ResponsibleChange,
    StageChange,
)
from kommo_orm.entities.shared.entity_reference import LIST, SINGULAR, get_singular
from kommo_orm.errors import QueryError
from kommo_orm.model.condition import Condition
from kommo_orm.model.field_spec import FieldSpec

MOST_IDS = 100
MOST_OF = 10  # authors, entities
OF_FIELD = re.compile(r"custom_field_(?:(\d+)_)?value_changed")
EXACT_TYPES = (
    "nps_rate_added",
    "sale_field_changed",
    "name_field_changed",
    "ltv_field_changed",
    "custom_field_value_changed",
)
TYPES = {
    "status": "lead_status_changed",
    "customer_status": "customer_status_changed",
    "responsible": "entity_responsible_changed",
}


def clean_positive_id(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError(f"expected an id, got {value!r}")
    return value


class TypeOf(str):  # noqa: SLOT000  # carries its fields
    """The type of an event that was read, and the custom fields that its values are of."""

    field_ids: frozenset[int] = frozenset()


class TypeSpec(FieldSpec):
    """The type of an event. One field has a type of its own, and the feed may show the general one instead."""

    def __init__(self) -> None:
        super().__init__("type", "Event")

    def clean_one_filter(self, value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9_]+", value):
            raise ValueError(f"the type of an event is a word such as 'lead_added', not {value!r}")
        return value

    def value_of(self, model: Any) -> Any:
        changes = (*getattr(model, "value_after", ()), *getattr(model, "value_before", ()))
        read = TypeOf(model.type)
        read.field_ids = frozenset(one.field_id for one in changes if isinstance(one, FieldChange))
        return read

    def matches(self, value: Any, wanted: Any) -> bool:
        if value == wanted:
            return True
        one, other = OF_FIELD.fullmatch(value), OF_FIELD.fullmatch(wanted)
        if one is None or other is None:
            return False
        number = other[1]
        return number is None or (one[1] is None and (not value.field_ids or int(number) in value.field_ids))


class EntityTypeSpec(FieldSpec):
    """The kind of entity, in the singular, as events name it; the plural means the same."""

    def __init__(self) -> None:
        super().__init__("entity_type", "Event")

    def clean_one_filter(self, value: Any) -> str:
        kind = get_singular(value) if isinstance(value, str) else value
        if kind not in SINGULAR and not (isinstance(kind, str) and LIST.fullmatch(kind)):
            raise ValueError(f"events are about a lead, contact, company, customer, task or catalog_5, not {value!r}")
        return str(kind)

    def matches(self, value: Any, wanted: Any) -> bool:
        if value == "catalog_element" or wanted == "catalog_element":
            return str(value).startswith("catalog_") and str(wanted).startswith("catalog_")
        return bool(get_singular(str(value)) == wanted)


class ChangeSpec(FieldSpec):
    """A filter by the value before or after the event."""

    def __init__(
        self, word: str, side: str, read: Callable[[AnyChange], Any], check: Callable[[Any], Any] = clean_positive_id
    ) -> None:
        super().__init__(f"{word}_{side}", "Event")
        self.word, self.side, self._read, self._clean = word, f"value_{side}", read, check

    def clean_one_filter(self, value: Any) -> Any:
        return self._clean(value)

    def value_of(self, model: Any) -> Any:
        values = (self._read(value) for value in getattr(model, self.side))
        return [one for one in values if one is not None]

    def matches(self, value: Any, wanted: Any) -> bool:
        return any(self._is_same(one, wanted) for one in value)

    def _is_same(self, one: Any, wanted: Any) -> bool:
        if isinstance(wanted, tuple):  # a stage of which only the pipeline is asked
            return all(want is None or want == found for found, want in zip(one, wanted, strict=True))
        if isinstance(one, list):
            return any(str(part).casefold() == str(wanted).casefold() for part in one)
        return bool(one == wanted)


def clean_event_stage(value: Any) -> tuple[int | None, int | None]:
    """A pair of pipeline and status; of the two one may be None."""
    pair = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else ()
    if len(pair) != 2 or pair == (None, None):
        raise ValueError(f"a stage is a pair (pipeline id, status id), such as (7, 142), not {value!r}")
    pipeline, status = (None if part is None else clean_positive_id(part) for part in pair)
    return pipeline, status


def clean_exact_value(value: Any) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise ValueError(f"expected the value itself, a text or a whole number, got {value!r}")
    return value


def read_stage(value: AnyChange) -> Any:
    return (value.pipeline_id, value.id) if isinstance(value, StageChange) else None


def list_leaf_values(value: AnyChange) -> list[Any]:
    """All values inside a change."""
    found: list[Any] = []
    for inner in value.raw.values():
        found += list(inner.values()) if isinstance(inner, dict) else [inner]
    return found


READERS: dict[str, tuple[Callable[[AnyChange], Any], Callable[[Any], Any]]] = {
    "status": (read_stage, clean_event_stage),
    "customer_status": (lambda one: one.id if isinstance(one, CustomerStatusChange) else None, clean_positive_id),
    "responsible": (lambda one: one.id if isinstance(one, ResponsibleChange) else None, clean_positive_id),
    "option": (lambda one: one.enum_id if isinstance(one, FieldChange) else None, clean_positive_id),
    "value": (list_leaf_values, clean_exact_value),
}
CHANGES = {
    spec.name: spec
    for word, (read, check) in READERS.items()
    for side in ("before", "after")
    for spec in [ChangeSpec(word, side, read, check)]
}
SPECIALS: dict[str, FieldSpec] = {"type": TypeSpec(), "entity_type": EntityTypeSpec(), **CHANGES}


# ---- what goes together


def convert_expressions(conditions: Iterable[Condition]) -> Iterator[Condition]:
    """Conditions written as expressions (`Event.type == ...`) follow the rules of the lookups of the same name."""
    for condition in conditions:
        spec = SPECIALS.get(condition.name) if isinstance(condition, Condition) else None
        if spec is None or spec is condition.spec:
            yield condition
        else:
            yield Condition(spec, condition.op, spec.clean_filter(condition.op, condition.value))


def combine_event_filters(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Check which filters Kommo takes together, and how many values. Raises `QueryError`."""
    named = {condition.name: condition for condition in conditions}
    for name, most in (("id", MOST_IDS), ("created_by", MOST_OF), ("entity_id", MOST_OF)):
        if name in named and len(list_filter_values(named[name])) > most:
            raise QueryError(f"Kommo takes {most} values of {name} at most; run a query for each {most} of them")
    if "entity_id" in named and len(list_filter_values(named.get("entity_type"))) != 1:
        raise QueryError("Kommo takes entity_id with exactly one entity_type: filter(entity_type='lead', entity_id=5)")
    added: list[Condition] = []
    for condition in conditions:
        if isinstance(condition.spec, ChangeSpec):
            added += require_event_type(
                condition.spec, tuple(str(one) for one in list_filter_values(named.get("type")))
            )
    return (*conditions, *{condition.value: condition for condition in added}.values())


def list_filter_values(condition: Condition | None) -> tuple[Any, ...]:
    if condition is None:
        return ()
    return cast("tuple[Any, ...]", condition.value) if condition.op == "in" else (condition.value,)


def require_event_type(spec: ChangeSpec, types: tuple[str, ...]) -> Iterable[Condition]:
    """A filter by value needs the type of the events. The type is added where only one is possible."""
    wanted = TYPES.get(spec.word)
    if wanted is not None:
        if types and types != (wanted,):
            raise QueryError(f"Kommo filters by {spec.name} among events of type {wanted!r} only, not among {types}")
        return () if types else (Condition(SPECIALS["type"], "eq", wanted),)
    one = OF_FIELD.fullmatch(types[0]) if len(types) == 1 else None
    if spec.word == "option" and (one is None or one[1] is None):
        raise QueryError(
            f"Kommo filters by {spec.name} among the events of one field only: add type='custom_field_551_value_changed'"
        )
    if spec.word == "value" and (
        not types or any(name not in EXACT_TYPES and not OF_FIELD.fullmatch(name) for name in types)
    ):
        raise QueryError(f"Kommo filters by {spec.name} only together with a type of: {', '.join(EXACT_TYPES)}")
    return ()

"""Kinds whose values have several parts: all values of a field, or the first of them with the rest kept."""

from __future__ import annotations

from datetime import tzinfo
from types import GenericAlias
from typing import Any, Generic, TypeVar

from kommo_orm.fields.compound_value import Value
from kommo_orm.fields.raw_values import find_first_raw, get_raw_value, is_nothing, list_items
from kommo_orm.fields.text import SEARCH
from kommo_orm.model.codec import validate_iterable
from kommo_orm.model.definition import Definition
from kommo_orm.model.kind import Kind, Values

V = TypeVar("V", bound=Value)


class ManyKind(Kind[list[V]], Generic[V]):
    """All values of a field, a list in the order of the service. A subclass reads and writes one item."""

    mutable = True
    filter_hint = SEARCH
    value: type[V]
    noun = "values"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if hasattr(cls, "value"):
            cls.python = GenericAlias(list, (cls.value,))

    # ---- one item
    def read_one(self, item: Any) -> V | None:
        raw = get_raw_value(item)
        return None if is_nothing(raw) else self.value.from_raw(raw)

    def clean_one(self, given: Any) -> V:
        value = self.value.clean(given)
        value.check_parts()
        return value

    def encode_one(self, value: V) -> dict[str, Any]:
        return {"value": value.to_raw()}

    # ---- all of them
    def empty(self) -> list[V]:
        return []

    def is_empty(self, value: Any) -> bool:
        return value is None or (isinstance(value, list) and not value)

    def decode(self, values: Values, zone: tzinfo | None) -> list[V]:
        return [value for item in list_items(values) if (value := self.read_one(item)) is not None]

    def clean(self, value: Any) -> list[V]:
        return [self.clean_one(one) for one in validate_iterable(value, self.noun)]

    def encode(
        self, value: list[V], definition: Definition | None, zone: tzinfo | None, *, current: Values = ()
    ) -> list[dict[str, Any]]:
        return [self.encode_one(one) for one in value]


class FirstKind(Kind[V | None], Generic[V]):
    """The first value of a field. Setting it replaces the first and keeps the rest; None takes the first away."""

    mutable = True
    filter_hint = SEARCH
    many: ManyKind[V]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if hasattr(cls, "many"):
            cls.types, cls.python = cls.many.types, cls.many.value

    def decode(self, values: Values, zone: tzinfo | None) -> V | None:
        return next(iter(self.many.decode(values, zone)), None)

    def clean(self, value: Any) -> V:
        return self.many.clean_one(value)

    def encode(
        self, value: V | None, definition: Definition | None, zone: tzinfo | None, *, current: Values = ()
    ) -> list[dict[str, Any]]:
        rest = self.many.decode(current, zone)[1:]
        return [self.many.encode_one(one) for one in [self.clean(value), *rest]]

    def encode_empty(self, current: Values) -> list[dict[str, Any]] | None:
        rest = self.many.decode(current, None)[1:]
        return [self.many.encode_one(one) for one in rest] or None


class OneKind(Kind[V | None], Generic[V]):
    """A field of one value."""

    mutable = True
    filter_hint = SEARCH
    value: type[V]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if hasattr(cls, "value"):
            cls.python = cls.value

    def decode(self, values: Values, zone: tzinfo | None) -> V | None:
        raw = find_first_raw(values)
        return None if raw is None else self.value.from_raw(raw)

    def is_empty(self, value: Any) -> bool:
        return value is None or (isinstance(value, Value) and not value.parts())

    def clean(self, value: Any) -> V:
        cleaned = self.value.clean(value)
        if cleaned.parts():
            cleaned.check_parts()
        return cleaned

    def encode(
        self, value: V | None, definition: Definition | None, zone: tzinfo | None, *, current: Values = ()
    ) -> list[dict[str, Any]]:
        return [{"value": self.clean(value).to_raw()}]

"""Specs of fields: where a value stands in a row, when it may be sent, and how it is compared."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, get_origin

from pydantic import BaseModel, SecretStr

from kommo_orm.errors import ConfigurationError, QueryError, UnexpectedResponse
from kommo_orm.model.codec import Codec, decode_bool, decode_datetime, decode_decimal, decode_int, decode_str
from kommo_orm.model.condition import Expr, Operator, Unfilterable
from kommo_orm.model.definition import iterate_items
from kommo_orm.model.field_options import WRITABLE, FieldOptions
from kommo_orm.model.kind import Kind
from kommo_orm.model.lazy_row import FREE_VALUES, MISSING, LazyRow, UnknownForm

if TYPE_CHECKING:
    from kommo_orm.model.instance_state import InstanceState, Row
    from kommo_orm.model.model import Model

UsualForm: TypeAlias = tuple[type[Any] | None, Callable[[Any], Any] | None]
PHP_NOTHING: dict[Any, Any] = {str: "", int: 0, Decimal: Decimal(0)}  # how `false` reads where None is not allowed


class FieldSpec:
    """A field of a class. `read` returns MISSING for what a row does not carry."""

    is_custom = False
    filter_hint = ""

    def __init__(self, name: str, owner: str, expression: Callable[[FieldSpec], Expr[Any]] = Unfilterable) -> None:
        self.name, self.owner, self.make_expression = name, owner, expression

    mutable: bool = False
    writable: frozenset[str] = frozenset(WRITABLE.split())
    starts_empty: bool = False  # a list, which a new object has from the beginning
    is_place: bool = False  # part of the row's address: given to a new object or a reference, never a change
    keys: tuple[str, ...] = ()  # of the row that it is read from, beside those of custom fields
    has_plain_keys: bool = False  # whether numbers and texts stand there, and no objects or lists

    @property
    def python(self) -> Any:
        """The type of the field's values."""
        raise NotImplementedError

    def build_expression(self) -> Expr[Any]:
        return self.make_expression(self)

    def clean(self, value: Any) -> Any:
        raise NotImplementedError

    def read(self, state: InstanceState) -> Any:
        raise NotImplementedError

    def read_stored(self, state: InstanceState) -> Any:
        """Return what is stored, as far as it is known: what a save has sent since the row was read, or the row's value."""
        return self.copy_value(state.baseline[self.name]) if self.name in state.baseline else self.read(state)

    def copy_value(self, value: Any) -> Any:
        """Return the value, or a copy of one that can change in place."""
        return copy.deepcopy(value) if self.mutable else value

    def same(self, one: Any, other: Any) -> bool:
        return bool(one == other)

    def clean_one_filter(self, value: Any) -> Any:
        raise NotImplementedError

    def value_of(self, model: Model) -> Any:
        """The field's value on an object, None where it carries none."""
        return getattr(model, self.name, None)

    def matches(self, value: Any, wanted: Any) -> bool:
        """Whether a value satisfies an equality filter. Kommo's database compares texts without case."""
        if isinstance(value, str) and isinstance(wanted, str):
            return value.casefold() == wanted.casefold()
        return bool(value == wanted)

    def at_least(self, value: Any, bound: Any) -> bool:
        """`value >= bound`, in the resolution that Kommo filters with."""
        if isinstance(value, datetime) and isinstance(bound, datetime):
            return math.floor(value.timestamp()) >= math.floor(bound.timestamp())
        return bool(value >= bound)

    def clean_filter(self, op: Operator, value: Any) -> Any:
        """The value of a condition, checked. Raises `QueryError` with the field named."""
        try:
            if op == "in":
                return self._clean_list(value)
            if op == "range":
                low, high = value
                return (self.clean_one_filter(low), self.clean_one_filter(high))
            return self.clean_one_filter(value)
        except (ValueError, TypeError) as error:
            raise QueryError(f"Cannot filter {self.owner} by {self.name}: {error}") from None

    def _clean_list(self, values: Any) -> tuple[Any, ...]:
        if isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
            raise ValueError(f"expected several values, got {values!r}")
        return tuple(self.clean_one_filter(value) for value in values)

    def __repr__(self) -> str:
        return f"<{self.owner}.{self.name}>"


class CoreSpec(FieldSpec):
    """A field of Kommo's own: a key of the row."""

    def __init__(
        self,
        name: str,
        owner: str,
        codec: Codec[Any],
        options: FieldOptions,
        *,
        nullable: bool,
        settable: bool,
        expression: Callable[[FieldSpec], Expr[Any]] = Unfilterable,
    ) -> None:
        super().__init__(name, owner, expression)
        self.codec, self.nullable, self.mutable = codec, nullable, codec.mutable
        self.key, self.positive, self.instead = options.key or name, options.positive, options.instead
        self.writable, self.is_place = options.verbs if settable else frozenset(), options.place
        self.keys = (self.key,) if self.instead is None else (self.key, self.instead)
        self.has_plain_keys = codec.python in PLAIN_TYPES
        form: UsualForm = USUAL_FORMS.get(codec.decode, (None, None))
        self._usual_type, self._decode_usual = form
        self._is_above_zero = self.positive or (nullable and codec.zero_is_none)

    @property
    def python(self) -> Any:
        return self.codec.python

    def clean(self, value: Any) -> Any:
        if value is None:
            if self.nullable:
                return None
            raise ValueError("None is not possible here")
        return self.codec.clean(value)

    def clean_one_filter(self, value: Any) -> Any:
        cleaned = None if value is None else self.codec.clean(value)
        if cleaned is None or (isinstance(cleaned, str) and not cleaned.strip()):
            raise ValueError("Kommo cannot search for empty values")
        return cleaned

    def read(self, state: InstanceState) -> Any:
        row = state.row
        raw = MISSING if row is None else row.get(self.key, MISSING)
        if type(raw) is self._usual_type and self.instead is None and (raw > 0 if self._is_above_zero else True):
            try:
                return raw if self._decode_usual is None else self._decode_usual(raw)
            except UNREADABLE:
                pass  # the error is made below
        return MISSING if raw is MISSING or row is None else self._read_any_form(row, raw)

    def _read_any_form(self, row: Row, raw: Any) -> Any:
        """Read a value that may have one of PHP's other forms."""
        if raw is False and not self.nullable and self.codec.python in PHP_NOTHING:
            return PHP_NOTHING[self.codec.python]
        if self.instead is not None and row.get(self.instead) is not None:
            raw = row[self.instead]
        if self._means_none(raw):
            return None if self.nullable else MISSING if self.codec.empty is None else self.codec.empty()
        try:
            return self.codec.decode(raw)
        except UNREADABLE as error:
            raise make_unreadable_error(self.owner, self.name, row, raw, error) from None

    def value_of(self, model: Model) -> Any:
        return model.pk if self.name == "id" else getattr(model, self.name, None)

    def matches(self, value: Any, wanted: Any) -> bool:
        return super().matches(value, wanted) or bool(
            self.instead is not None and value is not None and math.floor(value) == wanted
        )

    def at_least(self, value: Any, bound: Any) -> bool:
        if self.instead is not None:  # the service filters by the rounded value
            return bool(math.floor(value) >= math.floor(bound))
        return super().at_least(value, bound)

    def _means_none(self, raw: Any) -> bool:
        """PHP's ways to say "none": `false`, an empty list for an object, and 0 or less for dates and some ids."""
        if raw is None:
            return True
        if raw == [] and self.nullable and is_object_type(self.codec.python):
            return True
        if self.nullable and (self.positive or self.codec.zero_is_none):
            return raw is False or (isinstance(raw, int | float) and raw <= 0) or raw in ("0", "")
        return bool(self.nullable and raw is False and self.codec.python is not bool)


def is_object_type(python: Any) -> bool:
    """Whether values of this type are objects in JSON."""
    return get_origin(python) is dict or (isinstance(python, type) and issubclass(python, BaseModel))


class CustomSpec(FieldSpec):
    """A custom field of the account, found by id, code or name."""

    is_custom = True

    def __init__(
        self,
        name: str,
        owner: str,
        kind: Kind[Any],
        *,
        id: int | None = None,
        code: str | None = None,
        label: str | None = None,
        expression: Callable[[FieldSpec], Expr[Any]] = Unfilterable,
    ) -> None:
        super().__init__(name, owner, expression)
        self.kind, self.id, self.code, self.label = kind, id, code, label
        self.field_type = kind.field_type if kind.types else ""
        self.mutable, self.starts_empty = kind.mutable, kind.empty() is not None and kind.mutable
        self.filter_hint = kind.filter_hint
        if kind.read_only:
            self.writable = frozenset()
        self.model: type[Any] | None = None  # the class, set when it is built

        self._identity_lookup = self._make_lookup()

    @property
    def options(self) -> tuple[str | int, ...]:
        return self.kind.options

    @property
    def identity(self) -> tuple[str, str | int]:
        """What the field is found by in an account. Two declarations with one identity are one field."""
        if self.id is not None:
            return ("id", self.id)
        return ("code", self.code) if self.code is not None else ("name", self.label or self.name)

    @property
    def python(self) -> Any:
        return self.kind.python

    def clean(self, value: Any) -> Any:
        if self.kind.read_only:
            raise ValueError(f"custom fields of type {self.field_type} are read-only")
        return self.kind.empty() if value is None else self.kind.clean(value)

    def clean_one_filter(self, value: Any) -> Any:
        if value is None:
            raise ValueError("Kommo cannot search for empty values")
        return self.kind.clean_filter(value)

    def same(self, one: Any, other: Any) -> bool:
        empty = self.kind.is_empty
        if empty(one) or empty(other):
            return empty(one) and empty(other)
        return self.kind.same(one, other)

    def matches(self, value: Any, wanted: Any) -> bool:
        return not self.kind.is_empty(value) and self.kind.matches(value, wanted)

    def find_entry(self, state: InstanceState) -> dict[str, Any] | None:
        """Return the row's entry of this field, None when the field has no value there."""
        key, wanted = self._get_lookup(state)
        entries: Any = (state.row or {}).get(FREE_VALUES) or ()
        if entries and type(entries) is not list:  # PHP's other shapes of a list
            entries = list(iterate_items(entries))
        for entry in entries:
            if type(entry) is dict and entry.get(key) == wanted:
                return entry
        if key == "field_id":  # ids are written as text sometimes
            return next((entry for entry in iterate_items(entries) if entry.get(key) == str(wanted)), None)
        return None

    def _get_lookup(self, state: InstanceState) -> tuple[str, Any]:
        """Return the key of a row's entry, and the value that it has in the entry of this field."""
        field_id = self.find_id(state)
        return self._identity_lookup if field_id == self.id else ("field_id", field_id)

    def _make_lookup(self) -> tuple[str, Any]:
        name, wanted = self.identity
        return f"field_{name}", wanted

    def find_id(self, state: InstanceState) -> int | None:
        """Return the field's id if it is declared, or overridden for the account. Sends no request."""
        connection = state.account if not isinstance(state.account, str) else state.connection
        if connection is not None and connection.schema.overrides:
            override = connection.schema.find_override(self)
            if override is not None:
                return override
        return self.id

    def read(self, state: InstanceState) -> Any:
        row, kind = state.row, self.kind
        if row is None:
            return MISSING
        values = self._find_values(state, row)
        if not values:
            return MISSING if values is MISSING else kind.empty()
        try:
            return kind.decode(
                values if isinstance(values, list) else [values], state.zone if kind.needs_zone else None
            )
        except UNREADABLE as error:
            raise make_unreadable_error(self.owner, self.name, row, values, error) from None

    def _find_values(self, state: InstanceState, row: Row) -> Any:
        """Return the stored values of the field; None without an entry, MISSING for a row without custom fields."""
        if isinstance(row, LazyRow):
            try:
                return row.find_field_values(*self._get_lookup(state))
            except UnknownForm:
                pass
        if FREE_VALUES not in row:
            return MISSING
        entry = self.find_entry(state)
        return entry.get("values") if entry is not None else None


# The types of core fields that stand in a row as one number or text.
PLAIN_TYPES = (int, str, bool, datetime, Decimal, SecretStr, int | str)
# In which type the service mostly sends a value, and what is made of it then (None: the value itself).
USUAL_FORMS: dict[Any, UsualForm] = {
    decode_int: (int, None),
    decode_str: (str, None),
    decode_bool: (bool, None),
    decode_datetime: (int, partial(datetime.fromtimestamp, tz=UTC)),
    decode_decimal: (int, Decimal),
}
# What decoding of anything at all may raise.
UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, OSError)


def make_unreadable_error(owner: str, name: str, row: Row, raw: Any, error: Exception) -> UnexpectedResponse:
    shown = repr(raw)
    return UnexpectedResponse(
        f"{owner} {row.get('id', '(no id)')}: field {name!r} holds {shown[:120]}, which cannot be read ({error}). "
        "The rest of the row and of the page is usable; `extra` and `raw` show what the service sent."
    )


def make_duplicate_error(owner: str, one: str, other: str) -> ConfigurationError:
    return ConfigurationError(f"{owner} declares the same custom field as {one!r} and as {other!r}; keep one of them.")

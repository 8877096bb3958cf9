"""`LazyRow`: one row as the text that the service sent. A value is decoded when it is first read.

One pass over the text finds the values of the keys that a kind of entity has. Numbers and texts are decoded by it, which
costs less than to remember where they are. Objects and lists (custom fields, embedded rows) stay text until they are read,
and are not kept here: models keep what they have read. All other keys are looked up in the text.

A row keeps a copy of its own text, so that one row in memory does not keep its page.

A row is a read-only mapping. The dialect that makes it may `put` values into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, cast

import msgspec
import pydantic_core

from kommo_orm.model.class_registry import find_class

if TYPE_CHECKING:
    _Base = Mapping[str, Any]
else:
    _Base = msgspec.Struct

MISSING: Any = type("Missing", (), {"__repr__": lambda self: "<not loaded>", "__bool__": lambda self: False})()
"""Stands for a value that a row does not carry."""
FREE_VALUES = "custom_fields_values"  # where a canonical row keeps the values of custom fields
EMBEDDED = "_embedded"
PREFIX = "of_"  # of the attributes that keep the values: no key has the name of a method

NULL = msgspec.Raw(b"null")

Decode: TypeAlias = Callable[[Any], Any]

find_slices: Decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_any: Decode = msgspec.json.Decoder().decode


def decode_slice(text: Any) -> Any:
    """Decode a part of a text whose syntax has been checked."""
    try:
        return _decode_any(text)
    except msgspec.MsgspecError:  # a number beyond the range of a float
        return pydantic_core.from_json(bytes(text))


class UnknownForm(Exception):
    """Raised where a list of custom fields has one of PHP's other forms: it has to be decoded as a whole."""


class FieldEntry(msgspec.Struct, gc=False):
    """One custom field of a row, found by its id or code."""

    field_id: Any = None
    field_code: Any = None
    values: msgspec.Raw = NULL


class NamedFieldEntry(msgspec.Struct, gc=False):
    """One custom field of a row, found by its name."""

    field_name: Any = None
    values: msgspec.Raw = NULL


decode_entries: Decode = msgspec.json.Decoder(list[FieldEntry] | None).decode
decode_named_entries: Decode = msgspec.json.Decoder(list[NamedFieldEntry] | None).decode


class LazyRow(_Base, **({} if TYPE_CHECKING else {"eq": False, "gc": False})):
    """Base of the rows of one kind of entity; `make_row_type` makes its subclasses.

    The collector need not look at rows: their values are JSON, which contains no cycles.
    """

    attributes: ClassVar[Mapping[str, str]] = {}  # the attribute of each key
    decode_text: ClassVar[Decode]
    last_entries: ClassVar[list[tuple[Any, list[Any]]]] = [(None, []), (None, [])]

    if TYPE_CHECKING:
        text: bytes
        added: dict[str, Any] | None
    else:
        text: bytes = msgspec.field(default=b"", name="kommo_orm: text")
        added: Any = msgspec.field(default=None, name="kommo_orm: added")

    # ---- reading
    def get(self, key: str, default: Any = None) -> Any:
        attribute = self.attributes.get(key)
        found = self._find_other(key) if attribute is None else getattr(self, attribute)
        if found is MISSING:
            return default
        return decode_slice(found) if type(found) is msgspec.Raw else found

    def _find_other(self, key: str) -> Any:
        """Return the value of a key that the kind does not have; MISSING if the text has none."""
        if self.added is not None and key in self.added:
            return self.added[key]
        return find_slices(self.text).get(key, MISSING)

    def find_field_values(self, key: str, wanted: Any) -> Any:
        """Return the values of the first custom field whose `key` is `wanted`.

        None if the row has no such field, MISSING if it has no custom fields at all. Raises `UnknownForm`.
        """
        text = getattr(self, PREFIX + FREE_VALUES, MISSING)
        if text is MISSING:
            return MISSING
        entries = self._decode_field_entries(text, key)
        for entry in entries:
            if getattr(entry, key) == wanted:
                return decode_slice(entry.values)
        if key == "field_id":  # ids are written as text sometimes
            for entry in entries:
                if entry.field_id == str(wanted):
                    return decode_slice(entry.values)
        return None

    @classmethod
    def _decode_field_entries(cls, text: Any, key: str) -> list[Any]:
        """Decode the entries without their values. Those of the last row are kept: several fields of it may be read."""
        is_named = key == "field_name"
        last, entries = LazyRow.last_entries[is_named]
        if last is not text:
            try:
                entries = (decode_named_entries if is_named else decode_entries)(text) or []
            except (msgspec.MsgspecError, TypeError):
                raise UnknownForm from None
            LazyRow.last_entries[is_named] = (text, entries)
        return entries

    def __getitem__(self, key: str) -> Any:
        found = self.get(key, MISSING)
        if found is MISSING:
            raise KeyError(key)
        return found

    def __contains__(self, key: object) -> bool:
        attribute = self.attributes.get(cast("str", key))
        return (self._find_other(cast("str", key)) if attribute is None else getattr(self, attribute)) is not MISSING

    def __iter__(self) -> Iterator[str]:
        if self.added is None:
            return iter(find_slices(self.text))
        return iter([key for key in {**find_slices(self.text), **self.added} if self.added.get(key) is not MISSING])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return True

    def to_dict(self) -> dict[str, Any]:
        """Return all values, in a dict that belongs to the caller."""
        found: dict[str, Any] = decode_slice(self.text)
        return found if self.added is None else _lay_over(found, self.added)

    def with_values(self, values: Mapping[str, Any]) -> LazyRow:
        """Return a row with these values in place of its own. MISSING takes a key away."""
        twin = cast("LazyRow", msgspec.structs.replace(cast("Any", self)))
        for key, value in values.items():
            twin.put(key, value)
        return twin

    def put(self, key: str, value: Any) -> None:
        """Add a value to a row that is being made."""
        self.added = {**(self.added or {}), key: value}
        if key in self.attributes:
            setattr(self, self.attributes[key], value)

    if not TYPE_CHECKING:  # a mapping of the standard library has these for checkers

        def keys(self) -> Any:
            return self.to_dict().keys()

        def items(self) -> Any:
            return self.to_dict().items()

        def values(self) -> Any:
            return self.to_dict().values()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and self.to_dict() == dict(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.to_dict())

    # ---- copies: a row never changes, and its text means nothing to another release of the library
    def __copy__(self) -> LazyRow:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> LazyRow:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (dict, (self.to_dict(),))


if not TYPE_CHECKING:
    Mapping.register(LazyRow)


def overlay_row(row: Mapping[str, Any] | None, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row with newer values. MISSING takes a key away. A lazy row stays lazy."""
    return row.with_values(values) if isinstance(row, LazyRow) else _lay_over(row or {}, values)


def _lay_over(row: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**row, **values}
    return (
        {key: value for key, value in merged.items() if value is not MISSING} if MISSING in values.values() else merged
    )


# ---- making rows
def read_row(row_type: type[LazyRow], text: bytes) -> Any:
    """Make a row of its text, whose syntax has been checked. What is no object, or has odd numbers, is decoded at once."""
    try:
        row = row_type.decode_text(text)
    except msgspec.MsgspecError:
        return pydantic_core.from_json(text)
    row.text = text
    return row


def make_row_type(kind: str, plain: Iterable[str], nested: Iterable[str]) -> type[LazyRow]:
    """Make the type of the rows of a kind. The values of `plain` keys are decoded with the row, those of `nested` ones later."""
    types: dict[str, Any] = {**dict.fromkeys(plain, Any), **dict.fromkeys(nested, msgspec.Raw)}
    fields = [(PREFIX + key, kept, msgspec.field(default=MISSING, name=key)) for key, kept in types.items()]
    bases = (cast("Any", LazyRow),)
    row_type = cast("type[LazyRow]", msgspec.defstruct(f"Row_of_{kind}", fields, bases=bases, eq=False, gc=False))
    row_type.attributes = {key: PREFIX + key for key in types}
    row_type.decode_text = msgspec.json.Decoder(cast("Any", row_type)).decode
    return row_type


@cache
def find_row_type(kind: str) -> type[LazyRow]:
    """Return the type of the rows of a kind: it has the keys that the fields of its class read."""
    info = find_class(kind).__kommo_info__
    plain: dict[str, None] = {"id": None}
    nested: dict[str, None] = {EMBEDDED: None, FREE_VALUES: None}
    for spec in info.fields.values():
        for key in spec.keys:
            (plain if spec.has_plain_keys else nested)[key] = None
    return make_row_type(kind, plain, nested)

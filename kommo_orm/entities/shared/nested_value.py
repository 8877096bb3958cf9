"""Values with parts inside a row: the params of a note, the options of a field, the rights of a user.

A user makes and changes them as strictly as other values. Reading never fails, whatever the service sends: what cannot
be read stays in `extra` under its key, and the part reads as None or empty. Dumps have both.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from pydantic import model_serializer

from kommo_orm.fields.compound_value import Part, Value
from kommo_orm.fields.raw_values import is_nothing, is_object

if TYPE_CHECKING:
    from pydantic_core.core_schema import SerializerFunctionWrapHandler

NEUTRAL: dict[Any, Any] = {str: "", int: 0, bool: False}


class NestedValue(Value):
    """Base of the values inside a row."""

    __keys__: ClassVar[dict[str, str]] = {}  # parts whose key is another word: `from` is none of Python's names

    @classmethod
    def from_raw(cls, raw: Any) -> Self:
        """Build the value from the JSON of the service. Never fails."""
        row: dict[str, Any] = dict(raw) if is_object(raw) else {} if is_nothing(raw) else {"": raw}
        values: dict[str, Any] = {}
        for name, part in cls.__parts__.items():
            key = cls.__keys__.get(name, name)
            known, values[name] = decode_part(part, row.get(key))
            if known:
                row.pop(key, None)
        made = cast(Any, cls).model_construct(**values)
        made._extra = copy.deepcopy(row)
        return cast(Self, made)

    def to_raw(self) -> dict[str, Any]:
        """The JSON to send: the parts that a user may set, without empty objects."""
        parts = type(self).__parts__
        made = {self.__keys__.get(name, name): parts[name].codec.encode(value) for name, value in self.parts().items()}
        return {key: value for key, value in made.items() if value != {}}

    if not TYPE_CHECKING:

        @model_serializer(mode="wrap")
        def __dump(self, handler: SerializerFunctionWrapHandler):  # noqa: ANN202  # else JSON schemas would show only its return type
            """Dumps have all that the service sent: a key that could not be read stands for its empty part."""
            return {**handler(self), **self.extra}


def decode_part(part: Part, raw: Any) -> tuple[bool, Any]:
    """Whether the value could be read, and the value."""
    python = part.codec.python
    absent = is_nothing(raw) and (python, raw) not in ((str, ""), (bool, False))
    if absent or (is_nested_type(python) and not is_object(raw)):
        return absent, get_neutral_value(part)
    try:
        return True, part.codec.decode(raw)
    except (ValueError, TypeError, OverflowError, OSError, KeyError, AttributeError):
        return False, get_neutral_value(part)


def get_neutral_value(part: Part) -> Any:
    if part.nullable:
        return None
    python = part.codec.python
    if is_nested_type(python):
        return python.from_raw({})
    return part.codec.empty() if part.codec.empty is not None else NEUTRAL.get(python)


def is_nested_type(python: Any) -> bool:
    return isinstance(python, type) and issubclass(python, NestedValue)

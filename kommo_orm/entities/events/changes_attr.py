"""The fields `value_before` and `value_after` of events."""

from __future__ import annotations

from typing import Any, Never

from pydantic import GetCoreSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from kommo_orm.entities.events.event_changes import AnyChange, Change, parse_changes
from kommo_orm.model.attr import Attr
from kommo_orm.model.codec import Codec, make_value_error
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.field_options import find_field_options
from kommo_orm.model.field_spec import CoreSpec, FieldSpec


def refuse_changes(value: Any) -> tuple[AnyChange, ...]:
    raise make_value_error("nothing: Kommo alone writes events", value)


def dump_changes(values: Any) -> Any:
    """In dumps, as the service sent them."""
    return [value.raw if isinstance(value, Change) else value for value in values or ()]


CHANGES: Codec[tuple[AnyChange, ...]] = Codec(
    tuple, refuse_changes, parse_changes, dump_changes, empty=tuple[AnyChange, ...]
)


class ChangesAttr(Attr[tuple[AnyChange, ...], Never, Unfilterable[Any]]):
    """Annotation of one side of an event."""

    __slots__ = ()

    @classmethod
    def build_core_schema(cls, args: tuple[Any, ...], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.any_schema(serialization=core_schema.plain_serializer_function_ser_schema(dump_changes))

    @classmethod
    def build_spec(cls, name: str, owner: str, args: tuple[Any, ...], info: FieldInfo) -> FieldSpec:
        return CoreSpec(name, owner, CHANGES, find_field_options(info), nullable=False, settable=False)

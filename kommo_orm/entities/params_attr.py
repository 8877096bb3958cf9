"""The field `params` of notes: read by the row's note type, set by an object of its class or by a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import GetCoreSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from kommo_orm.entities.note_params import AnyParams, CommonNote, NoteParams, WritableParams, params_of
from kommo_orm.model.attr import Attr, Stored, cleaned_by, stored_in
from kommo_orm.model.codec import Codec, refuse
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.spec import MISSING, CoreSpec, FieldSpec

if TYPE_CHECKING:
    from kommo_orm.model.state import State


def clean_params(value: Any) -> NoteParams:
    """A copy of what a user gave. Raises `ValueError` for types that Kommo writes itself."""
    if isinstance(value, str):
        return CommonNote(value)
    if not isinstance(value, NoteParams) or type(value) is NoteParams:
        raise refuse("the params of a note, such as CallIn(...), or a text", value)
    if not value.is_writable:
        raise ValueError(f"notes of type {value.note_type!r} are written by Kommo and can only be read")
    value.check()
    return type(value).clean(value)


PARAMS: Codec[NoteParams] = Codec(NoteParams, clean_params, CommonNote.read, NoteParams.sent, mutable=True)


class ParamsSpec(CoreSpec):
    """Its class is told by another key of the row."""

    def read(self, state: State) -> Any:
        row = state.row
        if row is None or self.key not in row:
            return MISSING
        return params_of(row.get("note_type"), row[self.key])


class Params(Attr[AnyParams, WritableParams | str, Unfilterable[Any]]):
    """Annotation of the params of a note."""

    __slots__ = ()

    @classmethod
    def core_schema(cls, args: tuple[Any, ...], handler: GetCoreSchemaHandler) -> CoreSchema:
        dumped = core_schema.plain_serializer_function_ser_schema(dump)
        return cleaned_by(clean_params, core_schema.any_schema(serialization=dumped))

    @classmethod
    def spec_for(cls, name: str, owner: str, args: tuple[Any, ...], info: FieldInfo) -> FieldSpec:
        stored = stored_in(info) or Stored()
        return ParamsSpec(name, owner, PARAMS, nullable=False, key=stored.key, writable=stored.writable)


def dump(params: Any) -> Any:
    """A note's params in dumps: their parts, as the service would be sent them, and what only it sets."""
    if not isinstance(params, NoteParams):
        return params
    return {**params.extra, **params.model_dump(exclude_none=True)}

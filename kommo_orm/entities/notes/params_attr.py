"""The field `params` of notes: read by the row's note type, set by an object of its class or by a text."""

from __future__ import annotations

from typing import Any

from kommo_orm.entities.notes.note_params import AnyParams, CommonNote, NoteParams, WritableParams, parse_params
from kommo_orm.entities.shared.discriminated_attr import DiscriminatedAttr
from kommo_orm.model.codec import Codec, make_value_error


def clean_params(value: Any) -> NoteParams:
    """A copy of what a user gave. Raises `ValueError` for types that Kommo writes itself."""
    if isinstance(value, str):
        return CommonNote(value)
    if not isinstance(value, NoteParams) or type(value) is NoteParams:
        raise make_value_error("the params of a note, such as CallIn(...), or a text", value)
    if not value.is_writable:
        raise ValueError(f"notes of type {value.note_type!r} are written by Kommo and can only be read")
    value.check_parts()
    return type(value).clean(value)


class ParamsAttr(DiscriminatedAttr[AnyParams, WritableParams | str]):
    """Annotation of the params of a note."""

    __slots__ = ()

    codec = Codec(NoteParams, clean_params, CommonNote.from_raw, NoteParams.to_raw, mutable=True)
    discriminator = "note_type"

    @staticmethod
    def read_value(key: Any, raw: Any) -> NoteParams:
        return parse_params(key, raw)

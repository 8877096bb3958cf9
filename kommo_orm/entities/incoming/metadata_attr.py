"""The field `metadata` of incoming leads: read by the row's category, set by an object of a writable class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import GetCoreSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from kommo_orm.entities.incoming.metadata import AnyMetadata, FormMetadata, IncomingMetadata, Metadata, metadata_of
from kommo_orm.model.attr import Attr, Stored, cleaned_by, stored_in
from kommo_orm.model.codec import Codec, refuse
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.spec import MISSING, CoreSpec, FieldSpec

if TYPE_CHECKING:
    from kommo_orm.model.state import State


def clean_metadata(value: Any) -> Metadata:
    """A copy of what a user gave. Raises `ValueError` for what only Kommo makes."""
    if not isinstance(value, Metadata) or type(value) is Metadata:
        raise refuse("the metadata of an incoming lead, FormMetadata(...) or CallMetadata(...)", value)
    if not value.is_writable:
        raise ValueError(
            f"incoming leads of category {value.of_category!r} are made by Kommo alone and can only be read"
        )
    return type(value).clean(value)


METADATA: Codec[Metadata] = Codec(Metadata, clean_metadata, FormMetadata.read, Metadata.described, mutable=True)


class MetadataSpec(CoreSpec):
    """Its class is told by another key of the row."""

    def read(self, state: State) -> Any:
        row = state.row
        if row is None or self.key not in row:
            return MISSING
        return metadata_of(row.get("category"), row[self.key])


class MetadataOf(Attr[AnyMetadata, IncomingMetadata, Unfilterable[Any]]):
    """Annotation of the metadata of an incoming lead."""

    __slots__ = ()

    @classmethod
    def core_schema(cls, args: tuple[Any, ...], handler: GetCoreSchemaHandler) -> CoreSchema:
        dumped = core_schema.plain_serializer_function_ser_schema(dump)
        return cleaned_by(clean_metadata, core_schema.any_schema(serialization=dumped))

    @classmethod
    def spec_for(cls, name: str, owner: str, args: tuple[Any, ...], info: FieldInfo) -> FieldSpec:
        stored = stored_in(info) or Stored()
        return MetadataSpec(name, owner, METADATA, nullable=False, key=stored.key, writable=stored.writable)


def dump(metadata: Any) -> Any:
    """Metadata in dumps: their parts, and what the service sent beside them."""
    if not isinstance(metadata, Metadata):
        return metadata
    return {**metadata.extra, **metadata.model_dump(exclude_none=True)}

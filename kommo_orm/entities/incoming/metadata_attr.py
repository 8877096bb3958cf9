"""The field `metadata` of incoming leads: read by the row's category, set by an object of a writable class."""

from __future__ import annotations

from typing import Any

from kommo_orm.entities.incoming.metadata import AnyMetadata, FormMetadata, IncomingMetadata, Metadata, parse_metadata
from kommo_orm.entities.shared.discriminated_attr import DiscriminatedAttr
from kommo_orm.model.codec import Codec, make_value_error


def clean_metadata(value: Any) -> Metadata:
    """A copy of what a user gave. Raises `ValueError` for what only Kommo makes."""
    if not isinstance(value, Metadata) or type(value) is Metadata:
        raise make_value_error("the metadata of an incoming lead, FormMetadata(...) or CallMetadata(...)", value)
    if not value.is_writable:
        raise ValueError(
            f"incoming leads of category {value.of_category!r} are made by Kommo alone and can only be read"
        )
    value.check_parts()
    return type(value).clean(value)


class MetadataAttr(DiscriminatedAttr[AnyMetadata, IncomingMetadata]):
    """Annotation of the metadata of an incoming lead."""

    __slots__ = ()

    codec = Codec(Metadata, clean_metadata, FormMetadata.from_raw, Metadata.to_body, mutable=True)
    discriminator = "category"

    @staticmethod
    def read_value(key: Any, raw: Any) -> Metadata:
        return parse_metadata(key, raw)

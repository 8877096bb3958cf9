"""Builds what all bodies have in common: keys by their names here, values of custom fields, tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kommo_orm.dialects.v2.custom_field_values import encode_fields
from kommo_orm.dialects.v2.unsupported import build_unsupported_error
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.row import MutableRow
from kommo_orm.model.lazy_row import FREE_VALUES
from kommo_orm.unit.report import describe

ZERO_SUFFIXES = ("_id", "_at", "_by", "_date", "_price")  # nobody and no time are written as 0


def build_body(item: BatchItem, keys: Mapping[str, str], kind: str) -> MutableRow:
    """Build the body of one object. Raises `ConfigurationError` for a value that API v2 cannot write."""
    body: MutableRow = {}
    for key, value in item.body.items():
        if key == FREE_VALUES:
            body["custom_fields"] = _build_custom_fields(item, value)
        elif key == "_embedded":
            body |= _build_embedded(item, value, kind)
        elif key in keys:
            body[keys[key]] = get_empty_value(key) if value is None else value
        else:
            raise build_unsupported_error(item, f"write {key} of {kind}")
    return body


def _build_custom_fields(item: BatchItem, entries: list[MutableRow]) -> list[MutableRow]:
    try:
        return encode_fields(entries, item.field_types)
    except ValueError as error:
        raise build_unsupported_error(item, str(error)) from None


def get_empty_value(key: str) -> Any:
    """How an empty value is written."""
    return 0 if key.endswith(ZERO_SUFFIXES) else ""


def _build_embedded(item: BatchItem, embedded: MutableRow, kind: str) -> MutableRow:
    other = [name for name in embedded if name != "tags"]
    if other:
        raise build_unsupported_error(item, f"write {other[0]} of {kind}")
    return {"tags": build_tags(item, embedded["tags"] or [], kind)} if embedded else {}


def build_tags(item: BatchItem, tags: list[MutableRow], kind: str) -> str | list[Any]:
    """All tags: one text, or a list where a comma is part of a name. Only leads take ids alone."""
    names = [tag.get("name") for tag in tags]
    if None not in names:
        texts = [str(name) for name in names]
        return texts if any("," in text for text in texts) else ",".join(texts)
    ids = [tag.get("id") for tag in tags]
    if kind == "leads" and None not in ids:
        return ids
    nameless = tags[names.index(None)]["id"]
    raise ConfigurationError(
        f"{describe(item.object)}: Kommo's API v2 attaches tags by their names; give the name of tag {nameless}"
    )

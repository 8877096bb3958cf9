"""Definitions of custom fields: read with the account, created and deleted at an address of their own.

A field can be deleted only by the client that created it: `origin` is that client's word for it.
Source: Kommo API v2, "Custom fields".
"""

from __future__ import annotations

from typing import Any, cast

from kommo_orm.dialects.common.entity_types import ENTITY_TYPES
from kommo_orm.dialects.v2.custom_field_values import TYPE_NUMBERS, TYPES
from kommo_orm.dialects.v2.unsupported import build_unsupported_error
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import MutableRow
from kommo_orm.model.definition import iterate_items
from kommo_orm.model.parent import Parent

FIELDS_PATH = "/api/v2/fields"
ORIGIN = "kommo_orm"
KEYS = ("name", "is_required", "is_deletable", "is_visible")
CREATABLE_TYPES = tuple(TYPE_NUMBERS)[:15]


def decode_definition(row: MutableRow, read: ReadRequest) -> MutableRow:
    """The canonical row of a definition."""
    definition = {key: value for key, value in row.items() if key not in ("_links", "field_type", "enums", "is_system")}
    raw_type = str(row.get("field_type", row.get("type_id", row.get("type"))) or "text")
    is_number = raw_type.isdigit()
    definition["type"] = TYPES.get(int(raw_type), f"type_{raw_type}") if is_number else raw_type.lower()
    definition["enums"] = decode_options(row.get("enums"))
    if "is_system" in row:
        definition["is_predefined"] = row["is_system"]
    if read.parent is not None:
        definition["entity_type"] = read.parent.kind
        if read.parent.id is not None:
            definition["catalog_id"] = read.parent.id
    return definition


def decode_options(raw: Any) -> list[MutableRow] | None:
    """A list of `{id, value}`, or an object from id to value."""
    if isinstance(raw, dict):
        options = cast("MutableRow", raw)
        if options and all(isinstance(option, dict) for option in options.values()):
            return list(iterate_items(options))
        return [{"id": int(pk), "value": value} for pk, value in options.items()] or None
    return list(iterate_items(raw)) or None if isinstance(raw, list) else None


def encode_definition(item: BatchItem, parent: Parent | None) -> MutableRow:
    """The body of a new definition. Raises `ConfigurationError` for what v2 cannot create."""
    values = dict(item.body)
    field_type = values.pop("type", None)
    if field_type not in CREATABLE_TYPES:
        raise build_unsupported_error(item, f"create fields of type {field_type}")
    body: MutableRow = {"type": TYPE_NUMBERS[field_type], "origin": ORIGIN}
    options = values.pop("enums", None)
    if options:
        body["enums"] = [option.get("value") for option in options]
    unknown = [key for key in values if key not in KEYS]
    if unknown:
        raise build_unsupported_error(item, f"write {unknown[0]} of custom_fields")
    body |= values
    if parent is not None:
        body["element_type"] = ENTITY_TYPES[parent.kind] if parent.id is None else parent.id
    return body

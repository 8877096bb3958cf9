"""Definitions of custom fields: read with the account, created and deleted by an address of their own.

A field can be deleted by whoever created it: its `origin` is the word for that.
Source: Kommo API v2, "Custom fields".
"""

from __future__ import annotations

from typing import Any, cast

from kommo_orm.dialects.common.entity_types import ENTITY_TYPES
from kommo_orm.dialects.v2.custom_field_values import NUMBERS, TYPES
from kommo_orm.dialects.v2.endpoint import unable
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.model.definition import iterate_items
from kommo_orm.model.parent import Parent
from kommo_orm.unit.report import describe

PATH = "/api/v2/fields"
ORIGIN = "kommo_orm"
KEYS = ("name", "is_required", "is_deletable", "is_visible")
CREATABLE = tuple(NUMBERS)[:15]


def definition(row: Row, read: ReadRequest) -> Row:
    made = {key: told for key, told in row.items() if key not in ("_links", "field_type", "enums", "is_system")}
    told = str(row.get("field_type", row.get("type_id", row.get("type"))) or "text")
    made["type"] = TYPES.get(int(told), f"type_{told}") if told.isdigit() else told.lower()
    made["enums"] = options(row.get("enums"))
    if "is_system" in row:
        made["is_predefined"] = row["is_system"]
    if read.parent is not None:
        made["entity_type"] = read.parent.kind
        if read.parent.id is not None:
            made["catalog_id"] = read.parent.id
    return made


def options(raw: Any) -> list[Row] | None:
    """A list of `{id, value}`, or an object from id to value."""
    if isinstance(raw, dict):
        known = cast("Row", raw)
        if known and all(isinstance(one, dict) for one in known.values()):
            return list(iterate_items(known))
        return [{"id": int(pk), "value": told} for pk, told in known.items()] or None
    return list(iterate_items(raw)) or None if isinstance(raw, list) else None


def created(item: BatchItem, parent: Parent | None) -> Row:
    body = dict(item.body)
    kind = body.pop("type", None)
    if kind not in CREATABLE:
        raise ConfigurationError(f"{describe(item.object)}: {unable(f'create fields of type {kind}')}")
    made: Row = {"type": NUMBERS[kind], "origin": ORIGIN}
    enums = body.pop("enums", None)
    if enums:
        made["enums"] = [option.get("value") for option in enums]
    for key, value in body.items():
        if key not in KEYS:
            raise ConfigurationError(f"{describe(item.object)}: {unable(f'write {key} of custom_fields')}")
        made[key] = value
    if parent is not None:
        made["element_type"] = ENTITY_TYPES[parent.kind] if parent.id is None else parent.id
    return made

"""What all bodies have in common: keys by their names here, values of custom fields, tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kommo_orm.dialects.v2.custom_field_values import written
from kommo_orm.dialects.v2.endpoint import unable
from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.row import Row
from kommo_orm.model.field_spec import FREE_VALUES
from kommo_orm.unit.report import describe


def body_of(item: BatchItem, keys: Mapping[str, str], kind: str) -> Row:
    """The body of one object. Raises `ConfigurationError` for a value that API v2 cannot write."""
    made: Row = {}
    for key, value in item.body.items():
        if key == FREE_VALUES:
            made["custom_fields"] = values(item, value)
        elif key == "_embedded":
            _embedded(item, value, made, kind)
        elif key in keys:
            made[keys[key]] = nothing(key) if value is None else value
        else:
            raise ConfigurationError(f"{describe(item.object)}: {unable(f'write {key} of {kind}')}")
    return made


def values(item: BatchItem, entries: list[Row]) -> list[Row]:
    try:
        return written(entries, item.field_types)
    except ValueError as cannot:
        raise ConfigurationError(f"{describe(item.object)}: {unable(str(cannot))}") from None


def nothing(key: str) -> Any:
    """How an empty value is written: nobody and no time are 0."""
    return 0 if key.endswith(("_id", "_at", "_by", "_date", "_price")) else ""


def _embedded(item: BatchItem, embedded: Row, made: Row, kind: str) -> None:
    for name, value in embedded.items():
        if name != "tags":
            raise ConfigurationError(f"{describe(item.object)}: {unable(f'write {name} of {kind}')}")
        made["tags"] = tags(item, value or [], kind)


def tags(item: BatchItem, marks: list[Row], kind: str) -> str | list[Any]:
    """All tags: one text, or a list where a comma is part of a name. Ids alone are taken for leads only."""
    names = [mark.get("name") for mark in marks]
    if None in names:
        ids = [mark.get("id") for mark in marks]
        if kind == "leads" and None not in ids:
            return ids
        raise ConfigurationError(
            f"{describe(item.object)}: Kommo's API v2 attaches tags by their names; give the name of tag {marks[names.index(None)]['id']}"
        )
    found = [str(name) for name in names]
    return found if any("," in name for name in found) else ",".join(found)

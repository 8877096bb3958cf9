"""The rights of users and roles (Kommo API v4, Rights).

Letters: A (all), G (group), M (own), D (none), and L for lists.
"""

from __future__ import annotations

from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    allow_null,
    validate_array,
    validate_boolean,
    validate_choice,
    validate_integer,
    validate_nested,
    validate_row_id,
)

_LETTER = validate_choice("A", "G", "M", "D")
_CARD = validate_nested(
    {**dict.fromkeys(("view", "edit", "delete", "export"), _LETTER), "add": validate_choice("A", "D")}
)
_STAGE = {
    "entity_type": validate_choice("leads"),
    "pipeline_id": validate_row_id("pipelines"),
    "status_id": validate_integer,
}
_STAGE_RIGHTS = validate_nested(dict.fromkeys(("view", "edit", "delete", "export"), validate_choice("A", "D")))
_LIST_RIGHTS = validate_nested(
    dict.fromkeys(("view", "edit", "add", "delete", "export"), validate_choice("A", "L", "D"))
)

SCHEMA: Schema = {
    **dict.fromkeys(("leads", "contacts", "companies"), _CARD),
    "tasks": validate_nested({"edit": _LETTER, "delete": _LETTER}),
    "mail_access": validate_boolean,
    "catalog_access": validate_boolean,
    "files_access": validate_boolean,
    "status_rights": allow_null(validate_array(validate_nested({**_STAGE, "rights": _STAGE_RIGHTS}))),
    "catalog_rights": allow_null(
        validate_array(validate_nested({"catalog_id": validate_row_id("catalogs"), "rights": _LIST_RIGHTS}))
    ),
}


def build_rights(letter: str) -> Row:
    """Build rights with the same letter for every action."""
    cards = {kind: dict.fromkeys(("view", "edit", "add", "delete", "export"), letter) for kind in _CARDS}
    access = letter != "D"
    access_rights: Row = {"mail_access": access, "catalog_access": access, "files_access": access}
    rest: Row = {"status_rights": None, "catalog_rights": None, "custom_fields_rights": None}
    undocumented: Row = {"oper_day_reports_view_access": False, "oper_day_user_tracking": False}
    return {**cards, "tasks": {"edit": letter, "delete": letter}, **access_rights, **rest, **undocumented}


_CARDS = ("leads", "contacts", "companies")
DENIED = build_rights("D")
EVERYTHING = build_rights("A")

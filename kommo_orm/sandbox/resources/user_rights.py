"""The rights object of users and roles (Kommo API v4, Rights): letters A, G, M, D, and L for lists."""

from __future__ import annotations

from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, array_of, boolean, choice, existing, integer, nullable, shape

_LETTER = choice("A", "G", "M", "D")
_CARD = shape({**dict.fromkeys(("view", "edit", "delete", "export"), _LETTER), "add": choice("A", "D")})
_STAGE = {"entity_type": choice("leads"), "pipeline_id": existing("pipelines"), "status_id": integer}
_STAGE_RIGHTS = shape(dict.fromkeys(("view", "edit", "delete", "export"), choice("A", "D")))
_LIST_RIGHTS = shape(dict.fromkeys(("view", "edit", "add", "delete", "export"), choice("A", "L", "D")))

SCHEMA: Schema = {
    **dict.fromkeys(("leads", "contacts", "companies"), _CARD),
    "tasks": shape({"edit": _LETTER, "delete": _LETTER}),
    "mail_access": boolean,
    "catalog_access": boolean,
    "files_access": boolean,
    "status_rights": nullable(array_of(shape({**_STAGE, "rights": _STAGE_RIGHTS}))),
    "catalog_rights": nullable(array_of(shape({"catalog_id": existing("catalogs"), "rights": _LIST_RIGHTS}))),
}


def granting(letter: str) -> Row:
    """The same letter for every action."""
    cards = {kind: dict.fromkeys(("view", "edit", "add", "delete", "export"), letter) for kind in _CARDS}
    access = letter != "D"
    doors: Row = {"mail_access": access, "catalog_access": access, "files_access": access}
    rest: Row = {"status_rights": None, "catalog_rights": None, "custom_fields_rights": None}
    unexplained: Row = {"oper_day_reports_view_access": False, "oper_day_user_tracking": False}
    return {**cards, "tasks": {"edit": letter, "delete": letter}, **doors, **rest, **unexplained}


_CARDS = ("leads", "contacts", "companies")
DENIED = granting("D")
EVERYTHING = granting("A")

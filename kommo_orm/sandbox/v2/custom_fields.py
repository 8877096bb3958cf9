"""Definitions of custom fields: add and delete only (Kommo API v2, Custom fields).

`origin` is a text that the client chooses. Only a client that sends it can delete the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import custom_fields as v4
from kommo_orm.sandbox.resources import field_definitions
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import parsers, request_bodies, responses, routes
from kommo_orm.sandbox.v2.custom_field_values import NUMBERS
from kommo_orm.sandbox.v2.errors import MALFORMED, RequestError, build_malformed_error

_OWNERS: Mapping[int, str] = {1: "contacts", 2: "leads", 3: "companies", 12: "customers"}
_TYPES = {number: kind for kind, number in NUMBERS.items() if number <= 17}


def _parse_enums(call: ApiCall, value: Any, where: str) -> list[str]:
    given = value.values() if isinstance(value, dict) else parsers.parse_array(call, value, where)
    return [parsers.parse_filled_text(call, one, where) for one in given]


_NEW: parsers.Schema = {
    "name": parsers.parse_filled_text,
    "type": parsers.build_choice_parser(*_TYPES),
    "element_type": parsers.parse_integer,
    "origin": parsers.parse_filled_text,
    "is_editable": parsers.parse_flag,
    "enums": _parse_enums,
    "request_id": parsers.parse_integer,
    "is_required": parsers.parse_flag,
    "is_deletable": parsers.parse_flag,
    "is_visible": parsers.parse_flag,
}
_NEEDED = ("name", "type", "element_type", "origin")


def _write_fields(call: ApiCall) -> SandboxResponse:
    given = request_bodies.parse_body_object(call)
    parsers.refuse_unknown_keys(call, given, ("add", "delete"), "fields")
    added = [_parse_field(call, item, f"add/{at}") for at, item in enumerate(_parse_field_items(call, given, "add"))]
    schema: parsers.Schema = {"id": parsers.parse_integer, "origin": parsers.parse_text}
    gone = [
        parsers.parse_keys(call, item, schema, "delete", ("id", "origin"))
        for item in _parse_field_items(call, given, "delete")
    ]
    if not added and not gone:
        raise RequestError(103, "Parameters missing: add or delete")
    made = [_add_field(call, clean, index) for index, clean in enumerate(added)]
    errors: Row = {}
    for item in gone:
        reason = _delete_field(call, item)
        if reason:
            errors[str(item["id"])] = {"code": MALFORMED, "msg": reason}
        else:
            made.append({"id": item["id"], "request_id": item["id"]})
    return responses.build_write_reply(call, made, {"delete": errors} if errors else None)


def _parse_field_items(call: ApiCall, given: Row, verb: str) -> list[Any]:
    return parsers.parse_array(call, given.get(verb, []), verb)


def _parse_field(call: ApiCall, item: Any, where: str) -> Row:
    clean = parsers.parse_keys(call, item, _NEW, where, _NEEDED)
    owner = _OWNERS.get(clean["element_type"], f"catalogs/{clean['element_type']}")
    if owner.startswith("catalogs/") and call.store.get_row("catalogs", clean["element_type"]) is None:
        raise build_malformed_error(f"{where}/element_type", "names neither an entity nor a list")
    kind = _TYPES[clean["type"]]
    if kind not in v4.TYPES.get(owner.partition("/")[0], ()):
        raise build_malformed_error(f"{where}/type", f"is not a type that {owner} can have")
    if kind in field_definitions.OPTIONED and not clean.get("enums"):
        raise build_malformed_error(where, "needs enums")
    return {**clean, "owner": owner, "kind": kind}


def _add_field(call: ApiCall, clean: Row, index: int) -> Row:
    kept: Row = {
        key: clean[key] for key in ("name", "is_required", "is_deletable", "is_visible", "origin") if key in clean
    }
    enums: Row = (
        {"enums": [{"value": text} for text in clean["enums"]]} if clean["kind"] in field_definitions.OPTIONED else {}
    )
    row = field_definitions.insert_field(call.account, clean["owner"], {**kept, **enums, "type": clean["kind"]})
    return {"id": row["id"], "request_id": clean.get("request_id", index)}


def _delete_field(call: ApiCall, item: Row) -> str:
    """Delete a field. Return the reason if it cannot be deleted, else an empty text."""
    row = call.store.get_row("custom_fields", item["id"])
    if row is None:
        return "Custom field not found"
    if row["is_predefined"] or not row["is_deletable"] or row.get("origin") != item["origin"]:
        return "Custom field can not be deleted"
    field_definitions.remove_field(call.account, row)
    return ""


ROUTES = (routes.build_post_route("/api/v2/fields", _write_fields, admin=True),)

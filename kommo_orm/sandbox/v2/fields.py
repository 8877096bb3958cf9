"""Definitions of custom fields: added and deleted, no more (Kommo API v2, Custom fields).

`origin` is a text of the client's choice; a field can only be deleted by whoever knows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import custom_fields as v4
from kommo_orm.sandbox.resources import field_definitions
from kommo_orm.sandbox.routing import ApiCall
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import answers, bodies, lenient, listing
from kommo_orm.sandbox.v2.refusals import MALFORMED, Wrong, malformed
from kommo_orm.sandbox.v2.values import NUMBERS

_OWNERS: Mapping[int, str] = {1: "contacts", 2: "leads", 3: "companies", 12: "customers"}
_TYPES = {number: kind for kind, number in NUMBERS.items() if number <= 17}


def _enums(call: ApiCall, value: Any, where: str) -> list[str]:
    given = value.values() if isinstance(value, dict) else lenient.array(call, value, where)
    return [lenient.filled(call, one, where) for one in given]


_NEW: lenient.Schema = {
    "name": lenient.filled,
    "type": lenient.choice(*_TYPES),
    "element_type": lenient.whole,
    "origin": lenient.filled,
    "is_editable": lenient.flag,
    "enums": _enums,
    "request_id": lenient.whole,
    "is_required": lenient.flag,
    "is_deletable": lenient.flag,
    "is_visible": lenient.flag,
}
_NEEDED = ("name", "type", "element_type", "origin")


def _write(call: ApiCall) -> SandboxResponse:
    given = bodies.fields(call)
    lenient.known_keys(call, given, ("add", "delete"), "fields")
    added = [_checked(call, item, f"add/{at}") for at, item in enumerate(_items(call, given, "add"))]
    schema: lenient.Schema = {"id": lenient.whole, "origin": lenient.text}
    gone = [lenient.examine(call, item, schema, "delete", ("id", "origin")) for item in _items(call, given, "delete")]
    if not added and not gone:
        raise Wrong(103, "Parameters missing: add or delete")
    made = [_add(call, clean, index) for index, clean in enumerate(added)]
    errors: Row = {}
    for item in gone:
        reason = _delete(call, item)
        if reason:
            errors[str(item["id"])] = {"code": MALFORMED, "msg": reason}
        else:
            made.append({"id": item["id"], "request_id": item["id"]})
    return answers.written(call, made, {"delete": errors} if errors else None)


def _items(call: ApiCall, given: Row, verb: str) -> list[Any]:
    return lenient.array(call, given.get(verb, []), verb)


def _checked(call: ApiCall, item: Any, where: str) -> Row:
    clean = lenient.examine(call, item, _NEW, where, _NEEDED)
    owner = _OWNERS.get(clean["element_type"], f"catalogs/{clean['element_type']}")
    if owner.startswith("catalogs/") and call.store.get_row("catalogs", clean["element_type"]) is None:
        raise malformed(f"{where}/element_type", "names neither an entity nor a list")
    kind = _TYPES[clean["type"]]
    if kind not in v4.TYPES.get(owner.partition("/")[0], ()):
        raise malformed(f"{where}/type", f"is not a type that {owner} can have")
    if kind in field_definitions.OPTIONED and not clean.get("enums"):
        raise malformed(where, "needs enums")
    return {**clean, "owner": owner, "kind": kind}


def _add(call: ApiCall, clean: Row, index: int) -> Row:
    kept: Row = {
        key: clean[key] for key in ("name", "is_required", "is_deletable", "is_visible", "origin") if key in clean
    }
    enums: Row = (
        {"enums": [{"value": text} for text in clean["enums"]]} if clean["kind"] in field_definitions.OPTIONED else {}
    )
    row = field_definitions.insert_field(call.account, clean["owner"], {**kept, **enums, "type": clean["kind"]})
    return {"id": row["id"], "request_id": clean.get("request_id", index)}


def _delete(call: ApiCall, item: Row) -> str:
    """The reason why not, or nothing."""
    row = call.store.get_row("custom_fields", item["id"])
    if row is None:
        return "Custom field not found"
    if row["is_predefined"] or not row["is_deletable"] or row.get("origin") != item["origin"]:
        return "Custom field can not be deleted"
    field_definitions.remove_field(call.account, row)
    return ""


ROUTES = (listing.post("/api/v2/fields", _write, admin=True),)

"""Writes of API v2: `{"add": [...], "update": [...], "delete": [...]}` in one POST, with any of the three keys.

Kommo API v2, Writes. The structure of all items is validated first. Then the items are applied one by one. Failed items
stand under `_embedded.errors` of a 200 response: additions as a list of objects with `request_id`, updates and deletions
by id. `request_id` is an integer that is echoed and not stored. Without it, an addition has its index and an update its id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import HttpError
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import request_bodies, responses
from kommo_orm.sandbox.v2.errors import MALFORMED, Conflict, ItemError, RequestError, build_malformed_error
from kommo_orm.sandbox.v2.parsers import Schema, parse_integer, parse_keys, to_integer
from kommo_orm.sandbox.validators import is_array, is_object

MOST_ITEMS = 500

Add = Callable[[ApiCall, Row], Row]
Update = Callable[[ApiCall, Row, Row], None]
Delete = Callable[[ApiCall, Row], None]
Inspect = Callable[[ApiCall, Row, str], None]


@dataclass(frozen=True, slots=True)
class ResourceCodes:
    """The service's error codes for one resource."""

    empty: int = 222  # the request has none of the keys
    no_add: int = 284  # `add` is empty or not an array
    no_update: int = 284
    no_id: int = 285  # `update` without an id
    missing: int = 282  # there is no such row


@dataclass(frozen=True, slots=True)
class WritableResource:
    """A resource that can be written. `inspect` gets the parsed keys of each item before the first one is applied."""

    name: str  # in paths
    kind: str  # the table
    codes: ResourceCodes
    create: Schema | None = None
    change: Schema | None = None
    required: tuple[str, ...] = ()
    required_for_update: tuple[str, ...] = ()  # beside the id
    add: Add | None = None
    update: Update | None = None
    delete: Delete | None = None
    inspect: Inspect | None = None
    is_timed: bool = True  # an update must be newer than the stored row
    key: str = "id"
    names_deleted: bool = True  # the response to a deletion lists the rows
    keys_deleted: bool = False  # it lists them under `deleted`, with names

    def list_verbs(self) -> list[str]:
        known = {"add": self.add, "update": self.update, "delete": self.delete}
        return [verb for verb, does in known.items() if does is not None]


@dataclass(frozen=True, slots=True)
class WriteItem:
    verb: str
    clean: Row
    request_id: int
    number: int = 0  # the id of the row; 0 for an addition


def build_write_handler(resource: WritableResource) -> Callable[[ApiCall], SandboxResponse]:
    def handle_write(call: ApiCall) -> SandboxResponse:
        made: list[Row] = []
        errors: dict[str, Any] = {}
        items = parse_items(resource, call, resource.list_verbs())
        for item in items:
            try:
                written = _apply_item(resource, call, item)
                if item.verb != "delete" or resource.names_deleted:
                    made.append(written)
            except ItemError as error:
                _record_error(errors, item, error)
        only_deleted = resource.keys_deleted and all(item.verb == "delete" for item in items)
        return responses.build_write_reply(call, {"deleted": made} if only_deleted else made, errors)

    return handle_write


# Parsing


def parse_items(resource: WritableResource, call: ApiCall, verbs: Iterable[str]) -> list[WriteItem]:
    """Parse all items of all keys, before one is applied."""
    given = request_bodies.parse_body_object(call, resource.codes.empty)
    known = list(verbs)
    unknown = sorted(given.keys() - set(known))
    if unknown:
        call.refuse_if_strict(f"{call.request.path} does not know {', '.join(unknown)}, only {', '.join(known)}")
    present = [verb for verb in known if verb in given]
    if not present:
        raise RequestError(resource.codes.empty, "Empty request")
    lists = {verb: _require_items(resource, verb, given[verb]) for verb in present}
    if sum(map(len, lists.values())) > MOST_ITEMS:
        raise HttpError(504, f"Sandbox: at most {MOST_ITEMS} entities in a request")
    return [_parse_item(resource, call, verb, at, item) for verb in present for at, item in enumerate(lists[verb])]


def _require_items(resource: WritableResource, verb: str, given: Any) -> list[Any]:
    if is_array(given) and given:
        return given
    code = resource.codes.no_add if verb == "add" else resource.codes.no_update
    raise RequestError(code, f"{verb} is an empty array" if is_array(given) else f"{verb} is not an array")


def _parse_item(resource: WritableResource, call: ApiCall, verb: str, index: int, item: Any) -> WriteItem:
    where = f"{resource.name}/{verb}/{index}"
    if verb == "delete":
        number = parse_integer(call, item, where)
        return WriteItem(verb, {}, number, number)
    if not is_object(item):
        raise build_malformed_error(where, "is not an object")
    given = {key: value for key, value in item.items() if key != "request_id"}
    echo = _parse_request_id(call, item, where)
    clean = _parse_item_keys(resource, call, verb, given, where)
    if resource.inspect is not None:
        resource.inspect(call, clean, where)
    number = 0 if verb == "add" else int(clean[resource.key])
    return WriteItem(verb, clean, (number or index) if echo is None else echo, number)


def _parse_item_keys(resource: WritableResource, call: ApiCall, verb: str, given: Row, where: str) -> Row:
    if verb == "add":
        return parse_keys(call, given, resource.create or {}, where, resource.required)
    if to_integer(given.get(resource.key)) is None:
        raise RequestError(resource.codes.no_id, f"{where} needs {resource.key}")
    return parse_keys(
        call, given, {**(resource.change or {}), resource.key: parse_integer}, where, resource.required_for_update
    )


def _parse_request_id(call: ApiCall, item: Row, where: str) -> int | None:
    return parse_integer(call, item["request_id"], f"{where}/request_id") if "request_id" in item else None


# Applying


def _apply_item(resource: WritableResource, call: ApiCall, item: WriteItem) -> Row:
    if item.verb == "add" and resource.add is not None:
        row = resource.add(call, item.clean)
        return {
            "id": row["id"],
            "request_id": item.request_id,
            "_links": responses.build_row_link(resource.name, row["id"]),
        }
    row = require_row(resource, call, item.number)
    shown: Row = {
        "id": row["id"],
        "request_id": item.request_id,
        "_links": responses.build_row_link(resource.name, row["id"]),
    }
    if item.verb == "delete" and resource.delete is not None:
        resource.delete(call, row)
        return {"id": row["id"], "name": row["name"]} if resource.keys_deleted else shown
    if resource.is_timed and item.clean.get("updated_at", 0) <= row["updated_at"]:
        raise Conflict
    if resource.update is not None:
        resource.update(call, row, item.clean)
    return {**shown, **_render_updated_at(row)}


def require_row(resource: WritableResource, call: ApiCall, number: int) -> Row:
    row = call.store.get_row(resource.kind, number)
    if row is None:
        raise ItemError(resource.codes.missing, "Entity not found")
    return row


def _render_updated_at(row: Row) -> Row:
    """Responses to updates give the time in milliseconds; all others give seconds."""
    return {"updated_at": row["updated_at"] * 1000} if "updated_at" in row else {}


def _record_error(errors: dict[str, Any], item: WriteItem, error: ItemError) -> None:
    if item.verb == "add":
        errors.setdefault("add", []).append({**error.render(), "request_id": item.request_id})
        return
    errors.setdefault(item.verb, {})[str(item.number)] = error.text if error.code is None else error.render()


def build_item_error(text: str) -> ItemError:
    """An error of one item that has no code of its own."""
    return ItemError(MALFORMED, text)

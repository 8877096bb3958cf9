"""Writes of API v2: `{"add": [...], "update": [...], "delete": [...]}` in one POST, keys combined as one likes.

Kommo API v2, Writes. The structure of everything is looked at first; then item by item is applied, and what fails
stands under `_embedded.errors` of a 200 answer: additions as a list of objects with `request_id`, updates and deletions
by id. `request_id` is an integer, echoed and never stored: the index stands in for an addition's, the id for an update's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import HttpError
from kommo_orm.sandbox.routing import ApiCall
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
class NounCodes:
    """The service's application codes for one noun."""

    empty: int = 222  # the request says nothing
    no_add: int = 284  # `add` is empty or no array
    no_update: int = 284
    no_id: int = 285  # `update` without what it needs
    missing: int = 282  # no such row


@dataclass(frozen=True, slots=True)
class WritableNoun:
    """What can be written of one noun. `inspect` sees the checked keys of an item before anything is applied."""

    name: str  # in paths
    kind: str  # the table
    codes: NounCodes
    create: Schema | None = None
    change: Schema | None = None
    required: tuple[str, ...] = ()
    required_for_update: tuple[str, ...] = ()  # by an update, beside id
    add: Add | None = None
    update: Update | None = None
    delete: Delete | None = None
    inspect: Inspect | None = None
    is_timed: bool = True  # an update must be newer than what is stored
    key: str = "id"
    names_deleted: bool = True  # the answer to a deletion lists what is gone
    keys_deleted: bool = False  # so it does, but under `deleted`, with names

    def list_verbs(self) -> list[str]:
        known = {"add": self.add, "update": self.update, "delete": self.delete}
        return [verb for verb, does in known.items() if does is not None]


@dataclass(frozen=True, slots=True)
class WriteItem:
    verb: str
    clean: Row
    request_id: int
    number: int = 0  # the row that is meant; 0 when it is to be made


def build_write_handler(noun: WritableNoun) -> Callable[[ApiCall], SandboxResponse]:
    def handle_write(call: ApiCall) -> SandboxResponse:
        made: list[Row] = []
        errors: dict[str, Any] = {}
        works = parse_items(noun, call, noun.list_verbs())
        for work in works:
            try:
                done = _apply_item(noun, call, work)
                if work.verb != "delete" or noun.names_deleted:
                    made.append(done)
            except ItemError as error:
                _record_error(errors, work, error)
        only_deleted = noun.keys_deleted and all(work.verb == "delete" for work in works)
        return responses.build_write_reply(call, {"deleted": made} if only_deleted else made, errors)

    return handle_write


# The structure


def parse_items(noun: WritableNoun, call: ApiCall, verbs: Iterable[str]) -> list[WriteItem]:
    """Every item of every key, checked; nothing has been applied."""
    given = request_bodies.parse_body_object(call, noun.codes.empty)
    known = list(verbs)
    strange = sorted(given.keys() - set(known))
    if strange:
        call.refuse_if_strict(f"{call.request.path} does not know {', '.join(strange)}, only {', '.join(known)}")
    present = [verb for verb in known if verb in given]
    if not present:
        raise RequestError(noun.codes.empty, "Empty request")
    lists = {verb: _require_items(noun, verb, given[verb]) for verb in present}
    if sum(map(len, lists.values())) > MOST_ITEMS:
        raise HttpError(504, f"Sandbox: at most {MOST_ITEMS} entities in a request")
    return [_parse_item(noun, call, verb, at, item) for verb in present for at, item in enumerate(lists[verb])]


def _require_items(noun: WritableNoun, verb: str, given: Any) -> list[Any]:
    if is_array(given) and given:
        return given
    code = noun.codes.no_add if verb == "add" else noun.codes.no_update
    raise RequestError(code, f"{verb} is an empty array" if is_array(given) else f"{verb} is not an array")


def _parse_item(noun: WritableNoun, call: ApiCall, verb: str, index: int, item: Any) -> WriteItem:
    where = f"{noun.name}/{verb}/{index}"
    if verb == "delete":
        number = parse_integer(call, item, where)
        return WriteItem(verb, {}, number, number)
    if not is_object(item):
        raise build_malformed_error(where, "is not an object")
    given = {key: value for key, value in item.items() if key != "request_id"}
    echo = _parse_request_id(call, item, where)
    clean = _parse_item_keys(noun, call, verb, given, where)
    if noun.inspect is not None:
        noun.inspect(call, clean, where)
    number = 0 if verb == "add" else int(clean[noun.key])
    return WriteItem(verb, clean, (number or index) if echo is None else echo, number)


def _parse_item_keys(noun: WritableNoun, call: ApiCall, verb: str, given: Row, where: str) -> Row:
    if verb == "add":
        return parse_keys(call, given, noun.create or {}, where, noun.required)
    if to_integer(given.get(noun.key)) is None:
        raise RequestError(noun.codes.no_id, f"{where} needs {noun.key}")
    return parse_keys(call, given, {**(noun.change or {}), noun.key: parse_integer}, where, noun.required_for_update)


def _parse_request_id(call: ApiCall, item: Row, where: str) -> int | None:
    return parse_integer(call, item["request_id"], f"{where}/request_id") if "request_id" in item else None


# The items


def _apply_item(noun: WritableNoun, call: ApiCall, work: WriteItem) -> Row:
    if work.verb == "add" and noun.add is not None:
        row = noun.add(call, work.clean)
        return {
            "id": row["id"],
            "request_id": work.request_id,
            "_links": responses.build_row_link(noun.name, row["id"]),
        }
    row = require_row(noun, call, work.number)
    shown: Row = {
        "id": row["id"],
        "request_id": work.request_id,
        "_links": responses.build_row_link(noun.name, row["id"]),
    }
    if work.verb == "delete" and noun.delete is not None:
        noun.delete(call, row)
        return {"id": row["id"], "name": row["name"]} if noun.keys_deleted else shown
    if noun.is_timed and work.clean.get("updated_at", 0) <= row["updated_at"]:
        raise Conflict
    if noun.update is not None:
        noun.update(call, row, work.clean)
    return {**shown, **_render_updated_at(row)}


def require_row(noun: WritableNoun, call: ApiCall, number: int) -> Row:
    row = call.store.get_row(noun.kind, number)
    if row is None:
        raise ItemError(noun.codes.missing, "Entity not found")
    return row


def _render_updated_at(row: Row) -> Row:
    """Answers to updates say the time in another unit than everything else does."""
    return {"updated_at": row["updated_at"] * 1000} if "updated_at" in row else {}


def _record_error(errors: dict[str, Any], work: WriteItem, error: ItemError) -> None:
    if work.verb == "add":
        errors.setdefault("add", []).append({**error.render(), "request_id": work.request_id})
        return
    errors.setdefault(work.verb, {})[str(work.number)] = error.text if error.code is None else error.render()


def build_item_error(text: str) -> ItemError:
    """An error that has no code of its own."""
    return ItemError(MALFORMED, text)

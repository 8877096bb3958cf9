"""Conversations (Kommo API v4, Conversations): they begin by themselves; here a test puts them in.

`filter[entity_id]` without `filter[entity_type]` says nothing; `filter[only_in_work]` is a flag, whatever its value.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.filters import BadFilter, Filter, Test
from kommo_orm.sandbox.hal_responses import encode, link
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, Refusal, not_found
from kommo_orm.sandbox.query_string import Node
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Scope, boolean, examine, shape, text

_CARDS = {"lead": "leads", "customer": "customers"}
_ATTACHMENT = shape(
    {"type": text, "drive_uuid": text, "drive_version_uuid": text}, ("type", "drive_uuid", "drive_version_uuid")
)


def add(account: Account, values: Row) -> int:
    """A talk that a client began. Raises `ValueError` for a key that a talk has not."""
    now = account.now()
    number = values.pop("id", None) or account.store.new_id("talks")
    row: Row = {"contact_id": None, "chat_id": str(uuid4()), "entity_id": None, "entity_type": None, "rate": 0}
    row |= {"is_in_work": True, "is_read": False, "origin": "telegram", "missed_at": None}
    row |= {"created_at": now, "updated_at": now}
    _refuse_unknown(values, row)
    account.store.insert("talks", {"id": number, **row, **values})
    return int(number)


def add_message(account: Account, values: Row) -> int:
    """A message of a talk (`talk_id`), written by its client unless said otherwise."""
    number = account.store.new_id("talk_messages")
    author = {"id": str(uuid4()), "type": "external", "name": "Client", "avatar_url": None}
    row: Row = {
        "talk_id": 0,
        "uuid": str(uuid4()),
        "text": "",
        "type": "incoming",
        "author": author,
        "attachment": None,
    }
    row["created_at"] = account.now()
    _refuse_unknown(values, row)
    account.store.insert("talk_messages", {"id": number, **row, **values})
    return number


def _refuse_unknown(values: Row, row: Row) -> None:
    if unknown := values.keys() - row.keys():
        raise ValueError(f"a talk has no {', '.join(sorted(unknown))}")


def show(account: Account, row: Row) -> Row:
    shown = {
        "talk_id": row["id"],
        **{key: value for key, value in row.items() if key != "id"},
        "account_id": account.id,
    }
    embedded: Row = {"contacts": [{"id": row["contact_id"]}] if row["contact_id"] else []}
    if row["entity_type"]:
        embedded[_CARDS[row["entity_type"]]] = [{"id": row["entity_id"]}]
    return {**shown, "_links": link(account.url(f"/api/v4/talks/{row['id']}")), "_embedded": embedded}


def show_message(account: Account, row: Row) -> Row:
    return {"id": row["uuid"], **{key: value for key, value in row.items() if key not in ("id", "uuid", "talk_id")}}


def list_talks(call: Call) -> SandboxResponse:
    branch = call.query.branch("filter")
    tests = call.tests(ignored=() if "entity_type" in branch else ("entity_id",))  # an id alone says nothing
    table = call.store.table("talks")
    chosen = [number for number, row in table.items() if all(test(row) for test in tests)]
    return call.page("talks", chosen, lambda number: encode(show(call.account, table[number])))


def _found(call: Call) -> Row:
    row = call.store.get("talks", call.number())
    if row is None:
        raise not_found("Talk not found")
    return row


def get_talk(call: Call) -> SandboxResponse:
    return call.one(show(call.account, _found(call)))


def close_talk(call: Call) -> SandboxResponse:
    row = _found(call)
    if call.request.body.strip() not in (b"", b"{}"):
        call.checked_item(lambda scope, item: examine(scope, item, {"force_close": boolean}))
    if not row["is_in_work"]:
        raise Refusal(422, "Talk is already closed")
    row.update(is_in_work=False, updated_at=call.now)
    call.store.touch("talks", row["id"])
    return SandboxResponse(202)


def list_messages(call: Call) -> SandboxResponse:
    talk = _found(call)
    table = call.store.table("talk_messages")
    chosen = [number for number, row in table.items() if row["talk_id"] == talk["id"]]
    return call.page("messages", chosen, lambda number: encode(show_message(call.account, table[number])))


def _check_message(scope: Scope, item: Any) -> Row:
    clean = examine(scope, item, {"text": text, "attachment": _ATTACHMENT})
    if not clean:
        scope.flaw(FIELD_MISSING, "text")
    return clean


def send_message(call: Call) -> SandboxResponse:
    talk = _found(call)
    clean = call.checked_item(_check_message)
    author = {"id": str(uuid4()), "type": "internal", "name": call.user["name"], "avatar_url": None}
    number = add_message(call.account, {**clean, "talk_id": talk["id"], "type": "outgoing", "author": author})
    return call.one({"id": call.store.table("talk_messages")[number]["uuid"]}, status=202)


def _entity_type(account: Account, node: str | Node) -> Test:
    if node not in _CARDS:
        raise BadFilter("takes lead or customer")
    return lambda row: row["entity_type"] == node


def _open(account: Account, node: str | Node) -> Test:
    return lambda row: row["is_in_work"]


FILTERS: dict[str, Filter] = {
    "talk_id": filters.ids("id"),
    "contact_id": filters.ids("contact_id"),
    "entity_id": filters.ids("entity_id"),
    "entity_type": _entity_type,
    "only_in_work": _open,
}
_BASE = "/api/v4/talks"
ROUTES = (
    Route("GET", _BASE, list_talks, filters=FILTERS),
    Route("GET", f"{_BASE}/{{id}}", get_talk),
    Route("POST", f"{_BASE}/{{id}}/close", close_talk),
    Route("GET", f"{_BASE}/{{id}}/messages", list_messages),
    Route("POST", f"{_BASE}/{{id}}/send_message", send_message),
)

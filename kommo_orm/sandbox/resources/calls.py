"""Calls (Kommo API v4, Calls): logged to whom the number belongs, as a note and an event; there is no list of them.

The last ten digits of a number find a contact or a company; one that is in exactly one open lead has the call in the
lead's card. A number that nobody has is reported beside the others, and not stored.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import LOST, WON, Account
from kommo_orm.sandbox.hal_responses import answer, self_link
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import notes
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import End, Row
from kommo_orm.sandbox.validators import AUTHORSHIP, Schema, Scope, choice, examine, integer, nullable, text, user

NOT_FOUND = 263
LAST = 10


def _responsible(scope: Scope, value: Any, path: str) -> Any:
    return value if isinstance(value, str) else user(scope, value, path)


_SCHEMA: Schema = {
    "direction": choice("inbound", "outbound"),
    "duration": integer,
    "source": text,
    "phone": text,
    "uniq": text,
    "link": nullable(text),
    "call_result": text,
    "call_status": choice(1, 2, 3, 4, 5, 6, 7, 8),
    "call_responsible": _responsible,
    "responsible_user_id": user,
    **AUTHORSHIP,
}
_REQUIRED = ("direction", "duration", "source", "phone")
_PARAMS = ("uniq", "duration", "source", "phone", "link", "call_result", "call_status", "call_responsible")


def create_calls(call: Call) -> SandboxResponse:
    made: list[Row] = []
    errors: list[Row] = []
    for clean, request_id in call.checked_items(lambda scope, item: examine(scope, item, _SCHEMA, "", _REQUIRED)):
        owner = home(call.account, clean["phone"])
        if owner is None:
            problem = {"title": "Entity not found", "detail": f"Entity with phone {clean['phone']} not found"}
            errors.append({**problem, "status": NOT_FOUND, "request_id": request_id})
        else:
            made.append({**_store(call, clean, owner), "request_id": request_id})
    return answer(200, {"_total_items": len(made), "errors": errors, "_embedded": {"calls": made}})


def _store(call: Call, clean: Row, owner: End) -> Row:
    kind, number = owner
    params = {"uniq": "", "link": None, **{key: clean[key] for key in _PARAMS if key in clean}}
    rest = {key: clean[key] for key in ("responsible_user_id", *AUTHORSHIP) if key in clean}
    note_type = "call_in" if clean["direction"] == "inbound" else "call_out"
    made = {"entity_id": number, "note_type": note_type, "params": params, "created_by": 0, **rest}
    note = notes.create(call.account, kind, call.user["id"], made)
    entity = {"id": number, "_links": self_link(call.url(f"/api/v4/{kind}/{number}"))}
    about = {"entity_id": number, "entity_type": {"companies": "company"}.get(kind, kind.removesuffix("s"))}
    return {"id": note["id"], **about, "account_id": call.account.id, "_embedded": {"entity": entity}}


def home(account: Account, phone: str) -> End | None:
    """Whose card the call is logged in."""
    owner = next(iter(_owners(account, digits_of(phone))), None)
    if owner is None:
        return None
    linked = [end for end, _ in account.store.links.of(owner, "leads")]
    rows = [account.store.table("leads")[number] for _, number in linked]
    active = [row["id"] for row in rows if row["status_id"] not in (WON, LOST)]
    return ("leads", active[0]) if len(active) == 1 else owner


def _owners(account: Account, wanted: str) -> list[End]:
    if not wanted:
        return []
    found: list[End] = []
    for kind in ("contacts", "companies"):
        phones = [field["id"] for field in account.definitions(kind) if field["code"] == "PHONE"]
        for row in account.store.rows(kind):
            values = [value["value"] for field in phones for value in row["values"].get(field, ())]
            if not row["trashed"] and wanted in [digits_of(str(value)) for value in values]:
                found.append((kind, row["id"]))
    return found


def digits_of(phone: str) -> str:
    return "".join(filter(str.isdigit, phone))[-LAST:]


ROUTES = (Route("POST", "/api/v4/calls", create_calls),)

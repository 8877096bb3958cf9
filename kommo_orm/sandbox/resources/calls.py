"""Phone calls (Kommo API v4, Calls). A call is stored as a note and an event; no route lists calls.

The last ten digits of the phone number find a contact or a company. If exactly one open lead is linked to it, the note
belongs to that lead. A call with an unknown number is reported in `errors` and not stored.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.account_state import LOST, WON, Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_response, build_self_link
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import notes
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import End, Row
from kommo_orm.sandbox.validators import (
    AUTHORSHIP,
    Schema,
    ValidationContext,
    allow_null,
    validate_choice,
    validate_object,
    validate_seconds,
    validate_text,
    validate_user_id,
)

NOT_FOUND = 263
LAST = 10


def _validate_call_responsible(context: ValidationContext, value: Any, path: str) -> Any:
    return value if isinstance(value, str) else validate_user_id(context, value, path)


_SCHEMA: Schema = {
    "direction": validate_choice("inbound", "outbound"),
    "duration": validate_seconds,
    "source": validate_text,
    "phone": validate_text,
    "uniq": allow_null(validate_text),
    "link": allow_null(validate_text),
    "call_result": allow_null(validate_text),
    "call_status": allow_null(validate_choice(1, 2, 3, 4, 5, 6, 7, 8)),
    "call_responsible": allow_null(_validate_call_responsible),
    "responsible_user_id": validate_user_id,
    **AUTHORSHIP,
}
_REQUIRED = ("direction", "duration", "source", "phone")
_PARAMS = ("uniq", "duration", "source", "phone", "link", "call_result", "call_status", "call_responsible")


def create_calls(call: ApiCall) -> SandboxResponse:
    made: list[Row] = []
    errors: list[Row] = []
    for clean, request_id in call.validate_items(
        lambda context, item: validate_object(context, item, _SCHEMA, "", _REQUIRED)
    ):
        owner = find_call_owner(call.account, clean["phone"])
        if owner is None:
            problem = {"title": "Entity not found", "detail": f"Entity with phone {clean['phone']} not found"}
            errors.append({**problem, "status": NOT_FOUND, "request_id": request_id})
        else:
            made.append({**_insert_call(call, clean, owner), "request_id": request_id})
    return build_response(200, {"_total_items": len(made), "errors": errors, "_embedded": {"calls": made}})


def _insert_call(call: ApiCall, clean: Row, owner: End) -> Row:
    kind, number = owner
    given = {key: clean[key] for key in _PARAMS if clean.get(key) is not None}
    params = {"uniq": "", "link": None, **given}
    rest = {key: clean[key] for key in ("responsible_user_id", *AUTHORSHIP) if key in clean}
    note_type = "call_in" if clean["direction"] == "inbound" else "call_out"
    made = {"entity_id": number, "note_type": note_type, "params": params, "created_by": 0, **rest}
    note = notes.insert_note(call.account, kind, call.user["id"], made)
    entity = {"id": number, "_links": build_self_link(call.build_url(f"/api/v4/{kind}/{number}"))}
    about = {"entity_id": number, "entity_type": {"companies": "company"}.get(kind, kind.removesuffix("s"))}
    return {"id": note["id"], **about, "account_id": call.account.id, "_embedded": {"entity": entity}}


def find_call_owner(account: Account, phone: str) -> End | None:
    """Find the card to which the call is added as a note."""
    owner = next(iter(_find_phone_owners(account, extract_digits(phone))), None)
    if owner is None:
        return None
    linked = [end for end, _ in account.store.links.find_linked(owner, "leads")]
    rows = [account.store.get_table("leads")[number] for _, number in linked]
    active = [row["id"] for row in rows if row["status_id"] not in (WON, LOST)]
    return ("leads", active[0]) if len(active) == 1 else owner


def _find_phone_owners(account: Account, wanted: str) -> list[End]:
    if not wanted:
        return []
    found: list[End] = []
    for kind in ("contacts", "companies"):
        phones = [field["id"] for field in account.get_definitions(kind) if field["code"] == "PHONE"]
        for row in account.store.iter_rows(kind):
            values = [value["value"] for field in phones for value in row["values"].get(field, ())]
            if not row["trashed"] and wanted in [extract_digits(str(value)) for value in values]:
                found.append((kind, row["id"]))
    return found


def extract_digits(phone: str) -> str:
    return "".join(filter(str.isdigit, phone))[-LAST:]


ROUTES = (Route("POST", "/api/v4/calls", create_calls),)

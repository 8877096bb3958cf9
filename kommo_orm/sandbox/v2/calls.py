"""Calls (Kommo API v2, Calls): logged at the owner of the phone number; and the pop-up of an incoming call.

The owner is found by the rules of v4. Errors of calls are a flat list that repeats the item.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import calls as v4
from kommo_orm.sandbox.resources import notes
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import parsers, request_bodies, responses, routes
from kommo_orm.sandbox.v2.errors import RequestError
from kommo_orm.sandbox.v2.parsers import AUTHORSHIP
from kommo_orm.sandbox.v2.tasks import ELEMENT_NUMBERS

NOT_FOUND = 263

_CALL: parsers.Schema = {
    **dict.fromkeys(("uniq", "source", "link", "call_result"), parsers.parse_text),
    "phone_number": parsers.parse_filled_text,
    "direction": parsers.build_choice_parser("inbound", "outbound"),
    "duration": parsers.parse_integer,
    "call_status": parsers.build_choice_parser(1, 2, 3, 4, 5, 6, 7),
    "responsible_user_id": parsers.parse_user_id,
    "request_id": parsers.parse_integer,
    **{key: check for key, check in AUTHORSHIP.items() if key != "updated_at"},
}
_PARAMS = ("uniq", "duration", "source", "link", "call_result", "call_status")


def _parse_calls(call: ApiCall) -> list[Any]:
    given = request_bodies.parse_body_object(call)
    parsers.refuse_unknown_keys(call, given, ("add",), "body")
    if not given.get("add"):
        raise RequestError(103, "Parameters missing: add")
    return parsers.parse_array(call, given["add"], "add")


def _log_calls(call: ApiCall) -> SandboxResponse:
    given = _parse_calls(call)
    needed = ("phone_number", "direction")
    parsed = [parsers.parse_keys(call, item, _CALL, f"add/{at}", needed) for at, item in enumerate(given)]
    made: list[Row] = []
    errors: list[Row] = []
    for at, clean in enumerate(parsed):
        owner = v4.find_call_owner(call.account, clean["phone_number"])
        if owner is None:
            errors.append({"msg": "Entity not found", "code": NOT_FOUND, "item": given[at]})
            continue
        made.append({"id": _insert_call_note(call, clean, owner), "request_id": clean.get("request_id", at)})
    return responses.build_write_reply(call, made, errors)


def _insert_call_note(call: ApiCall, clean: Row, owner: tuple[str, int]) -> int:
    params: Row = {"uniq": "", "duration": 0, "source": "", "link": None, "phone": clean["phone_number"]}
    params.update({key: clean[key] for key in _PARAMS if key in clean})
    rest = {key: clean[key] for key in ("responsible_user_id", *AUTHORSHIP) if key in clean}
    note_type = "call_in" if clean["direction"] == "inbound" else "call_out"
    made = {"entity_id": owner[1], "note_type": note_type, "params": params, **rest}
    return int(notes.insert_note(call.account, owner[0], call.user["id"], made)["id"])


# The pop-up


def _parse_user_ids(call: ApiCall, value: Any, where: str) -> list[int]:
    return [parsers.parse_user_id(call, one, where) for one in parsers.parse_ids(call, value, where)]


_EVENT: parsers.Schema = {
    "type": parsers.build_choice_parser("phone_call"),
    "phone_number": parsers.parse_filled_text,
    "users": _parse_user_ids,
}


def _show_pop_ups(call: ApiCall) -> SandboxResponse:
    """Answer one pop-up for each call. Nothing is stored; an unknown number has no card."""
    needed = ("type", "phone_number")
    parsed = [parsers.parse_keys(call, item, _EVENT, f"add/{at}", needed) for at, item in enumerate(_parse_calls(call))]
    return responses.build_write_reply(call, [_render_pop_up(call, clean) for clean in parsed])


def _render_pop_up(call: ApiCall, clean: Row) -> Row:
    owner = v4.find_call_owner(call.account, clean["phone_number"])
    kind, number = (ELEMENT_NUMBERS[owner[0]], owner[1]) if owner else (0, 0)
    uid = f"{call.account.id}-{call.store.allocate_id('popups')}"
    return {"element_id": number, "element_type": kind, "uid": uid, "phone_number": clean["phone_number"]}


ROUTES = (
    routes.build_post_route("/api/v2/calls", _log_calls),
    routes.build_post_route("/api/v2/events", _show_pop_ups),
)

"""The chats service (Kommo Chats API): another host, signatures in place of tokens, errors of its own shape.

A request is signed by the channel's secret over its verb, the MD5 of its body, its type, its date and its path; one that
is older than a quarter of an hour is refused. The account has one channel, `Account.channel`.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from kommo_orm.sandbox.hal_responses import answer, nothing
from kommo_orm.sandbox.http_messages import SandboxRequest, SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, Refusal
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Check,
    Schema,
    Scope,
    anything,
    boolean,
    choice,
    examine,
    integer,
    number,
    shape,
    text,
)

PREFIX = "/v2/origin/custom/"
JSON = "application/json"
DOMAINS = (".kommo.com", ".amocrm.ru")
OLDEST = 15 * 60  # seconds
MOST = 50  # messages a page
TYPES = ("text", "contact", "file", "video", "picture", "voice", "audio", "sticker", "location")
FILES = ("file", "video", "picture")
Handler = Callable[[Call], SandboxResponse]


def _error(status: int, kind: str, said: str) -> SandboxResponse:
    body = {"status": 0, "error_code": status, "error_type": kind, "error_description": said}
    return answer(status, body, media=JSON)


def is_elsewhere(request: SandboxRequest) -> bool:
    """True for the service's paths on another host of Kommo. Loopback and proxies pass for any."""
    served = request.path.startswith(PREFIX)
    return served and request.host.endswith(DOMAINS) and not request.host.startswith("amojo.")


def signed(secret: str, request: SandboxRequest, now: float) -> bool:
    """Whether a request bears the signature of the channel, and is not too old."""
    headers = request.headers
    date, checksum = headers.get("date", ""), headers.get("content-md5", "")
    try:
        fresh = abs(parsedate_to_datetime(date).timestamp() - now) <= OLDEST
    except ValueError:
        return False
    body = hashlib.md5(request.body).hexdigest()  # noqa: S324  # the service's choice
    if not fresh or checksum != body or headers.get("content-type") != JSON:
        return False
    paths = (request.path, quote(request.path))
    said = [f"{request.method}\n{checksum}\n{JSON}\n{date}\n{path}" for path in paths]
    right = [hmac.new(secret.encode(), one.encode(), hashlib.sha1).hexdigest() for one in said]
    return headers.get("x-signature", "") in right


def _served(handler: Handler) -> Handler:
    def serve(call: Call) -> SandboxResponse:
        channel, place = call.account.channel, call.places["scope"]
        if place.partition("_")[0] != channel.id:
            return _error(404, "ORIGIN_NOT_REGISTERED", "NOT_FOUND")
        if not signed(channel.secret, call.request, call.account.clock()):
            return _error(403, "ORIGIN_INVALID_SIGNATURE", "FORBIDDEN")
        if "_" in place and place.partition("_")[2] not in channel.accounts:
            return _error(404, "ACCOUNT_NOT_CONNECTED", "NOT_FOUND")
        try:
            return handler(call)
        except Refusal as refusal:
            flaws = [flaw for row in refusal.extra.get("validation-errors", []) for flaw in row["errors"]]
            said = "; ".join(f"{flaw['path']}: {flaw['detail']}" for flaw in flaws) or refusal.detail
            return _error(refusal.status, "ORIGIN_INVALID_DATA", said)

    return serve


def _checked(call: Call, schema: Schema, required: tuple[str, ...]) -> Row:
    return call.checked_item(lambda scope, item: examine(scope, item, schema, required=required))


# Accounts


def connect(call: Call) -> SandboxResponse:
    schema: Schema = {
        "account_id": text,
        "title": text,
        "hook_api_version": choice("v1", "v2"),
        "is_time_window_disabled": boolean,
    }
    clean = _checked(call, schema, ("account_id", "hook_api_version"))
    channel = call.account.channel
    channel.accounts.add(clean["account_id"])
    said = {"title": "Sandbox channel", "is_time_window_disabled": False, **clean}
    return answer(200, {**said, "scope_id": f"{channel.id}_{clean['account_id']}"}, media=JSON)


def disconnect(call: Call) -> SandboxResponse:
    call.account.channel.accounts.discard(_checked(call, {"account_id": text}, ("account_id",))["account_id"])
    return SandboxResponse(200)


# Chats and messages

_PROFILE = shape({"phone": text, "email": text})
_USER_KEYS: Schema = {
    "id": text,
    "ref_id": text,
    "name": text,
    "avatar": text,
    "profile": _PROFILE,
    "profile_link": text,
}
_USER = shape(_USER_KEYS, ("id", "name"))
_SOURCE = shape({"external_id": text})
_MESSAGE: Schema = {
    "type": choice(*TYPES),
    **dict.fromkeys(("text", "media", "file_name", "sticker_id", "callback_data"), text),
    **dict.fromkeys(("file_size", "media_duration"), integer),
    "location": shape({"lon": number, "lat": number}, ("lon", "lat")),
    "contact": shape({"name": text, "phone": text}, ("name", "phone")),
    "shared_post": anything,
    "post": shape(
        dict.fromkeys(("id", "url", "preview_url", "preview_permalink", "username", "caption"), text), ("id", "url")
    ),
}


def _message(*, editing: bool) -> Check:
    def checked(scope: Scope, value: Any, path: str) -> Any:
        clean = examine(scope, value, _MESSAGE, path, ("type",))
        kind = clean.get("type")
        needed: tuple[str, ...] = {"text": ("text",), "location": ("location",), "contact": ("contact",)}.get(
            str(kind), ()
        )
        if kind in FILES and not editing:
            needed = ("media", "file_name", "file_size")
        for key in needed:
            if clean.get(key) in (None, ""):
                scope.flaw(FIELD_MISSING, f"{path}.{key}")
        return clean

    return checked


_TIMES: Schema = {"timestamp": integer, "msec_timestamp": integer}
_NEW: Schema = {
    **_TIMES,
    **dict.fromkeys(("msgid", "conversation_id", "conversation_ref_id"), text),
    "sender": _USER,
    "receiver": _USER,
    "message": _message(editing=False),
    "silent": boolean,
    "source": _SOURCE,
    "reply_to": shape({"message": anything}, ("message",)),
    "forwards": anything,
}
_EDIT: Schema = {
    **_TIMES,
    **dict.fromkeys(("msgid", "id", "conversation_id"), text),
    "message": _message(editing=True),
}


def _name(call: Call, *parts: str) -> str:
    """A name that stays the same for the same things."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join((call.places["scope"], *parts))))


def _chat(call: Call, conversation: str) -> Row:
    rows = call.store.rows("service_chats")
    found = next((row for row in rows if row["conversation_id"] == conversation), None)
    if found is not None:
        return found
    row: Row = {"id": call.store.new_id("service_chats"), "conversation_id": conversation, "messages": []}
    return call.store.insert("service_chats", {**row, "uid": _name(call, "chat", conversation)})


def _shown_user(call: Call, user: Row) -> Row:
    kept = {key: user[key] for key in ("name", "avatar") if key in user}
    known = {"id": user["ref_id"]} if "ref_id" in user else {"id": _name(call, "user", user["id"])}
    return {**known, "client_id": user["id"], **kept, **user.get("profile", {})}


def create_chat(call: Call) -> SandboxResponse:
    clean = _checked(call, {"conversation_id": text, "source": _SOURCE, "user": _USER}, ("conversation_id", "user"))
    return answer(
        200, {"id": _chat(call, clean["conversation_id"])["uid"], "user": _shown_user(call, clean["user"])}, media=JSON
    )


def take_message(call: Call) -> SandboxResponse:
    event = call.item().get("event_type")
    new = event == "new_message"
    required = ("timestamp", "msec_timestamp", "msgid", "conversation_id", "sender") if new else ("conversation_id",)
    payload = shape(_NEW if new else _EDIT, (*required, "message"))
    clean = _checked(
        call, {"event_type": choice("new_message", "edit_message"), "payload": payload}, ("event_type", "payload")
    )
    return (_add if new else _edit)(call, clean["payload"])


def _add(call: Call, said: Row) -> SandboxResponse:
    chat = _chat(call, said["conversation_id"])
    uid = _name(call, "message", said["msgid"])
    chat["messages"].insert(0, {"uid": uid, **said})
    shown = {"conversation_id": said["conversation_id"], "msgid": uid, "ref_id": said["msgid"]}
    for end in ("sender", "receiver"):
        if end in said:
            shown[f"{end}_id"] = _shown_user(call, said[end])["id"]
    return answer(200, {"new_message": shown}, media=JSON)


def _found(call: Call, uid: str | None = None, msgid: str | None = None) -> Row | None:
    messages = (message for chat in call.store.rows("service_chats") for message in chat["messages"])
    return next(
        (one for one in messages if (uid and one["uid"] == uid) or (not uid and msgid and one["msgid"] == msgid)), None
    )


def _edit(call: Call, said: Row) -> SandboxResponse:
    message = _found(call, said.get("id"), said.get("msgid"))
    if message is None:
        return _error(404, "MESSAGE_NOT_FOUND", "NOT_FOUND")
    message["message"] = {**message["message"], **said["message"]}
    message["msgid"] = said.get("msgid", message["msgid"])
    shown = {"conversation_id": said["conversation_id"], "msgid": message["uid"], "ref_id": message["msgid"]}
    return answer(200, {"edit_message": shown}, media=JSON)


def history(call: Call) -> SandboxResponse:
    chat = next((row for row in call.store.rows("service_chats") if row["uid"] == call.places["chat"]), None)
    offset, limit = int(call.query.text("offset") or 0), min(int(call.query.text("limit") or MOST), MOST)
    rows = chat["messages"][offset : offset + limit] if chat else []
    return answer(200, {"messages": [_shown(call, row) for row in rows]}, media=JSON) if rows else nothing()


def _shown(call: Call, row: Row) -> Row:
    ends: Row = {end: _shown_user(call, row[end]) for end in ("sender", "receiver") if end in row}
    empty = {"media": "", "thumbnail": "", "file_name": "", "file_size": 0}
    said = {"id": row["uid"], "client_id": row["msgid"], **empty, **row["message"]}
    return {"timestamp": row["timestamp"], "msec_timestamp": row["msec_timestamp"], **ends, "message": said}


# What became of messages


def deliver(call: Call) -> SandboxResponse:
    schema: Schema = {
        "msgid": text,
        "status_code": choice(1, 2, -1),
        "error_code": choice(901, 902, 903, 904, 905),
        "error": text,
    }
    clean = _checked(call, schema, ("status_code",))
    message = _found(call, call.places["msgid"])
    if message is None:
        return _error(404, "MESSAGE_NOT_FOUND", "NOT_FOUND")
    message["delivery"] = clean
    return SandboxResponse(200)


def react(call: Call) -> SandboxResponse:
    names = dict.fromkeys(("conversation_id", "conversation_ref_id", "id", "msgid", "emoji"), text)
    who = shape({"id": text, "ref_id": text})
    schema: Schema = {**names, "user": who, "type": choice("react", "unreact")}
    clean = _checked(call, schema, ("user", "type"))
    message = _found(call, clean.get("id"), clean.get("msgid"))
    if message is None:
        return _error(404, "MESSAGE_NOT_FOUND", "NOT_FOUND")
    message["reaction"] = clean.get("emoji") if clean["type"] == "react" else None
    return SandboxResponse(200)


def show_typing(call: Call) -> SandboxResponse:
    schema: Schema = {"conversation_id": text, "sender": shape({"id": text}, ("id",)), "duration_ms": integer}
    _checked(call, schema, ("conversation_id", "sender"))
    return nothing()


def _route(method: str, path: str, handler: Handler, **more: Any) -> Route:
    return Route(method, f"{PREFIX}{{scope:text}}{path}", _served(handler), public=True, **more)


ROUTES = (
    _route("POST", "/connect", connect),
    _route("DELETE", "/disconnect", disconnect),
    _route("POST", "/chats", create_chat),
    _route("POST", "", take_message),
    _route("GET", "/chats/{chat:text}/history", history, params=frozenset({"offset", "limit"})),
    _route("POST", "/{msgid:text}/delivery_status", deliver),
    _route("POST", "/react", react),
    _route("POST", "/typing", show_typing),
)

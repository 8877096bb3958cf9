"""The chats service (Kommo Chats API): its own host, signed requests instead of tokens, its own form of errors.

The channel's secret signs the method, the MD5 of the body, the content type, the date and the path of a request. A
request older than 15 minutes is refused. The account has one channel, `Account.channel`.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_empty_response, build_response
from kommo_orm.sandbox.http_messages import SandboxRequest, SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, HttpError
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    Validator,
    accept_any,
    validate_boolean,
    validate_choice,
    validate_integer,
    validate_nested,
    validate_number,
    validate_object,
    validate_text,
)

PREFIX = "/v2/origin/custom/"
JSON = "application/json"
DOMAINS = (".kommo.com", ".amocrm.ru")
OLDEST = 15 * 60  # seconds
MOST = 50  # messages a page
TYPES = ("text", "contact", "file", "video", "picture", "voice", "audio", "sticker", "location")
FILES = ("file", "video", "picture")
Handler = Callable[[ApiCall], SandboxResponse]


def _build_error_response(status: int, kind: str, description: str) -> SandboxResponse:
    body = {"status": 0, "error_code": status, "error_type": kind, "error_description": description}
    return build_response(status, body, media=JSON)


def is_other_service_host(request: SandboxRequest) -> bool:
    """Return True if a path of this service was requested from another host of Kommo.

    Hosts outside of Kommo are accepted.
    """
    served = request.path.startswith(PREFIX)
    return served and request.host.endswith(DOMAINS) and not request.host.startswith("amojo.")


def has_valid_signature(secret: str, request: SandboxRequest, now: float) -> bool:
    """Return True if the request is signed with the channel's secret and not too old."""
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
    payloads = [f"{request.method}\n{checksum}\n{JSON}\n{date}\n{path}" for path in paths]
    right = [hmac.new(secret.encode(), one.encode(), hashlib.sha1).hexdigest() for one in payloads]
    return headers.get("x-signature", "") in right


def _guard_signature(handler: Handler) -> Handler:
    def handle_signed(call: ApiCall) -> SandboxResponse:
        channel, place = call.account.channel, call.path_params["scope"]
        if place.partition("_")[0] != channel.id:
            return _build_error_response(404, "ORIGIN_NOT_REGISTERED", "NOT_FOUND")
        if not has_valid_signature(channel.secret, call.request, call.account.clock()):
            return _build_error_response(403, "ORIGIN_INVALID_SIGNATURE", "FORBIDDEN")
        if "_" in place and place.partition("_")[2] not in channel.accounts:
            return _build_error_response(404, "ACCOUNT_NOT_CONNECTED", "NOT_FOUND")
        try:
            return handler(call)
        except HttpError as http_error:
            errors = [error for row in http_error.extra.get("validation-errors", []) for error in row["errors"]]
            description = "; ".join(f"{error['path']}: {error['detail']}" for error in errors) or http_error.detail
            return _build_error_response(http_error.status, "ORIGIN_INVALID_DATA", description)

    return handle_signed


def _validate_body(call: ApiCall, schema: Schema, required: tuple[str, ...]) -> Row:
    return call.validate_item(lambda context, item: validate_object(context, item, schema, required=required))


# Accounts


def connect_account(call: ApiCall) -> SandboxResponse:
    schema: Schema = {
        "account_id": validate_text,
        "title": validate_text,
        "hook_api_version": validate_choice("v1", "v2"),
        "is_time_window_disabled": validate_boolean,
    }
    clean = _validate_body(call, schema, ("account_id", "hook_api_version"))
    channel = call.account.channel
    channel.accounts.add(clean["account_id"])
    settings = {"title": "Sandbox channel", "is_time_window_disabled": False, **clean}
    return build_response(200, {**settings, "scope_id": f"{channel.id}_{clean['account_id']}"}, media=JSON)


def disconnect_account(call: ApiCall) -> SandboxResponse:
    call.account.channel.accounts.discard(
        _validate_body(call, {"account_id": validate_text}, ("account_id",))["account_id"]
    )
    return SandboxResponse(200)


# Chats and messages

_PROFILE = validate_nested({"phone": validate_text, "email": validate_text})
_USER_KEYS: Schema = {
    "id": validate_text,
    "ref_id": validate_text,
    "name": validate_text,
    "avatar": validate_text,
    "profile": _PROFILE,
    "profile_link": validate_text,
}
_USER = validate_nested(_USER_KEYS, ("id", "name"))
_SOURCE = validate_nested({"external_id": validate_text})
_MESSAGE: Schema = {
    "type": validate_choice(*TYPES),
    **dict.fromkeys(("text", "media", "file_name", "sticker_id", "callback_data"), validate_text),
    **dict.fromkeys(("file_size", "media_duration"), validate_integer),
    "location": validate_nested({"lon": validate_number, "lat": validate_number}, ("lon", "lat")),
    "contact": validate_nested({"name": validate_text, "phone": validate_text}, ("name", "phone")),
    "shared_post": accept_any,
    "post": validate_nested(
        dict.fromkeys(("id", "url", "preview_url", "preview_permalink", "username", "caption"), validate_text),
        ("id", "url"),
    ),
}


def _build_message_validator(*, editing: bool) -> Validator:
    def validate_message(context: ValidationContext, value: Any, path: str) -> Any:
        clean = validate_object(context, value, _MESSAGE, path, ("type",))
        kind = clean.get("type")
        needed: tuple[str, ...] = {"text": ("text",), "location": ("location",), "contact": ("contact",)}.get(
            str(kind), ()
        )
        if kind in FILES and not editing:
            needed = ("media", "file_name", "file_size")
        for key in needed:
            if clean.get(key) in (None, ""):
                context.add_error(FIELD_MISSING, f"{path}.{key}")
        return clean

    return validate_message


_TIMES: Schema = {"timestamp": validate_integer, "msec_timestamp": validate_integer}
_NEW: Schema = {
    **_TIMES,
    **dict.fromkeys(("msgid", "conversation_id", "conversation_ref_id"), validate_text),
    "sender": _USER,
    "receiver": _USER,
    "message": _build_message_validator(editing=False),
    "silent": validate_boolean,
    "source": _SOURCE,
    "reply_to": validate_nested({"message": accept_any}, ("message",)),
    "forwards": accept_any,
}
_EDIT: Schema = {
    **_TIMES,
    **dict.fromkeys(("msgid", "id", "conversation_id"), validate_text),
    "message": _build_message_validator(editing=True),
}


def _create_stable_id(call: ApiCall, *parts: str) -> str:
    """Return a UUID that is always the same for the same parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join((call.path_params["scope"], *parts))))


def _require_chat(call: ApiCall, conversation: str) -> Row:
    rows = call.store.iter_rows("service_chats")
    found = next((row for row in rows if row["conversation_id"] == conversation), None)
    if found is not None:
        return found
    row: Row = {"id": call.store.allocate_id("service_chats"), "conversation_id": conversation, "messages": []}
    return call.store.insert_row("service_chats", {**row, "uid": _create_stable_id(call, "chat", conversation)})


def _render_chat_user(call: ApiCall, user: Row) -> Row:
    kept = {key: user[key] for key in ("name", "avatar") if key in user}
    known = {"id": user["ref_id"]} if "ref_id" in user else {"id": _create_stable_id(call, "user", user["id"])}
    return {**known, "client_id": user["id"], **kept, **user.get("profile", {})}


def create_chat(call: ApiCall) -> SandboxResponse:
    clean = _validate_body(
        call, {"conversation_id": validate_text, "source": _SOURCE, "user": _USER}, ("conversation_id", "user")
    )
    return build_response(
        200,
        {"id": _require_chat(call, clean["conversation_id"])["uid"], "user": _render_chat_user(call, clean["user"])},
        media=JSON,
    )


def receive_message(call: ApiCall) -> SandboxResponse:
    event = call.parse_item().get("event_type")
    new = event == "new_message"
    required = ("timestamp", "msec_timestamp", "msgid", "conversation_id", "sender") if new else ("conversation_id",)
    payload = validate_nested(_NEW if new else _EDIT, (*required, "message"))
    clean = _validate_body(
        call,
        {"event_type": validate_choice("new_message", "edit_message"), "payload": payload},
        ("event_type", "payload"),
    )
    return (_insert_message if new else _edit_message)(call, clean["payload"])


def _insert_message(call: ApiCall, payload: Row) -> SandboxResponse:
    chat = _require_chat(call, payload["conversation_id"])
    uid = _create_stable_id(call, "message", payload["msgid"])
    chat["messages"].insert(0, {"uid": uid, **payload})
    shown = {"conversation_id": payload["conversation_id"], "msgid": uid, "ref_id": payload["msgid"]}
    for end in ("sender", "receiver"):
        if end in payload:
            shown[f"{end}_id"] = _render_chat_user(call, payload[end])["id"]
    return build_response(200, {"new_message": shown}, media=JSON)


def _find_message(call: ApiCall, uid: str | None = None, msgid: str | None = None) -> Row | None:
    messages = (message for chat in call.store.iter_rows("service_chats") for message in chat["messages"])
    return next(
        (one for one in messages if (uid and one["uid"] == uid) or (not uid and msgid and one["msgid"] == msgid)), None
    )


def _edit_message(call: ApiCall, payload: Row) -> SandboxResponse:
    message = _find_message(call, payload.get("id"), payload.get("msgid"))
    if message is None:
        return _build_error_response(404, "MESSAGE_NOT_FOUND", "NOT_FOUND")
    message["message"] = {**message["message"], **payload["message"]}
    message["msgid"] = payload.get("msgid", message["msgid"])
    shown = {"conversation_id": payload["conversation_id"], "msgid": message["uid"], "ref_id": message["msgid"]}
    return build_response(200, {"edit_message": shown}, media=JSON)


def get_chat_history(call: ApiCall) -> SandboxResponse:
    chat = next((row for row in call.store.iter_rows("service_chats") if row["uid"] == call.path_params["chat"]), None)
    offset, limit = int(call.query.get_text("offset") or 0), min(int(call.query.get_text("limit") or MOST), MOST)
    rows = chat["messages"][offset : offset + limit] if chat else []
    return (
        build_response(200, {"messages": [_render_message(call, row) for row in rows]}, media=JSON)
        if rows
        else build_empty_response()
    )


def _render_message(call: ApiCall, row: Row) -> Row:
    ends: Row = {end: _render_chat_user(call, row[end]) for end in ("sender", "receiver") if end in row}
    empty = {"media": "", "thumbnail": "", "file_name": "", "file_size": 0}
    message = {"id": row["uid"], "client_id": row["msgid"], **empty, **row["message"]}
    return {"timestamp": row["timestamp"], "msec_timestamp": row["msec_timestamp"], **ends, "message": message}


# Delivery, reactions and typing


def set_delivery_status(call: ApiCall) -> SandboxResponse:
    schema: Schema = {
        "msgid": validate_text,
        "status_code": validate_choice(1, 2, -1),
        "error_code": validate_choice(901, 902, 903, 904, 905),
        "error": validate_text,
    }
    clean = _validate_body(call, schema, ("status_code",))
    message = _find_message(call, call.path_params["msgid"])
    if message is None:
        return _build_error_response(404, "MESSAGE_NOT_FOUND", "NOT_FOUND")
    message["delivery"] = clean
    return SandboxResponse(200)


def set_reaction(call: ApiCall) -> SandboxResponse:
    names = dict.fromkeys(("conversation_id", "conversation_ref_id", "id", "msgid", "emoji"), validate_text)
    who = validate_nested({"id": validate_text, "ref_id": validate_text})
    schema: Schema = {**names, "user": who, "type": validate_choice("react", "unreact")}
    clean = _validate_body(call, schema, ("user", "type"))
    message = _find_message(call, clean.get("id"), clean.get("msgid"))
    if message is None:
        return _build_error_response(404, "MESSAGE_NOT_FOUND", "NOT_FOUND")
    message["reaction"] = clean.get("emoji") if clean["type"] == "react" else None
    return SandboxResponse(200)


def show_typing(call: ApiCall) -> SandboxResponse:
    schema: Schema = {
        "conversation_id": validate_text,
        "sender": validate_nested({"id": validate_text}, ("id",)),
        "duration_ms": validate_integer,
    }
    _validate_body(call, schema, ("conversation_id", "sender"))
    return build_empty_response()


def _build_chat_route(method: str, path: str, handler: Handler, **more: Any) -> Route:
    return Route(method, f"{PREFIX}{{scope:text}}{path}", _guard_signature(handler), public=True, **more)


ROUTES = (
    _build_chat_route("POST", "/connect", connect_account),
    _build_chat_route("DELETE", "/disconnect", disconnect_account),
    _build_chat_route("POST", "/chats", create_chat),
    _build_chat_route("POST", "", receive_message),
    _build_chat_route("GET", "/chats/{chat:text}/history", get_chat_history, params=frozenset({"offset", "limit"})),
    _build_chat_route("POST", "/{msgid:text}/delivery_status", set_delivery_status),
    _build_chat_route("POST", "/react", set_reaction),
    _build_chat_route("POST", "/typing", show_typing),
)

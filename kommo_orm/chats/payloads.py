"""Builds the bodies of requests to the chats service, and validates them before they are sent.

Source: Kommo Chats API, "Send, edit or import message", "Delivery status", "Reactions", "Typing".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from typing_extensions import TypedDict

from kommo_orm.chats.chat_values import ChatMessage, ChatUser
from kommo_orm.chats.quotes import ChatForward, ChatQuote
from kommo_orm.chats.timestamps import encode_time
from kommo_orm.errors import ConfigurationError

ErrorCode = Literal[901, 902, 903, 904, 905]
STATUSES = {"delivered": 1, "read": 2, "failed": -1}
OTHER_ERROR = 905  # needs a text beside the code


class SendOptions(TypedDict, total=False):
    """Optional parts of a message; see `ChatScope.send()`."""

    receiver: ChatUser | None
    at: datetime | None
    silent: bool
    source: str | None
    conversation_ref_id: str | None
    reply_to: ChatQuote | str | None
    forward: ChatForward | None


def require_text(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{what} must be a text that is not empty, not {value!r}")
    return value


def build_message(message: ChatMessage | str, *, editing: bool = False) -> dict[str, Any]:
    """The body of a message. Raises `ConfigurationError` if a part is missing that its type needs."""
    full = ChatMessage(type="text", text=message) if isinstance(message, str) else message
    try:
        full.validate_for_sending(editing=editing)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    return full.to_raw()


def build_user(user: ChatUser, what: str, *, named: bool = True) -> dict[str, Any]:
    """The body of a participant."""
    if not isinstance(user, ChatUser) or not (user.id or user.ref_id) or (named and not user.name):
        raise ConfigurationError(f"{what} must be a ChatUser with an id{' and a name' if named else ''}, not {user!r}")
    return user.to_raw()


def build_new_message(
    conversation_id: str, message: ChatMessage | str, msgid: str, sender: ChatUser, options: SendOptions
) -> dict[str, Any]:
    receiver, source, reply_to = options.get("receiver"), options.get("source"), options.get("reply_to")
    quoted = ChatQuote(msgid=reply_to) if isinstance(reply_to, str) else reply_to
    forward = options.get("forward")
    payload: dict[str, Any] = {
        **encode_time(options.get("at") or datetime.now(UTC)),
        "msgid": require_text(msgid, "msgid"),
        "conversation_id": require_text(conversation_id, "conversation_id"),
        "conversation_ref_id": options.get("conversation_ref_id"),
        "sender": build_user(sender, "the sender of a message"),
        "receiver": None if receiver is None else build_user(receiver, "the receiver of a message"),
        "message": build_message(message),
        "silent": options.get("silent", False),
        "source": None if source is None else {"external_id": source},
        "reply_to": None if quoted is None else {"message": quoted.to_raw()},
        "forwards": None if forward is None else forward.to_raw(),
    }
    return {key: value for key, value in payload.items() if value is not None}


def build_edited_message(
    conversation_id: str, message: ChatMessage | str, msgid: str | None, id: str | None, at: datetime | None
) -> dict[str, Any]:
    if not msgid and not id:
        raise ConfigurationError("Name the message that is edited: msgid=... or id=...")
    payload = {
        **encode_time(at or datetime.now(UTC)),
        "msgid": msgid,
        "id": id,
        "conversation_id": require_text(conversation_id, "conversation_id"),
        "message": build_message(message, editing=True),
    }
    return {key: value for key, value in payload.items() if value is not None}


def build_delivery_status(status: str, error_code: int | None, error: str | None) -> dict[str, Any]:
    if status not in STATUSES:
        raise ConfigurationError(f"The delivery status must be one of {', '.join(STATUSES)}, not {status!r}")
    if status != "failed":
        if error_code is not None or error is not None:
            raise ConfigurationError(f"A message that was {status} has no error: leave out error_code and error")
        return {"status_code": STATUSES[status]}
    if error_code is None or (error_code == OTHER_ERROR and not error):
        raise ConfigurationError(
            f"A failed message needs an error_code (901 to 905), and {OTHER_ERROR} also needs error=..."
        )
    return {"status_code": -1, "error_code": error_code, **({"error": error} if error is not None else {})}


def build_reaction(
    emoji: str | None,
    user: ChatUser,
    conversation_id: str | None,
    conversation_ref_id: str | None,
    msgid: str | None,
    id: str | None,
) -> dict[str, Any]:
    if not conversation_id and not conversation_ref_id:
        raise ConfigurationError("Name the chat of the reaction: conversation_id=... or conversation_ref_id=...")
    if not msgid and not id:
        raise ConfigurationError("Name the message of the reaction: msgid=... or id=...")
    names = {"conversation_id": conversation_id, "conversation_ref_id": conversation_ref_id, "msgid": msgid, "id": id}
    full = build_user(user, "the user of a reaction", named=False)
    reacting = {key: full[key] for key in ("id", "ref_id") if key in full}  # the service takes no more here
    body: dict[str, Any] = {**names, "user": reacting}
    body |= {"type": "unreact"} if emoji is None else {"type": "react", "emoji": require_text(emoji, "emoji")}
    return {key: value for key, value in body.items() if value is not None}


def build_typing(conversation_id: str, user: ChatUser | str, seconds: float | None) -> dict[str, Any]:
    name = user if isinstance(user, str) else user.id
    body: dict[str, Any] = {
        "conversation_id": require_text(conversation_id, "conversation_id"),
        "sender": {"id": require_text(name, "the id of the typing user")},
    }
    if seconds is not None:
        if isinstance(seconds, bool) or not seconds > 0:
            raise ConfigurationError(f"seconds must be a number above 0, not {seconds!r}")
        body["duration_ms"] = round(seconds * 1000)
    return body

"""The bodies of what is told to the chats service, checked before they are sent.

Source: Kommo Chats API, "Send, edit or import message", "Delivery status", "Reactions", "Typing".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from typing_extensions import TypedDict

from kommo_orm.chats.parts import ChatMessage, ChatUser
from kommo_orm.chats.quotes import ChatForward, ChatQuote
from kommo_orm.chats.times import moments
from kommo_orm.errors import ConfigurationError

ErrorCode = Literal[901, 902, 903, 904, 905]
STATUSES = {"delivered": 1, "read": 2, "failed": -1}
OTHER = 905  # the code that needs words


class SendOptions(TypedDict, total=False):
    """What else a message can be given; see `ChatScope.send()`."""

    receiver: ChatUser | None
    at: datetime | None
    silent: bool
    source: str | None
    conversation_ref_id: str | None
    reply_to: ChatQuote | str | None
    forward: ChatForward | None


def filled(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{what} is a text, not {value!r}")
    return value


def said_by(message: ChatMessage | str, *, editing: bool = False) -> dict[str, Any]:
    """A message as it is sent. Raises `ConfigurationError` for one that lacks what its type needs."""
    whole = ChatMessage(type="text", text=message) if isinstance(message, str) else message
    try:
        whole.check(editing=editing)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    return whole.to_raw()


def user_of(user: ChatUser, what: str, *, named: bool = True) -> dict[str, Any]:
    """A participant as it is sent."""
    if not isinstance(user, ChatUser) or not (user.id or user.ref_id) or (named and not user.name):
        raise ConfigurationError(f"{what} is a ChatUser with an id{' and a name' if named else ''}, not {user!r}")
    return user.to_raw()


def new_payload(
    conversation_id: str, message: ChatMessage | str, msgid: str, sender: ChatUser, options: SendOptions
) -> dict[str, Any]:
    receiver, source, reply_to = options.get("receiver"), options.get("source"), options.get("reply_to")
    quoted = ChatQuote(msgid=reply_to) if isinstance(reply_to, str) else reply_to
    forward = options.get("forward")
    payload: dict[str, Any] = {
        **moments(options.get("at") or datetime.now(UTC)),
        "msgid": filled(msgid, "msgid"),
        "conversation_id": filled(conversation_id, "conversation_id"),
        "conversation_ref_id": options.get("conversation_ref_id"),
        "sender": user_of(sender, "the sender of a message"),
        "receiver": None if receiver is None else user_of(receiver, "the receiver of a message"),
        "message": said_by(message),
        "silent": options.get("silent", False),
        "source": None if source is None else {"external_id": source},
        "reply_to": None if quoted is None else {"message": quoted.to_raw()},
        "forwards": None if forward is None else forward.to_raw(),
    }
    return {key: value for key, value in payload.items() if value is not None}


def edited_payload(
    conversation_id: str, message: ChatMessage | str, msgid: str | None, id: str | None, at: datetime | None
) -> dict[str, Any]:
    if not msgid and not id:
        raise ConfigurationError("say which message is edited: msgid=... or id=...")
    payload = {
        **moments(at or datetime.now(UTC)),
        "msgid": msgid,
        "id": id,
        "conversation_id": filled(conversation_id, "conversation_id"),
        "message": said_by(message, editing=True),
    }
    return {key: value for key, value in payload.items() if value is not None}


def delivery_of(status: str, error_code: int | None, error: str | None) -> dict[str, Any]:
    if status not in STATUSES:
        raise ConfigurationError(f"a message is {', '.join(STATUSES)}; not {status!r}")
    if status != "failed":
        if error_code is not None or error is not None:
            raise ConfigurationError(f"a message that was {status} has no error")
        return {"status_code": STATUSES[status]}
    if error_code is None or (error_code == OTHER and not error):
        raise ConfigurationError(
            f"a failed message has an error_code (901 to 905), and {OTHER} needs error=... in words"
        )
    return {"status_code": -1, "error_code": error_code, **({"error": error} if error is not None else {})}


def reaction_of(
    emoji: str | None,
    user: ChatUser,
    conversation_id: str | None,
    conversation_ref_id: str | None,
    msgid: str | None,
    id: str | None,
) -> dict[str, Any]:
    if not conversation_id and not conversation_ref_id:
        raise ConfigurationError("say in which chat: conversation_id=... or conversation_ref_id=...")
    if not msgid and not id:
        raise ConfigurationError("say on which message: msgid=... or id=...")
    names = {"conversation_id": conversation_id, "conversation_ref_id": conversation_ref_id, "msgid": msgid, "id": id}
    whole = user_of(user, "who reacts", named=False)
    who = {key: whole[key] for key in ("id", "ref_id") if key in whole}  # more of a person is not taken here
    body: dict[str, Any] = {**names, "user": who}
    body |= {"type": "unreact"} if emoji is None else {"type": "react", "emoji": filled(emoji, "emoji")}
    return {key: value for key, value in body.items() if value is not None}


def typing_of(conversation_id: str, user: ChatUser | str, seconds: float | None) -> dict[str, Any]:
    name = user if isinstance(user, str) else user.id
    body: dict[str, Any] = {
        "conversation_id": filled(conversation_id, "conversation_id"),
        "sender": {"id": filled(name, "the id of who is typing")},
    }
    if seconds is not None:
        if isinstance(seconds, bool) or not seconds > 0:
            raise ConfigurationError(f"seconds is a number above 0, not {seconds!r}")
        body["duration_ms"] = round(seconds * 1000)
    return body

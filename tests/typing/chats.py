"""The chats service: what the checkers say of it. Never run.

A line that must be an error carries `# type: ignore[code]`, with mypy's code; every other line must be none.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_type

from kommo_orm import Chat, ChatChannel, ChatMessage, ChatQuote, ChatScope, ChatUser, SentMessage


def channels(channel: ChatChannel, now: datetime) -> None:
    ann = ChatUser(id="a", name="Ann")
    scope = channel.connect("account", "Title")
    assert_type(scope, ChatScope)
    assert_type(scope.create_chat("c", ann, source="s"), Chat)
    assert_type(scope.send("c", "Hi", msgid="m", sender=ann, at=now, silent=True, reply_to="n"), SentMessage)
    assert_type(scope.edit("c", ChatMessage(type="text", text="x"), msgid="m").msgid, str | None)
    for message in scope.history("c", limit=5):
        assert_type(message.sender, ChatUser | None)
        assert_type(message.at, datetime | None)
    scope.set_delivery_status("m", "failed", error_code=905, error="x")
    scope.react(None, conversation_id="c", msgid="m", user=ann)
    scope.typing("c", ann, seconds=2.5)


async def later(scope: ChatScope, ann: ChatUser) -> None:
    assert_type(await scope.asend("c", "Hi", msgid="m", sender=ann, reply_to=ChatQuote(id="x")), SentMessage)
    async for message in scope.ahistory("c"):
        assert_type(message.message, ChatMessage | None)


def wrong(channel: ChatChannel, scope: ChatScope, ann: ChatUser) -> None:
    ChatChannel("id")  # type: ignore[call-arg]
    scope.send("c", "Hi", sender=ann)  # type: ignore[call-arg]
    scope.send("c", "Hi", msgid="m", sender="Ann")  # type: ignore[arg-type]
    scope.send("c", "Hi", msgid="m", sender=ann, loud=True)  # type: ignore[call-arg]
    ChatMessage(type="hologram")  # type: ignore[arg-type]
    scope.set_delivery_status("m", "lost")  # type: ignore[arg-type]
    scope.set_delivery_status("m", "failed", error_code=900)  # type: ignore[arg-type]

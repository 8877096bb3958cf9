"""Chats, messages, history, delivery statuses and reactions of one connected account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kommo_orm import (
    BadRequest,
    Chat,
    ChatChannel,
    ChatContact,
    ChatForward,
    ChatHistoryMessage,
    ChatLocation,
    ChatMessage,
    ChatPost,
    ChatQuote,
    ChatScope,
    ChatUser,
    ConfigurationError,
    NotConnected,
    NotFound,
    QueryError,
    SentMessage,
    UncertainWrite,
    UnexpectedResponse,
)
from kommo_orm.sandbox import Sandbox
from tests.chats.conftest import AMOJO, ANN, BEN, THEN, a_channel


def test_create_chat_creates_or_finds_a_chat(scope: ChatScope, sandbox: Sandbox):
    chat = scope.create_chat("chat-7", ANN, source="landing-1")
    assert sandbox.log[-1].json == {
        "conversation_id": "chat-7",
        "source": {"external_id": "landing-1"},
        "user": {
            "id": "client-7",
            "name": "Ann",
            "profile": {"phone": "+34600111222", "email": "ann@olive.example"},
        },
    }
    assert chat.user is not None
    assert (chat.user.client_id, chat.user.phone) == ("client-7", "+34600111222")
    assert scope.create_chat("chat-7", ANN).id == chat.id


def test_send_posts_a_message_of_a_client(scope: ChatScope, sandbox: Sandbox):
    sent = scope.send("chat-7", "Open on Sunday?", msgid="m-1", sender=ANN, at=THEN, source="landing-1")
    assert sandbox.log[-1].json == {
        "event_type": "new_message",
        "payload": {
            "timestamp": 1772704800,
            "msec_timestamp": 1772704800694,
            "msgid": "m-1",
            "conversation_id": "chat-7",
            "sender": {
                "id": "client-7",
                "name": "Ann",
                "profile": {"phone": "+34600111222", "email": "ann@olive.example"},
            },
            "message": {"type": "text", "text": "Open on Sunday?"},
            "silent": False,
            "source": {"external_id": "landing-1"},
        },
    }
    assert (sent.ref_id, sent.conversation_id, sent.receiver_id) == ("m-1", "chat-7", None)
    assert sent.msgid


def test_send_posts_every_kind_of_message(scope: ChatScope, sandbox: Sandbox):
    picture = ChatMessage(type="picture", media="https://o.example/p.png", file_name="p.png", file_size=20480)
    first = scope.send("chat-7", picture, msgid="m-1", sender=ANN, silent=True)
    place = ChatMessage(type="location", location=ChatLocation(lon=-9.14, lat=38.71))
    scope.send("chat-7", place, msgid="m-2", sender=BEN, receiver=ANN, reply_to="m-1", conversation_ref_id="c-1")
    payload = sandbox.log[-1].json["payload"]
    assert payload["message"] == {"type": "location", "location": {"lon": -9.14, "lat": 38.71}}
    assert payload["sender"]["ref_id"] == BEN.ref_id
    assert (payload["reply_to"], payload["conversation_ref_id"]) == ({"message": {"msgid": "m-1"}}, "c-1")
    comment = ChatMessage(type="text", text="Nice", post=ChatPost(id="p-1", url="https://o.example/1"))
    scope.send("chat-7", comment, msgid="m-3", sender=ANN, forward=ChatForward(ChatQuote(id=first.msgid), "chat-8"))
    payload = sandbox.log[-1].json["payload"]
    assert payload["forwards"] == {"messages": [{"id": first.msgid}], "conversation_id": "chat-8"}
    assert payload["message"]["post"] == {"id": "p-1", "url": "https://o.example/1"}
    card = ChatMessage(type="contact", contact=ChatContact(name="Ben", phone="+1"))
    quote = ChatQuote(message=ChatMessage(type="text", text="x"), sender=ChatUser(name="Ann"), at=THEN)
    scope.send("chat-7", card, msgid="m-4", sender=ANN, reply_to=quote)
    assert sandbox.log[-1].json["payload"]["reply_to"]["message"] == {
        "type": "text",
        "text": "x",
        "sender": {"name": "Ann"},
        "timestamp": 1772704800,
        "msec_timestamp": 1772704800694,
    }


def test_edit_replaces_the_content_of_a_message(scope: ChatScope, sandbox: Sandbox):
    sent = scope.send("chat-7", "Helo", msgid="m-1", sender=ANN)
    edited = scope.edit("chat-7", "Hello", msgid="m-1", at=THEN)
    assert sandbox.log[-1].json == {
        "event_type": "edit_message",
        "payload": {
            "timestamp": 1772704800,
            "msec_timestamp": 1772704800694,
            "msgid": "m-1",
            "conversation_id": "chat-7",
            "message": {"type": "text", "text": "Hello"},
        },
    }
    assert edited.msgid == sent.msgid
    assert sent.msgid is not None
    scope.edit("chat-7", ChatMessage(type="picture", text="Same file"), id=sent.msgid)
    with pytest.raises(NotFound):
        scope.edit("chat-7", "x", msgid="nobody")
    with pytest.raises(ConfigurationError, match="Name the message"):
        scope.edit("chat-7", "x")


def test_history_reads_fifty_messages_a_request(scope: ChatScope, sandbox: Sandbox):
    chat = scope.create_chat("chat-7", ANN)
    assert chat.id is not None
    assert list(scope.history(chat.id)) == []
    for at in range(60):
        scope.send("chat-7", f"{at}", msgid=f"m-{at}", sender=ANN, at=THEN + timedelta(seconds=at))
    earlier = len(sandbox.log)
    messages = list(scope.history(chat.id))
    assert [one.message.text for one in messages if one.message] == [f"{at}" for at in reversed(range(60))]
    assert [entry.query for entry in sandbox.log[earlier:]] == [f"offset={at}&limit=50" for at in (0, 50, 60)]
    first = messages[-1]
    assert (first.at, first.receiver) == (THEN, None)
    assert first.sender is not None
    assert (first.sender.client_id, first.sender.email) == ("client-7", "ann@olive.example")
    assert len(list(scope.history(chat.id, limit=55))) == 55
    assert list(scope.history(chat.id, limit=0)) == []
    with pytest.raises(QueryError):
        list(scope.history(chat.id, limit=-1))


def test_history_gives_each_message_once_although_new_ones_arrive(scope: ChatScope):
    chat = scope.create_chat("chat-7", ANN)
    assert chat.id is not None
    for at in range(51):
        scope.send("chat-7", f"{at}", msgid=f"m-{at}", sender=ANN)
    found = []
    for message in scope.history(chat.id):
        if not found:
            scope.send("chat-7", "new", msgid="m-new", sender=ANN)
        assert message.message is not None
        found.append(message.message.text)
    assert found == [f"{at}" for at in reversed(range(51))]


def test_set_delivery_status_posts_the_status(scope: ChatScope, sandbox: Sandbox):
    sent = scope.send("chat-7", "x", msgid="m-1", sender=BEN, receiver=ANN)
    assert sent.msgid is not None
    scope.set_delivery_status(sent.msgid, "delivered")
    assert sandbox.log[-1].path.endswith(f"_{AMOJO}/{sent.msgid}/delivery_status")
    assert sandbox.log[-1].json == {"status_code": 1}
    scope.set_delivery_status(sent.msgid, "read")
    scope.set_delivery_status(sent.msgid, "failed", error_code=905, error="No such number")
    assert sandbox.log[-1].json == {"status_code": -1, "error_code": 905, "error": "No such number"}
    with pytest.raises(NotFound):
        scope.set_delivery_status("nobody", "read")


def test_react_and_typing_post_their_bodies(scope: ChatScope, sandbox: Sandbox):
    scope.send("chat-7", "x", msgid="m-1", sender=ANN)
    scope.react("❤", conversation_id="chat-7", msgid="m-1", user=ChatUser(id="client-7"))
    assert sandbox.log[-1].json == {
        "conversation_id": "chat-7",
        "msgid": "m-1",
        "user": {"id": "client-7"},
        "type": "react",
        "emoji": "❤",
    }
    scope.react(None, conversation_ref_id="c-1", msgid="m-1", user=ChatUser(ref_id="r-1"))
    assert sandbox.log[-1].json["type"] == "unreact"
    scope.react("❤", conversation_id="chat-7", msgid="m-1", user=ANN)
    assert sandbox.log[-1].json["user"] == {"id": ANN.id}
    scope.react("❤", conversation_id="chat-7", msgid="m-1", user=BEN)
    assert sandbox.log[-1].json["user"] == {"id": BEN.id, "ref_id": BEN.ref_id}
    scope.typing("chat-7", ANN, seconds=2.5)
    assert sandbox.log[-1].json == {
        "conversation_id": "chat-7",
        "sender": {"id": "client-7"},
        "duration_ms": 2500,
    }
    scope.typing("chat-7", "client-7")
    assert sandbox.log[-1].status == 204


def test_a_message_is_not_sent_twice_after_a_lost_answer(scope: ChatScope, sandbox: Sandbox):
    sandbox.faults.next(drop_after=True)
    count = len(sandbox.log)
    with pytest.raises(UncertainWrite):
        scope.send("chat-7", "x", msgid="m-1", sender=ANN)
    assert len(sandbox.log) == count + 1
    sandbox.faults.next(status=502)
    scope.edit("chat-7", "y", msgid="m-1")


def test_invalid_input_sends_no_request(scope: ChatScope, sandbox: Sandbox):
    count = len(sandbox.log)
    nobody = ChatUser(name="Ann")
    refusals: list[Any] = [
        lambda: scope.send("chat-7", ChatMessage(type="picture", media="x"), msgid="m", sender=ANN),
        lambda: scope.send("chat-7", ChatMessage(type="text"), msgid="m", sender=ANN),
        lambda: scope.send("chat-7", ChatMessage(type="location"), msgid="m", sender=ANN),
        lambda: scope.send("chat-7", "x", msgid="", sender=ANN),
        lambda: scope.send("", "x", msgid="m", sender=ANN),
        lambda: scope.send("chat-7", "x", msgid="m", sender=nobody),
        lambda: scope.send("chat-7", "x", msgid="m", sender=ChatUser(id="7")),
        lambda: scope.send("chat-7", "x", msgid="m", sender=ANN, at=datetime(2026, 1, 1)),  # noqa: DTZ001
        lambda: scope.create_chat("chat-7", nobody),
        lambda: scope.set_delivery_status("m", "lost"),  # type: ignore[arg-type]
        lambda: scope.set_delivery_status("m", "failed"),
        lambda: scope.set_delivery_status("m", "failed", error_code=905),
        lambda: scope.set_delivery_status("m", "read", error_code=901),
        lambda: scope.set_delivery_status("", "read"),
        lambda: scope.react("x", user=ANN, msgid="m"),
        lambda: scope.react("x", user=ANN, conversation_id="chat-7"),
        lambda: scope.react("", user=ANN, conversation_id="chat-7", msgid="m"),
        lambda: scope.react("x", user=nobody, conversation_id="chat-7", msgid="m"),
        lambda: scope.typing("chat-7", nobody),
        lambda: scope.typing("chat-7", ANN, seconds=0),
        lambda: ChatQuote(),
        lambda: ChatChannel("a/b", "s3cr3t-of-channel"),
        lambda: ChatChannel("a", ""),
        lambda: ChatChannel("a", "s3cr3t-of-channel", domain="example.org"),  # type: ignore[arg-type]
    ]
    for refused in refusals:
        with pytest.raises(ConfigurationError):
            refused()
    assert len(sandbox.log) == count


def test_refusals_of_the_service_raise(scope: ChatScope, sandbox: Sandbox, channel: ChatChannel):
    with pytest.raises(BadRequest):
        scope.send("chat-7", "x", msgid="m", sender=ChatUser(ref_id="r", name="Ann"))
    sandbox.faults.next(body={"status": "ok"})
    with pytest.raises(UnexpectedResponse, match="no scope"):
        channel.connect(AMOJO)


def test_unexpected_values_in_responses_are_read():
    message = ChatHistoryMessage.from_raw(
        {"timestamp": "1772704800", "sender": [], "message": {"type": "hologram"}, "x": 1}
    )
    assert (message.at, message.extra) == (datetime(2026, 3, 5, 10, tzinfo=UTC), {"x": 1})
    assert message.message is not None
    assert message.message.type == "hologram"
    assert SentMessage.read_response({"new_message": {"msgid": "a", "receiver_id": None}}).msgid == "a"
    assert Chat.from_raw({"id": "c", "user": {"id": "u"}}).user == ChatUser(id="u")


@pytest.mark.anyio
async def test_async_methods_do_the_same(sandbox: Sandbox):
    async with a_channel(sandbox) as channel:
        scope = await channel.aconnect(AMOJO)
        chat = await scope.acreate_chat("chat-7", ANN)
        sent = await scope.asend("chat-7", "x", msgid="m-1", sender=ANN)
        await scope.aedit("chat-7", "y", msgid="m-1")
        assert sent.msgid is not None
        await scope.aset_delivery_status(sent.msgid, "read")
        await scope.areact("❤", conversation_id="chat-7", msgid="m-1", user=ANN)
        await scope.atyping("chat-7", ANN)
        assert chat.id is not None
        assert [one.message.text async for one in scope.ahistory(chat.id) if one.message] == ["y"]
        await channel.adisconnect(AMOJO)
    with pytest.raises(NotConnected):
        await channel.aconnect(AMOJO)

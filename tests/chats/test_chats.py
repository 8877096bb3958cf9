"""The chats service: every attempt signed over its own bytes, bodies checked first, answers read whatever they hold."""

from __future__ import annotations

import hashlib
import hmac
import logging
import pickle
from collections.abc import Iterator
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
    Forbidden,
    NotConnected,
    NotFound,
    QueryError,
    SentMessage,
    UncertainWrite,
    UnexpectedResponse,
)
from kommo_orm.sandbox import Sandbox

AMOJO = "52e591f7-c98f-4255-8495-827210138c81"
THEN = datetime(2026, 3, 5, 10, 0, 0, 694_000, tzinfo=UTC)
ANN = ChatUser(id="client-7", name="Ann", phone="+34600111222", email="ann@olive.example")
BEN = ChatUser(id="manager-1", name="Ben", ref_id="76fc2bea-902f-425c-9a3d-dcdac4766090")


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def a_channel(sandbox: Sandbox, secret: str | None = None, **options: Any) -> ChatChannel:
    options = {"backoff": 0, "rate": None} | options
    return ChatChannel(sandbox.channel_id, secret or sandbox.channel_secret, transport=sandbox.transport, **options)


@pytest.fixture
def channel(sandbox: Sandbox) -> Iterator[ChatChannel]:
    with a_channel(sandbox) as channel:
        yield channel


@pytest.fixture
def scope(channel: ChatChannel) -> ChatScope:
    return channel.connect(AMOJO, "Olive messenger")


def test_connecting_gives_a_scope(channel: ChatChannel, sandbox: Sandbox):
    scope = channel.connect(AMOJO, "Olive", is_time_window_disabled=True)
    assert (scope.id, scope.account_id, scope.title) == (f"{sandbox.channel_id}_{AMOJO}", AMOJO, "Olive")
    assert scope.is_time_window_disabled is True
    assert channel.scope(AMOJO).id == scope.id
    last = sandbox.log[-1]
    assert (last.method, last.path) == ("POST", f"/v2/origin/custom/{sandbox.channel_id}/connect")
    assert last.request.host == "amojo.kommo.com"
    assert last.json == {
        "account_id": AMOJO,
        "title": "Olive",
        "hook_api_version": "v2",
        "is_time_window_disabled": True,
    }
    channel.disconnect(AMOJO)
    assert (sandbox.log[-1].method, sandbox.log[-1].json) == ("DELETE", {"account_id": AMOJO})
    with pytest.raises(NotFound):
        scope.typing("chat-7", "client-7")


def test_every_request_is_signed_over_what_is_sent(scope: ChatScope, sandbox: Sandbox):
    scope.send("chat-7", "Olá", msgid="m-1", sender=ANN)
    list(scope.history("a-chat"))
    for entry in sandbox.log:
        headers = entry.request.headers
        assert "authorization" not in headers
        assert headers["content-md5"] == hashlib.md5(entry.request.body).hexdigest()
        said = "\n".join((entry.method, headers["content-md5"], "application/json", headers["date"], entry.path))
        right = hmac.new(sandbox.channel_secret.encode(), said.encode(), hashlib.sha1).hexdigest()
        assert headers["x-signature"] == right
        assert headers["date"].endswith(" +0000")
    assert sandbox.log[-1].query == "offset=0&limit=50"


def test_each_attempt_is_signed_anew(sandbox: Sandbox):
    moments = iter(datetime.now(UTC) + timedelta(seconds=at) for at in range(5))
    sandbox.faults.next(status=503, method="DELETE")
    with a_channel(sandbox, now=lambda: next(moments)) as channel:
        channel.disconnect(AMOJO)
    dates = {entry.request.headers["date"] for entry in sandbox.log}
    signatures = {entry.request.headers["x-signature"] for entry in sandbox.log}
    assert (len(sandbox.log), len(dates), len(signatures)) == (2, 2, 2)


def test_wrong_and_stale_signatures(sandbox: Sandbox):
    with (
        a_channel(sandbox, "an0ther-s3cr3t") as wrong,
        pytest.raises(Forbidden, match="SIGNATURE. The signature is not taken"),
    ):
        wrong.connect(AMOJO)
    with a_channel(sandbox, now=lambda: datetime.now(UTC) - timedelta(minutes=16)) as late, pytest.raises(Forbidden):
        late.connect(AMOJO)
    other = ChatChannel("nobody", "s3cr3t-of-channel", transport=sandbox.transport)
    with other, pytest.raises(NotFound, match="ORIGIN_NOT_REGISTERED"):
        other.connect(AMOJO)


def test_the_service_has_hosts_of_its_own(sandbox: Sandbox):
    with a_channel(sandbox, domain="amocrm.ru") as russian:
        russian.connect(AMOJO)
    assert sandbox.log[-1].request.host == "amojo.amocrm.ru"
    with a_channel(sandbox, base_url="https://sandbox.kommo.com") as lost, pytest.raises(NotFound):
        lost.connect(AMOJO)
    with sandbox.serve() as server, ChatChannel(sandbox.channel_id, sandbox.channel_secret, base_url=server.url) as own:
        assert own.connect(AMOJO).typing("chat 7 ü", "client-7") is None
        assert list(own.scope(AMOJO).history("an odd name ü")) == []


def test_secrets_do_not_show(sandbox: Sandbox, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    with a_channel(sandbox) as channel:
        channel.connect(AMOJO)
        assert sandbox.channel_secret not in f"{channel!r} {vars(channel)} {caplog.text}"
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(channel)
    with pytest.raises(NotConnected):
        channel.disconnect(AMOJO)


def test_chats_are_made_or_found(scope: ChatScope, sandbox: Sandbox):
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


def test_a_message_of_a_client(scope: ChatScope, sandbox: Sandbox):
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


def test_what_else_a_message_can_be(scope: ChatScope, sandbox: Sandbox):
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
    told = ChatQuote(message=ChatMessage(type="text", text="x"), sender=ChatUser(name="Ann"), at=THEN)
    scope.send("chat-7", card, msgid="m-4", sender=ANN, reply_to=told)
    assert sandbox.log[-1].json["payload"]["reply_to"]["message"] == {
        "type": "text",
        "text": "x",
        "sender": {"name": "Ann"},
        "timestamp": 1772704800,
        "msec_timestamp": 1772704800694,
    }


def test_editing(scope: ChatScope, sandbox: Sandbox):
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
    with pytest.raises(ConfigurationError, match="which message"):
        scope.edit("chat-7", "x")


def test_history_is_walked_by_fifties(scope: ChatScope, sandbox: Sandbox):
    chat = scope.create_chat("chat-7", ANN)
    assert chat.id is not None
    assert list(scope.history(chat.id)) == []
    for at in range(60):
        scope.send("chat-7", f"{at}", msgid=f"m-{at}", sender=ANN, at=THEN + timedelta(seconds=at))
    asked = len(sandbox.log)
    messages = list(scope.history(chat.id))
    assert [one.message.text for one in messages if one.message] == [f"{at}" for at in reversed(range(60))]
    assert [entry.query for entry in sandbox.log[asked:]] == [f"offset={at}&limit=50" for at in (0, 50, 60)]
    first = messages[-1]
    assert (first.at, first.receiver) == (THEN, None)
    assert first.sender is not None
    assert (first.sender.client_id, first.sender.email) == ("client-7", "ann@olive.example")
    assert len(list(scope.history(chat.id, limit=55))) == 55
    assert list(scope.history(chat.id, limit=0)) == []
    with pytest.raises(QueryError):
        list(scope.history(chat.id, limit=-1))


def test_messages_that_come_meanwhile_make_none_come_twice(scope: ChatScope):
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


def test_what_became_of_a_message(scope: ChatScope, sandbox: Sandbox):
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


def test_reactions_and_typing(scope: ChatScope, sandbox: Sandbox):
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


def test_a_message_is_never_sent_twice(scope: ChatScope, sandbox: Sandbox):
    sandbox.faults.next(drop_after=True)
    count = len(sandbox.log)
    with pytest.raises(UncertainWrite):
        scope.send("chat-7", "x", msgid="m-1", sender=ANN)
    assert len(sandbox.log) == count + 1
    sandbox.faults.next(status=502)
    scope.edit("chat-7", "y", msgid="m-1")


def test_bad_input_is_not_sent(scope: ChatScope, sandbox: Sandbox):
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


def test_what_the_service_refuses(scope: ChatScope, sandbox: Sandbox, channel: ChatChannel):
    with pytest.raises(BadRequest):
        scope.send("chat-7", "x", msgid="m", sender=ChatUser(ref_id="r", name="Ann"))
    sandbox.faults.next(body={"status": "ok"})
    with pytest.raises(UnexpectedResponse, match="no scope"):
        channel.connect(AMOJO)


def test_odd_answers_are_read():
    message = ChatHistoryMessage.from_raw(
        {"timestamp": "1772704800", "sender": [], "message": {"type": "hologram"}, "x": 1}
    )
    assert (message.at, message.extra) == (datetime(2026, 3, 5, 10, tzinfo=UTC), {"x": 1})
    assert message.message is not None
    assert message.message.type == "hologram"
    assert SentMessage.of({"new_message": {"msgid": "a", "receiver_id": None}}).msgid == "a"
    assert Chat.from_raw({"id": "c", "user": {"id": "u"}}).user == ChatUser(id="u")


@pytest.mark.anyio
async def test_async(sandbox: Sandbox):
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

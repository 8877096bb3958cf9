"""Connecting a channel, and the signature of each attempt."""

from __future__ import annotations

import hashlib
import hmac
import logging
import pickle
from datetime import UTC, datetime, timedelta

import pytest

from kommo_orm import (
    ChatChannel,
    ChatScope,
    Forbidden,
    NotConnected,
    NotFound,
)
from kommo_orm.sandbox import Sandbox
from tests.chats.conftest import AMOJO, ANN, a_channel


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


def test_every_request_is_signed_over_the_bytes_sent(scope: ChatScope, sandbox: Sandbox):
    scope.send("chat-7", "Olá", msgid="m-1", sender=ANN)
    list(scope.history("a-chat"))
    for entry in sandbox.log:
        headers = entry.request.headers
        assert "authorization" not in headers
        assert headers["content-md5"] == hashlib.md5(entry.request.body).hexdigest()
        text = "\n".join((entry.method, headers["content-md5"], "application/json", headers["date"], entry.path))
        right = hmac.new(sandbox.channel_secret.encode(), text.encode(), hashlib.sha1).hexdigest()
        assert headers["x-signature"] == right
        assert headers["date"].endswith(" +0000")
    assert sandbox.log[-1].query == "offset=0&limit=50"


def test_each_attempt_is_signed_again(sandbox: Sandbox):
    moments = iter(datetime.now(UTC) + timedelta(seconds=at) for at in range(5))
    sandbox.faults.next(status=503, method="DELETE")
    with a_channel(sandbox, now=lambda: next(moments)) as channel:
        channel.disconnect(AMOJO)
    dates = {entry.request.headers["date"] for entry in sandbox.log}
    signatures = {entry.request.headers["x-signature"] for entry in sandbox.log}
    assert (len(sandbox.log), len(dates), len(signatures)) == (2, 2, 2)


def test_wrong_and_stale_signatures_are_refused(sandbox: Sandbox):
    with (
        a_channel(sandbox, "an0ther-s3cr3t") as wrong,
        pytest.raises(Forbidden, match="SIGNATURE. The signature was refused"),
    ):
        wrong.connect(AMOJO)
    with a_channel(sandbox, now=lambda: datetime.now(UTC) - timedelta(minutes=16)) as late, pytest.raises(Forbidden):
        late.connect(AMOJO)
    other = ChatChannel("nobody", "s3cr3t-of-channel", transport=sandbox.transport)
    with other, pytest.raises(NotFound, match="ORIGIN_NOT_REGISTERED"):
        other.connect(AMOJO)


def test_domain_and_base_url_choose_the_host(sandbox: Sandbox):
    with a_channel(sandbox, domain="amocrm.ru") as russian:
        russian.connect(AMOJO)
    assert sandbox.log[-1].request.host == "amojo.amocrm.ru"
    with a_channel(sandbox, base_url="https://sandbox.kommo.com") as lost, pytest.raises(NotFound):
        lost.connect(AMOJO)
    with sandbox.serve() as server, ChatChannel(sandbox.channel_id, sandbox.channel_secret, base_url=server.url) as own:
        assert own.connect(AMOJO).typing("chat 7 ü", "client-7") is None
        assert list(own.scope(AMOJO).history("an odd name ü")) == []


def test_secrets_are_not_shown(sandbox: Sandbox, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    with a_channel(sandbox) as channel:
        channel.connect(AMOJO)
        assert sandbox.channel_secret not in f"{channel!r} {vars(channel)} {caplog.text}"
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(channel)
    with pytest.raises(NotConnected):
        channel.disconnect(AMOJO)

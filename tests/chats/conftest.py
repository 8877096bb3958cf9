"""A channel of the chats service, connected to a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from kommo_orm import (
    ChatChannel,
    ChatScope,
    ChatUser,
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

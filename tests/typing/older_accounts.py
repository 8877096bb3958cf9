"""The old login and the web interface's requests, as users write them. Never run."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from kommo_orm import Call, Kommo, LegacyLogin, Widget
from kommo_orm.model.model import Model
from kommo_orm.transport.http_messages import HttpResponse


def logins() -> None:
    login = LegacyLogin("ann@example.com", "key", folder=Path("sessions"), attempts=2, pause=1)
    assert_type(Kommo("acme", login=login), Kommo)
    LegacyLogin("ann@example.com")  # type: ignore[call-arg]
    LegacyLogin("ann@example.com", "key", "sessions")  # type: ignore[call-arg]
    Kommo("acme", login="ann@example.com")  # type: ignore[arg-type]


def ajax(kommo: Kommo) -> None:
    assert_type(kommo.ajax("/ajax/leads/list/"), HttpResponse)
    assert_type(kommo.ajax("/ajax/leads/list/", {"filter": {"pipe": {7: [142]}}}, repeat=True).text, str)
    assert_type(kommo.last_response, HttpResponse | None)
    kommo.ajax("/ajax/leads/list/", json={})  # type: ignore[call-arg]


async def async_ajax(kommo: Kommo) -> None:
    assert_type(await kommo.aajax("/ajax/leads/list/", [("a", 1)]), HttpResponse)


def the_older_api() -> None:
    Kommo("acme", token="...", dialect="v2", page_size=500)
    Kommo("acme", token="...", dialect="v3")  # type: ignore[arg-type]
    assert_type(Call.objects.announce("+1", [5]), Model | None)
    Call.objects.announce(5)  # type: ignore[arg-type]
    Widget.objects.set_sources("acme_phone", [{"name": "x"}])

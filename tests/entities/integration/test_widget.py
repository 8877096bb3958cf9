"""Widgets: found by their code, installed with the settings as the body, and silent about them."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from kommo_orm import BadRequest, ConfigurationError, Kommo, NotFound, NotLoaded, QueryError, Session, Widget
from kommo_orm.sandbox import Sandbox
from tests.account import sent

URL = "/api/v4/widgets/acme_phone"
TEMPLATE = [
    {"key": "line", "name": "Line", "type": "text", "is_required": True},
    {"key": "door", "name": "Password", "type": "pass", "is_required": False},
    {"key": "extensions", "name": "Extensions", "type": "users", "is_required": False},
    {"key": "logins", "name": "Logins", "type": "users_lp", "is_required": False},
    {"key": "rest", "name": "Rest", "type": "custom", "is_required": False},
]


@pytest.fixture
def phone(sandbox: Sandbox) -> Any:
    return sandbox.add("widgets", code="acme_phone", settings_template=TEMPLATE, rating="2,8")


def test_lists_and_codes(kommo: Kommo, sandbox: Sandbox, phone: Any):
    sandbox.add("widgets", code="other")
    assert [one.code for one in Widget.objects.list()] == ["acme_phone", "other"]
    widget = Widget.objects.get("acme_phone")
    assert (widget.id, widget.rating, widget.version, widget.pipeline_id) == (phone["id"], "2,8", "1.0.0", None)
    assert next((one.key, one.type, one.is_required) for one in widget.settings_template) == ("line", "text", True)
    assert widget.is_active_in_account is False
    with pytest.raises(NotLoaded):
        _ = widget.settings
    with pytest.raises(NotFound):
        Widget.objects.get("nobody")
    assert Widget.objects.get_or_none("a/b?c") is None
    assert sandbox.log[-1].path == "/api/v4/widgets/a%2Fb%3Fc" or sandbox.log[-1].status == 404
    with pytest.raises(QueryError, match="a text"):
        Widget.objects.get(7)  # type: ignore[arg-type]


def test_installing_sends_the_settings_themselves(kommo: Kommo, sandbox: Sandbox, phone: Any):
    widget = Widget.objects.get("acme_phone")
    settings = {
        "line": "7700",
        "extensions": {9100001: "101"},
        "logins": {"9": {"login": "ann", "password": "hush-77"}},
    }
    widget.install(settings)
    stored = {**settings, "extensions": {"9100001": "101"}}
    assert sent(sandbox) == [("POST", URL, stored)]
    assert widget.is_active_in_account
    assert widget.settings == stored
    assert widget.settings["line"] == "7700"
    widget.uninstall()
    assert sent(sandbox)[-1] == ("DELETE", URL, None)
    widget.refresh()
    assert widget.is_active_in_account is False


def test_a_widget_is_addressed_by_its_code(kommo: Kommo, sandbox: Sandbox, phone: Any):
    assert Widget.objects.install("acme_phone", {"line": "1"}).settings == {"line": "1"}
    Widget.objects.uninstall("acme_phone")
    with pytest.raises(NotFound):
        Widget.objects.install("nobody")
    with pytest.raises(BadRequest):
        Widget.objects.install("acme_phone", {"rest": 1})
    sandbox.add("widgets", code="plain")
    assert Widget.objects.install("plain").settings == {}
    assert sent(sandbox)[-1] == ("POST", "/api/v4/widgets/plain", {})


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "without the setting 'line'"),
        ({"line": 7700}, "'line' .text. takes a text"),
        ({"line": "1", "door": 5}, "'door' .pass. takes a text"),
        ({"line": "1", "extensions": {"9": 101}}, "user ids to texts"),
        ({"line": "1", "logins": {"9": "ann"}}, "login"),
    ],
)
def test_what_does_not_fit_the_template_is_not_sent(
    kommo: Kommo, sandbox: Sandbox, phone: Any, settings: dict[str, Any], told: str
):
    with pytest.raises(ConfigurationError, match=told):
        Widget.objects.get("acme_phone").install(settings)
    assert sent(sandbox) == []


def test_passwords_do_not_show(kommo: Kommo, sandbox: Sandbox, phone: Any, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    widget = Widget.objects.get("acme_phone")
    widget.install({"line": "1", "door": "open-sesame", "logins": {"9": {"login": "ann", "password": "hush-77"}}})
    with pytest.raises(ConfigurationError) as caught:
        widget.install(
            {"line": "1", "door": "open-sesame", "logins": {"9": {"login": "ann", "password": "hush-77", "x": 1}}}
        )
    shown = f"{widget!r} {widget.settings!r} {caplog.text} {caught.value}"
    assert "open-sesame" not in shown
    assert "hush-77" not in shown
    assert widget.model_dump()["settings"]["door"] == "open-sesame"


def test_sessions_know_widgets_by_code(kommo: Kommo, phone: Any):
    with Session(kommo) as session:
        widget = session.query(Widget).get("acme_phone")
        assert session.get(Widget, "acme_phone") is widget  # type: ignore[arg-type]


def test_odd_rows_are_read():
    row = {
        "id": "7",
        "code": "x",
        "version": 3,
        "rating": 4.5,
        "settings_template": {},
        "settings": [],
        "pipeline_id": 0,
    }
    [widget] = Widget.hydrate([row])
    assert (widget.id, widget.version, widget.rating, widget.settings_template) == (7, "3", "4.5", [])
    assert widget.settings == {}
    assert widget.pipeline_id is None


def test_a_setting_that_the_template_has_not_is_refused_by_name(kommo: Kommo, sandbox: Sandbox, phone: Any):
    widget = Widget.objects.get("acme_phone")
    with pytest.raises(ConfigurationError, match="no setting 'lines'. Did you mean 'line'") as caught:
        widget.install({"line": "1", "lines": "hush-77"})
    assert "hush-77" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="'xyz'. It has 'line', 'door', 'extensions'"):
        widget.install({"line": "1", "xyz": "red"})
    sandbox.add("widgets", code="plain", settings_template=[])
    with pytest.raises(ConfigurationError, match="It has none"):
        Widget.objects.get("plain").install({"line": "1"})
    assert sent(sandbox) == []


def test_without_its_template_any_setting_is_sent(kommo: Kommo, sandbox: Sandbox, phone: Any):
    Widget.hydrate([{"id": phone["id"], "code": "acme_phone"}], kommo)[0].install({"line": "1", "rest": "x"})
    assert sent(sandbox)[-1][2] == {"line": "1", "rest": "x"}


@pytest.mark.anyio
async def test_async(sandbox: Sandbox, phone: Any):
    async with sandbox.connect() as kommo:
        assert [one.code async for one in Widget.objects.using(kommo).aiterate()] == ["acme_phone"]
        widget = await Widget.objects.aget("acme_phone")
        await widget.ainstall({"line": "1"})
        await widget.auninstall()
        assert (await Widget.objects.ainstall("acme_phone", {"line": "2"})).settings == {"line": "2"}
        await Widget.objects.auninstall("acme_phone")
        assert (await Widget.objects.aget_or_none("nobody")) is None


@pytest.mark.parametrize("settings", [["line"], "line", 5])
def test_settings_are_a_mapping(kommo: Kommo, sandbox: Sandbox, phone: Any, settings: Any):
    widget = Widget.objects.get("acme_phone")
    for install in (widget.install, lambda given: Widget.objects.install("acme_phone", given)):
        with pytest.raises(ConfigurationError, match="acme_phone are a mapping"):
            install(settings)
    assert sent(sandbox) == []

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, validation_errors


def test_a_waiting_bot_continues_once(api: ApiClient, sandbox: Sandbox):
    path = sandbox.bot_waits("marketingbot", 7).removeprefix("https://sandbox.kommo.com")
    assert api.post(path.replace("marketingbot", "salesbot"), {"data": {}}).status == 404
    assert api.post(path.replace("/7/", "/8/"), {"data": {}}).status == 404
    wrong: list[Any] = [{"handler": "show", "params": {"type": "text", "value": "x" * 81}}, {"handler": "shout"}]
    found = validation_errors(api.post(path, {"execute_handlers": wrong, "other": 1}))
    assert ("0", "InvalidValue", "execute_handlers.0.params.value") in found
    assert ("0", "NotSupportedChoice", "execute_handlers.1.handler") in found
    assert ("0", "FieldNotExpected", "other") in found
    handlers = [{"handler": "goto", "params": {"type": "answer"}}, {"handler": "show", "params": {"type": "buttons"}}]
    assert len(validation_errors(api.post(path, {"execute_handlers": handlers}))) == 3
    assert api.post(path, {"data": {"a": 1}}).status == 202
    assert api.post(path, {"data": {"a": 1}}).status == 404
    with pytest.raises(ValueError, match="robot"):
        sandbox.bot_waits("robot")

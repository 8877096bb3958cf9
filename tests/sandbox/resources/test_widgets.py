from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, validation_error

WIDGETS = "/api/v4/widgets"


def test_a_widget_is_installed_with_its_settings(api: ApiClient, sandbox: Sandbox):
    template = [{"key": "line", "name": "x", "type": "text", "is_required": True}, {"key": "us", "type": "users"}]
    sandbox.add("widgets", code="phone", settings_template=template)
    with pytest.raises(ValueError, match="colour"):
        sandbox.add("widgets", colour="red")
    assert [row["code"] for row in api.rows(WIDGETS)] == ["phone"]
    assert api.get(f"{WIDGETS}/none").status == 404
    assert validation_error(api.post(f"{WIDGETS}/phone", {"us": {"5": "101"}})) == ("FieldMissing", "line")
    assert validation_error(api.post(f"{WIDGETS}/phone", {"line": 5})) == ("InvalidType", "line")
    assert validation_error(api.post(f"{WIDGETS}/phone", {"line": "5", "us": {"5": 101}})) == ("InvalidType", "us.5")
    assert api.post(f"{WIDGETS}/phone", {"line": "5"}).json()["settings"] == {"line": "5"}
    assert api.get(f"{WIDGETS}/phone").json()["is_active_in_account"] is True
    assert api.delete(f"{WIDGETS}/phone").status == 204
    assert "settings" not in api.get(f"{WIDGETS}/phone").json()

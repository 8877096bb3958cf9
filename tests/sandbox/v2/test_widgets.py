from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.v2.api_v2_client import ApiV2Client, get_error_code, get_sandbox_detail

WIDGETS = "/api/v2/widgets"
TEMPLATE = [{"key": "login", "name": "Login", "type": "text", "is_required": True}]


@pytest.fixture
def widget(sandbox: Sandbox) -> int:
    return int(sandbox.add("widgets", code="shop", settings_template=TEMPLATE)["id"])


def test_widgets_are_installed_and_uninstalled(api: ApiV2Client, widget: int) -> None:
    [shown] = api.get(f"{WIDGETS}?widget_id[]={widget}").json()["widgets"]
    assert (shown["widget_id"], shown["widget_code"], shown["active"], shown["settings"]) == (widget, "shop", False, [])
    install = {"widgets": {"install": [{"widget_code": "shop", "settings": {"login": "ann"}}]}}
    [shown] = api.post(WIDGETS, install).json()["widgets"]
    assert (shown["active"], shown["settings"]) == (True, {"login": "ann"})
    assert api.get("/api/v4/widgets/shop").json()["is_active_in_account"] is True
    assert api.get(f"{WIDGETS}?widget_code[]=other").json() == {"widgets": []}
    api.post(WIDGETS, {"widgets": {"uninstall": [{"widget_code": "shop"}]}})
    assert api.get(f"{WIDGETS}?widget_code[]=shop").json()["widgets"][0]["active"] is False


def test_filters_must_be_arrays(api: ApiV2Client, widget: int) -> None:
    assert get_error_code(api.get(f"{WIDGETS}?widget_id={widget}")) == "400"
    assert get_error_code(api.get(f"{WIDGETS}?widget_code=shop")) == "400"
    assert len(api.get(f"{WIDGETS}?widget_id[0]={widget}&widget_id[1]=99").json()["widgets"]) == 1


def test_settings_are_validated(api: ApiV2Client, widget: int) -> None:
    assert (
        get_error_code(api.post(WIDGETS, {"widgets": {"install": [{"widget_code": "shop", "settings": {}}]}})) == "400"
    )
    assert (
        get_error_code(api.post(WIDGETS, {"widgets": {"install": [{"widget_code": "else", "settings": {}}]}})) == "400"
    )
    assert get_error_code(api.post(WIDGETS, {"widgets": {}})) == "103"
    assert "remove" in get_sandbox_detail(api.post(WIDGETS, {"widgets": {"remove": []}}))


def test_sources_of_a_widget_are_set(api: ApiV2Client, widget: int) -> None:
    body = {"code": "shop", "services": {"site": {"name": "Site"}}}
    assert api.post(f"{WIDGETS}/sources", body).json() == {"success": True}
    assert get_error_code(api.post(f"{WIDGETS}/sources", {"code": "shop"})) == "400"


def test_undocumented_widget_routes_are_not_served(api: ApiV2Client) -> None:
    assert api.get(f"{WIDGETS}/list").status == 501

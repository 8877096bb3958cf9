from __future__ import annotations

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, Clock


def test_the_account_shows_more_only_on_request(api: ApiClient, sandbox: Sandbox) -> None:
    plain = api.get("/api/v4/account").json()
    assert "_embedded" not in plain
    assert plain["current_user_id"] == sandbox.users[0]["id"]
    withs = "amojo_id,uuid,amojo_rights,users_groups,task_types,version,entity_names,datetime_settings,drive_url"
    full = api.get(f"/api/v4/account?with={withs},is_api_filter_enabled,invoices_settings").json()
    assert full.keys() - plain.keys() == {
        "amojo_id",
        "uuid",
        "version",
        "drive_url",
        "is_api_filter_enabled",
        "invoices_settings",
        "entity_names",
        "_embedded",
    }
    assert [row["code"] for row in full["_embedded"]["task_types"]] == ["FOLLOW_UP", "MEETING"]
    assert full["_embedded"]["users_groups"] == [{"id": 0, "name": "Sales", "uuid": None}]


def test_the_zone_has_a_name_and_an_offset(clock: Clock) -> None:
    api = ApiClient(Sandbox(timezone="America/Sao_Paulo", clock=clock))
    settings = api.get("/api/v4/account?with=datetime_settings").json()["_embedded"]["datetime_settings"]
    assert (settings["timezone"], settings["timezone_offset"]) == ("America/Sao_Paulo", "-03:00")

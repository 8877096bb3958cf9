from __future__ import annotations

from kommo_orm.sandbox import Sandbox
from tests.sandbox.v2.api_v2_client import ApiV2Client, get_sandbox_detail

ACCOUNT = "/api/v2/account"
WITHS = "custom_fields,users,pipelines,groups,note_types,task_types"


def test_the_account_without_with(api: ApiV2Client, sandbox: Sandbox) -> None:
    shown = api.get(ACCOUNT).json()
    assert (shown["id"], shown["current_user"]) == (sandbox.account.id, sandbox.users[0]["id"])
    assert shown["date_pattern"]["time_full"] == "H:i:s"
    assert "_embedded" not in shown
    assert "with=amojo_id" in get_sandbox_detail(api.get(f"{ACCOUNT}?with=amojo_id"))


def test_everything_is_keyed_by_id(api: ApiV2Client, sandbox: Sandbox) -> None:
    sandbox.add_field("leads", "Colour", "select", enums=["Red"], id=551)
    stock = sandbox.add("catalogs", name="Stock")["id"]
    sandbox.add_field(stock, "Size", "numeric", id=552)
    nested = api.get(f"{ACCOUNT}?with={WITHS}").json()["_embedded"]
    assert set(nested) == set(WITHS.split(","))
    colour = nested["custom_fields"]["leads"]["551"]
    assert (colour["field_type"], list(colour["enums"].values()), colour["is_system"]) == (4, ["Red"], False)
    assert nested["custom_fields"]["catalogs"][str(stock)]["552"]["field_type"] == 2
    phone = next(row for row in nested["custom_fields"]["contacts"].values() if row["code"] == "PHONE")
    assert (phone["is_multiple"], "WORK" in phone["enums"].values()) == (True, True)
    [pipeline] = nested["pipelines"].values()
    assert pipeline["statuses"]["142"]["editable"] == "N"
    assert nested["task_types"][0] == {"id": 1, "name": "Follow-up"}
    assert [row["code"] for row in nested["note_types"] if row["editable"] == "Y"] == ["COMMON"]
    assert nested["groups"] == [{"id": 0, "name": "Sales"}]


def test_free_users_are_shown_when_asked_for(api: ApiV2Client, sandbox: Sandbox) -> None:
    free = sandbox.add("users", name="Eve", rights={"is_free": True})["id"]
    owner = sandbox.users[0]["id"]
    assert list(api.get(f"{ACCOUNT}?with=users").json()["_embedded"]["users"]) == [str(owner)]
    users = api.get(f"{ACCOUNT}?with=users&free_users=Y").json()["_embedded"]["users"]
    assert set(users) == {str(owner), str(free)}
    assert (users[str(owner)]["rights"]["lead_add"], users[str(free)]["rights"]["lead_add"]) == ("A", "D")


def test_a_request_without_a_token_is_401(sandbox: Sandbox) -> None:
    from kommo_orm.sandbox import SandboxRequest

    answer = sandbox.handle(SandboxRequest.of("GET", ACCOUNT))
    assert (answer.status, answer.json()["title"]) == (401, "Unauthorized")

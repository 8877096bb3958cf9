from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, validation_error

HOOKS, SOURCES, WIDGETS = "/api/v4/webhooks", "/api/v4/sources", "/api/v4/widgets"


HOOK = "https://hook.example/in"


def test_a_destination_has_one_webhook(api: ApiClient):
    assert api.get(HOOKS).status == 204
    first = api.post(HOOKS, {"destination": HOOK, "settings": ["add_lead"]})
    again = api.post(HOOKS, {"destination": HOOK, "settings": ["add_task"], "sort": 7})
    assert (first.status, first.json()["settings"], first.json()["disabled"]) == (200, ["add_lead"], False)
    assert (again.json()["id"], again.json()["settings"]) == (first.json()["id"], ["add_task"])
    shown = api.get(HOOKS).json()
    assert shown["_total_items"] == 1
    assert "_links" not in shown
    assert "_page" not in shown
    assert api.get(f"{HOOKS}?filter[destination]={HOOK}").status == 200
    assert api.get(f"{HOOKS}?filter[destination]=https://other.example").status == 204
    assert api.get(f"{HOOKS}?filter[id]=5").status == 400
    assert api.get(f"{HOOKS}/5").status == 404
    assert api.patch(HOOKS, {"destination": HOOK}).status == 405
    assert api.request("DELETE", HOOKS, {"destination": "https://other.example"}).status == 404
    assert api.request("DELETE", HOOKS, {"destination": HOOK}).status == 204
    assert api.get(HOOKS).status == 204


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"destination": HOOK}, ("FieldMissing", "settings")),
        ({"settings": ["add_lead"]}, ("FieldMissing", "destination")),
        ({"destination": "x", "settings": ["add_lead"]}, ("InvalidValue", "destination")),
        ({"destination": HOOK, "settings": []}, ("InvalidValue", "settings")),
        ({"destination": HOOK, "settings": ["add_leed"]}, ("NotSupportedChoice", "settings.0")),
        ({"destination": HOOK, "settings": ["add_lead"], "id": 5}, ("FieldNotExpected", "id")),
    ],
)
def test_invalid_webhooks_are_refused(api: ApiClient, body: dict[str, Any], wrong: tuple[str, str]):
    assert validation_error(api.post(HOOKS, body)) == wrong


def test_a_webhook_is_one_object_and_an_account_has_a_hundred(api: ApiClient):
    assert validation_error(api.post(HOOKS, [{"destination": HOOK, "settings": ["add_lead"]}])) == ("InvalidType", "")
    for at in range(100):
        api.post(HOOKS, {"destination": f"{HOOK}/{at}", "settings": ["add_lead"]})
    assert api.post(HOOKS, {"destination": HOOK, "settings": ["add_lead"]}).status == 422


def test_integrations_are_for_administrators(sandbox: Sandbox, api: ApiClient):
    user = sandbox.add("users", name="Ben", rights={"leads": {"view": "A"}})["id"]
    acting = {"X_Context_User_ID": str(user)}
    assert api.post(HOOKS, {"destination": HOOK, "settings": ["add_lead"]}, **acting).status == 403
    assert api.post(SOURCES, [{"name": "x", "external_id": "y"}], **acting).status == 403
    assert api.get(WIDGETS, **acting).status == 204

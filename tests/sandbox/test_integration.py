"""What an integration sets up: the sandbox refuses what the service refuses."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, validation_error, validation_errors

HOOKS, SOURCES, WIDGETS = "/api/v4/webhooks", "/api/v4/sources", "/api/v4/widgets"
BUTTONS, LINKS = "/api/v4/website_buttons", "/api/v4/short_links"
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
def test_bad_webhooks(api: ApiClient, body: dict[str, Any], wrong: tuple[str, str]):
    assert validation_error(api.post(HOOKS, body)) == wrong


def test_webhooks_are_an_object_and_a_hundred(api: ApiClient):
    assert validation_error(api.post(HOOKS, [{"destination": HOOK, "settings": ["add_lead"]}])) == ("InvalidType", "")
    for at in range(100):
        api.post(HOOKS, {"destination": f"{HOOK}/{at}", "settings": ["add_lead"]})
    assert api.post(HOOKS, {"destination": HOOK, "settings": ["add_lead"]}).status == 422


def test_widgets(api: ApiClient, sandbox: Sandbox):
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


def test_sources(api: ApiClient, sandbox: Sandbox):
    pipeline = sandbox.account.get_main_pipeline()["id"]
    made = api.post(SOURCES, [{"name": "A", "external_id": "a", "default": True, "request_id": "x"}])
    [row] = made.json()["_embedded"]["sources"]
    assert (row["request_id"], row["pipeline_id"], row["services"], row["origin_code"]) == ("x", pipeline, [], None)
    assert validation_errors(api.post(SOURCES, [{"name": "A", "external_id": "a"}, {"name": "B"}])) == [
        ("0", "SourceAlreadyExists", "external_id"),
        ("1", "FieldMissing", "external_id"),
    ]
    assert validation_error(api.patch(SOURCES, [{"id": row["id"], "external_id": "b"}])) == (
        "FieldNotExpected",
        "external_id",
    )
    assert api.patch(f"{SOURCES}/{row['id']}", {"external_id": "b"}).json()["external_id"] == "b"
    assert validation_error(api.patch(f"{SOURCES}/{row['id']}", {"origin_code": None})) == (
        "InvalidType",
        "origin_code",
    )
    assert validation_error(api.patch(f"{SOURCES}/{row['id']}", {"origin_code": "123"})) == (
        "InvalidValue",
        "origin_code",
    )
    assert validation_error(api.patch(f"{SOURCES}/{row['id']}", {"pipeline_id": 5})) == (
        "NotSupportedChoice",
        "pipeline_id",
    )
    service = {"type": "telegram", "pages": [{"id": 5}]}
    assert len(validation_errors(api.patch(f"{SOURCES}/{row['id']}", {"services": [service]}))) == 2
    assert api.get(f"{SOURCES}?filter[external_id][]=b&filter[external_id][]=c").status == 200
    assert api.get(f"{SOURCES}?filter[name]=A").status == 400
    assert (api.get(f"{SOURCES}/5").status, api.patch(f"{SOURCES}/5", {"name": "x"}).status) == (204, 404)
    gone = api.request("DELETE", SOURCES, [{"id": 5}])
    assert (gone.status, gone.headers["content-type"].partition(";")[0]) == (404, "text/plain")
    assert api.request("DELETE", SOURCES, [{"id": row["id"]}]).status == 204
    assert api.get(SOURCES).status == 204


def test_a_hundred_sources(api: ApiClient):
    items = [{"name": "x", "external_id": str(at)} for at in range(101)]
    assert api.post(SOURCES, items).status == 422
    assert api.post(SOURCES, items[:100]).status == 200
    assert api.post(SOURCES, items[100:]).status == 400


def test_website_buttons(api: ApiClient, sandbox: Sandbox):
    pipeline = sandbox.account.get_main_pipeline()["id"]
    assert validation_error(api.post(BUTTONS, {"pipeline_id": pipeline})) == ("FieldMissing", "is_used_in_app")
    made = api.post(BUTTONS, {"pipeline_id": pipeline, "trusted_websites": ["a.example"]})
    assert made.status == 202
    assert made.json().keys() == {"source_id", "trusted_websites"}
    url = f"{BUTTONS}/{made.json()['source_id']}"
    assert [api.get(url).json()["creation_status"] for _ in range(2)] == ["creation_pending", "created"]
    assert "trusted_websites" not in api.get(url).json()
    assert "id" not in api.get(url).json()
    assert "script" in api.get(f"{url}?with=scripts").json()
    assert api.get(f"{url}?with=deleted").status == 400
    assert validation_error(api.patch(url, {"pipeline_id": 5, "name": "x"})) == ("FieldNotExpected", "pipeline_id")
    assert validation_error(api.patch(url, {"trusted_websites": ["b.example"]})) == ("InvalidType", "trusted_websites")
    assert api.patch(url, {"trusted_websites": {"add": ["b.example"]}}).status == 200
    assert api.request("POST", f"{url}/online_chat").status == 202
    assert api.delete(url).status == 405
    assert api.get(f"{BUTTONS}/5").status == 404


def test_short_links(api: ApiClient, sandbox: Sandbox):
    ann = sandbox.add("contacts", name="Ann")["id"]
    item = {"url": "https://x.example", "metadata": {"entity_type": "contacts", "entity_id": ann}}
    [row] = api.post(LINKS, [item]).json()["_embedded"]["short_links"]
    assert row.keys() == {"url", "account_id", "metadata"}
    assert validation_error(api.post(LINKS, [{**item, "request_id": "0"}])) == ("FieldNotExpected", "request_id")
    lead = {**item, "metadata": {"entity_type": "leads", "entity_id": ann}}
    assert validation_error(api.post(LINKS, [lead])) == ("NotSupportedChoice", "metadata.entity_type")
    assert api.post(LINKS, [item] * 251).status == 422
    assert api.get(LINKS).status == 405


def test_waiting_bots(api: ApiClient, sandbox: Sandbox):
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


def test_most_of_it_is_for_administrators(sandbox: Sandbox, api: ApiClient):
    user = sandbox.add("users", name="Ben", rights={"leads": {"view": "A"}})["id"]
    acting = {"X_Context_User_ID": str(user)}
    assert api.post(HOOKS, {"destination": HOOK, "settings": ["add_lead"]}, **acting).status == 403
    assert api.post(SOURCES, [{"name": "x", "external_id": "y"}], **acting).status == 403
    assert api.get(WIDGETS, **acting).status == 204


def test_api_keys(sandbox: Sandbox, api: ApiClient):
    body = {"login": sandbox.users[0]["email"], "api_key": sandbox.api_key}
    assert api.post("/oauth2/exchange_api_key", body).status == 400
    body |= {"client_uuid": sandbox.client_id, "client_secret": "wrong"}
    assert api.post("/oauth2/exchange_api_key", body).status == 401
    body["client_secret"] = sandbox.client_secret
    assert api.post("/oauth2/exchange_api_key", body | {"api_key": "x"}).status == 401
    assert (api.post("/oauth2/exchange_api_key", body).status, len(sandbox.delivered_codes)) == (202, 1)

from __future__ import annotations

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, validation_error

BUTTONS = "/api/v4/website_buttons"


def test_a_website_button_is_created_with_a_delay(api: ApiClient, sandbox: Sandbox):
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

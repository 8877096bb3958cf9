from __future__ import annotations

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, validation_error

LINKS = "/api/v4/short_links"


def test_short_links_are_created_without_ids(api: ApiClient, sandbox: Sandbox):
    ann = sandbox.add("contacts", name="Ann")["id"]
    item = {"url": "https://x.example", "metadata": {"entity_type": "contacts", "entity_id": ann}}
    [row] = api.post(LINKS, [item]).json()["_embedded"]["short_links"]
    assert row.keys() == {"url", "account_id", "metadata"}
    assert validation_error(api.post(LINKS, [{**item, "request_id": "0"}])) == ("FieldNotExpected", "request_id")
    lead = {**item, "metadata": {"entity_type": "leads", "entity_id": ann}}
    assert validation_error(api.post(LINKS, [lead])) == ("NotSupportedChoice", "metadata.entity_type")
    assert api.post(LINKS, [item] * 251).status == 422
    assert api.get(LINKS).status == 405

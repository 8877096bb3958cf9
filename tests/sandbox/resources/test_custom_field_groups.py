from __future__ import annotations

from tests.sandbox.api_client import LEADS, ApiClient

FIELDS = f"{LEADS}/custom_fields"


GROUPS = f"{FIELDS}/groups"


def test_groups_move_fields_and_have_texts_for_ids(api: ApiClient) -> None:
    field = api.create(FIELDS, {"name": "A", "type": "text"})
    [group] = api.post(GROUPS, [{"name": "Passport", "fields": [field]}]).json()["_embedded"]["custom_field_groups"]
    assert (group["id"].startswith("leads_"), group["fields"]) == (True, [field])
    assert api.get(f"{FIELDS}/{field}").json()["group_id"] == group["id"]
    assert api.patch(f"{GROUPS}/{group['id']}", {"name": "New"}).json()["name"] == "New"
    assert api.delete(f"{GROUPS}/{group['id']}").status == 204
    assert api.get(f"{FIELDS}/{field}").json()["group_id"] is None
    assert api.delete(f"{GROUPS}/default").status == 403
    assert api.get(f"{GROUPS}/nothing").status == 404

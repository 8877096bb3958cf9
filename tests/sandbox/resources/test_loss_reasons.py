from __future__ import annotations

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import LEADS, NOW, ApiClient

REASONS = f"{LEADS}/loss_reasons"


def test_loss_reasons_can_be_created_read_changed_and_deleted(api: ApiClient) -> None:
    assert api.get(REASONS).status == 204
    number = api.create(REASONS, {"name": "Too dear", "request_id": "x"})
    expected = {"id": number, "name": "Too dear", "sort": 1, "created_at": NOW, "updated_at": NOW}
    response = api.get(REASONS).json()
    assert response["_total_items"] == 1
    assert response["_embedded"]["loss_reasons"][0].items() >= expected.items()
    assert api.patch(f"{REASONS}/{number}", {"sort": 7}).json()["sort"] == 7
    assert api.delete(f"{REASONS}/{number}").status == 204
    gone = api.get(f"{REASONS}/{number}")
    assert (gone.status, gone.json()["detail"]) == (404, "Loss reason not found")


def test_a_creation_answers_four_keys(api: ApiClient) -> None:
    [made] = api.post(REASONS, [{"name": "Too dear", "sort": 5}]).json()["_embedded"]["loss_reasons"]
    assert made == {"id": 1001, "name": "Too dear", "sort": 5, "request_id": "0"}


def test_deleting_a_reason_leaves_lost_leads_without_one(api: ApiClient, sandbox: Sandbox) -> None:
    reason = sandbox.add("loss_reasons", name="Dear")["id"]
    sandbox.add("leads", status_id=143, loss_reason_id=reason)
    api.delete(f"{REASONS}/{reason}")
    assert api.rows(LEADS)[0]["loss_reason_id"] is None

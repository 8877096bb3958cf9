from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import CONTACTS, LEADS, NOW, ApiClient, Clock, validation_error


@pytest.fixture
def second(sandbox: Sandbox) -> dict[str, Any]:
    """A second pipeline with two stages of its own."""
    stages = [{"name": "First"}, {"name": "Second"}]
    return sandbox.add("pipelines", name="Renewals", _embedded={"statuses": stages})


def stages(pipeline: dict[str, Any]) -> list[int]:
    """Ids in order: incoming, the regular ones, 142, 143."""
    return [stage["id"] for stage in pipeline["_embedded"]["statuses"]]


def read(api: ApiClient, number: int, withs: str = "") -> dict[str, Any]:
    response = api.get(f"{LEADS}/{number}" + (f"?with={withs}" if withs else ""))
    assert response.status == 200, response.text
    row: dict[str, Any] = response.json()
    return row


def test_a_new_lead_has_every_key_of_the_service(api: ApiClient, sandbox: Sandbox) -> None:
    lead = read(api, api.create(LEADS, {}))
    first = stages(sandbox.rows("pipelines")[0])[1]
    owner = sandbox.users[0]["id"]
    assert lead == {
        "id": 1001,
        "name": "Lead #1001",
        "price": 0,
        "price_with_minor_units": 0.0,
        "responsible_user_id": owner,
        "group_id": 0,
        "status_id": first,
        "pipeline_id": sandbox.rows("pipelines")[0]["id"],
        "loss_reason_id": None,
        "created_by": owner,
        "updated_by": owner,
        "created_at": NOW,
        "updated_at": NOW,
        "closed_at": None,
        "closest_task_at": None,
        "is_deleted": False,
        "custom_fields_values": None,
        "score": None,
        "account_id": sandbox.account.id,
        "labor_cost": None,
        "is_price_computed": False,
        "_links": {"self": {"href": "https://sandbox.kommo.com/api/v4/leads/1001"}},
        "_embedded": {"tags": [], "companies": []},
    }


def test_a_decimal_price_has_a_whole_and_an_exact_form(api: ApiClient) -> None:
    lead = read(api, api.create(LEADS, {"price": 8450.5}))
    assert (lead["price"], lead["price_with_minor_units"]) == (8450, 8450.5)
    assert isinstance(lead["price"], int)


def test_a_pipeline_alone_means_its_first_stage(api: ApiClient, second: dict[str, Any]) -> None:
    lead = read(api, api.create(LEADS, {"pipeline_id": second["id"]}))
    assert lead["status_id"] == stages(second)[1]


def test_a_stage_alone_means_its_pipeline(api: ApiClient, second: dict[str, Any]) -> None:
    lead = read(api, api.create(LEADS, {"status_id": stages(second)[2]}))
    assert lead["pipeline_id"] == second["id"]


def test_a_stage_of_another_pipeline_is_refused(api: ApiClient, sandbox: Sandbox, second: dict[str, Any]) -> None:
    pair = {"pipeline_id": sandbox.rows("pipelines")[0]["id"], "status_id": stages(second)[1]}
    assert validation_error(api.post(LEADS, [pair])) == ("NotSupportedChoice", "status_id")
    assert validation_error(api.post(LEADS, [{"pipeline_id": 5}])) == ("NotSupportedChoice", "pipeline_id")


def test_the_incoming_stage_cannot_be_written(api: ApiClient, second: dict[str, Any]) -> None:
    assert validation_error(api.post(LEADS, [{"status_id": stages(second)[0]}])) == ("NotSupportedChoice", "status_id")


def test_won_means_the_present_pipeline_of_the_lead(api: ApiClient, clock: Clock, second: dict[str, Any]) -> None:
    number = api.create(LEADS, {"pipeline_id": second["id"]})
    clock.now += 5
    api.patch(f"{LEADS}/{number}", {"status_id": 142})
    lead = read(api, number)
    assert (lead["pipeline_id"], lead["status_id"], lead["closed_at"]) == (second["id"], 142, NOW + 5)


def test_reopening_clears_closed_at_and_the_loss_reason(
    api: ApiClient, sandbox: Sandbox, second: dict[str, Any]
) -> None:
    reason = sandbox.add("loss_reasons", name="Too dear")["id"]
    lost = {"pipeline_id": second["id"], "status_id": 143, "loss_reason_id": reason}
    number = api.create(LEADS, lost)
    assert read(api, number)["loss_reason_id"] == reason
    api.patch(f"{LEADS}/{number}", {"status_id": stages(second)[1]})
    assert (read(api, number)["closed_at"], read(api, number)["loss_reason_id"]) == (None, None)


def test_an_unknown_loss_reason_is_refused(api: ApiClient) -> None:
    assert validation_error(api.post(LEADS, [{"loss_reason_id": 5}])) == ("NotSupportedChoice", "loss_reason_id")


def test_the_embedded_loss_reason_is_a_list(api: ApiClient, sandbox: Sandbox) -> None:
    reason = sandbox.add("loss_reasons", name="Too dear")["id"]
    lost = read(api, api.create(LEADS, {"status_id": 143, "loss_reason_id": reason}), "loss_reason")
    assert [row["name"] for row in lost["_embedded"]["loss_reason"]] == ["Too dear"]
    assert read(api, api.create(LEADS, {}), "loss_reason")["_embedded"]["loss_reason"] == []


def test_contacts_and_a_company_can_be_given_on_creation_only(api: ApiClient, sandbox: Sandbox) -> None:
    ann, bob = sandbox.add("contacts", name="Ann")["id"], sandbox.add("contacts", name="Bob")["id"]
    firm = sandbox.add("companies", name="Fern")["id"]
    contacts = [{"id": ann, "is_main": False}, {"id": bob, "is_main": True}]
    number = api.create(LEADS, {"_embedded": {"contacts": contacts, "companies": [{"id": firm}]}})
    embedded = read(api, number, "contacts")["_embedded"]
    assert [(row["id"], row["is_main"]) for row in embedded["contacts"]] == [(ann, False), (bob, True)]
    assert [row["id"] for row in embedded["companies"]] == [firm]
    assert "is_main" not in embedded["companies"][0]
    change = {"_embedded": {"contacts": [{"id": ann}]}}
    assert validation_error(api.patch(f"{LEADS}/{number}", change)) == ("FieldNotExpected", "_embedded.contacts")


def test_an_unknown_contact_is_refused_with_its_path(api: ApiClient) -> None:
    body = [{"_embedded": {"contacts": [{"id": 5}]}}]
    assert validation_error(api.post(LEADS, body)) == ("NotSupportedChoice", "_embedded.contacts.0.id")


def test_without_with_only_tags_and_companies_are_embedded(api: ApiClient, sandbox: Sandbox) -> None:
    contact = sandbox.add("contacts", name="Ann")["id"]
    number = sandbox.add("leads", contacts=[contact])["id"]
    assert set(read(api, number)["_embedded"]) == {"tags", "companies"}
    assert set(read(api, number, "contacts,catalog_elements")["_embedded"]) == {
        "tags",
        "companies",
        "contacts",
        "catalog_elements",
    }


def test_a_trashed_lead_shows_only_among_the_deleted_and_nearly_empty(api: ApiClient, sandbox: Sandbox) -> None:
    kept, gone = api.create(LEADS, {"name": "kept"}), api.create(LEADS, {"name": "gone", "price": 5})
    sandbox.trash("leads", gone)
    assert api.ids(LEADS) == [kept]
    assert api.get(f"{LEADS}/{gone}").status == 204
    [row] = api.rows(f"{LEADS}?with=only_deleted&filter[id][]={gone}")
    assert {key for key, value in row.items() if value is not None} == {
        "id",
        "updated_by",
        "updated_at",
        "is_deleted",
        "account_id",
        "_links",
    }
    assert row["is_deleted"] is True


def test_a_trashed_contact_is_not_marked_and_leaves_its_leads(api: ApiClient, sandbox: Sandbox) -> None:
    contact = sandbox.add("contacts", name="Ann")["id"]
    lead = sandbox.add("leads", contacts=[contact])["id"]
    assert read(api, lead, "contacts")["_embedded"]["contacts"]
    sandbox.trash("contacts", contact)
    assert read(api, lead, "contacts")["_embedded"]["contacts"] == []
    assert api.rows(f"{CONTACTS}?with=only_deleted")[0]["is_deleted"] is False

"""Rules of every collection write. Leads are the example."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import CONTACTS, LEADS, NOW, ApiClient, Clock, validation_error, validation_errors


def test_a_creation_returns_id_request_id_and_link(api: ApiClient) -> None:
    response = api.post(LEADS, [{"name": "A", "request_id": "mine"}, {}])
    base = "https://sandbox.kommo.com/api/v4/leads"
    assert response.headers["content-type"] == "application/hal+json"
    assert response.json() == {
        "_links": {"self": {"href": base}},
        "_embedded": {
            "leads": [
                {"id": 1001, "request_id": "mine", "_links": {"self": {"href": f"{base}/1001"}}},
                {"id": 1002, "request_id": "1", "_links": {"self": {"href": f"{base}/1002"}}},
            ]
        },
    }


def test_one_bad_element_refuses_the_whole_batch(api: ApiClient) -> None:
    response = api.post(LEADS, [{"name": "good"}, {"name": 5, "prise": 1}, {"price": "1", "request_id": "r"}])
    assert validation_errors(response) == [
        ("1", "FieldNotExpected", "prise"),
        ("1", "InvalidType", "name"),
        ("r", "InvalidType", "price"),
    ]
    assert response.json()["detail"] == "Request validation failed"
    assert api.get(LEADS).status == 204


@pytest.mark.parametrize("key", ["id", "is_deleted", "group_id", "account_id", "closest_task_at", "_links", "score"])
def test_read_only_keys_are_not_expected_on_creation(api: ApiClient, key: str) -> None:
    assert validation_error(api.post(LEADS, [{key: 1}])) == ("FieldNotExpected", key)


def test_more_than_250_elements_are_422(api: ApiClient) -> None:
    response = api.post(CONTACTS, [{}] * 251)
    assert (response.status, response.json()["detail"]) == (422, "Limit 250 per page")
    assert api.post(CONTACTS, [{}] * 250).status == 200


@pytest.mark.parametrize("body", [[], {}, None])
def test_an_empty_body_is_refused(api: ApiClient, body: Any) -> None:
    response = api.post(LEADS, body)
    assert (response.status, response.json()["detail"]) == (400, "Request data can not be empty")
    assert "validation-errors" not in response.json()


def test_a_collection_needs_an_array_and_a_row_an_object(api: ApiClient) -> None:
    lead = api.create(LEADS, {})
    assert validation_error(api.post(LEADS, {"name": "A"})) == ("InvalidType", "")
    assert validation_error(api.patch(f"{LEADS}/{lead}", [{"name": "A"}])) == ("InvalidType", "")


def test_an_array_instead_of_an_object_has_no_request_id(api: ApiClient) -> None:
    assert "request_id" not in api.post(LEADS, {"name": "A"}).json()["validation-errors"][0]


@pytest.mark.parametrize("request_id", [1.5, True, [], {}])
def test_a_request_id_is_a_text_or_a_number(api: ApiClient, request_id: Any) -> None:
    refused = api.post(LEADS, [{"request_id": request_id}])
    assert validation_errors(refused) == [(request_id, "InvalidType", "request_id")]


def test_invalid_json_is_400(sandbox: Sandbox, api: ApiClient) -> None:
    assert api.request("POST", LEADS, json="text").status == 400


def test_updating_an_unknown_row_is_refused_by_id(api: ApiClient) -> None:
    assert validation_error(api.patch(LEADS, [{"id": 5, "name": "A"}])) == ("NotSupportedChoice", "id")
    assert validation_error(api.patch(f"{LEADS}/5", {"name": "A"})) == ("NotSupportedChoice", "id")
    assert validation_error(api.patch(LEADS, [{"name": "A"}])) == ("FieldMissing", "id")


def test_an_update_returns_id_and_time_without_request_id(api: ApiClient, clock: Clock) -> None:
    lead = api.create(LEADS, {})
    clock.now += 60
    link = {"self": {"href": f"https://sandbox.kommo.com/api/v4/leads/{lead}"}}
    expected = {"id": lead, "updated_at": NOW + 60, "_links": link}
    assert api.patch(LEADS, [{"id": lead, "name": "B", "request_id": "x"}]).json()["_embedded"]["leads"] == [expected]
    assert api.patch(f"{LEADS}/{lead}", {"name": "C", "id": lead}).json() == expected


def test_a_write_that_changes_nothing_keeps_updated_at(api: ApiClient, clock: Clock, sandbox: Sandbox) -> None:
    lead = api.create(LEADS, {"name": "A", "price": 5})
    clock.now += 60
    api.patch(f"{LEADS}/{lead}", {"name": "A", "price": 5})
    row = sandbox.row("leads", lead)
    assert row is not None
    assert row["updated_at"] == NOW


def test_user_ids_must_exist_and_be_numbers(api: ApiClient) -> None:
    assert validation_error(api.post(LEADS, [{"responsible_user_id": 5}])) == (
        "NotSupportedChoice",
        "responsible_user_id",
    )
    assert validation_errors(api.post(LEADS, [{"responsible_user_id": "1001"}])) == [
        ("0", "InvalidType", "responsible_user_id"),
        ("0", "NotSupportedChoice", "responsible_user_id"),
    ]


def test_created_by_may_be_the_robot(api: ApiClient, sandbox: Sandbox) -> None:
    assert sandbox.row("leads", api.create(LEADS, {"created_by": 0}))["created_by"] == 0  # type: ignore[index]


def test_null_is_refused_for_a_scalar(api: ApiClient) -> None:
    assert validation_error(api.post(LEADS, [{"name": None}])) == ("InvalidType", "name")
    assert validation_error(api.post(LEADS, [{"custom_fields_values": None}])) == (
        "InvalidType",
        "custom_fields_values",
    )


def test_group_id_follows_the_responsible_user(api: ApiClient, sandbox: Sandbox) -> None:
    sandbox.account.groups.append({"id": 9, "name": "Export", "uuid": None})
    user = sandbox.add("users", name="Ann", rights={"group_id": 9})
    lead = api.create(LEADS, {"responsible_user_id": user["id"]})
    assert api.rows(LEADS)[0]["group_id"] == 9
    api.patch(f"{LEADS}/{lead}", {"responsible_user_id": sandbox.users[0]["id"]})
    assert api.rows(LEADS)[0]["group_id"] == 0

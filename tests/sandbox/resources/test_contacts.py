from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import COMPANIES, CONTACTS, ApiClient, validation_error


def names(sandbox: Sandbox, number: int) -> tuple[str, str, str]:
    row = sandbox.row("contacts", number)
    assert row is not None
    return row["name"], row["first_name"], row["last_name"]


def test_a_full_name_alone_leaves_the_parts_empty(api: ApiClient, sandbox: Sandbox) -> None:
    assert names(sandbox, api.create(CONTACTS, {"name": "Ana Ruiz"})) == ("Ana Ruiz", "", "")


def test_the_full_name_is_made_of_its_parts(api: ApiClient, sandbox: Sandbox) -> None:
    number = api.create(CONTACTS, {"first_name": "Ana", "last_name": "Ruiz"})
    assert names(sandbox, number) == ("Ana Ruiz", "Ana", "Ruiz")
    api.patch(f"{CONTACTS}/{number}", {"last_name": "Costa"})
    assert names(sandbox, number) == ("Ana Costa", "Ana", "Costa")


def test_a_creation_says_that_the_contact_is_not_deleted(api: ApiClient) -> None:
    [row] = api.post(CONTACTS, [{"name": "Ana"}]).json()["_embedded"]["contacts"]
    assert set(row) == {"id", "is_deleted", "is_unsorted", "request_id", "_links"}


def test_an_update_returns_the_name(api: ApiClient) -> None:
    number = api.create(CONTACTS, {"name": "Ana"})
    assert api.patch(f"{CONTACTS}/{number}", {"name": "Eva"}).json()["name"] == "Eva"


@pytest.mark.parametrize("key", ["companies", "leads"])
def test_links_cannot_be_given_on_creation(api: ApiClient, key: str) -> None:
    assert validation_error(api.post(CONTACTS, [{"_embedded": {key: []}}])) == ("FieldNotExpected", f"_embedded.{key}")


def test_contacts_and_companies_never_share_an_id(api: ApiClient) -> None:
    contact, company = api.create(CONTACTS, {"name": "Ana"}), api.create(COMPANIES, {"name": "Fern"})
    assert contact != company

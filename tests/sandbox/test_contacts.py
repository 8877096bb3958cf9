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


def test_parts_compose_the_full_name(api: ApiClient, sandbox: Sandbox) -> None:
    number = api.create(CONTACTS, {"first_name": "Ana", "last_name": "Ruiz"})
    assert names(sandbox, number) == ("Ana Ruiz", "Ana", "Ruiz")
    api.patch(f"{CONTACTS}/{number}", {"last_name": "Costa"})
    assert names(sandbox, number) == ("Ana Costa", "Ana", "Costa")


def test_a_creation_says_that_the_contact_is_not_deleted(api: ApiClient) -> None:
    [row] = api.post(CONTACTS, [{"name": "Ana"}]).json()["_embedded"]["contacts"]
    assert set(row) == {"id", "is_deleted", "is_unsorted", "request_id", "_links"}


def test_an_update_answers_the_name(api: ApiClient) -> None:
    number = api.create(CONTACTS, {"name": "Ana"})
    assert api.patch(f"{CONTACTS}/{number}", {"name": "Eva"}).json()["name"] == "Eva"


@pytest.mark.parametrize("key", ["companies", "leads"])
def test_links_cannot_be_given_on_creation(api: ApiClient, key: str) -> None:
    assert validation_error(api.post(CONTACTS, [{"_embedded": {key: []}}])) == ("FieldNotExpected", f"_embedded.{key}")


def test_contacts_and_companies_never_share_an_id(api: ApiClient) -> None:
    contact, company = api.create(CONTACTS, {"name": "Ana"}), api.create(COMPANIES, {"name": "Fern"})
    assert contact != company


def test_company_contacts_carry_no_main_flag(api: ApiClient, sandbox: Sandbox) -> None:
    person = sandbox.add("contacts", name="Ana")["id"]
    firm = sandbox.add("companies", name="Fern", contacts=[person])["id"]
    [row] = api.get(f"{COMPANIES}/{firm}?with=contacts").json()["_embedded"]["contacts"]
    assert set(row) == {"id", "_links"}
    assert "contacts" not in api.get(f"{COMPANIES}/{firm}").json()["_embedded"]


def test_a_chat_moves_to_the_contact_it_is_linked_to_last(api: ApiClient, sandbox: Sandbox) -> None:
    ana, eva = sandbox.add("contacts", name="Ana")["id"], sandbox.add("contacts", name="Eva")["id"]
    for person in (ana, eva):
        response = api.post(f"{CONTACTS}/chats", [{"contact_id": person, "chat_id": "c-1"}])
        assert response.headers["content-type"] == "application/json"
    [row] = api.rows(f"{CONTACTS}/chats?chat_id=c-1")
    assert (row["contact_id"], "_links" in row) == (eva, False)
    assert api.get(f"{CONTACTS}/chats?contact_id={ana}").status == 204
    assert api.get(f"{CONTACTS}/chats").status == 400

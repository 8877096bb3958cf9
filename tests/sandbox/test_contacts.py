from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.asking import COMPANIES, CONTACTS, Api, flaw


def names(sandbox: Sandbox, number: int) -> tuple[str, str, str]:
    row = sandbox.row("contacts", number)
    assert row is not None
    return row["name"], row["first_name"], row["last_name"]


def test_a_full_name_alone_leaves_the_parts_empty(api: Api, sandbox: Sandbox) -> None:
    assert names(sandbox, api.made(CONTACTS, {"name": "Ana Ruiz"})) == ("Ana Ruiz", "", "")


def test_parts_compose_the_full_name(api: Api, sandbox: Sandbox) -> None:
    number = api.made(CONTACTS, {"first_name": "Ana", "last_name": "Ruiz"})
    assert names(sandbox, number) == ("Ana Ruiz", "Ana", "Ruiz")
    api.patch(f"{CONTACTS}/{number}", {"last_name": "Costa"})
    assert names(sandbox, number) == ("Ana Costa", "Ana", "Costa")


def test_a_creation_says_that_the_contact_is_not_deleted(api: Api) -> None:
    [row] = api.post(CONTACTS, [{"name": "Ana"}]).json()["_embedded"]["contacts"]
    assert set(row) == {"id", "is_deleted", "is_unsorted", "request_id", "_links"}


def test_an_update_answers_the_name(api: Api) -> None:
    number = api.made(CONTACTS, {"name": "Ana"})
    assert api.patch(f"{CONTACTS}/{number}", {"name": "Eva"}).json()["name"] == "Eva"


@pytest.mark.parametrize("key", ["companies", "leads"])
def test_links_cannot_be_given_on_creation(api: Api, key: str) -> None:
    assert flaw(api.post(CONTACTS, [{"_embedded": {key: []}}])) == ("FieldNotExpected", f"_embedded.{key}")


def test_contacts_and_companies_never_share_an_id(api: Api) -> None:
    contact, company = api.made(CONTACTS, {"name": "Ana"}), api.made(COMPANIES, {"name": "Fern"})
    assert contact != company


def test_company_contacts_carry_no_main_flag(api: Api, sandbox: Sandbox) -> None:
    person = sandbox.add("contacts", name="Ana")["id"]
    firm = sandbox.add("companies", name="Fern", contacts=[person])["id"]
    [row] = api.get(f"{COMPANIES}/{firm}?with=contacts").json()["_embedded"]["contacts"]
    assert set(row) == {"id", "_links"}
    assert "contacts" not in api.get(f"{COMPANIES}/{firm}").json()["_embedded"]


def test_a_chat_moves_to_the_contact_it_is_linked_to_last(api: Api, sandbox: Sandbox) -> None:
    ana, eva = sandbox.add("contacts", name="Ana")["id"], sandbox.add("contacts", name="Eva")["id"]
    for person in (ana, eva):
        response = api.post(f"{CONTACTS}/chats", [{"contact_id": person, "chat_id": "c-1"}])
        assert response.headers["content-type"] == "application/json"
    [row] = api.rows(f"{CONTACTS}/chats?chat_id=c-1")
    assert (row["contact_id"], "_links" in row) == (eva, False)
    assert api.get(f"{CONTACTS}/chats?contact_id={ana}").status == 204
    assert api.get(f"{CONTACTS}/chats").status == 400

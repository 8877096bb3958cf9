from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW
from tests.sandbox.v2.asking import COMPANIES, CONTACTS, LEADS, Old, code, complaint


def names(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["name"], row["first_name"], row["last_name"]


def test_a_name_is_split(old: Old, sandbox: Sandbox) -> None:
    number = old.add(CONTACTS, name="Ada King Lovelace")
    assert names(old.item(f"{CONTACTS}?id={number}")) == ("Ada King Lovelace", "Ada", "King Lovelace")
    assert names(old.get(f"/api/v4/contacts/{number}").json()) == ("Ada King Lovelace", "Ada", "King Lovelace")
    old.write(CONTACTS, update=[{"id": number, "updated_at": NOW + 1, "last_name": "Byron"}])
    assert names(old.item(f"{CONTACTS}?id={number}")) == ("Ada Byron", "Ada", "Byron")


def test_a_bare_contact_has_objects_where_lists_would_be(old: Old) -> None:
    shown = old.item(f"{CONTACTS}/?id={old.add(CONTACTS, name='Ada')}")  # a slash at the end is tolerated
    assert {shown[key] == {} for key in ("company", "leads", "customers", "tags")} == {True}
    assert (shown["custom_fields"], shown["closest_task_at"], "is_deleted" in shown) == ([], 0, False)


def test_links_of_a_contact(old: Old) -> None:
    firm, deal, other = old.add(COMPANIES, name="Fern"), old.add(LEADS, name="A"), old.add(LEADS, name="B")
    number = old.add(CONTACTS, name="Ada", leads_id=[deal, str(other)], company_id=str(firm))
    shown = old.item(f"{CONTACTS}?id={number}")
    assert shown["leads"] == {
        "id": [deal, other],
        "_links": {"self": {"href": f"/api/v2/leads?id={deal},{other}", "method": "get"}},
    }
    assert (shown["company"]["id"], shown["company"]["name"]) == (firm, "Fern")
    unlink = {"leads_id": [other], "company_id": firm}
    old.write(CONTACTS, update=[{"id": number, "updated_at": NOW + 1, "unlink": unlink}])
    shown = old.item(f"{CONTACTS}?id={number}")
    assert (shown["leads"]["id"], shown["company"]) == ([deal], {})
    assert old.item(f"{LEADS}?id={deal}")["main_contact"]["id"] == number


def test_a_company_by_name_is_new(old: Old) -> None:
    fern = old.add(COMPANIES, name="Fern")
    number = old.add(CONTACTS, name="Ada", company_name="Fern")
    assert old.item(f"{CONTACTS}?id={number}")["company"]["id"] != fern
    assert len(old.items(COMPANIES)) == 2


def test_a_renamed_company_shows_its_new_name(old: Old) -> None:
    firm = old.add(COMPANIES, name="Fern")
    number = old.add(CONTACTS, name="Ada", company_id=firm)
    old.item(f"{CONTACTS}?id={number}")
    old.patch(f"/api/v4/companies/{firm}", {"name": "Moss"})
    assert old.item(f"{CONTACTS}?id={number}")["company"]["name"] == "Moss"


def test_a_contact_has_at_most_forty_leads(old: Old, sandbox: Sandbox) -> None:
    deals = [sandbox.add("leads", name=f"L{at}")["id"] for at in range(41)]
    assert old.write(CONTACTS, add=[{"name": "Ada", "leads_id": deals}])["errors"]["add"][0]["code"] == 330


def test_companies(old: Old) -> None:
    ann, deal = old.add(CONTACTS, name="Ann"), old.add(LEADS, name="A")
    number = old.add(COMPANIES, name="Fern", contacts_id=f"{ann}", leads_id=[deal], tags=["big", "new"])
    shown = old.item(f"{COMPANIES}?id={number}")
    assert (shown["contacts"]["id"], shown["leads"]["id"], shown["customers"]) == ([ann], [deal], {})
    assert [tag["name"] for tag in shown["tags"]] == ["big", "new"]
    assert old.item(f"{CONTACTS}?id={ann}")["company"]["id"] == number
    unlink = {"contacts_id": [ann], "leads_id": [deal]}
    old.write(COMPANIES, update=[{"id": number, "updated_at": NOW + 1, "unlink": unlink, "tags": ""}])
    shown = old.item(f"{COMPANIES}?id={number}")
    assert (shown["contacts"], shown["leads"], shown["tags"]) == ({}, {}, {})


@pytest.mark.parametrize("path", [CONTACTS, COMPANIES])
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, "206"),
        ({"add": []}, "201"),
        ({"update": []}, "208"),
        ({"update": [{"updated_at": 1}]}, "209"),
        ({"add": [{"name": "x", "custom_fields": [{"id": 5, "values": [{"value": "1"}]}]}]}, "204"),
        ({"update": [{"id": 1, "updated_at": 1, "custom_fields": [{"id": 5, "values": []}]}]}, "211"),
        ({"add": [{"first_name": "x"}]}, "400"),
    ],
)
def test_the_codes_of_contacts(old: Old, path: str, body: Any, expected: str) -> None:
    old.sandbox.strict_queries = False
    assert code(old.post(path, body)) == expected


def test_a_new_contact_has_no_empty_fields(old: Old, sandbox: Sandbox) -> None:
    phone = next(row["id"] for row in sandbox.rows("custom_fields") if row["code"] == "PHONE")
    assert code(old.post(CONTACTS, {"add": [{"name": "x", "custom_fields": [{"id": phone, "values": []}]}]})) == "238"


def test_comma_lists_are_for_companies_and_customers(old: Old) -> None:
    ann, bob = old.add(CONTACTS, name="Ann"), old.add(CONTACTS, name="Bob")
    firm = old.add(COMPANIES, name="Fern", contacts_id=f"{ann}, {bob}")
    assert old.item(f"{COMPANIES}?id={firm}")["contacts"]["id"] == [ann, bob]
    assert code(old.post(CONTACTS, {"add": [{"name": "x", "leads_id": "1,2"}]})) == "400"
    assert code(old.post(LEADS, {"add": [{"name": "x", "contacts_id": f"{ann},{bob}"}]})) == "400"


def test_unknown_keys_of_contacts(old: Old) -> None:
    assert "contacts_id" in complaint(old.post(CONTACTS, {"add": [{"name": "x", "contacts_id": [1]}]}))
    assert "first_name" in complaint(old.post(COMPANIES, {"add": [{"name": "x", "first_name": "y"}]}))
    assert "status" in complaint(old.get(f"{CONTACTS}?status=1"))

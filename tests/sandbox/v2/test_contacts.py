from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW
from tests.sandbox.v2.api_v2_client import COMPANIES, CONTACTS, LEADS, ApiV2Client, get_error_code, get_sandbox_detail


def names(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["name"], row["first_name"], row["last_name"]


def test_a_name_is_split_into_its_parts(api: ApiV2Client, sandbox: Sandbox) -> None:
    number = api.add(CONTACTS, name="Ada King Lovelace")
    assert names(api.item(f"{CONTACTS}?id={number}")) == ("Ada King Lovelace", "Ada", "King Lovelace")
    assert names(api.get(f"/api/v4/contacts/{number}").json()) == ("Ada King Lovelace", "Ada", "King Lovelace")
    api.write(CONTACTS, update=[{"id": number, "updated_at": NOW + 1, "last_name": "Byron"}])
    assert names(api.item(f"{CONTACTS}?id={number}")) == ("Ada Byron", "Ada", "Byron")


def test_a_contact_without_tags_has_an_empty_object(api: ApiV2Client) -> None:
    shown = api.item(f"{CONTACTS}/?id={api.add(CONTACTS, name='Ada')}")  # a slash at the end is tolerated
    assert {shown[key] == {} for key in ("company", "leads", "customers", "tags")} == {True}
    assert (shown["custom_fields"], shown["closest_task_at"], "is_deleted" in shown) == ([], 0, False)


def test_links_of_a_contact_are_written_and_read(api: ApiV2Client) -> None:
    firm, deal, other = api.add(COMPANIES, name="Fern"), api.add(LEADS, name="A"), api.add(LEADS, name="B")
    number = api.add(CONTACTS, name="Ada", leads_id=[deal, str(other)], company_id=str(firm))
    shown = api.item(f"{CONTACTS}?id={number}")
    assert shown["leads"] == {
        "id": [deal, other],
        "_links": {"self": {"href": f"/api/v2/leads?id={deal},{other}", "method": "get"}},
    }
    assert (shown["company"]["id"], shown["company"]["name"]) == (firm, "Fern")
    unlink = {"leads_id": [other], "company_id": firm}
    api.write(CONTACTS, update=[{"id": number, "updated_at": NOW + 1, "unlink": unlink}])
    shown = api.item(f"{CONTACTS}?id={number}")
    assert (shown["leads"]["id"], shown["company"]) == ([deal], {})
    assert api.item(f"{LEADS}?id={deal}")["main_contact"]["id"] == number


def test_company_name_creates_a_company(api: ApiV2Client) -> None:
    fern = api.add(COMPANIES, name="Fern")
    number = api.add(CONTACTS, name="Ada", company_name="Fern")
    assert api.item(f"{CONTACTS}?id={number}")["company"]["id"] != fern
    assert len(api.items(COMPANIES)) == 2


def test_a_renamed_company_shows_its_new_name(api: ApiV2Client) -> None:
    firm = api.add(COMPANIES, name="Fern")
    number = api.add(CONTACTS, name="Ada", company_id=firm)
    api.item(f"{CONTACTS}?id={number}")
    api.patch(f"/api/v4/companies/{firm}", {"name": "Moss"})
    assert api.item(f"{CONTACTS}?id={number}")["company"]["name"] == "Moss"


def test_a_contact_has_at_most_forty_leads(api: ApiV2Client, sandbox: Sandbox) -> None:
    deals = [sandbox.add("leads", name=f"L{at}")["id"] for at in range(41)]
    assert api.write(CONTACTS, add=[{"name": "Ada", "leads_id": deals}])["errors"]["add"][0]["code"] == 330


def test_companies_are_added_and_read(api: ApiV2Client) -> None:
    ann, deal = api.add(CONTACTS, name="Ann"), api.add(LEADS, name="A")
    number = api.add(COMPANIES, name="Fern", contacts_id=f"{ann}", leads_id=[deal], tags=["big", "new"])
    shown = api.item(f"{COMPANIES}?id={number}")
    assert (shown["contacts"]["id"], shown["leads"]["id"], shown["customers"]) == ([ann], [deal], {})
    assert [tag["name"] for tag in shown["tags"]] == ["big", "new"]
    assert api.item(f"{CONTACTS}?id={ann}")["company"]["id"] == number
    unlink = {"contacts_id": [ann], "leads_id": [deal]}
    api.write(COMPANIES, update=[{"id": number, "updated_at": NOW + 1, "unlink": unlink, "tags": ""}])
    shown = api.item(f"{COMPANIES}?id={number}")
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
def test_error_codes_of_contacts(api: ApiV2Client, path: str, body: Any, expected: str) -> None:
    api.sandbox.strict_queries = False
    assert get_error_code(api.post(path, body)) == expected


def test_a_new_contact_has_no_empty_fields(api: ApiV2Client, sandbox: Sandbox) -> None:
    phone = next(row["id"] for row in sandbox.rows("custom_fields") if row["code"] == "PHONE")
    assert (
        get_error_code(api.post(CONTACTS, {"add": [{"name": "x", "custom_fields": [{"id": phone, "values": []}]}]}))
        == "238"
    )


def test_comma_lists_are_for_companies_and_customers(api: ApiV2Client) -> None:
    ann, bob = api.add(CONTACTS, name="Ann"), api.add(CONTACTS, name="Bob")
    firm = api.add(COMPANIES, name="Fern", contacts_id=f"{ann}, {bob}")
    assert api.item(f"{COMPANIES}?id={firm}")["contacts"]["id"] == [ann, bob]
    assert get_error_code(api.post(CONTACTS, {"add": [{"name": "x", "leads_id": "1,2"}]})) == "400"
    assert get_error_code(api.post(LEADS, {"add": [{"name": "x", "contacts_id": f"{ann},{bob}"}]})) == "400"


def test_unknown_keys_of_contacts_are_refused(api: ApiV2Client) -> None:
    assert "contacts_id" in get_sandbox_detail(api.post(CONTACTS, {"add": [{"name": "x", "contacts_id": [1]}]}))
    assert "first_name" in get_sandbox_detail(api.post(COMPANIES, {"add": [{"name": "x", "first_name": "y"}]}))
    assert "status" in get_sandbox_detail(api.get(f"{CONTACTS}?status=1"))

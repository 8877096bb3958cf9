from __future__ import annotations

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import COMPANIES, ApiClient


def test_contacts_of_a_company_have_no_main_flag(api: ApiClient, sandbox: Sandbox) -> None:
    person = sandbox.add("contacts", name="Ana")["id"]
    firm = sandbox.add("companies", name="Fern", contacts=[person])["id"]
    [row] = api.get(f"{COMPANIES}/{firm}?with=contacts").json()["_embedded"]["contacts"]
    assert set(row) == {"id", "_links"}
    assert "contacts" not in api.get(f"{COMPANIES}/{firm}").json()["_embedded"]

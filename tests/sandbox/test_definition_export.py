from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from kommo_orm.sandbox.definition_export import DefinitionExport


@pytest.fixture
def original() -> Sandbox:
    sandbox = Sandbox(subdomain="acme", timezone="Asia/Tokyo", first_id=70_000, customers_mode="periodicity")
    sandbox.seed(leads=5)
    sandbox.add("sources", name="Landing", external_id="land-1")
    return sandbox


def test_definitions_are_json_without_links_and_contact_data(original: Sandbox):
    definitions = original.definitions()
    text = json.dumps(definitions)
    assert "_links" not in text
    assert "@" not in text
    assert "tags" not in definitions
    assert definitions["account"]["subdomain"] == "acme"
    assert definitions["account"]["timezone"] == "Asia/Tokyo"
    assert [user["name"] for user in definitions["users"]] == [user["name"] for user in original.users]
    assert [row["name"] for row in definitions["sources"]] == ["Landing"]
    assert {row["id"] for row in definitions["customer_statuses"]} != set()
    owners = {f"catalogs/{row['id']}" for row in definitions["catalogs"]}
    assert owners
    assert owners <= definitions["custom_fields"].keys()
    stored = sum(len(rows) for rows in definitions["custom_fields"].values())
    assert stored == len(original.rows("custom_fields"))


def test_all_pages_of_a_list_are_read(original: Sandbox):
    for at in range(260):
        original.add_field("leads", f"Field {at}", "text")
    names = [row["name"] for row in original.definitions()["custom_fields"]["leads"]]
    assert set(names) >= {f"Field {at}" for at in range(260)}
    assert len(names) == len(original.account.get_definitions("leads"))


def test_a_list_that_ignores_pages_ends():
    rows = [{"id": number} for number in range(250)]
    asked: list[str] = []

    def ask(path: str) -> Any:
        asked.append(path)
        if path.startswith("/api/v4/account"):
            return {"id": 5, "name": "A", "subdomain": "a"}
        return {"_embedded": {"tags": rows}} if "/leads/tags" in path else None

    definitions = DefinitionExport(ask, ()).read_all(tags=True)
    assert len(definitions["tags"]["leads"]) == 250
    assert sum("/leads/tags" in path for path in asked) == 2


def test_what_the_token_may_not_read_is_named(original: Sandbox, caplog: pytest.LogCaptureFixture):
    original.faults.next(status=403, path="/api/v4/users", times=None)
    original.faults.next(status=402, path="/api/v4/catalogs", times=None)
    with original.connect() as kommo, caplog.at_level(logging.WARNING, "kommo_orm.sandbox"):
        copy = Sandbox.from_account(kommo)
    assert "The definitions have no users" in caplog.text
    assert "The definitions have no catalogs" in caplog.text
    assert copy.rows("catalogs") == []
    [owner] = copy.users
    assert owner["id"] == original.account.owner_id
    assert copy.add("leads", name="Roof")["responsible_user_id"] == original.account.owner_id


def test_an_account_that_cannot_be_read_is_an_error(original: Sandbox):
    from kommo_orm import Forbidden

    original.faults.next(status=403, path="/api/v4/leads/custom_fields", times=None)
    with original.connect() as kommo, pytest.raises(Forbidden):
        Sandbox.from_account(kommo)

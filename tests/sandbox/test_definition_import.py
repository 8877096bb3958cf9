from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient


def build_original(**settings: Any) -> Sandbox:
    sandbox = Sandbox(subdomain="acme", timezone="Asia/Tokyo", first_id=70_000, **settings)
    sandbox.seed(leads=5)
    sandbox.add("sources", name="Landing", external_id="land-1")
    api = ApiClient(sandbox)
    [field] = [
        row for row in sandbox.rows("custom_fields") if row["entity_type"] == "contacts" and row["code"] == "POSITION"
    ]
    group = {"name": "More", "fields": [field["id"]]}
    assert api.post("/api/v4/contacts/custom_fields/groups", [group]).status == 201
    return sandbox


@pytest.mark.parametrize("mode", ["disabled", "periodicity", "segments"])
def test_a_copy_has_the_same_definitions(mode: str):
    original = build_original(customers_mode=mode)
    if mode == "segments":
        original.add("segments", name="VIP")
    with original.connect() as kommo:
        copy = Sandbox.from_account(kommo, tags=True)
    assert copy.definitions(tags=True) == original.definitions(tags=True)
    assert (copy.subdomain, copy.account.timezone, copy.account.id) == ("acme", "Asia/Tokyo", original.account.id)
    assert copy.account.customers_mode == mode
    assert copy.rows("leads") == []


def test_a_copy_answers_lists_as_the_original_does():
    original = build_original()
    copy = Sandbox(definitions=original.definitions())
    paths = ["leads/pipelines", "leads/custom_fields", "contacts/custom_fields/groups", "catalogs", "sources", "roles"]
    for path in (f"/api/v4/{path}" for path in [*paths, "leads/loss_reasons"]):
        assert ApiClient(copy).get(path).json() == ApiClient(original).get(path).json(), path
    emails = [user["email"] for user in copy.users]
    assert emails == [f"user{user['id']}@sandbox.example" for user in original.users]
    assert [user["rights"] for user in copy.users] == [user["rights"] for user in original.users]


def test_models_of_the_account_work_on_its_copy():
    from kommo_orm import Lead, Number, Select, custom

    original = Sandbox(first_id=5000)
    source = original.add_field("leads", "Source", "select", enums=["Web", "Fair"])
    number = original.add_field("leads", "Budget", "numeric")["id"]

    class Order(Lead):
        source: Select = custom(name="Source")
        budget: Number = custom(number)

    copy = Sandbox(definitions=original.definitions())
    with copy.connect() as kommo:
        kommo.check(Order)
        Order(name="Chairs", source="Fair", budget=5).save()
    [row] = copy.rows("leads")
    [chosen] = [item["values"][0] for item in row["custom_fields_values"] if item["field_id"] == source["id"]]
    assert chosen["enum_id"] == source["enums"][1]["id"]


def test_new_ids_do_not_collide_with_copied_ones():
    original = build_original()
    copy = Sandbox(definitions=original.definitions(), first_id=70_000)
    known = {row["id"] for row in copy.rows("custom_fields")}
    options = {option["id"] for row in copy.rows("custom_fields") for option in row["enums"] or ()}
    made = copy.add_field("leads", "New", "select", enums=["a"])
    assert made["id"] not in known
    assert made["enums"][0]["id"] not in options
    stage = copy.add("statuses", name="New", pipeline_id=copy.rows("pipelines")[0]["id"])["id"]
    assert [row["id"] for row in copy.rows("statuses")].count(stage) == 1


def test_a_seeded_copy_has_cards_of_its_own_shape():
    original = build_original()
    copy = Sandbox(definitions=original.definitions())
    before = copy.definitions()
    counts = copy.seed(leads=30)
    assert (counts["leads"], counts["custom_fields"], counts["users"]) == (30, 0, 0)
    assert copy.definitions() == before
    pairs = {(row["pipeline_id"], row["id"]) for row in original.rows("statuses")}
    assert {(row["pipeline_id"], row["status_id"]) for row in copy.rows("leads")} <= pairs
    assert any(row["custom_fields_values"] for row in copy.rows("leads"))


def test_a_reset_keeps_the_definitions_and_nothing_else():
    definitions = build_original().definitions()
    kept = json.dumps(definitions)
    copy = Sandbox(definitions=definitions)
    copy.add_field("leads", "New", "text")
    copy.change("pipelines", copy.rows("pipelines")[0]["id"], name="Renamed")
    copy.add("leads", name="Roof")
    copy.reset()
    assert copy.rows("leads") == []
    assert copy.definitions() == definitions
    assert json.dumps(definitions) == kept


def test_arguments_win_over_the_definitions():
    definitions = build_original().definitions()
    copy = Sandbox(definitions=definitions, subdomain="test", timezone="Europe/Berlin", customers_mode="segments")
    assert (copy.subdomain, copy.account.timezone, copy.account.customers_mode) == ("test", "Europe/Berlin", "segments")


def test_rows_of_the_service_may_lack_keys():
    pipeline = {"id": 7, "name": "Main", "statuses": [{"id": 8, "name": "New"}, {"id": 142, "name": "Won"}]}
    field = {"id": 9, "name": "Size", "type": "select", "required_statuses": None, "enums": [{"id": 1, "value": "L"}]}
    users = [{"id": 5, "name": "Ana", "rights": {"is_admin": True, "catalog_rights": None}}]
    account = {"id": 31_500_077, "subdomain": "acme", "current_user_id": 5}
    sandbox = Sandbox(
        definitions={
            "version": 1,
            "account": account,
            "users": users,
            "pipelines": [pipeline],
            "custom_fields": {"leads": [field]},
            "sources": [{"id": 3, "name": "Site", "external_id": "s", "services": None}],
            "custom_field_groups": {"leads": [{"id": "leads_5", "name": "More"}]},
        }
    )
    lead = sandbox.add("leads", custom_fields_values=[{"field_id": 9, "values": [{"value": "L"}]}])
    assert (lead["pipeline_id"], lead["status_id"], lead["responsible_user_id"]) == (7, 8, 5)
    api = ApiClient(sandbox)
    assert api.get("/api/v4/account").json()["id"] == 31_500_077
    for path in ("sources", "users", "leads/custom_fields/groups", "leads/custom_fields", "leads/pipelines"):
        assert api.get(f"/api/v4/{path}").status == 200, path
    assert [row["code"] for row in sandbox.rows("custom_fields") if row["entity_type"] == "contacts"] != []
    assert sandbox.seed(leads=10)["leads"] == 10


def test_definitions_come_from_a_file(tmp_path: Path):
    path = tmp_path / "definitions.json"
    path.write_text(json.dumps(build_original().definitions()), encoding="utf-8")
    assert Sandbox(definitions=path).subdomain == Sandbox(definitions=str(path)).subdomain == "acme"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "has no definitions of version 1"),
        ('{"version": 2, "account": {}}', "has no definitions of version 1"),
        ('{"version": 1}', "has no definitions of version 1"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: str, message: str):
    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=f"other.json {message}.*Write it with kommo-orm sandbox --dump"):
        Sandbox(definitions=path)

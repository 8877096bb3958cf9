from __future__ import annotations

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import LEADS, NOW, ApiClient, Clock


def _seeded(clock: Clock, seed: int) -> Sandbox:
    sandbox = Sandbox(clock=clock)
    sandbox.seed(leads=30, seed=seed)
    return sandbox


def test_seeding_is_the_same_every_time(clock: Clock) -> None:
    one, two = Sandbox(clock=clock), Sandbox(clock=clock)
    assert one.seed(leads=30) == two.seed(leads=30)
    assert one.rows("leads") == two.rows("leads")
    assert one.rows("leads") != _seeded(clock, seed=2).rows("leads")


def test_a_seeded_account_has_rows_of_every_kind(sandbox: Sandbox, api: ApiClient) -> None:
    made = sandbox.seed(leads=250, contacts=100, companies=20)
    assert (made["leads"], made["contacts"], made["companies"]) == (250, 100, 20)
    assert len(sandbox.rows("pipelines")) == 2
    leads = sandbox.rows("leads")
    assert sum(len(lead["custom_fields_values"]) for lead in leads) / len(leads) >= 10
    types = {field["type"] for field in sandbox.rows("custom_fields") if field["entity_type"] == "leads"}
    assert types >= {"select", "multiselect", "date", "birthday", "monetary", "file", "chained_list", "smart_address"}
    assert any(lead["_embedded"]["loss_reason"] for lead in leads)
    assert any(lead["price_with_minor_units"] != lead["price"] for lead in leads)
    assert sandbox.rows("tasks")
    assert sandbox.rows("notes")
    assert len(api.rows(f"{LEADS}?limit=250&with=contacts")) == 250
    assert api.rows(f"{LEADS}?filter[updated_at][from]={NOW - 24 * 3600}")


def test_seeded_rows_can_be_written_back_unchanged(sandbox: Sandbox, api: ApiClient) -> None:
    """The service would accept every seeded value."""
    sandbox.seed(leads=40)
    plain = ("text", "textarea", "url", "numeric", "monetary", "checkbox", "date", "date_time", "birthday")
    for lead in sandbox.rows("leads"):
        values = [item for item in lead["custom_fields_values"] if item["field_type"] in plain]
        change = [{"field_id": item["field_id"], "values": item["values"]} for item in values]
        assert api.patch(f"{LEADS}/{lead['id']}", {"custom_fields_values": change}).status == 200
        after = sandbox.row("leads", lead["id"])
        assert after == lead

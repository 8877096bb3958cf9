"""The handles that tests hold: seeding, adding, changing, looking, defining."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import CONTACTS, LEADS, NOW, ApiClient, Clock


@dataclass
class CustomFieldKey:
    id: int | None = None
    code: str | None = None
    label: str | None = None
    field_type: str = "text"
    options: tuple[str, ...] = field(default=())


class Deal:
    __kommo_kind__ = "leads"
    __kommo_customs__ = {  # noqa: RUF012
        "budget": CustomFieldKey(id=771, field_type="numeric"),
        "source": CustomFieldKey(label="Source", field_type="select", options=("web", "phone")),
        "signed": CustomFieldKey(code="SIGNED_ON", field_type="date"),
        "remark": CustomFieldKey(),
        "utm": CustomFieldKey(code="UTM_SOURCE", field_type="tracking_data"),
    }


class Product:
    __kommo_kind__ = "catalog_elements"
    __kommo_catalog__ = "Products"
    __kommo_customs__ = {"price": CustomFieldKey(label="Price", field_type="price")}  # noqa: RUF012


def test_seeding_is_the_same_every_time(clock: Clock) -> None:
    one, two = Sandbox(clock=clock), Sandbox(clock=clock)
    assert one.seed(leads=30) == two.seed(leads=30)
    assert one.rows("leads") == two.rows("leads")
    assert one.rows("leads") != _seeded(clock, seed=2).rows("leads")


def _seeded(clock: Clock, seed: int) -> Sandbox:
    sandbox = Sandbox(clock=clock)
    sandbox.seed(leads=30, seed=seed)
    return sandbox


def test_a_seeded_account_is_full_of_everything(sandbox: Sandbox, api: ApiClient) -> None:
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


def test_what_was_seeded_can_be_written_back_as_it_was_stored(sandbox: Sandbox, api: ApiClient) -> None:
    """Every seeded value would be taken by the service: the sandbox holds nothing that could not be there."""
    sandbox.seed(leads=40)
    plain = ("text", "textarea", "url", "numeric", "monetary", "checkbox", "date", "date_time", "birthday")
    for lead in sandbox.rows("leads"):
        values = [item for item in lead["custom_fields_values"] if item["field_type"] in plain]
        change = [{"field_id": item["field_id"], "values": item["values"]} for item in values]
        assert api.patch(f"{LEADS}/{lead['id']}", {"custom_fields_values": change}).status == 200
        after = sandbox.row("leads", lead["id"])
        assert after == lead


def test_add_takes_an_id_tags_links_and_read_only_keys(sandbox: Sandbox) -> None:
    ann = sandbox.add("contacts", name="Ann", id=77)
    firm = sandbox.add("companies", name="Fern")
    lead = sandbox.add("leads", id=5, tags=["vip"], contacts=[77], company=firm["id"], closest_task_at=NOW)
    assert (ann["id"], lead["id"], lead["closest_task_at"]) == (77, 5, NOW)
    assert [tag["name"] for tag in lead["_embedded"]["tags"]] == ["vip"]
    assert [row["id"] for row in lead["_embedded"]["contacts"]] == [77]
    assert [row["id"] for row in lead["_embedded"]["companies"]] == [firm["id"]]


def test_add_refuses_what_the_service_refuses(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="FieldNotExpected"):
        sandbox.add("leads", id=5, prise=1)
    with pytest.raises(KeyError, match="no kind 'lead'. Did you mean leads"):
        sandbox.add("lead")
    assert sandbox.add("leads")["id"] != 5
    sandbox.add("leads", id=5)
    with pytest.raises(ValueError, match="there already"):
        sandbox.add("leads", id=5)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("tasks", {}),
        ("users", {"name": "Ann", "is_admin": True}),
        ("roles", {"name": "Heads"}),
        ("loss_reasons", {"name": "Dear"}),
        ("pipelines", {"name": "Second"}),
        ("statuses", {"name": "Stage", "pipeline_id": 1001}),
        ("catalogs", {"name": "Cars"}),
        ("tags", {"name": "vip", "entity_type": "contacts"}),
    ],
)
def test_every_kind_can_be_added_and_looked_at(sandbox: Sandbox, kind: str, values: dict[str, Any]) -> None:
    made = sandbox.add(kind, **values)
    assert sandbox.row(kind, made["id"]) == made
    assert made in sandbox.rows(kind)


def test_change_is_what_somebody_else_does_meanwhile(sandbox: Sandbox, api: ApiClient, clock: Clock) -> None:
    lead = api.create(LEADS, {"price": 5})
    clock.now += 60
    assert sandbox.change("leads", lead, price=7)["updated_at"] == NOW + 60
    assert [entry.method for entry in sandbox.log] == ["POST"]


def test_looking_at_rows_gives_copies(sandbox: Sandbox, api: ApiClient) -> None:
    lead = api.create(LEADS, {"name": "A"})
    sandbox.rows("leads")[0]["name"] = "B"
    assert api.get(f"{LEADS}/{lead}").json()["name"] == "A"
    assert sandbox.row("leads", 5) is None


def test_trash_is_for_what_is_there(sandbox: Sandbox, api: ApiClient) -> None:
    contact = sandbox.add("contacts", name="Ann")["id"]
    sandbox.trash("contacts", contact)
    with pytest.raises(KeyError):
        sandbox.trash("contacts", contact)
    assert api.get(CONTACTS).status == 204


def test_define_creates_the_fields_that_models_declare(sandbox: Sandbox) -> None:
    budget, source, signed, remark, utm = sandbox.define(Deal)
    assert (budget["id"], budget["type"], budget["name"]) == (771, "numeric", "budget")
    assert (source["name"], [option["value"] for option in source["enums"]]) == ("Source", ["web", "phone"])
    assert (signed["code"], signed["name"], remark["name"]) == ("SIGNED_ON", "SIGNED_ON", "remark")
    assert utm["is_predefined"] is True
    assert sandbox.define(Deal) == [budget, source, signed, remark, utm]


def test_define_makes_the_list_of_an_element_model(sandbox: Sandbox) -> None:
    [price] = sandbox.define(Product)
    [catalog] = sandbox.rows("catalogs")
    assert (price["catalog_id"], price["type"], catalog["name"]) == (catalog["id"], "price", "Products")


def test_the_log_keeps_what_arrived(sandbox: Sandbox, api: ApiClient) -> None:
    api.post(LEADS, [{"name": "A"}])
    api.get(f"{LEADS}?limit=5")
    api.get("/nowhere")
    [posted] = sandbox.requests("POST", LEADS)
    assert (posted.json, posted.status, posted.at, posted.bytes_in) == ([{"name": "A"}], 200, NOW, 15)
    assert str(sandbox.log[1]) == f"GET {LEADS}?limit=5 -> 200"
    assert [entry.status for entry in sandbox.requests("GET")] == [200, 404]
    sandbox.log.clear()
    assert sandbox.requests() == []


def test_reset_forgets_everything(sandbox: Sandbox, api: ApiClient) -> None:
    sandbox.seed(leads=5)
    sandbox.faults.next(status=500)
    sandbox.reset()
    assert api.get(LEADS).status == 204
    assert len(sandbox.log) == 1
    assert api.create(LEADS, {}) == 1001


def test_first_id_says_where_ids_begin(clock: Clock) -> None:
    api = ApiClient(Sandbox(first_id=142, clock=clock))
    assert api.create(LEADS, {}) == 142
    ids = [row["id"] for row in api.rows(f"{LEADS}/pipelines")[0]["_embedded"]["statuses"]]
    assert len(set(ids)) == len(ids)


def test_connect_gives_a_client_of_the_library(sandbox: Sandbox) -> None:
    with sandbox.connect() as kommo:
        assert kommo.request("GET", "/api/v4/account").json()["subdomain"] == "sandbox"
    [entry] = sandbox.requests("GET", "/api/v4/account")
    assert entry.status == 200

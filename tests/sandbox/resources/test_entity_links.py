from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import CONTACTS, LEADS, NOW, ApiClient, Clock, validation_error


def card(sandbox: Sandbox, kind: str, name: str = "X", **values: Any) -> int:
    return int(sandbox.add(kind, name=name, **values)["id"])


def to(kind: str, number: int, **metadata: Any) -> dict[str, Any]:
    return {"to_entity_id": number, "to_entity_type": kind, **({"metadata": metadata} if metadata else {})}


def mains(api: ApiClient, lead: int) -> dict[int, bool]:
    rows = api.get(f"{LEADS}/{lead}?with=contacts").json()["_embedded"]["contacts"]
    return {row["id"]: row["is_main"] for row in rows}


@pytest.fixture
def lead(sandbox: Sandbox) -> int:
    return card(sandbox, "leads")


def test_linking_returns_both_ends_and_unlinking_nothing(api: ApiClient, sandbox: Sandbox, lead: int) -> None:
    person = card(sandbox, "contacts")
    answer = api.post(f"{LEADS}/{lead}/link", [to("contacts", person, is_main=True)])
    [row] = answer.json()["_embedded"]["links"]
    assert row == {
        "entity_id": lead,
        "entity_type": "leads",
        "to_entity_id": person,
        "to_entity_type": "contacts",
        "metadata": {"main_contact": True},
    }
    assert api.rows(f"{LEADS}/{lead}/links") == [
        {"to_entity_id": person, "to_entity_type": "contacts", "metadata": {"main_contact": True}}
    ]
    assert api.post(f"{LEADS}/{lead}/unlink", [to("contacts", person)]).status == 204
    assert api.get(f"{LEADS}/{lead}/links").status == 204


def test_the_first_contact_becomes_main_until_another_is_chosen(api: ApiClient, sandbox: Sandbox, lead: int) -> None:
    ann, bob = card(sandbox, "contacts"), card(sandbox, "contacts")
    api.post(f"{LEADS}/{lead}/link", [to("contacts", ann), to("contacts", bob)])
    assert mains(api, lead) == {ann: True, bob: False}
    api.post(f"{LEADS}/{lead}/link", [to("contacts", bob, is_main=True)])
    assert mains(api, lead) == {ann: False, bob: True}
    api.post(f"{LEADS}/{lead}/unlink", [to("contacts", bob)])
    assert mains(api, lead) == {ann: True}


@pytest.mark.parametrize("kind", ["leads", "contacts"])
def test_a_second_company_replaces_the_first(api: ApiClient, sandbox: Sandbox, kind: str) -> None:
    holder, one, two = card(sandbox, kind), card(sandbox, "companies"), card(sandbox, "companies")
    api.post(f"/api/v4/{kind}/{holder}/link", [to("companies", one)])
    api.post(f"/api/v4/companies/{two}/link", [to(kind, holder)])
    assert [row["id"] for row in api.rows(f"/api/v4/{kind}")[0]["_embedded"]["companies"]] == [two]


def test_linking_does_not_change_updated_at(api: ApiClient, sandbox: Sandbox, lead: int, clock: Clock) -> None:
    clock.now += 60
    api.post(f"{LEADS}/{lead}/link", [to("contacts", card(sandbox, "contacts"))])
    assert api.rows(LEADS)[0]["updated_at"] == NOW


def test_an_element_needs_its_list_and_has_a_quantity(api: ApiClient, sandbox: Sandbox, lead: int) -> None:
    catalog = card(sandbox, "catalogs")
    lamp = card(sandbox, "elements", catalog_id=catalog)
    url = f"{LEADS}/{lead}/link"
    assert validation_error(api.post(url, [to("catalog_elements", lamp)])) == ("FieldMissing", "metadata.catalog_id")
    assert validation_error(api.post(url, [to("catalog_elements", lamp, from_catalog_id=catalog)])) == (
        "FieldNotExpected",
        "metadata.from_catalog_id",
    )
    for quantity in (1, 2.5, 3):
        assert api.post(url, [to("catalog_elements", lamp, catalog_id=catalog, quantity=quantity)]).status == 200
    [row] = api.rows(f"{LEADS}/{lead}/links")
    assert row["metadata"] == {"quantity": 3.0, "catalog_id": catalog}
    assert b'"quantity":3.0' in api.get(f"{LEADS}/{lead}/links").body
    embedded = api.get(f"{LEADS}/{lead}?with=catalog_elements").json()["_embedded"]["catalog_elements"]
    assert embedded == [{"id": lamp, "metadata": {"quantity": 3, "catalog_id": catalog}}]
    assert isinstance(embedded[0]["metadata"]["quantity"], int)


def test_a_null_price_is_kept_and_always_answered(api: ApiClient, sandbox: Sandbox, lead: int) -> None:
    catalog = sandbox.add("catalogs", name="Goods")["id"]
    element = sandbox.add("catalog_elements", catalog_id=catalog, name="Lamp")["id"]

    def link(**metadata: Any) -> Any:
        answer = api.post(f"{LEADS}/{lead}/link", [to("catalog_elements", element, catalog_id=catalog, **metadata)])
        return answer.json()["_embedded"]["links"][0]["metadata"]

    assert link() == {"quantity": 1.0, "catalog_id": catalog, "price_id": None}
    assert "price_id" not in api.rows(f"{LEADS}/{lead}/links")[0]["metadata"]
    assert link(price_id=7)["price_id"] == 7
    assert link(price_id=None)["price_id"] is None
    assert api.rows(f"{LEADS}/{lead}/links")[0]["metadata"]["price_id"] is None


def test_null_metadata_and_null_owner_are_accepted(api: ApiClient, sandbox: Sandbox, lead: int) -> None:
    item = {**to("contacts", card(sandbox, "contacts")), "metadata": None, "entity_id": None, "entity_type": None}
    assert api.post(f"{LEADS}/{lead}/link", [item]).status == 200


@pytest.mark.parametrize(
    ("item", "code", "path"),
    [
        (to("contacts", 5), "NotSupportedChoice", "to_entity_id"),
        (to("leads", 1001), "NotSupportedChoice", "to_entity_type"),
        ({"to_entity_id": 1001}, "FieldMissing", "to_entity_type"),
        (to("contacts", 5, main_contact=True), "FieldNotExpected", "metadata.main_contact"),
    ],
)
def test_an_invalid_link_is_refused(api: ApiClient, lead: int, item: dict[str, Any], code: str, path: str) -> None:
    assert validation_error(api.post(f"{LEADS}/{lead}/link", [item])) == (code, path)


def test_an_unknown_owner_is_refused(api: ApiClient) -> None:
    assert validation_error(api.post(f"{LEADS}/5/link", [to("contacts", 5)])) == ("NotSupportedChoice", "entity_id")


def test_links_are_filtered_by_type_and_id_together_only(api: ApiClient, sandbox: Sandbox, lead: int) -> None:
    ann, firm = card(sandbox, "contacts"), card(sandbox, "companies")
    api.post(f"{LEADS}/{lead}/link", [to("contacts", ann), to("companies", firm)])
    url = f"{LEADS}/{lead}/links"
    assert len(api.rows(f"{url}?filter[to_entity_type]=contacts")) == 2
    assert len(api.rows(f"{url}?filter[to_entity_type]=contacts&filter[to_entity_id]={ann}")) == 1


def test_mass_links_show_their_owners(api: ApiClient, sandbox: Sandbox, lead: int) -> None:
    other, ann = card(sandbox, "leads"), card(sandbox, "contacts")
    items = [{"entity_id": number, **to("contacts", ann)} for number in (lead, other)]
    assert api.post(f"{LEADS}/link", items).status == 200
    url = f"{LEADS}/links?filter[entity_id][]={lead}&filter[entity_id][]={other}"
    assert [row["entity_id"] for row in api.rows(url)] == [lead, other]
    assert api.get(f"{LEADS}/links").status == 400
    assert api.post(f"{LEADS}/unlink", items).status == 204
    assert api.get(url).status == 204


def test_links_look_the_same_from_both_ends(api: ApiClient, sandbox: Sandbox, lead: int) -> None:
    ann = card(sandbox, "contacts")
    api.post(f"{CONTACTS}/{ann}/link", [to("leads", lead)])
    assert mains(api, lead) == {ann: True}
    [row] = api.get(f"{CONTACTS}/{ann}?with=leads").json()["_embedded"]["leads"]
    assert set(row) == {"id", "_links"}

from __future__ import annotations

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import LEADS, ApiClient

EVENTS = "/api/v4/events"


def types(api: ApiClient, query: str = "") -> list[str]:
    return [row["type"] for row in api.rows(f"{EVENTS}{query}")]


def test_writes_record_events(api: ApiClient, sandbox: Sandbox) -> None:
    number = api.create(LEADS, {"name": "Roof", "price": 5})
    field = sandbox.add_field("leads", "Size", "numeric")["id"]
    values = [{"field_id": field, "values": [{"value": 9}]}]
    api.patch(f"{LEADS}/{number}", {"name": "Roofs", "price": 7, "status_id": 142, "custom_fields_values": values})
    api.patch(f"{LEADS}/{number}", {"tags_to_add": [{"name": "hot"}]})
    api.patch(f"{LEADS}/{number}", {"tags_to_delete": [{"name": "hot"}]})
    api.patch(f"{LEADS}/{number}", {"name": "Roofs"})
    api.post(f"{LEADS}/{number}/notes", [{"note_type": "common", "params": {"text": "x"}}])
    sandbox.trash("leads", number)
    assert types(api) == [
        "lead_deleted",
        "common_note_added",
        "entity_tag_deleted",
        "entity_tag_added",
        "custom_field_value_changed",
        "lead_status_changed",
        "sale_field_changed",
        "name_field_changed",
        "lead_added",
    ]
    rows = {row["type"]: row for row in sandbox.rows("events")}
    assert rows["sale_field_changed"]["value_before"] == [{"sale_field_value": {"sale": 5}}]
    assert rows["entity_tag_deleted"]["value_after"] == []
    assert rows["custom_field_value_changed"]["value_after"][0]["custom_field_value"]["text"] == "9"
    assert rows["lead_status_changed"]["value_after"][0]["lead_status"]["id"] == 142


def test_links_are_in_the_feed_of_both_ends(api: ApiClient, sandbox: Sandbox) -> None:
    lead, person = sandbox.add("leads")["id"], sandbox.add("contacts")["id"]
    link = [{"to_entity_id": person, "to_entity_type": "contacts"}]
    before = len(sandbox.rows("events"))
    for action in ("link", "link", "unlink", "unlink"):  # a repetition changes nothing
        api.post(f"{LEADS}/{lead}/{action}", link)
    found = sandbox.rows("events")[before:]
    assert [(row["type"], row["entity_type"], row["entity_id"]) for row in found] == [
        ("contact_linked", "lead", lead),
        ("lead_linked", "contact", person),
        ("contact_unlinked", "lead", lead),
        ("lead_unlinked", "contact", person),
    ]
    target = [{"link": {"entity": {"type": "contact", "id": person}}}]
    assert (found[0]["value_after"], found[0]["value_before"]) == (target, [])
    assert (found[2]["value_after"], found[2]["value_before"]) == ([], target)


def test_an_element_is_linked_in_the_feed_of_its_card(api: ApiClient, sandbox: Sandbox) -> None:
    lead, catalog = sandbox.add("leads")["id"], sandbox.add("catalogs", name="Goods")["id"]
    element = sandbox.add("catalog_elements", catalog_id=catalog, name="Lamp")["id"]
    link = {"to_entity_id": element, "to_entity_type": "catalog_elements", "metadata": {"catalog_id": catalog}}
    api.post(f"{LEADS}/{lead}/link", [link])
    [row] = [row for row in sandbox.rows("events") if row["type"] == "entity_linked"]
    entity = {"type": "catalog_element", "id": element, "catalog_id": catalog}
    assert (row["entity_id"], row["value_after"]) == (lead, [{"link": {"entity": entity}}])

"""From plain values to calls: URLs, keys and bodies of API v4, compared as such."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kommo_orm import Lead, QueryError
from kommo_orm.dialects.v4 import V4
from kommo_orm.interface.action import Action
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.term import Term
from kommo_orm.model.parent import Parent
from kommo_orm.transport.http_messages import Repeat

LEAD = Lead(id=5)


def item(request_id: str, body: dict[str, Any], pk: int | None = None) -> BatchItem:
    return BatchItem(LEAD, request_id, body, pk)


def params(read: ReadRequest, number: int = 1, size: int = 50) -> list[tuple[str, str]]:
    return list(V4.build_list_request(read, number, size).params)


# ---- reading
def test_a_list_is_asked_in_the_service_s_words():
    read = ReadRequest(
        "leads",
        terms=(Term("price", "range", ("1", "5")), Term("source", "in", (7, 8), field_id=551)),
        order=("updated_at", True),
        search="roof",
        includes=frozenset({"loss_reason"}),
    )
    call = V4.build_list_request(read, 3, 50)
    assert (call.method, call.path) == ("GET", "/api/v4/leads")
    assert call.params == (
        ("with", "contacts,loss_reason"),
        ("query", "roof"),
        ("filter[price][from]", "1"),
        ("filter[price][to]", "5"),
        ("filter[custom_fields_values][551][]", "7"),
        ("filter[custom_fields_values][551][]", "8"),
        ("order[updated_at]", "desc"),
        ("page", "3"),
        ("limit", "50"),
    )
    assert call.purpose == "read leads, page 3"


@pytest.mark.parametrize(
    ("term", "written"),
    [
        (Term("id", "eq", 5), [("filter[id][]", "5")]),
        (Term("price", "eq", "5"), [("filter[price]", "5")]),
        (Term("price", "gte", "5"), [("filter[price][from]", "5")]),
        (Term("created_at", "lte", 7), [("filter[created_at][to]", "7")]),
        (Term("is_read", "eq", True), [("filter[is_read][]", "1")]),
        (Term("is_read", "eq", False), [("filter[is_read][]", "0")]),
        (
            Term("status", "in", ((7, 142), (None, 143))),
            [
                ("filter[statuses][0][pipeline_id]", "7"),
                ("filter[statuses][0][status_id]", "142"),
                ("filter[statuses][1][status_id]", "143"),
            ],
        ),
    ],
    ids=str,
)
def test_terms(term, written):
    assert params(ReadRequest("leads", terms=(term,)))[1:-2] == written


def test_one_value_where_the_service_takes_one():
    with pytest.raises(QueryError, match="Kommo takes one value for price, not several; run a query for each"):
        V4.build_list_request(ReadRequest("leads", terms=(Term("price", "in", ("1", "2")),)), 1, 50)


def test_no_more_rows_are_asked_than_a_page_holds():
    assert params(ReadRequest("contacts"), size=500)[-1] == ("limit", "250")


def test_lists_without_pages_are_asked_without():
    assert params(ReadRequest("loss_reasons")) == []


def test_the_trash_is_asked_by_with():
    assert params(ReadRequest("contacts", deleted=True))[0] == ("with", "only_deleted")


@pytest.mark.parametrize(
    ("read", "path"),
    [
        (ReadRequest("tags", Parent("contacts")), "/api/v4/contacts/tags"),
        (ReadRequest("notes", Parent("leads")), "/api/v4/leads/notes"),
        (ReadRequest("notes", Parent("leads", 5)), "/api/v4/leads/5/notes"),
        (ReadRequest("statuses", Parent("pipelines", 7)), "/api/v4/leads/pipelines/7/statuses"),
        (ReadRequest("custom_fields", Parent("leads")), "/api/v4/leads/custom_fields"),
        (ReadRequest("custom_fields", Parent("catalogs", 9)), "/api/v4/catalogs/9/custom_fields"),
        (ReadRequest("catalog_elements", Parent("catalogs", 9)), "/api/v4/catalogs/9/elements"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_lives_under_something_has_its_address(read, path):
    assert V4.build_list_request(read, 1, 50).path == path
    assert V4.build_row_request(read, 3).path == f"{path}/3"


# ---- writing
def test_creations_are_lists_with_request_ids_and_are_not_repeated():
    call = V4.build_batch_request(Batch("create", "leads", (item("0", {"name": "a"}), item("1", {}))))
    assert (call.method, call.path, call.repeat) == ("POST", "/api/v4/leads", Repeat.CREATES)
    assert call.json == [{"name": "a", "request_id": "0"}, {"request_id": "1"}]


def test_one_update_has_the_row_s_address_and_several_have_the_list_s():
    one = V4.build_batch_request(Batch("update", "leads", (item("0", {"price": 5}, 7),)))
    assert (one.method, one.path, one.json, one.repeat) == ("PATCH", "/api/v4/leads/7", {"price": 5}, Repeat.SAFE)
    two = V4.build_batch_request(Batch("update", "leads", (item("0", {"price": 5}, 7), item("1", {"name": "b"}, 8))))
    assert two.path == "/api/v4/leads"
    assert two.json == [{"id": 7, "price": 5}, {"id": 8, "name": "b"}]


def test_the_items_of_an_update_are_as_short_as_possible():
    """The answer names rows by their ids, so that nothing but the id and the change is sent."""
    items = tuple(item(str(place), {"price": 10_000 + place}, 1_000_000 + place) for place in range(1_000))
    batches = [Batch("update", "leads", items[place : place + 250]) for place in range(0, 1_000, 250)]
    sizes = [len(json.dumps(V4.build_batch_request(batch).json, separators=(",", ":"))) for batch in batches]
    assert sum(sizes) <= 31_000


def test_links_of_one_owner_and_of_many():
    one = {"to_entity_id": 1, "to_entity_type": "contacts", "metadata": {"is_main": True}}
    two = {"to_entity_id": 2, "to_entity_type": "companies", "metadata": {}}
    bare = {"to_entity_id": 2, "to_entity_type": "companies"}
    call = V4.build_batch_request(Batch("link", "leads", (item("0", one, 7), item("1", two, 7))))
    assert (call.method, call.path, call.json, call.repeat) == (
        "POST",
        "/api/v4/leads/7/link",
        [one, bare],
        Repeat.SAFE,
    )
    call = V4.build_batch_request(Batch("unlink", "leads", (item("0", one, 7), item("1", two, 8))))
    assert call.path == "/api/v4/leads/unlink"
    assert call.json == [{"entity_id": 7, **one}, {"entity_id": 8, **bare}]


def test_deletions_have_one_address_each_and_lists_a_batch():
    call = V4.build_batch_request(Batch("delete", "statuses", (item("0", {}, 11),), Parent("pipelines", 7)))
    assert (call.method, call.path) == ("DELETE", "/api/v4/leads/pipelines/7/statuses/11")
    call = V4.build_batch_request(Batch("delete", "catalogs", (item("0", {}, 11), item("1", {}, 12))))
    assert (call.method, call.path, call.json) == ("POST", "/api/v2/catalogs", {"delete": [11, 12]})


def test_actions():
    pin = V4.build_action_request(Action("pin", "notes", (5,), Parent("leads")))
    assert (pin.method, pin.path) == ("POST", "/api/v4/leads/notes/5/pin")
    switch = V4.build_action_request(Action("activate", "users", (5, 6)))
    assert (switch.path, switch.json) == ("/api/v4/users/activate", [{"id": 5}, {"id": 6}])


def test_every_kind_has_capabilities():
    assert V4.capabilities("leads").embedded_relations == {"contacts", "companies"}
    assert V4.capabilities("contacts").embedded_relations == frozenset()
    assert V4.capabilities("leads").delete_size == 0
    assert V4.capabilities("loss_reasons").update_size == 1
    assert V4.name == "v4"


def test_parts_of_customers():
    points = V4.build_action_request(Action("bonus_points", "customers", (5,), body={"earn": 3}))
    assert (points.method, points.path, points.json) == ("POST", "/api/v4/customers/5/bonus_points", {"earn": 3})
    assert points.repeat is Repeat.CREATES
    mode = V4.build_action_request(Action("mode", "customers", body={"mode": "segments", "is_enabled": True}))
    assert (mode.method, mode.path, mode.repeat) == ("PATCH", "/api/v4/customers/mode", Repeat.SAFE)
    fields = V4.build_list_request(ReadRequest("custom_fields", Parent("segments")), 1, 250)
    assert fields.path == "/api/v4/customers/segments/custom_fields"
    deletion = V4.build_batch_request(Batch("delete", "customers", (item("0", {}, 5), item("1", {}, 6))))
    assert (deletion.method, deletion.path, deletion.json) == ("POST", "/api/v2/customers", {"delete": [5, 6]})


@pytest.mark.parametrize(("options", "query"), [((), ()), ((("accrue_bonus", True),), (("accrue_bonus", "true"),))])
def test_what_a_purchase_says_beside_its_body(options: Any, query: Any):
    call = V4.build_batch_request(
        Batch("create", "transactions", (item("0", {"price": 5}),), Parent("customers", 7, options=options))
    )
    assert (call.path, call.params) == ("/api/v4/customers/7/transactions", query)
    assert call.json == [{"price": 5, "request_id": "0"}]

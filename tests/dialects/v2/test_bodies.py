"""From canonical values to bodies and queries of API v2."""

from __future__ import annotations

import pytest

from kommo_orm import Lead
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.link_row import LinkRow
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.term import Term
from kommo_orm.model.parent import Parent
from kommo_orm.transport.http_messages import Repeat
from tests.dialects.v2.plain import NOW, V2, batch, new, old


def body(item: BatchItem, kind: str = "leads", parent: Parent | None = None, verb: str = "save"):
    return V2.build_batch_request(batch(item, kind=kind, parent=parent, verb=verb)).json


def values(kind: str, *given: object):
    entry = {"field_id": 7, "values": list(given)}
    item = BatchItem(Lead(), "0", {"name": "x", "custom_fields_values": [entry]}, field_types=(kind,))
    (sent,) = body(item)["add"][0]["custom_fields"]
    assert sent["id"] == 7
    return sent["values"]


@pytest.mark.parametrize(
    ("kind", "canonical", "sent"),
    [
        ("text", {"value": "abc"}, {"value": "abc"}),
        ("numeric", {"value": "12.5"}, {"value": "12.5"}),
        ("checkbox", {"value": True}, {"value": 1}),
        ("checkbox", {"value": False}, {"value": 0}),
        ("select", {"enum_id": 3691}, {"value": 3691}),
        ("radiobutton", {"enum_id": 3691}, {"value": 3691}),
        ("multiselect", {"enum_id": 3691}, 3691),
        ("date", {"value": "2026-05-04T00:00:00+02:00"}, {"value": "2026-05-04 00:00:00"}),
        ("birthday", {"value": "1905-05-03T23:39:45+00:00"}, {"value": "1905-05-04 00:00:00"}),
        ("url", {"value": "https://x"}, {"value": "https://x"}),
        ("multitext", {"value": "+1", "enum_code": "WORK"}, {"value": "+1", "enum": "WORK"}),
        ("multitext", {"value": "+1", "enum_id": 901}, {"value": "+1", "enum": 901}),
        ("multitext", {"value": "+1"}, {"value": "+1"}),
        (
            "smart_address",
            {"value": "Main", "enum_code": "address_line_1"},
            {"value": "Main", "subtype": "address_line_1"},
        ),
        ("smart_address", {"value": "Main", "enum_id": 9}, {"value": "Main", "subtype": 9}),
        ("legal_entity", {"value": {"name": "A", "external_uid": "u"}}, {"value": {"name": "A", "external_id": "u"}}),
        ("items", {"value": {"description": "Pen"}}, {"description": "Pen"}),
    ],
)
def test_values_of_each_type(kind, canonical, sent):
    assert values(kind, canonical) == [sent]


@pytest.mark.parametrize("kind", ["file", "linked_entity", "chained_list", "payer", "supplier", "date_time"])
def test_types_that_v2_does_not_know_are_refused(kind):
    with pytest.raises(ConfigurationError, match=f"API v2 cannot write fields of type {kind}"):
        values(kind, {"value": "x"})


def test_parts_of_a_legal_entity_that_v2_does_not_know_are_refused():
    with pytest.raises(ConfigurationError, match="cannot write director of a legal entity"):
        values("legal_entity", {"value": {"name": "A", "director": "B"}})


def test_a_field_is_cleared_by_an_empty_list_and_named_by_its_code():
    item = BatchItem(
        Lead(),
        "0",
        {"name": "x", "custom_fields_values": [{"field_code": "PHONE", "values": None}]},
        field_types=("multitext",),
    )
    assert body(item)["add"][0]["custom_fields"] == [{"code": "PHONE", "values": []}]


def test_new_and_changed_ones_share_a_request():
    call = V2.build_batch_request(batch(new("a"), old("b", 501, price=5)))
    assert (call.method, call.path, call.repeat, call.many) == ("POST", "/api/v2/leads", Repeat.CREATES, True)
    assert call.json == {
        "add": [{"name": "a", "request_id": 0}],
        "update": [{"id": 501, "updated_at": NOW, "name": "b", "sale": 5}],
    }


@pytest.mark.parametrize(
    ("known", "sent"),
    [
        ({"updated_at": NOW - 60}, NOW),
        ({"updated_at": NOW}, NOW + 1),
        ({"updated_at": NOW + 600}, NOW + 601),
        ({"updated_at": str(NOW)}, NOW + 1),
        ({}, NOW + 5),
    ],
)
def test_an_update_is_newer_than_what_was_read(known, sent):
    assert body(old("a", 5, known), verb="update")["update"][0]["updated_at"] == sent


def test_links_go_along():
    links = (
        LinkRow("link", "contacts", 701, {"is_main": True}),
        LinkRow("link", "contacts", 702),
        LinkRow("unlink", "contacts", 703),
        LinkRow("link", "companies", 801),
        LinkRow("unlink", "companies", 802),
        LinkRow("link", "catalog_elements", 9001, {"catalog_id": 93, "quantity": 10}),
    )
    item = BatchItem(Lead(id=5), "0", {}, 5, links=links, stored_values={"updated_at": 1})
    assert body(item, verb="update") == {
        "update": [
            {
                "id": 5,
                "updated_at": NOW,
                "contacts_id": [701, 702],
                "main_contact_id": 701,
                "unlink": {"contacts_id": [703], "company_id": 802},
                "company_id": 801,
                "catalog_elements_id": {"93": {"9001": 10}},
            }
        ]
    }


def test_batches_of_links_are_updates_of_their_owners():
    rows = [
        BatchItem(Lead(id=5), "0", {"to_entity_id": 701, "to_entity_type": "contacts", "metadata": {}}, 5),
        BatchItem(Lead(id=5), "1", {"to_entity_id": 702, "to_entity_type": "contacts", "metadata": {}}, 5),
        BatchItem(Lead(id=6), "2", {"to_entity_id": 801, "to_entity_type": "companies", "metadata": {}}, 6),
    ]
    sent = V2.build_batch_request(batch(*rows, verb="link")).json
    assert sent == {
        "update": [
            {"id": 5, "updated_at": NOW + 5, "contacts_id": [701, 702]},
            {"id": 6, "updated_at": NOW + 5, "company_id": 801},
        ]
    }
    assert V2.build_batch_request(batch(*rows[:1], verb="unlink")).json == {
        "update": [{"id": 5, "updated_at": NOW + 5, "unlink": {"contacts_id": [701]}}]
    }


def test_one_company_at_a_time():
    links = (LinkRow("link", "companies", 1), LinkRow("link", "companies", 2))
    with pytest.raises(ConfigurationError, match="cannot link several companies at once"):
        body(BatchItem(Lead(id=5), "0", {}, 5, links=links))


@pytest.mark.parametrize(
    ("marks", "sent"),
    [
        ([{"name": "a"}, {"id": 1, "name": "b"}], "a,b"),
        ([{"name": "a, b"}, {"name": "c"}], ["a, b", "c"]),
        ([{"id": 1}, {"id": 2, "name": "b"}], [1, 2]),
        ([], ""),
        (None, ""),
    ],
)
def test_tags_are_written_together(marks, sent):
    assert body(new("a", _embedded={"tags": marks}))["add"][0]["tags"] == sent


def test_empty_values_are_written_as_v2_reads_them():
    made = (
        body(old("a", 5, first_name=None, closed_at=None), "contacts") if False else body(old("a", 5, closed_at=None))
    )
    assert made["update"][0]["closed_at"] == 0


def test_deletions_are_lists_of_ids():
    call = V2.build_batch_request(batch(old("a", 1), old("b", 2), verb="delete", kind="catalog_elements"))
    assert (call.path, call.json, call.repeat) == ("/api/v2/catalog_elements", {"delete": [1, 2]}, Repeat.SAFE)
    fields = V2.build_batch_request(batch(old("a", 1), verb="delete", kind="custom_fields"))
    assert (fields.path, fields.json) == ("/api/v2/fields", {"delete": [{"id": 1, "origin": "kommo_orm"}]})


# ---- queries
def params(read: ReadRequest, page: int = 1, size: int = 500):
    return list(V2.build_list_request(read, page, size).params)


def test_pages_are_rows_to_take_and_rows_to_skip():
    assert params(ReadRequest("leads"), 3, 200) == [("limit_rows", "200"), ("limit_offset", "400")]
    assert params(ReadRequest("catalog_elements", Parent("catalogs", 93)), 3) == [("catalog_id", "93"), ("page", "3")]
    assert params(ReadRequest("incoming_leads"), 2, 9999) == [("page_size", "500"), ("page", "2")]
    assert params(ReadRequest("catalogs")) == []


def test_filters_have_v2s_names():
    terms = (
        Term("responsible_user_id", "in", (1, 2)),
        Term("created_at", "range", (10, 20)),
        Term("updated_at", "gte", 30),
        Term("status", "in", ((7, 501), (None, 142))),
    )
    assert params(ReadRequest("leads", terms=terms))[:-2] == [
        ("responsible_user_id[]", "1"),
        ("responsible_user_id[]", "2"),
        ("filter[date_create][from]", "10"),
        ("filter[date_create][to]", "20"),
        ("filter[date_modify][from]", "30"),
        ("status[]", "501"),
        ("status[]", "142"),
    ]
    tasks = (
        Term("is_completed", "eq", False),
        Term("lead_status", "in", ((7, 501),)),
        Term("entity_type", "eq", "leads"),
    )
    assert params(ReadRequest("tasks", terms=tasks))[:-2] == [
        ("filter[status][]", "0"),
        ("filter[pipe][7][]", "501"),
        ("type", "lead"),
    ]


def test_changes_since_are_asked_by_a_header():
    call = V2.build_list_request(ReadRequest("contacts", terms=(Term("updated_at", "gte", 1_777_887_001),)), 1, 500)
    assert call.headers == (("If-Modified-Since", "Mon, 04 May 2026 09:30:00 GMT"),)
    assert call.params == (("limit_rows", "500"), ("limit_offset", "0"))


def test_notes_say_whose_they_are():
    read = ReadRequest("notes", Parent("leads", 5), (Term("note_type", "eq", "sms_in"),))
    assert params(read)[:3] == [("type", "lead"), ("element_id", "5"), ("note_type", "102")]
    assert list(V2.build_row_request(ReadRequest("notes", Parent("leads", 5)), 401).params) == [
        ("type", "lead"),
        ("id", "401"),
    ]
    with pytest.raises(QueryError, match="cannot list notes of catalogs"):
        params(ReadRequest("notes", Parent("catalogs", 5)))


def test_refusals_name_what_is_possible():
    with pytest.raises(QueryError) as refused:
        params(ReadRequest("contacts", terms=(Term("name", "eq", "x"),)))
    assert refused.value.message == (
        "Kommo's API v2 cannot filter contacts by name; it can by id, id__in, responsible_user_id, "
        "responsible_user_id__in, updated_at__gte; use dialect='v4'"
    )


def test_customers_and_their_purchases():
    made = body(new("x", next_date=5, next_price=3, periodicity=30), "customers")["add"]
    assert made == [{"name": "x", "next_date": 5, "next_price": 3, "periodicity": 30, "request_id": 0}]
    with pytest.raises(ConfigurationError, match="cannot write status_id of customers"):
        body(new("x", status_id=5), "customers")
    bought = BatchItem(Lead(), "0", {"price": 120, "comment": "Two lamps", "completed_at": 9})
    call = V2.build_batch_request(batch(bought, kind="transactions", parent=Parent("customers", 7), verb="create"))
    assert call.path == "/api/v2/transactions"
    assert call.json == {"add": [{"customer_id": 7, "price": 120, "comment": "Two lamps", "date": 9, "request_id": 0}]}
    read = ReadRequest(
        "customers", terms=(Term("responsible_user_id", "eq", 5),), includes=frozenset({"catalog_elements"})
    )
    assert params(read)[:2] == [("with", "catalog_elements_links"), ("filter[main_user][]", "5")]
    assert params(ReadRequest("transactions", Parent("customers", 7)))[0] == ("customer_id", "7")


def test_possible_filters_are_named_as_users_write_them():
    for kind, said in (("leads", "status_id, status__in, is_open"), ("tasks", "lead_status__in; use")):
        with pytest.raises(QueryError) as refused:
            V2.build_list_request(ReadRequest(kind, terms=(Term("name", "eq", "x"),)), 1, 50)
        assert said in str(refused.value)


@pytest.mark.parametrize(
    ("known", "given", "sent"),
    [
        ({"pipeline_id": 10}, {"status_id": 142}, {"status_id": 142, "pipeline_id": 10}),
        ({"pipeline_id": "10"}, {"status_id": 143}, {"status_id": 143, "pipeline_id": 10}),
        ({"pipeline_id": 10}, {"status_id": 142, "pipeline_id": 11}, {"status_id": 142, "pipeline_id": 11}),
        ({"pipeline_id": 10}, {"status_id": 7001}, {"status_id": 7001}),
        ({}, {"status_id": 142}, {"status_id": 142}),
    ],
)
def test_a_closed_stage_names_its_pipeline(known, given, sent):
    item = BatchItem(Lead(id=5), "0", given, 5, stored_values=known)
    (row,) = body(item, verb="update")["update"]
    assert {key: row[key] for key in ("status_id", "pipeline_id") if key in row} == sent

"""From rows of API v2 to canonical ones: documented samples and recorded answers, with nothing lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kommo_orm import Account, Company, Contact, Lead, Note, Pipeline, Task, User
from kommo_orm.dialects.v2.custom_field_values import TYPES
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.model.parent import Parent
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from tests.dialects.v2.plain import V2

if TYPE_CHECKING:
    from kommo_orm.interface.row import Row


def rows(read: ReadRequest, *items: Row, keyed: bool = False) -> list[Row]:
    found: Any = {str(item["id"]): item for item in items} if keyed else list(items)
    body = json.dumps({"_embedded": {"items": found}}).encode()
    return V2.parse_page(read, HttpResponse(200, body, HttpRequest("GET", "/", (("limit_rows", "500"),)))).rows


def test_a_lead_as_documented():
    sample: Row = {
        "id": 501, "name": "Pump", "responsible_user_id": 55, "created_by": 55, "created_at": 1769000000,
        "updated_at": 1769000500, "account_id": 1001, "status_id": 7001, "is_deleted": False,
        "main_contact": {"id": 701, "_links": {}}, "group_id": 0, "company": {"id": 801, "name": "Acme", "_links": {}},
        "closed_at": 0, "closest_task_at": -62169984000, "tags": [{"id": 7, "name": "vip"}],
        "custom_fields": [{"id": 41, "name": "Colour", "values": [{"value": "Red", "enum": "3691"}], "is_system": False}],
        "contacts": {"id": [701, "703"], "_links": {}}, "sale": 1500, "pipeline": {"id": 10, "_links": {}}, "_links": {},
    }  # fmt: skip
    (row,) = rows(ReadRequest("leads"), sample)
    (lead,) = Lead.hydrate([row])
    assert (lead.price, lead.pipeline_id, lead.company_id, lead.contacts.ids) == (1500, 10, 801, (701, 703))
    assert lead.contacts.main is not None
    assert (lead.contacts.main.id, lead.tags.names) == (701, ("vip",))
    assert (lead.closed_at, lead.closest_task_at) == (None, None)
    assert row["custom_fields_values"] == [
        {
            "field_id": 41,
            "field_name": "Colour",
            "field_code": None,
            "values": [{"value": "Red", "enum_id": 3691}],
            "is_system": False,
        }
    ]


@pytest.mark.parametrize("nothing", [{}, [], None], ids=repr)
def test_empty_relations(nothing):
    sample: Row = {
        "id": 5,
        "company": nothing,
        "contacts": nothing,
        "main_contact": nothing,
        "tags": nothing,
        "custom_fields": nothing,
    }
    (row,) = rows(ReadRequest("leads"), sample)
    (lead,) = Lead.hydrate([row])
    assert (lead.company_id, lead.contacts.ids, lead.tags.names, list(lead.custom_fields)) == (None, (), (), [])


def test_recorded_rows_keep_everything(recorded_v2):
    company, contact = recorded_v2(3), recorded_v2(5)
    (firm,) = Company.hydrate(rows(ReadRequest("companies"), company))
    assert (firm.name, firm.leads.ids, firm.contacts.ids, firm.tags.names) == (
        company["name"],
        tuple(company["leads"]["id"]),
        tuple(company["contacts"]["id"]),
        (),
    )
    phones = {field.get("code"): field["values"] for field in company["custom_fields"]}
    assert firm.custom_fields["PHONE"][0].value == phones["PHONE"][0]["value"]
    assert firm.custom_fields["EMAIL"][0].id == phones["EMAIL"][0]["enum"]
    assert firm.custom_fields[company["custom_fields"][3]["id"]] == 990011223344
    (person,) = Contact.hydrate(rows(ReadRequest("contacts"), contact))
    assert (person.company_id, len(person.leads.ids), len(person.custom_fields["PHONE"])) == (
        contact["company"]["id"],
        3,
        3,
    )
    assert person.custom_fields["POSITION"] == contact["custom_fields"][0]["values"][0]["value"]


def test_recorded_pipelines(recorded_v2):
    body = recorded_v2(1)
    page = V2.parse_page(
        ReadRequest("pipelines"), HttpResponse(200, json.dumps(body).encode(), HttpRequest("GET", "/"))
    )
    (pipeline,) = Pipeline.hydrate(page.rows)
    names = {status.id: status.name for status in pipeline.statuses}
    assert (pipeline.is_main, len(names), names[142]) == (
        True,
        5,
        next(iter(body["_embedded"]["items"].values()))["statuses"]["142"]["name"],
    )
    assert [status.sort for status in pipeline.statuses] == sorted(status.sort for status in pipeline.statuses)


@pytest.mark.parametrize("written", ["2026-05-04 00:00:00", "2026-05-04", "2026/05/04", "04.05.2026"])
@pytest.mark.parametrize("kind", [6, 14])
def test_days_are_written_in_four_ways(written, kind):
    sample = {"id": 1, "custom_fields": [{"id": 41, "type_id": kind, "values": [{"value": written}]}]}
    (lead,) = Lead.hydrate(rows(ReadRequest("leads"), sample))
    assert str(lead.custom_fields[41]) == "2026-05-04"
    assert TYPES[kind] in ("date", "birthday")


def test_values_of_other_types():
    fields = [
        {"id": 1, "type_id": 13, "values": [{"value": "Main", "subtype": "1"}, {"value": "US", "subtype": "6"}]},
        {"id": 2, "type_id": 15, "values": [{"value": {"name": "A", "entity_type": "2", "external_id": "u"}}]},
        {"id": 3, "type_id": 16, "values": [{"description": "Pen", "unit_price": 15, "quantity": "10"}]},
        {"id": 4, "type_id": 3, "values": [{"value": "1"}]},
        {"id": 5, "type_id": 5, "values": {"0": {"value": "Red", "enum": 3}, "1": {"value": "Blue", "enum": "4"}}},
        {"id": 6, "type_id": 99, "values": [{"value": "?"}]},
        {"id": 7, "code": "PHONE", "values": [{"value": "+1", "enum": "WORK"}]},
    ]
    (lead,) = Lead.hydrate(rows(ReadRequest("leads"), {"id": 1, "custom_fields": fields}))
    free = lead.custom_fields
    assert (free[1].address_line_1, free[1].country) == ("Main", "US")
    assert (free[2][0].name, free[2][0].external_uid) == ("A", "u")
    assert (free[3][0].description, free[3][0].quantity) == ("Pen", 10)
    assert (free[4], [option.id for option in free[5]]) == (True, [3, 4])
    assert free[6] == [{"value": "?"}]
    assert free[7][0].kind == "WORK"


def test_a_task_as_documented():
    sample = {"id": 301, "element_type": 2, "element_id": 501, "is_completed": False, "task_type": 1,
              "complete_till_at": 1769900000, "text": "Ring", "result": []}  # fmt: skip
    (task,) = Task.hydrate(
        rows(ReadRequest("tasks"), sample, {**sample, "id": 302, "result": {"id": 4, "text": "Done"}})[1:]
    )
    assert (task.entity_type, task.entity_id, task.task_type_id, task.result) == ("leads", 501, 1, "Done")
    assert task.complete_till.timestamp() == 1769900000


@pytest.mark.parametrize(
    ("sample", "kind", "parts"),
    [
        ({"note_type": 4, "text": "Hello"}, "common", {"text": "Hello"}),
        ({"note_type": "25", "params": {"text": "x", "service": "Shop"}}, "service_message", {"text": "x", "service": "Shop"}),
        ({"note_type": 102, "params": {"TEXT": "x", "PHONE": "+1"}}, "sms_in", {"text": "x", "phone": "+1"}),
        ({"note_type": 10, "params": {"UNIQ": "k", "DURATION": "9", "SRC": "s", "PHONE": "+1", "LINK": "l"}}, "call_in",
         {"uniq": "k", "duration": 9, "source": "s", "phone": "+1", "link": "l"}),
        ({"note_type": 11, "text": '{"UNIQ":"k","DURATION":9,"SRC":"s","PHONE":"+1"}'}, "call_out",
         {"uniq": "k", "duration": 9, "source": "s", "phone": "+1"}),
    ],
)  # fmt: skip
def test_notes_of_each_type(sample, kind, parts):
    row = {"id": 401, "element_id": 501, "element_type": 2, "attachment": "", **sample}
    (note,) = Note.hydrate(rows(ReadRequest("notes", Parent("leads")), row))
    assert (note.note_type, note.entity_type, note.entity_id) == (kind, "leads", 501)
    assert {name: value for name, value in note.params.parts().items() if name in parts} == parts


def test_types_of_notes_that_nobody_knows():
    found = rows(
        ReadRequest("notes", Parent("leads")),
        {"id": 1, "note_type": 77, "text": "x"},
        {"id": 2, "note_type": 1, "params": []},
    )
    assert [note.note_type for note in Note.hydrate(found)] == ["type_77", "deal_created"]


ACCOUNT: Row = {
    "id": 1001, "name": "Acme", "subdomain": "acme", "currency": "USD", "timezone": "Europe/Paris", "timezone_offset": "+02:00",
    "date_pattern": {"date": "d.m.Y", "time": "H:i", "date_time": "d.m.Y H:i", "time_full": "H:i:s"}, "current_user": 55,
    "_embedded": {
        "users": {"55": {"id": 55, "name": "Ann", "last_name": "Ruiz", "login": "a@b.example", "language": "en", "group_id": 9,
                         "is_active": True, "is_free": False, "is_admin": True, "phone_number": "+1",
                         "rights": {"mail": "A", "incoming_leads": "A", "catalogs": "D", "lead_add": "A", "lead_view": "M"}}},
        "groups": [{"id": 9, "name": "Sales"}],
        "task_types": [{"id": 1, "name": "Call"}],
        "custom_fields": {"contacts": {"31": {"id": 31, "name": "Phone", "field_type": 8, "code": "PHONE",
                                              "enums": {"901": "WORK", "902": "MOB"}}},
                          "leads": [{"id": 41, "name": "Colour", "field_type": 4, "enums": [{"id": 1, "value": "Red"}]}],
                          "catalogs": {"93": {"51": {"id": 51, "name": "Sku", "field_type": 1}}}},
    },
}  # fmt: skip


def account_answer() -> HttpResponse:
    return HttpResponse(200, json.dumps(ACCOUNT).encode(), HttpRequest("GET", "/api/v2/account"))


def test_the_account_as_documented():
    row = V2.parse_row(ReadRequest("account", includes=frozenset({"users_groups", "task_types"})), account_answer())
    assert row is not None
    (account,) = Account.hydrate([row])
    assert (account.current_user_id, account.datetime_settings.timezone, account.currency) == (
        55,
        "Europe/Paris",
        "USD",
    )
    assert ([group.name for group in account.users_groups], [one.name for one in account.task_types]) == (
        ["Sales"],
        ["Call"],
    )
    assert str(V2.parse_timezone(account_answer())) == "Europe/Paris"


def test_users_as_documented():
    page = V2.parse_page(ReadRequest("users", includes=frozenset({"group"})), account_answer())
    (user,) = User.hydrate(page.rows)
    assert (user.name, user.email, user.lang, user.is_admin, user.rights.group_id) == (
        "Ann Ruiz",
        "a@b.example",
        "en",
        True,
        9,
    )
    assert (user.rights.leads.add, user.rights.leads.view, user.rights.mail_access, user.rights.catalog_access) == (
        "A",
        "M",
        True,
        False,
    )
    assert user.group is not None
    assert user.group.name == "Sales"


@pytest.mark.parametrize(
    ("parent", "found"),
    [
        (Parent("contacts"), (31, "multitext", ["WORK", "MOB"])),
        (Parent("leads"), (41, "select", ["Red"])),
        (Parent("catalogs", 93), (51, "text", [])),
    ],
)
def test_definitions_in_both_shapes(parent, found):
    (row,) = V2.parse_page(ReadRequest("custom_fields", parent), account_answer()).rows
    assert (row["id"], row["type"], [option["value"] for option in row["enums"] or ()]) == found


def test_a_page_that_is_not_full_is_the_last_one():
    call = HttpRequest("GET", "/", (("limit_rows", "2"), ("limit_offset", "0")))
    body = json.dumps({"_embedded": {"items": [{"id": 1}, {"id": 2}]}}).encode()
    assert not V2.parse_page(ReadRequest("leads"), HttpResponse(200, body, call)).last
    assert V2.parse_page(ReadRequest("leads"), HttpResponse(200, b'{"_embedded":{"items":[{"id":1}]}}', call)).last
    assert V2.parse_page(ReadRequest("leads"), HttpResponse(204, b"", call)) == V2.parse_page(
        ReadRequest("leads"), HttpResponse(200, b'{"_embedded":{"items":[]}}', call)
    )


def test_an_old_contact_has_no_parts_of_a_name():
    (row,) = rows(ReadRequest("contacts"), {"id": 5, "name": "Ada Lovelace"})
    (contact,) = Contact.hydrate([row])
    assert (contact.first_name, contact.last_name) == ("", "")


def test_rows_under_the_name_of_their_kind():
    body = json.dumps({"_embedded": {"catalogs": [{"id": 93, "name": "Stock", "widgets": [7]}]}}).encode()
    (row,) = V2.parse_page(ReadRequest("catalogs"), HttpResponse(200, body, HttpRequest("GET", "/"))).rows
    assert row == {"id": 93, "name": "Stock", "widgets": [7]}

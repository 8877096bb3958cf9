"""Odd rows never break a read: PHP's ways to say things, unknown keys, and what cannot be read at all (rule 7)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from kommo_orm import Company, Contact, Lead, UnexpectedResponse
from tests.account import BUDGET, REGIONS, Caller, Deal, Person


def lead_of(**row: Any) -> Deal:
    return Deal.hydrate([{"id": 5, "custom_fields_values": None, **row}])[0]


def entry(field_id: int, kind: str, *values: Any, **rest: Any) -> dict[str, Any]:
    return {
        "field_id": field_id,
        "field_name": "X",
        "field_code": None,
        "field_type": kind,
        "values": list(values),
        **rest,
    }


@pytest.mark.parametrize(
    ("name", "raw", "read"),
    [
        ("id", "5", 5),
        ("price", "5", Decimal(5)),
        ("price", 5.0, Decimal(5)),
        ("price", "49,90", Decimal("49.90")),
        ("price", 0, Decimal(0)),
        ("price", False, Decimal(0)),
        ("pipeline_id", "7", 7),
        ("pipeline_id", 7.0, 7),
        ("pipeline_id", False, 0),
        ("name", "null", "null"),
        ("name", 5, "5"),
        ("loss_reason_id", 0, None),
        ("loss_reason_id", False, None),
        ("loss_reason_id", "0", None),
        ("loss_reason_id", "", None),
        ("loss_reason_id", "31", 31),
        ("score", -1, None),
        ("closed_at", 0, None),
        ("closed_at", "0", None),
        ("closed_at", False, None),
        ("closed_at", None, None),
        ("closed_at", -62169993017, None),
        ("closed_at", "1736100000", datetime.fromtimestamp(1736100000, UTC)),
        ("closed_at", 1736100000.0, datetime.fromtimestamp(1736100000, UTC)),
        ("created_at", "2025-01-05T18:00:00+00:00", datetime(2025, 1, 5, 18, tzinfo=UTC)),
        ("created_at", "2025-01-05 18:00:00", datetime(2025, 1, 5, 18, tzinfo=UTC)),
        ("is_deleted", 0, False),
        ("is_deleted", 1, True),
        ("is_deleted", "1", True),
        ("is_deleted", "", False),
        ("is_deleted", "N", False),
        ("labor_cost", None, None),
        ("labor_cost", "60", 60),
    ],
    ids=repr,
)
def test_core_values_in_odd_forms_are_read(name, raw, read):
    value = getattr(lead_of(**{name: raw}), name)
    assert value == read
    assert type(value) is type(read)


@pytest.mark.parametrize("raw", [[], {}, None], ids=repr)
def test_no_custom_values_at_all_in_any_form(raw):
    deal = lead_of(custom_fields_values=raw)
    assert (deal.budget, deal.regions, deal.source, list(deal.custom_fields)) == (None, [], None, [])


def test_php_makes_an_object_of_a_list_with_gaps():
    values = {
        "0": entry(BUDGET, "numeric", {"value": "12.5"}),
        "3": entry(REGIONS, "multiselect", {"value": "EU", "enum_id": 1}),
    }
    deal = lead_of(custom_fields_values=values)
    assert (deal.budget, deal.regions) == (Decimal("12.5"), ["EU"])
    assert len(deal.custom_fields) == 2


def test_a_price_in_cents_wins_over_the_whole_one():
    assert lead_of(price=8450, price_with_minor_units=8450.5).price == Decimal("8450.5")
    assert lead_of(price=8450, price_with_minor_units=None).price == Decimal(8450)
    assert lead_of(price=8450).price == Decimal(8450)


@pytest.mark.parametrize(
    ("name", "raw"),
    [("price", "many"), ("created_at", "soon"), ("is_deleted", "perhaps"), ("pipeline_id", [7]), ("name", {})],
)
def test_a_value_that_cannot_be_read_is_named_with_its_entity_and_id(name, raw):
    deal = lead_of(**{name: raw})
    with pytest.raises(UnexpectedResponse, match=rf"Deal 5: field '{name}' holds .*which cannot be read"):
        getattr(deal, name)


def test_the_rest_of_the_row_and_of_the_page_stays_usable():
    broken, whole = Deal.hydrate(
        [{"id": 5, "name": "Roof", "price": "many", "mood": 1}, {"id": 6, "name": "Wall", "price": 3}]
    )
    assert broken.name == "Roof"
    assert broken.extra == {"mood": 1}
    assert broken.raw["price"] == "many"
    assert "price" not in repr(broken)
    assert (whole.name, whole.price) == ("Wall", 3)
    broken.name = "Door"
    assert broken.changes == {"name": ("Roof", "Door")}
    assert broken.to_payload() == {"name": "Door"}


def test_a_custom_value_that_cannot_be_read_is_named_too():
    deal = lead_of(
        custom_fields_values=[
            entry(BUDGET, "numeric", {"value": {"odd": 1}}),
            entry(REGIONS, "multiselect", {"value": "EU"}),
        ]
    )
    with pytest.raises(UnexpectedResponse, match="Deal 5: field 'budget' holds"):
        deal.budget  # noqa: B018
    assert deal.regions == ["EU"]


def test_an_unreadable_value_can_be_overwritten():
    deal = lead_of(custom_fields_values=[entry(BUDGET, "numeric", {"value": {"odd": 1}})], price="many")
    deal.budget, deal.price = 5, 3
    assert deal.has_changes
    assert deal.to_payload() == {"price": 3, "custom_fields_values": [{"field_id": BUDGET, "values": [{"value": "5"}]}]}


def test_fields_are_found_by_name_and_by_code_in_the_row():
    deal = lead_of(
        custom_fields_values=[
            entry(1, "select", {"value": "web", "enum_id": 7, "enum_code": None}, field_name="Source"),
            entry(2, "date", {"value": 1736035200}, field_name="Signed on", field_code="SIGNED_ON"),
        ]
    )
    assert deal.source == "web"
    assert deal.source is not None
    assert deal.source.id == 7


# Rows as the service and its documentation really show them, with other values: missing keys, old keys, extra keys.
LEAD = {
    "id": 41001,
    "name": "Anfrage von shop.example",
    "price": 95000,
    "responsible_user_id": 51,
    "group_id": 0,
    "status_id": 143,
    "pipeline_id": 61,
    "loss_reason_id": None,
    "created_by": 0,
    "updated_by": 52,
    "created_at": 1636000000,
    "updated_at": 1646000000,
    "closed_at": 1640000000,
    "closest_task_at": None,
    "is_deleted": False,
    "custom_fields_values": [
        {
            "field_id": 71,
            "field_name": "Vertrag",
            "field_code": None,
            "field_type": "text",
            "values": [{"value": "null"}],
        },
        {
            "field_id": 72,
            "field_name": "Seite",
            "field_code": None,
            "field_type": "url",
            "values": [{"value": "https://shop.example"}],
        },
        {"field_id": 73, "field_name": "Neu", "field_code": None, "field_type": "hologram", "values": [{"depth": 3}]},
    ],
    "score": None,
    "account_id": 90,
    "labor_cost": None,
    "mood": [],
    "_links": {"self": {"href": "https://acme.amocrm.ru/api/v4/leads/41001?page=1&limit=250"}},
    "_embedded": {
        "tags": [{"id": 81, "name": "alt", "color": None}, {"id": 82, "name": "Dublette"}],
        "companies": [],
        "loss_reason": [
            {"id": 31, "name": "Nicht erreicht", "sort": 14, "created_at": 1665000000, "updated_at": 1684000000}
        ],
    },
}
CONTACT = {
    "id": 42001,
    "name": "Anna Beispiel",
    "first_name": "",
    "last_name": "",
    "responsible_user_id": 51,
    "group_id": 1,
    "created_by": 51,
    "updated_by": 51,
    "created_at": 1582000000,
    "updated_at": 1590000000,
    "closest_task_at": None,
    "custom_fields_values": [
        {
            "field_id": 74,
            "field_name": "Telefon",
            "field_code": "PHONE",
            "field_type": "text",
            "values": [{"value": "+4930123", "enum_id": 1, "enum": "WORK"}],
        }
    ],
    "account_id": 90,
    "_links": {"self": {"href": "https://example.kommo.com/api/v4/contacts/42001"}},
    "_embedded": {
        "tags": [],
        "leads": [{"id": 1, "_links": {"self": {"href": "x"}}}, {"id": 41001}],
        "customers": [{"id": 13}],
        "catalog_elements": [],
        "companies": [{"id": 43001, "_links": {}}],
    },
}
COMPANY = {
    "id": 43001,
    "name": "Beispiel AG",
    "responsible_user_id": 51,
    "group_id": 1,
    "created_by": 51,
    "updated_by": 51,
    "created_at": 1582000000,
    "updated_at": 1586000000,
    "closest_task_at": None,
    "custom_fields_values": [
        {
            "field_id": 74,
            "field_name": "Telefon",
            "field_code": "PHONE",
            "field_type": "textarea",
            "values": [{"value": "0301", "enum_id": 1, "enum": "WORK"}],
        }
    ],
    "account_id": 90,
    "_links": {},
    "_embedded": {"tags": []},
}


def test_a_lead_as_the_service_shows_it():
    [lead] = Deal.hydrate([LEAD])
    assert repr(lead).startswith("Deal(id=41001")
    assert lead.custom_fields["Vertrag"] == "null"
    assert lead.custom_fields["Neu"] == [{"depth": 3}]
    assert lead.extra == {"mood": []}
    assert lead.tags.names == ("alt", "Dublette")
    assert lead.loss_reason is not None
    assert (lead.loss_reason.name, lead.loss_reason.sort) == ("Nicht erreicht", 14)
    assert lead.company is None
    assert lead.model_dump()["created_by"] == 0
    assert not lead.has_changes


def test_a_contact_as_old_documentation_shows_it():
    [person] = Person.hydrate([CONTACT])
    [caller] = Caller.hydrate([CONTACT])
    assert person.phone == "+4930123"
    assert [(phone.value, phone.kind) for phone in caller.phones] == [("+4930123", "WORK")]
    assert (person.company_id, person.leads.ids, person.first_name) == (43001, (1, 41001), "")
    assert not hasattr(person, "is_deleted")
    assert repr(person)
    assert not person.has_changes


def test_a_company_as_old_documentation_shows_it():
    [company] = Company.hydrate([COMPANY])
    assert company.custom_fields["PHONE"] == "0301"
    assert repr(company)
    assert not company.has_changes


def test_classes_read_the_same_row_differently():
    [lead] = Lead.hydrate([LEAD])
    assert not hasattr(lead, "source")
    [contact] = Contact.hydrate([CONTACT])
    assert not hasattr(contact, "phone")

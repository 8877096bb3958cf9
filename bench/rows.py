"""Rows as Kommo sends them: leads with ten custom fields, two contacts and one or two tags, and their contacts.

A row is a function of its id, so that every client and every run reads the same. Nothing here knows the library.
"""

from __future__ import annotations

from typing import Any, Final

JsonObject = dict[str, Any]

FIRST_FIELD: Final = 9001
"""The id of the first custom field of a lead; the other nine follow."""

FIRST_CONTACT: Final = 1_000_000
"""Ids of contacts begin behind it."""

FIRST_COMPANY: Final = 2_000_000

PHONE_FIELD: Final = 8001
EMAIL_FIELD: Final = 8002
POSITION_FIELD: Final = 8003

FIRST_SECOND: Final = 1_700_000_000
"""The time at which the first row was created."""

HOST: Final = "https://acme.kommo.com"

FIELDS: Final = (
    ("Budget", None, "numeric"),
    ("Source", "SOURCE", "select"),
    ("Regions", None, "multiselect"),
    ("Remark", None, "text"),
    ("Signed on", "SIGNED_ON", "date"),
    ("Is partner", None, "checkbox"),
    ("Page", None, "url"),
    ("Comment", None, "textarea"),
    ("utm_source", "UTM_SOURCE", "tracking_data"),
    ("Delivery", None, "radiobutton"),
)
"""Name, code and type of each custom field of a lead."""

SOURCES: Final = ("Web form", "Phone call", "Recommendation", "Exhibition")
REGIONS: Final = ("North", "South", "East", "West", "Überregional")
DELIVERIES: Final = ("Courier", "Post", "Pick-up")


def make_option(options: tuple[str, ...], place: int, first_id: int) -> JsonObject:
    index = place % len(options)
    return {"value": options[index], "enum_id": first_id + index, "enum_code": None}


def make_values(kind: str, pk: int) -> list[JsonObject]:
    """The values of one custom field, in the shape of its type."""
    values = {
        "numeric": [{"value": str(pk * 10)}],
        "select": [make_option(SOURCES, pk, 501)],
        "multiselect": [make_option(REGIONS, pk, 601), make_option(REGIONS, pk + 1, 601)],
        "date": [{"value": FIRST_SECOND - FIRST_SECOND % 86_400 + pk % 1000 * 86_400}],
        "checkbox": [{"value": pk % 2 == 0}],
        "url": [{"value": f"https://example.com/deals/{pk}"}],
        "radiobutton": [make_option(DELIVERIES, pk, 701)],
    }
    return values.get(kind) or [{"value": f"{kind} of the deal {pk}"}]


def make_custom_field(index: int, pk: int) -> JsonObject:
    name, code, kind = FIELDS[index]
    head = {"field_id": FIRST_FIELD + index, "field_name": name, "field_code": code, "field_type": kind}
    return {**head, "values": make_values(kind, pk)}


def contact_ids(pk: int, leads: int) -> tuple[int, int]:
    """The two contacts of a lead: one of its own, and one that it shares with another lead."""
    return FIRST_CONTACT + pk, FIRST_CONTACT + pk * 7 % leads + 1


def make_lead(pk: int, leads: int = 10_000, fields: int = len(FIELDS)) -> JsonObject:
    """One lead of an account that has so many of them."""
    own, other = contact_ids(pk, leads)
    tags = [{"id": 11, "name": "vip", "color": None}, {"id": 12, "name": "wholesale", "color": "D5D8DB"}]
    return {
        "id": pk,
        "name": f"Delivery of the order {pk}",
        "price": pk * 100,
        "responsible_user_id": 51 + pk % 5,
        "group_id": 0,
        "status_id": 142,
        "pipeline_id": 7,
        "loss_reason_id": None,
        "created_by": 51,
        "updated_by": 0,
        "created_at": FIRST_SECOND + pk,
        "updated_at": FIRST_SECOND + 2 * pk,
        "closed_at": FIRST_SECOND + 3 * pk,
        "closest_task_at": None,
        "is_deleted": False,
        "custom_fields_values": [make_custom_field(index, pk) for index in range(fields)],
        "score": None,
        "account_id": 90,
        "labor_cost": None,
        "is_price_computed": False,
        "_links": {"self": {"href": f"{HOST}/api/v4/leads/{pk}?page=1&limit=250&with=contacts"}},
        "_embedded": {
            "tags": tags[: 1 + pk % 2],
            "companies": [{"id": FIRST_COMPANY + pk, "_links": make_links("companies", FIRST_COMPANY + pk)}],
            "contacts": [
                {"id": own, "is_main": True, "_links": make_links("contacts", own)},
                {"id": other, "is_main": False, "_links": make_links("contacts", other)},
            ][: 2 if own != other else 1],
        },
    }


def make_links(kind: str, pk: int) -> JsonObject:
    return {"self": {"href": f"{HOST}/api/v4/{kind}/{pk}"}}


def make_contact(pk: int) -> JsonObject:
    phone = {"value": f"+1555{pk}", "enum_id": 801, "enum_code": "WORK"}
    email = {"value": f"person{pk}@example.com", "enum_id": 811, "enum_code": "WORK"}
    head: tuple[tuple[int, str, str, str, list[JsonObject]], ...] = (
        (PHONE_FIELD, "Phone", "PHONE", "multitext", [phone]),
        (EMAIL_FIELD, "Email", "EMAIL", "multitext", [email]),
        (POSITION_FIELD, "Position", "POSITION", "text", [{"value": "Head of purchasing"}]),
    )
    return {
        "id": pk,
        "name": f"Ann Contact {pk}",
        "first_name": "Ann",
        "last_name": f"Contact {pk}",
        "responsible_user_id": 51,
        "group_id": 0,
        "created_by": 51,
        "updated_by": 51,
        "created_at": FIRST_SECOND,
        "updated_at": FIRST_SECOND + 1,
        "closest_task_at": None,
        "is_deleted": False,
        "is_unsorted": False,
        "custom_fields_values": [
            {"field_id": field, "field_name": name, "field_code": code, "field_type": kind, "values": values}
            for field, name, code, kind, values in head
        ],
        "account_id": 90,
        "_links": make_links("contacts", pk),
        "_embedded": {"tags": [], "companies": []},
    }

"""Invented words and values for a seeded account."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.custom_field_values import StoredValues
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import split_words

TEAM = ("Ana Ruiz", "Ben Okafor", "Chloe Martin", "Diego Silva")
GROUPS = ((501, "Support"), (502, "Export"))
TAGS = ("vip", "partner", "returning", "newsletter", "urgent")
LOSS_REASONS = ("Too dear", "No answer", "Chose another", "Postponed")
NOTES = ("Wants an offer by Friday.", "Asked about delivery.", "Prefers e-mail.", "Met at the fair.")
TASKS = ("Call back", "Send the offer", "Agree on the date", "Ask for documents")
CHAIN = (("Makes", ("Fern", "Otter")), ("Models", ("Fern One", "Otter Two", "Otter Three")))
PRODUCTS = (("Blue lamp", "49.50"), ("Oak table", "310"), ("Garden chair", "75.25"))
_FIRST = split_words("Ana Ben Carla Dan Eva Felix Gina Hugo Iris Jon Klara Leo Mara Nils Olga Paul Rosa Sam Tina Vera")
_LAST = split_words("Adler Berg Costa Diaz Evans Fischer Garcia Hansen Ivanova Jones Keller Lopez Moreau Novak Pinto")
_TRADE = split_words("Roofing Bakery Logistics Dental Solar Print Garden Marine Textile Optics")
_WORK = ("Roof repair", "Solar panels", "Kitchen", "Web shop", "Annual service", "Office move", "Garden design")
_CITIES = ("Lisbon", "Porto", "Madrid", "Valencia")

# type -> name, code and options of one field
FIELDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "text": ("Contract no", "CONTRACT_NO", ()),
    "textarea": ("Description", "DESCRIPTION", ()),
    "numeric": ("Budget", "BUDGET", ()),
    "monetary": ("Deposit", "DEPOSIT", ()),
    "checkbox": ("Newsletter", "NEWSLETTER", ()),
    "select": ("Source", "SOURCE", ("Website", "Referral", "Advertising", "Cold call")),
    "multiselect": ("Regions", "REGIONS", ("EU", "US", "LATAM", "APAC")),
    "radiobutton": ("Priority", "PRIORITY", ("Low", "Normal", "High")),
    "date": ("Signed on", "SIGNED_ON", ()),
    "date_time": ("Next call", "NEXT_CALL", ()),
    "url": ("Site", "SITE", ()),
    "streetaddress": ("Delivery", "DELIVERY", ()),
    "smart_address": ("Address", "SMART_ADDRESS", ()),
    "birthday": ("Birthday", "BIRTHDAY", ()),
    "legal_entity": ("Legal entity", "LEGAL_ENTITY", ()),
    "file": ("Contract", "CONTRACT_FILE", ()),
    "chained_list": ("Configuration", "CONFIGURATION", ()),
}
USUAL_TYPES = (
    "text",
    "numeric",
    "checkbox",
    "select",
    "multiselect",
    "radiobutton",
    "date",
    "date_time",
    "url",
    "textarea",
)


def build_field_settings(field_type: str, chain: list[int]) -> Row:
    """Build the extra keys that a definition of this type needs."""
    if field_type == "monetary":
        return {"currency": "EUR"}
    if field_type == "chained_list":
        parents = [None, *chain]
        return {
            "chained_lists": [
                {"title": None, "catalog_id": catalog, "parent_catalog_id": parent}
                for catalog, parent in zip(chain, parents, strict=False)
            ]
        }
    return {}


def pick_person_name(dice: Random) -> tuple[str, str]:
    return dice.choice(_FIRST), dice.choice(_LAST)


def pick_company_name(dice: Random) -> str:
    return f"{dice.choice(_LAST)} {dice.choice(_TRADE)}"


def pick_deal_name(dice: Random) -> str:
    return f"{dice.choice(_WORK)}, {dice.choice(_LAST)}"


def build_call_params(dice: Random) -> Row:
    """Build the parameters that a telephone service writes about a call."""
    return {
        "uniq": f"call-{dice.randrange(10**8)}",
        "duration": dice.randrange(600),
        "source": "sandbox-pbx",
        "link": None,
        "phone": pick_phone(dice),
        "call_status": dice.randrange(1, 8),
    }


def pick_phone(dice: Random) -> str:
    return f"+1555{dice.randrange(10**7):07d}"


def pick_email(dice: Random) -> str:
    return f"{dice.choice(_FIRST).lower()}{dice.randrange(999)}@mail.example"


_BUILDABLE = split_words(
    "text textarea url streetaddress tracking_data numeric monetary checkbox date birthday date_time smart_address "
    "legal_entity file"
)


def can_build_value(account: Account, field: Row) -> bool:
    """Return True if a value can be made up: the type is known, and options or elements to choose from are there."""
    kind: str = field["type"]
    options: list[Row] = field["enums"] or []
    if field["is_computed"]:
        return False
    if kind in ("select", "radiobutton", "multitext", "multiselect"):
        return len(options) > (kind == "multiselect")
    if kind == "chained_list":
        filled = {row["catalog_id"] for row in account.store.iter_rows("catalog_elements")}
        return bool(field["chained_lists"]) and all(item["catalog_id"] in filled for item in field["chained_lists"])
    return kind in _BUILDABLE


def build_field_value(dice: Random, account: Account, field: Row) -> StoredValues:
    """Build a value of this type in its stored form."""
    kind = field["type"]
    if kind in ("select", "radiobutton"):
        return [{"enum_id": dice.choice(field["enums"])["id"]}]
    if kind == "multiselect":
        chosen = dice.sample(field["enums"], dice.randrange(1, 3))
        return [{"enum_id": option["id"]} for option in chosen]
    if kind == "multitext":
        text = pick_email(dice) if field["code"] == "EMAIL" else pick_phone(dice)
        return [{"value": text, "enum_id": field["enums"][0]["id"]}]
    if kind == "chained_list":
        return _build_chained_value(dice, account, field)
    if kind == "smart_address":
        return [
            {"value": f"{dice.randrange(1, 99)} Elm st", "enum_id": 1},
            {"value": dice.choice(_CITIES), "enum_id": 3},
        ]
    return [{"value": _build_single_value(dice, account, kind)}]


def _build_single_value(dice: Random, account: Account, kind: str) -> Any:
    moment = account.now() - dice.randrange(400 * 24 * 3600)
    made: dict[str, Callable[[], Any]] = {
        "numeric": lambda: str(dice.randrange(100, 90_000)),
        "monetary": lambda: f"{dice.randrange(100, 9_000)}.{dice.randrange(10, 99)}",
        "checkbox": lambda: dice.random() < 0.5,
        "date": lambda: account.find_midnight(moment),
        "birthday": lambda: account.find_midnight(moment - 30 * 365 * 24 * 3600),
        "date_time": lambda: moment,
        "url": lambda: f"https://{dice.choice(_LAST).lower()}.example",
        "legal_entity": lambda: {
            "name": f"{pick_company_name(dice)} Ltd",
            "entity_type": 2,
            "vat_id": pick_phone(dice)[1:],
        },
        "file": lambda: _build_file_value(dice),
        "textarea": lambda: "\n".join(dice.sample(NOTES, 2)),
    }
    return made[kind]() if kind in made else f"{dice.choice(_WORK)} {dice.randrange(999)}"


def _build_file_value(dice: Random) -> Row:
    unique = f"{dice.randrange(16**12):012x}"
    known: Row = {"file_uuid": f"5b0e7c1a-0000-4000-8000-{unique}", "version_uuid": f"5b0e7c1a-0000-4000-9000-{unique}"}
    return {**known, "file_name": "contract.pdf", "file_size": dice.randrange(10_000, 900_000), "is_deleted": False}


def _build_chained_value(dice: Random, account: Account, field: Row) -> StoredValues:
    made: StoredValues = []
    for item in field["chained_lists"]:
        rows = [row for row in account.store.iter_rows("catalog_elements") if row["catalog_id"] == item["catalog_id"]]
        made.append({"catalog_id": item["catalog_id"], "catalog_element_id": dice.choice(rows)["id"]})
    return made

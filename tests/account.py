"""The account of these tests: two models with mapped fields, the same fields in a sandbox, and what the account was asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kommo_orm import Contact, Date, Kommo, Lead, MultiSelect, Number, Phone, Phones, Select, Text, custom
from kommo_orm.sandbox import Sandbox

BUDGET, REGIONS = 551, 553


class Deal(Lead):
    """Fields by id, by name and by code."""

    budget: Number = custom(BUDGET)
    source: Select = custom(name="Source")
    regions: MultiSelect = custom(REGIONS)
    signed: Date = custom(code="SIGNED_ON")
    remark: Text = custom(name="Remark")


class Person(Contact):
    phone: Phone = custom(code="PHONE")


class Caller(Contact):
    """The same field as a list."""

    phones: Phones = custom(code="PHONE")


def furnished(**options: Any) -> Sandbox:
    """An account with the fields of `Deal`, and three that no class declares: Size, Colour and Notice."""
    made = Sandbox(**options)
    made.add_field("leads", "Budget", "numeric", id=BUDGET)
    made.add_field("leads", "Source", "select", enums=["web", "call", "fair"])
    made.add_field("leads", "Regions", "multiselect", enums=["EU", "US", "ASIA"], id=REGIONS)
    made.add_field("leads", "Signed on", "date", code="SIGNED_ON")
    made.add_field("leads", "Remark", "text")
    made.add_field("leads", "Size", "numeric", code="SIZE")
    made.add_field("leads", "Colour", "multiselect", enums=["red", "blue"])
    made.add_field("leads", "Notice", "text")
    return made


def field_id(sandbox: Sandbox, name: str, kind: str = "leads") -> int:
    """The id that a field got in this account."""
    fields = [row for row in sandbox.rows("custom_fields") if row["name"] == name]
    owned = [row for row in fields if row.get("entity_type", kind) == kind]
    return int((owned or fields)[0]["id"])


def option_id(sandbox: Sandbox, name: str, value: str) -> int:
    field = next(row for row in sandbox.rows("custom_fields") if row["name"] == name)
    return int(next(option["id"] for option in field["enums"] if option["value"] == value))


def sent(sandbox: Sandbox) -> list[tuple[str, str, Any]]:
    """Verb, path and body of everything that was written, in order."""
    return [(entry.method, entry.path, entry.json) for entry in sandbox.log if entry.method != "GET"]


def bodies(sandbox: Sandbox, method: str = "PATCH") -> list[Any]:
    return [body for verb, _, body in sent(sandbox) if verb == method]


def asked(sandbox: Sandbox) -> list[str]:
    """Paths of everything that was read, in order."""
    return [entry.path for entry in sandbox.log if entry.method == "GET"]


def value_in(sandbox: Sandbox, kind: str, pk: int, name: str) -> Any:
    """The stored values of a custom field of one row; None when it has none."""
    row = sandbox.row(kind, pk)
    assert row is not None
    entries = [entry for entry in row["custom_fields_values"] or [] if entry["field_name"] == name]
    return [value["value"] for value in entries[0]["values"]] if entries else None


def ids_of(sandbox: Sandbox, kind: str, pk: int, key: str) -> list[int]:
    """Ids that a stored row embeds under a name: its contacts, its companies."""
    row = sandbox.row(kind, pk)
    assert row is not None
    return [int(item["id"]) for item in row["_embedded"][key]]


@pytest.fixture
def sandbox() -> Sandbox:
    return furnished()


@pytest.fixture
def kommo(sandbox: Sandbox) -> Iterator[Kommo]:
    """Connected, and the account of the test; the zone is known, so that no request asks for it."""
    with sandbox.connect(timezone=sandbox.account.timezone, backoff=0) as kommo:
        yield kommo

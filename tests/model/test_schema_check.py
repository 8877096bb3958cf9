"""`kommo.check(Deal, Person)`: do the declared custom fields fit this account?"""

from __future__ import annotations

import re
from enum import StrEnum

import pytest

from kommo_orm import Contact, Kommo, Lead, Monetary, Number, Select, Text, custom
from kommo_orm.sandbox import Sandbox
from tests.account import BUDGET, Deal, Person, asked, field_id, option_id


class Source(StrEnum):
    WEB = "web"
    MOON = "moon"


class Misfit(Lead):
    absent: Text = custom(99999)
    near: Text = custom(name="Remarks")
    other_type: Number = custom(name="Remark")
    source: Select[Source] = custom(name="Source")
    twin: Text = custom(name="Twin")
    money: Monetary = custom(BUDGET)


def test_what_fits_is_silent(kommo: Kommo, sandbox: Sandbox):
    assert kommo.check(Deal, Person, Lead) == []
    assert asked(sandbox) == [
        "/api/v4/leads/custom_fields",
        "/api/v4/contacts/custom_fields",
        "/api/v4/leads/custom_fields",
    ]


def test_each_mismatch_is_told(kommo: Kommo, sandbox: Sandbox):
    ids = [sandbox.add_field("leads", "Twin", "text")["id"] for _ in range(2)]
    found = {mismatch.attribute: mismatch for mismatch in kommo.check(Misfit)}
    assert {name: mismatch.problem for name, mismatch in found.items() if name != "money"} == {
        "absent": "absent",
        "near": "absent",
        "other_type": "type",
        "source": "options",
        "twin": "duplicate",
    }
    assert str(found["near"]) == (
        "Misfit.near: sandbox.kommo.com has no custom field 'Remarks' on leads; "
        f"did you mean 'Remark' (id {field_id(sandbox, 'Remark')})?"
    )
    assert found["absent"].detail.startswith(
        "sandbox.kommo.com has no custom field 99999 on leads; it has 'Budget' (id 551), "
    )
    assert re.search(r"\) and \d+ more$", found["absent"].detail)
    assert "is of type text, declared is numeric" in found["other_type"].detail
    assert found["source"].detail.endswith(
        f"lacks the options 'moon'; it has 'web' (id {option_id(sandbox, 'Source', 'web')}), "
        f"'call' (id {option_id(sandbox, 'Source', 'call')}) and 'fair' (id {option_id(sandbox, 'Source', 'fair')})"
    )
    assert found["twin"].detail == f"2 fields are named 'Twin' (ids {ids[0]}, {ids[1]}); map the field by id"
    assert found["near"].model is Misfit


def test_an_override_is_checked_instead_of_the_declaration(sandbox: Sandbox):
    with sandbox.connect(fields={Deal: {"budget": 99999}}) as kommo:
        [mismatch] = kommo.check(Deal)
    assert (mismatch.attribute, mismatch.problem) == ("budget", "absent")


def test_definitions_are_read_afresh(kommo: Kommo, sandbox: Sandbox):
    class Late(Lead):
        late: Text = custom(name="Late")

    assert len(kommo.check(Late)) == 1
    sandbox.add_field("leads", "Late", "text")
    assert kommo.check(Late) == []


@pytest.mark.parametrize("field_type", ["numeric", "monetary"])
def test_types_that_read_each_other_fit(kommo: Kommo, sandbox: Sandbox, field_type: str):
    class Priced(Contact):
        amount: Number = custom(name="Amount")

    sandbox.add_field("contacts", "Amount", field_type)
    assert kommo.check(Priced) == []


async def test_the_same_in_async_code(sandbox: Sandbox):
    async with sandbox.connect() as kommo:
        assert len(await kommo.acheck(Misfit)) >= 4

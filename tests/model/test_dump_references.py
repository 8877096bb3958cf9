"""An object made of a dump that carries an id stands for the stored row: what the dump contains is no change."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from kommo_orm import Kommo
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, bodies

WAYS = {
    "model_validate": lambda deal: Deal.model_validate(deal.model_dump()),
    "model_validate_json": lambda deal: Deal.model_validate_json(deal.model_dump_json()),
    "of a JSON dump": lambda deal: Deal.model_validate(deal.model_dump(mode="json")),
    "TypeAdapter": lambda deal: TypeAdapter(Deal).validate_python(deal.model_dump()),
}


@pytest.fixture
def deal(kommo: Kommo) -> Deal:
    made = Deal(name="Roof", price=5, budget=100, regions=["EU"], remark="by the sea")
    made.save()
    return Deal.objects.get(made.id)


@pytest.mark.parametrize("restore", WAYS.values(), ids=WAYS)
def test_only_what_is_set_afterwards_is_sent(restore: Any, deal: Deal, sandbox: Sandbox) -> None:
    twin = restore(deal)
    assert twin.changes == {}
    colleague = Deal.objects.get(deal.id)
    colleague.price = 9
    colleague.save()
    sandbox.log.clear()
    assert twin.save().fields == ()
    twin.name = "Wall"
    twin.regions.append("US")
    assert twin.changes.keys() == {"name", "regions"}
    twin.save()
    (body,) = bodies(sandbox)
    assert body.keys() == {"name", "custom_fields_values"}
    row = sandbox.row("leads", deal.id)
    assert row is not None
    assert row["price"] == 9


def test_a_dump_without_an_id_is_a_new_object(kommo: Kommo) -> None:
    assert Deal.model_validate({"name": "Roof", "price": 5}).changes.keys() == {"name", "price"}


def test_what_a_constructor_gives_to_a_reference_is_a_change(kommo: Kommo) -> None:
    assert Deal(id=5, price=7).changes == {"price": (None, 7)}


def test_revert_restores_the_dump(deal: Deal) -> None:
    twin = Deal.model_validate(deal.model_dump())
    twin.name = "Wall"
    twin.revert()
    assert (twin.name, twin.changes) == ("Roof", {})

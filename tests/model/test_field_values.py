"""Tools that read the `__dict__` of objects see all values of a loaded row; the library sees what was decoded."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kommo_orm import Lead, Session
from kommo_orm.model.field_values import get_values
from kommo_orm.sandbox import Sandbox
from tests.account import Deal

ROW = {
    "id": 5,
    "name": "Roof",
    "price": 3,
    "custom_fields_values": [{"field_id": 551, "field_type": "numeric", "values": [{"value": "7"}]}],
}


@pytest.fixture
def deal() -> Deal:
    return Deal.hydrate([ROW])[0]


@pytest.mark.parametrize(
    "read",
    [vars, dict, lambda deal: deal.__dict__, lambda deal: deal.model_dump(exclude_unset=True)],
    ids=["vars", "dict", "__dict__", "model_dump(exclude_unset=True)"],
)
def test_all_values_of_a_loaded_row_are_there(read: Any, deal: Deal) -> None:
    found = read(deal)
    assert {"id": 5, "name": "Roof", "price": Decimal(3), "budget": Decimal(7)}.items() <= found.items()


def test_a_loaded_object_says_which_fields_it_has(deal: Deal) -> None:
    assert {"id", "name", "price", "budget"} <= deal.model_fields_set
    assert Lead(name="x").model_fields_set == {"name"}


def test_looking_is_no_change(deal: Deal) -> None:
    vars(deal)
    assert not deal.has_changes
    deal.model_dump(exclude_unset=True)
    assert deal.changes == {}
    vars(deal)["price"] = Decimal(9)
    assert deal.price == 9


def test_the_library_looks_at_what_was_decoded(deal: Deal) -> None:
    assert get_values(deal) == {}
    assert deal.price == 3
    assert get_values(deal) == {"price": 3}


def test_tables_are_filled_row_by_row() -> None:
    deals = Deal.hydrate([{**ROW, "id": number} for number in range(1, 4)])
    assert [row["id"] for row in map(vars, deals)] == [1, 2, 3]
    assert all({"id", "name", "price", "budget"} <= {name for name, _ in deal} for deal in deals)


def test_a_list_that_a_tool_saw_is_watched_in_a_session(sandbox: Sandbox) -> None:
    with sandbox.connect(timezone=sandbox.account.timezone):
        Deal(name="Roof", regions=["EU"]).save()
        with Session() as session:
            loaded = session.query(Deal).one()
            vars(loaded)["regions"].append("US")
            del loaded
            assert len(session.flush().updated) == 1

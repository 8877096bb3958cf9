from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.fields import ChainedList, ChainedValue
from kommo_orm.model.custom import custom
from kommo_orm.model.model import Model
from tests.fields.answers import there_and_back

KIND = ChainedList.kind


class Deal(Model):
    car: ChainedList = custom(1)


def loaded(*values) -> Any:
    return Deal.hydrate([{"id": 1, "custom_fields_values": [{"field_id": 1, "values": list(values)}]}])[0]


@given(elements=st.dictionaries(st.integers(1001), st.integers(1), min_size=1, max_size=5))
def test_what_was_written_is_read(elements):
    chain = [ChainedValue(*pair) for pair in elements.items()]
    assert there_and_back(KIND, chain) == chain


def test_items_are_the_values():
    first = {"catalog_id": "3001", "catalog_element_id": 70, "value": None}
    deal = loaded(
        first, {"catalog_id": 3002, "catalog_element_id": 75}, {"catalog_id": 3003, "catalog_element_id": None}
    )
    assert deal.car == [ChainedValue(3001, 70), ChainedValue(3002, 75)]
    assert KIND.encode(deal.car, None, None) == [
        {"catalog_id": 3001, "catalog_element_id": 70},
        {"catalog_id": 3002, "catalog_element_id": 75},
    ]


def test_changes_in_place_count():
    deal = loaded({"catalog_id": 3001, "catalog_element_id": 70})
    deal.car[0].catalog_element_id = 71
    assert list(deal.changes) == ["car"]
    deal.car[0].catalog_element_id = 70
    deal.car.append(ChainedValue(3002, 75))
    assert list(deal.changes) == ["car"]
    deal.car.pop()
    assert deal.changes == {}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ([ChainedValue(number, 1) for number in range(1001, 1007)], "a chain has at most 5 lists, got 6"),
        ([ChainedValue(3001, 1), ChainedValue(3001, 2)], r"one element of each list, got lists \[3001, 3001\]"),
        (ChainedValue(3001, 1), "expected several choices in chained lists"),
        ([{"catalog_id": 3001}], "catalog_element_id"),
        ([70], "expected a ChainedValue, got 70"),
    ],
    ids=["six", "twice", "one", "half", "number"],
)
def test_what_kommo_could_not_take_is_refused(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        Deal(car=wrong)


def test_an_unset_field_reads_as_an_empty_list():
    assert loaded().car == []

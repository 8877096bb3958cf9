from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.fields.raw_values import (
    Coded,
    find_first_raw,
    is_nothing,
    list_items,
    list_raw_values,
    read_coded_item,
    read_int,
    read_text,
)
from kommo_orm.model.kind import KINDS

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["value", "enum_id", "enum", "name", "0"]), inner),
    max_leaves=6,
)


@pytest.mark.parametrize("raw", [None, False, "", [], {}], ids=repr)
def test_php_has_many_nones(raw):
    assert is_nothing(raw)


@pytest.mark.parametrize("raw", [0, 0.0, True, "0", " ", [0], {"a": None}], ids=repr)
def test_zero_is_something(raw):
    assert not is_nothing(raw)


@pytest.mark.parametrize(
    ("values", "items"),
    [
        ([{"value": 1}, {"value": 2}], [{"value": 1}, {"value": 2}]),
        ({"value": 1}, [{"value": 1}]),
        ({"0": {"value": 1}, "3": {"value": 2}}, [{"value": 1}, {"value": 2}]),
        ([{"0": {"value": 1}, "1": {"value": 2}}], [{"value": 1}, {"value": 2}]),
        ([1542067200], [1542067200]),
        ([], []),
    ],
    ids=repr,
)
def test_lists_come_in_several_forms(values, items):
    assert list_items(values) == items


def test_values_are_unwrapped_and_nones_left_out():
    assert list_raw_values([{"value": 1}, {"value": None}, 2, {"name": "bare"}]) == [1, 2, {"name": "bare"}]
    assert find_first_raw([{"value": False}, {"value": 0}]) == 0
    assert find_first_raw([]) is None


@pytest.mark.parametrize(
    ("raw", "number"), [(5, 5), ("5", 5), (True, None), ("x", None), ("-5", None), (None, None), ("²", None)], ids=repr
)
def test_numbers_are_digits(raw, number):
    assert read_int(raw) == number


def test_text_is_made_of_scalars_only():
    assert [read_text(raw) for raw in ("a", 5, 1.5, True)] == ["a", "5", "1.5", "1"]
    with pytest.raises(ValueError, match="expected text"):
        read_text([1])


def test_the_new_keys_win_over_the_old_one():
    assert read_coded_item({"value": "a", "enum_id": 1, "enum_code": "X", "enum": "Y"}) == Coded("a", 1, "X")
    assert read_coded_item({"value": "a", "enum_id": 1, "enum_code": None, "enum": "Y"}) == Coded("a", 1, "Y")
    assert read_coded_item(None) == Coded(None, None, None)


@pytest.mark.parametrize(
    "kind", {id(kind): kind for kind in KINDS.values()}.values(), ids=lambda kind: type(kind).__name__
)
@given(items=st.lists(JSON, min_size=1, max_size=3))
def test_whatever_comes_is_read_or_refused(kind, items):
    with suppress(ValueError):
        kind.decode(items, None)

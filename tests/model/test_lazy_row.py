"""A lazy row reads as the dict of its text, whatever is asked first, and keeps no more than its text."""

from __future__ import annotations

import copy
import gc
import json
import math
import pickle
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.model.lazy_row import MISSING, LazyRow, UnknownForm, find_row_type, make_row_type, overlay_row, read_row

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KNOWN = ("id", "name", "price", "custom_fields_values", "_embedded")
ROWS = st.dictionaries(st.sampled_from(KNOWN) | st.text(max_size=6), JSON, max_size=8)
ROW_TYPE = make_row_type("things", ("id", "name", "price"), ("custom_fields_values", "_embedded"))


def read(row: Any) -> Any:
    return read_row(ROW_TYPE, json.dumps(row).encode())


def lazy(row: dict[str, Any]) -> LazyRow:
    found = read(row)
    assert isinstance(found, LazyRow)
    return found


@given(ROWS, st.data())
def test_each_key_reads_as_in_the_parsed_text(row: dict[str, Any], data: st.DataObject) -> None:
    found = lazy(row)
    for key in data.draw(st.permutations([*row, *KNOWN, "absent"])):
        assert (key in found) == (key in row)
        assert found.get(key, MISSING) == row.get(key, MISSING)


@given(ROWS)
def test_as_a_whole_it_equals_the_parsed_text(row: dict[str, Any]) -> None:
    found = lazy(row)
    assert found == row
    assert row == found
    assert dict(found) == found.to_dict() == {**found} == row
    assert list(found) == list(row)
    assert len(found) == len(row)
    assert list(found.items()) == list(row.items())
    assert repr(found) == repr(row)


@given(ROWS)
def test_copies_and_pickles_read_the_same(row: dict[str, Any]) -> None:
    found = lazy(row)
    assert copy.copy(found) == copy.deepcopy(found) == row
    assert pickle.loads(pickle.dumps(found)) == row
    assert type(pickle.loads(pickle.dumps(found))) is dict


def test_it_is_a_mapping_and_always_true() -> None:
    assert isinstance(lazy({}), Mapping)
    assert lazy({})
    with pytest.raises(KeyError):
        lazy({"id": 1})["name"]


def test_the_last_of_two_equal_keys_counts() -> None:
    found = read_row(ROW_TYPE, b'{"id": 1, "own": 2, "id": 3, "own": 4}')
    assert (found["id"], found["own"], dict(found)) == (3, 4, {"id": 3, "own": 4})


def test_big_integers_stay_exact() -> None:
    big = 2**80 + 1
    assert lazy({"id": big, "_embedded": [big], "own": big}).to_dict() == {"id": big, "_embedded": [big], "own": big}


@pytest.mark.parametrize("key", ["price", "_embedded", "own"])
def test_a_number_beyond_floats_reads_as_infinity(key: str) -> None:
    found = read_row(ROW_TYPE, f'{{"id": 1, "{key}": 1e999}}'.encode())
    assert found["id"] == 1
    assert math.isinf(found[key])


@pytest.mark.parametrize("text", [b"null", b"[1]", b'"x"', b"5"])
def test_what_is_no_object_is_decoded_as_it_is(text: bytes) -> None:
    assert read_row(ROW_TYPE, text) == json.loads(text)


def test_a_key_with_the_name_of_a_method_is_a_value() -> None:
    row = {"get": 1, "keys": 2, "text": 3, "added": 4, "attributes": 5}
    assert lazy(row) == row


def test_a_value_that_was_put_in_is_there() -> None:
    found = lazy({"id": 1, "name": None})
    found.put("name", "x")
    found.put("entity_type", "leads")
    assert (found["name"], found["entity_type"]) == ("x", "leads")
    assert found == {"id": 1, "name": "x", "entity_type": "leads"}


@given(ROWS, ROWS, st.sets(st.sampled_from(KNOWN)))
def test_newer_values_lie_over_the_row_and_leave_it_as_it_is(
    row: dict[str, Any], newer: dict[str, Any], gone: set[str]
) -> None:
    found = lazy(row)
    values = {**newer, **dict.fromkeys(gone, MISSING)}
    expected = {key: value for key, value in {**row, **values}.items() if value is not MISSING}
    for laid in (
        overlay_row(found, values),
        overlay_row(row, values),
        pickle.loads(pickle.dumps(found.with_values(values))),
    ):
        assert laid == expected
        assert list(laid) == list(expected)
        assert all((key in laid) == (key in expected) for key in {**row, **values})
        assert all(laid[key] == expected[key] for key in expected)
    assert found == row


FIELDS = [
    {"field_id": 7, "field_name": "Source", "field_code": None, "values": [{"value": "web"}]},
    {"field_id": "8", "field_name": "Phone", "field_code": "PHONE", "values": []},
    {"field_id": 7, "field_name": "Source", "field_code": None, "values": [{"value": "second"}]},
    {"field_id": 9},
]


@pytest.mark.parametrize(
    ("key", "wanted", "values"),
    [
        ("field_id", 7, [{"value": "web"}]),
        ("field_id", 8, []),
        ("field_code", "PHONE", []),
        ("field_name", "Source", [{"value": "web"}]),
        ("field_id", 9, None),
        ("field_id", 5, None),
        ("field_code", "EMAIL", None),
    ],
)
def test_values_of_a_custom_field_are_found_by_id_code_and_name(key: str, wanted: Any, values: Any) -> None:
    found = lazy({"id": 1, "custom_fields_values": FIELDS})
    assert found.find_field_values(key, wanted) == values


def test_fields_of_several_rows_are_not_mixed_up() -> None:
    rows = [lazy({"custom_fields_values": [{"field_id": 7, "values": [number]}]}) for number in range(3)]
    assert [row.find_field_values("field_id", 7) for row in [*rows, *rows]] == [[0], [1], [2], [0], [1], [2]]


def test_a_row_without_custom_fields_says_so() -> None:
    assert lazy({"id": 1}).find_field_values("field_id", 7) is MISSING
    assert lazy({"custom_fields_values": None}).find_field_values("field_id", 7) is None


@pytest.mark.parametrize("odd", [{"0": FIELDS[0]}, ["x"], "", False, 5])
def test_other_forms_of_the_list_are_left_to_the_caller(odd: Any) -> None:
    with pytest.raises(UnknownForm):
        lazy({"custom_fields_values": odd}).find_field_values("field_id", 7)


def test_keys_of_a_kind_are_those_that_its_fields_read() -> None:
    keys = find_row_type("leads").attributes
    assert {"id", "name", "price", "updated_at", "_embedded", "custom_fields_values"} <= keys.keys()


def test_the_collector_does_not_look_at_rows() -> None:
    assert not gc.is_tracked(lazy({"id": 1, "custom_fields_values": FIELDS}))

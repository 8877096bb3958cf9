from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.errors import QueryError
from kommo_orm.fields import SmartAddress, SmartAddressValue
from kommo_orm.model.custom import custom
from kommo_orm.model.model import Model
from tests.fields.answers import PARTS, there_and_back

KIND = SmartAddress.kind
TEXTS = st.text(min_size=1)


class Shop(Model):
    address: SmartAddress = custom(1)


def loaded(*items) -> Any:
    return Shop.hydrate([{"id": 1, "custom_fields_values": [{"field_id": 1, "values": list(items)}]}])[0]


@given(parts=st.dictionaries(st.sampled_from(PARTS), TEXTS, min_size=1))
def test_what_was_written_is_read(parts):
    assert there_and_back(KIND, SmartAddressValue(**parts)) == SmartAddressValue(**parts)


def test_exactly_the_parts_are_sent_by_their_codes():
    address = SmartAddressValue(city="Austin", address_line_1="5 Elm st", zip="")
    assert KIND.encode(address, None, None) == [
        {"value": "5 Elm st", "enum_code": "address_line_1"},
        {"value": "Austin", "enum_code": "city"},
    ]


@pytest.mark.parametrize(
    "item", [{"enum_id": 3}, {"enum_id": "3"}, {"enum": "city"}, {"enum": 3}, {"enum_code": "city"}], ids=repr
)
def test_a_part_is_known_by_code_or_id(item):
    assert KIND.decode([{"value": "Austin", **item}], None) == SmartAddressValue(city="Austin")


def test_unknown_parts_are_kept_since_a_write_replaces_all():
    read = KIND.decode(
        [
            {"value": "Austin", "enum_id": 3, "enum_code": "city"},
            {"value": "4", "enum_id": 7, "enum_code": "floor"},
            {"value": "b", "enum_id": 8},
        ],
        None,
    )
    assert read.extra == {"floor": "4", "8": "b"}
    assert KIND.encode(KIND.clean(read), None, None) == [
        {"value": "Austin", "enum_code": "city"},
        {"value": "4", "enum_code": "floor"},
        {"value": "b", "enum_id": 8},
    ]


def test_changes_in_place_count():
    shop = loaded({"value": "Austin", "enum_id": 3, "enum_code": "city"})
    shop.address.city = "Dallas"
    assert list(shop.changes) == ["address"]
    shop.address.city = "Austin"
    assert shop.changes == {}


def test_an_address_without_parts_is_none():
    shop = loaded()
    assert shop.address is None
    shop.address = SmartAddressValue()
    assert shop.changes == {}
    assert KIND.decode([{"value": None, "enum_id": 3}], None) is None


def test_text_is_no_address():
    with pytest.raises(ValueError, match="expected a SmartAddressValue, got 'Austin'"):
        Shop(address="Austin")  # pyright: ignore[reportArgumentType]


def test_it_is_not_filterable():
    with pytest.raises(QueryError, match=r"Kommo cannot filter by Shop.address. Use search\("):
        _ = Shop.address == "Austin"

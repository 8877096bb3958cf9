from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.fields import Discount, Item, Items
from kommo_orm.model.custom import custom
from kommo_orm.model.model import Model
from tests.fields.answers import there_and_back

KIND = Items.kind
AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=2)
LINES = st.builds(
    Item,
    description=st.text(min_size=1),
    unit_price=AMOUNTS,
    quantity=st.integers(1, 99) | AMOUNTS,
    discount=st.none() | st.builds(Discount, AMOUNTS, st.sampled_from(["amount", "percentage"])),
    product_id=st.none() | st.integers(1, 10**9),
    metadata=st.none() | st.dictionaries(st.text(), st.integers(), min_size=1),
)


class Invoice(Model):
    lines: Items = custom(code="ITEMS")


def loaded(*values) -> Any:
    entry = {"field_id": 1, "field_code": "ITEMS", "values": [{"value": value} for value in values]}
    return Invoice.hydrate([{"id": 1, "custom_fields_values": [entry]}])[0]


@given(lines=st.lists(LINES, min_size=1))
def test_what_was_written_is_read(lines):
    assert there_and_back(KIND, lines) == lines


def test_exactly_the_known_keys_are_sent():
    line = {"description": "Lamp", "unit_price": 49.5, "quantity": 2.0, "vat_rate_value": 20, "product_id": 880}
    invoice = loaded({**line, "sku": None, "is_discount_recalculated": False, "total_sum": 94.05, "line_no": 1})
    sent = KIND.encode(KIND.clean(invoice.lines), None, None)
    assert sent == [{"value": {**line, "quantity": 2}}]


def test_changes_in_place_count():
    invoice = loaded({"description": "Lamp", "quantity": 2, "discount": {"type": "percentage", "value": 5}})
    invoice.lines[0].quantity += 1
    assert list(invoice.changes) == ["lines"]
    invoice.lines[0].quantity -= 1
    assert invoice.changes == {}
    invoice.lines[0].discount.value = 7
    assert invoice.changes["lines"][0][0].discount == Discount(5, "percentage")


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ({"type": "percentage", "value": "5"}, Discount(5, "percentage")),
        ({"value": "0"}, Discount(0, None)),
        ([], None),
    ],
    ids=repr,
)
def test_odd_discounts_are_read(raw, read):
    assert loaded({"description": "Lamp", "discount": raw}).lines[0].discount == read


def test_words_for_numbers_are_read():
    [line] = loaded({"unit_price": "1000", "quantity": "2", "product_id": "77", "vat_rate_value": "20.5"}).lines
    assert (line.unit_price, line.quantity, line.product_id) == (1000, 2, 77)
    assert line.vat_rate_value == Decimal("20.5")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (Item(), "an item of an invoice needs at least"),
        (Item(description="Lamp", discount=Discount(5, "gift")), "'amount' or 'percentage', got 'gift'"),
        ("Lamp", "expected an Item, got 'Lamp'"),
    ],
    ids=repr,
)
def test_what_kommo_could_not_take_is_refused(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        Invoice(lines=[wrong])


def test_one_item_is_not_several():
    with pytest.raises(ValueError, match="expected several items, such as a list, got Item"):
        Invoice(lines=Item(description="Lamp"))  # pyright: ignore[reportArgumentType]


def test_digits_that_json_would_round_are_refused():
    line = Item(description="Lamp", unit_price=Decimal("0.12345678901234567890"))
    with pytest.raises(ValueError, match="more digits than a JSON number can carry"):
        KIND.encode([line], None, None)

from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from kommo_orm.fields import Discount, Item, SupplierValue, Value
from kommo_orm.fields.compound_value import Words, part


def item() -> Any:
    discount = {"type": "amount", "value": 5}
    return Item.from_raw(
        {"description": "Lamp", "unit_price": "49.5", "discount": discount, "new": [1], "total_sum": 9}
    )


def test_reading_is_lenient():
    lamp = item()
    assert (lamp.unit_price, lamp.total_sum, lamp.discount) == (Decimal("49.5"), Decimal(9), Discount(5))
    assert lamp.extra == {"new": [1]}


def test_what_is_unknown_is_not_shared_with_the_row():
    raw = {"new": [1], "metadata": {"a": [1]}}
    lamp: Any = Item.from_raw(raw)
    lamp.extra["new"].append(2)
    lamp.metadata["a"].append(2)
    assert raw == {"new": [1], "metadata": {"a": [1]}}


@pytest.mark.parametrize("none", [None, False, "", [], {}], ids=repr)
def test_every_none_of_php_is_none(none):
    assert Item.from_raw({"description": none, "discount": none, "quantity": none}) == Item()


def test_a_required_part_must_come():
    with pytest.raises(ValueError, match="SupplierValue lacks its entity_id"):
        SupplierValue.from_raw({"name": "x"})
    with pytest.raises(ValueError, match=r"expected the parts of SupplierValue \(an object\), got 5"):
        SupplierValue.from_raw(5)


def test_making_is_strict():
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Item(colour="red")  # pyright: ignore[reportCallIssue]
    with pytest.raises(ValidationError, match="expected a number, got 'five'"):
        Item(unit_price="five")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValidationError, match="expected a number, got True"):
        Item(quantity=True)
    with pytest.raises(ValidationError, match="expected an object"):
        Item.model_validate({"metadata": "red"})
    with pytest.raises(TypeError, match="Discount has 2 parts, 3 were given"):
        Discount(1, "amount", 5)  # pyright: ignore[reportCallIssue]


def test_changing_is_strict():
    lamp = item()
    lamp.unit_price = 50
    assert lamp.unit_price == Decimal(50)
    with pytest.raises(ValidationError, match="expected text, got 5"):
        lamp.sku = 5
    with pytest.raises(AttributeError, match="Item.total_sum is set by Kommo and read-only"):
        lamp.total_sum = 5
    with pytest.raises(AttributeError, match="read-only"):
        Item(total_sum=5)  # pyright: ignore[reportArgumentType]
    assert lamp.sku is None


def test_computed_parts_and_unknown_keys_do_not_count():
    assert item() == Item(description="Lamp", unit_price=49.5, discount=Discount(5))
    assert item() != Item(description="Lamp", unit_price=49.5)
    assert Discount(5) != {"value": 5}


def test_only_what_is_known_and_given_is_sent():
    assert item().to_raw() == {"description": "Lamp", "unit_price": 49.5, "discount": {"value": 5, "type": "amount"}}


def test_a_part_set_to_none_is_left_out():
    lamp = item()
    lamp.discount = None
    assert lamp.to_raw() == {"description": "Lamp", "unit_price": 49.5}


def test_values_can_change_and_so_do_not_hash():
    with pytest.raises(TypeError, match="unhashable"):
        hash(item())


def test_it_prints_what_is_given():
    assert repr(Item(description="Lamp", quantity=2)) == "Item(description='Lamp', quantity=Decimal('2'))"


def test_copies_keep_everything():
    lamp = item()
    for twin in (copy.copy(lamp), copy.deepcopy(lamp), pickle.loads(pickle.dumps(lamp))):
        assert twin == lamp
        assert (twin.extra, twin.total_sum) == (lamp.extra, lamp.total_sum)


def test_a_checked_value_is_a_copy():
    lamp = item()
    twin: Any = Item.clean(lamp)
    twin.discount.value = 7
    assert lamp.discount == Discount(5)


def test_a_dict_of_parts_will_do():
    given = {"description": "Lamp", "discount": {"value": 5}}
    assert Item.clean(given) == Item(description="Lamp", discount=Discount(5))
    with pytest.raises(ValueError, match="Item: discount: expected a Discount, got 5"):
        Item.clean({"discount": 5})
    with pytest.raises(ValueError, match="expected an Item, got 5"):
        Item.clean(5)


def test_json_goes_there_and_back():
    adapter = TypeAdapter(Item)
    assert adapter.validate_json(adapter.dump_json(item())) == item()


def test_parts_are_declared_by_types_of_parts():
    with pytest.raises(TypeError, match="declared by an Attr, not by"):

        class Wrong(Value):
            name: Words = part()
            size: int = 5

"""Which values differ from what is stored: a search that decodes no more than it has to."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from pydantic import model_validator

from kommo_orm import Lead, MultiSelect, Number, Text, custom
from kommo_orm.model.changes import find_changed_fields, has_changed_field
from kommo_orm.model.field_spec import FieldSpec
from kommo_orm.model.field_values import get_values

VALUES = [
    {"field_id": 1, "field_type": "numeric", "values": [{"value": "500"}]},
    {"field_id": 2, "field_type": "multiselect", "values": [{"value": "EU", "enum_id": 7}]},
]


class Deal(Lead):
    budget: Number = custom(1)
    regions: MultiSelect = custom(2)
    remark: Text = custom(3)


def load(cls: type[Any] = Deal) -> Any:
    row = {"id": 5, "name": "Roof", "price": 900, "created_at": 1_700_000_000, "custom_fields_values": VALUES}
    return cls.hydrate([copy.deepcopy(row)])[0]


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of fields in the order in which their stored values are decoded."""
    names: list[str] = []
    for spec in Deal.__kommo_info__.fields.values():

        def note(state: Any, spec: FieldSpec = spec, read: Any = spec.read) -> Any:
            names.append(spec.name)
            return read(state)

        monkeypatch.setattr(spec, "read", note)
    return names


def names_of_changes(deal: Any) -> list[str]:
    return [changed.name for changed in find_changed_fields(deal)]


def test_what_was_read_and_not_set_is_not_decoded_again(decoded: list[str]):
    deal = load()
    assert (deal.name, deal.price, deal.budget) == ("Roof", 900, 500)
    decoded.clear()
    assert names_of_changes(deal) == []
    assert decoded == []


def test_lists_are_always_compared(decoded: list[str]):
    deal = load()
    deal.regions.append("US")
    decoded.clear()
    assert names_of_changes(deal) == ["regions"]
    assert decoded == ["regions"]


def test_whether_anything_changed_is_known_at_the_first_change(decoded: list[str]):
    deal = load()
    deal.price, deal.name, deal.budget = 1, "Wall", 2
    decoded.clear()
    assert has_changed_field(deal)
    assert decoded == ["price"]


def test_a_value_that_a_save_has_stored_is_not_compared(decoded: list[str], monkeypatch: pytest.MonkeyPatch):
    deal = load()
    deal.price = 1
    deal.__kommo_state__.set_baseline("price", deal.price)
    spec = Deal.__kommo_info__.fields["price"]
    monkeypatch.setattr(spec, "same", lambda one, other: pytest.fail("compared"))
    assert names_of_changes(deal) == []


def test_setting_a_value_that_is_stored_already_is_no_change():
    deal = load()
    deal.price, deal.budget, deal.regions, deal.remark = 900, Decimal("500.0"), ["EU"], None
    assert names_of_changes(deal) == []
    deal.regions.clear()
    assert names_of_changes(deal) == ["regions"]


def test_copies_know_what_was_set():
    deal = load()
    assert deal.name == "Roof"
    deal.price = 1
    for twin in (copy.copy(deal), copy.deepcopy(deal), deal.model_copy(update={"name": "Wall"})):
        assert "price" in names_of_changes(twin)
    assert sorted(names_of_changes(deal.model_copy(update={"name": "Wall"}))) == ["name", "price"]


def test_what_a_validator_writes_by_itself_is_found():
    class Careful(Deal):
        @model_validator(mode="after")
        def set_price(self) -> Any:
            get_values(self)["price"] = Decimal(7)
            return self

    deal = load(Careful)
    assert deal.price == 900
    deal.name = "Wall"
    assert names_of_changes(deal) == ["price", "name"]


def test_a_clone_leaves_the_original_undecoded(decoded: list[str]):
    deal = load()
    twin = deal.clone(name="Wall")
    assert (twin.name, twin.price, twin.budget, twin.regions) == ("Wall", 900, 500, ["EU"])
    assert get_values(deal) == {}
    assert not {"name", "updated_at", "account_id"} & {*decoded}


def test_a_clone_shares_no_list_with_its_original():
    deal = load()
    twin = deal.clone()
    twin.regions.append("US")
    assert deal.regions == ["EU"]
    again = deal.clone()
    again.regions.append("US")
    assert deal.regions == ["EU"]

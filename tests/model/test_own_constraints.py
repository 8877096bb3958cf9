"""A class's own constraints and validators hold wherever a value enters, and a refused value is taken back."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field, ValidationError, model_validator

from kommo_orm import Kommo, Lead, Number, Text, custom
from kommo_orm.model.field_values import get_values
from kommo_orm.sandbox import Sandbox
from tests.account import BUDGET, sent


class Limited(Lead):
    budget: Annotated[Number, Field(ge=0)] = custom(BUDGET)
    remark: Annotated[Text, Field(max_length=5)] = custom(name="Remark")


class Checked(Lead):
    @model_validator(mode="after")
    def refuse_expensive(self) -> Checked:
        if "price" in get_values(self) and self.price > 100:
            raise ValueError("too expensive")
        return self


@pytest.mark.parametrize(("name", "wrong"), [("budget", -1), ("remark", "too long")])
def test_a_constraint_holds_in_the_constructor_and_on_assignment(name: str, wrong: object) -> None:
    with pytest.raises(ValidationError, match=name):
        Limited(**{name: wrong})  # type: ignore[arg-type]
    deal = Limited(budget=5, remark="short")
    with pytest.raises(ValidationError, match=name):
        setattr(deal, name, wrong)
    assert (deal.budget, deal.remark) == (5, "short")
    setattr(deal, name, None)
    deal.custom_fields[BUDGET] = 7
    assert deal.budget == 7
    with pytest.raises(ValidationError):
        deal.custom_fields[BUDGET] = -7


def test_fields_without_a_constraint_are_set_as_ever() -> None:
    deal = Limited(name="Roof")
    deal.name = "Wall"
    assert deal.changes == {"name": (None, "Wall")}


def test_what_a_validator_refuses_is_taken_back_and_never_sent(kommo: Kommo, sandbox: Sandbox) -> None:
    Lead(name="Roof", price=5).save()
    deal = Checked.objects.first()
    assert deal is not None
    sandbox.log.clear()
    with pytest.raises(ValidationError, match="too expensive"):
        deal.price = 500
    assert (deal.price, deal.changes) == (5, {})
    deal.save()
    assert sent(sandbox) == []
    deal.price = 50
    assert deal.save().fields == ("price",)


def test_a_refused_value_leaves_an_earlier_change() -> None:
    deal = Checked(price=5)
    deal.price = 7
    with pytest.raises(ValidationError):
        deal.price = 700
    assert deal.changes == {"price": (None, 7)}

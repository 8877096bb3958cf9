"""Defaults belong to new objects, and are sent when these are created."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import model_validator

from kommo_orm import ConfigurationError, Found, Kommo, Lead, Money, MultiSelect, Number, custom, field
from kommo_orm.sandbox import Sandbox
from tests.account import BUDGET, REGIONS, furnished

made: list[int] = []


def count_made() -> Decimal:
    made.append(1)
    return Decimal(len(made))


class Deal(Lead):
    name: Found[str] = field(default="New deal")
    price: Money = field(default=5)
    budget: Number = custom(BUDGET, default_factory=count_made)
    regions: MultiSelect = custom(REGIONS, default=["EU"])


class Checked(Deal):
    """Constructed by pydantic, since it has a validator."""

    @model_validator(mode="after")
    def accept(self) -> Checked:
        return self


@pytest.fixture
def sandbox() -> Sandbox:
    return furnished()


@pytest.mark.parametrize("cls", [Deal, Checked])
def test_a_new_object_has_them_where_nothing_was_given(cls: type[Deal]) -> None:
    deal = cls()
    assert (deal.name, deal.price, deal.regions) == ("New deal", 5, ["EU"])
    assert deal.changes.keys() == {"name", "price", "budget", "regions"}
    given = cls(name="Roof", regions=[])
    assert (given.name, given.regions, given.price) == ("Roof", [], 5)


@pytest.mark.parametrize("cls", [Deal, Checked])
def test_a_reference_and_a_loaded_object_have_none(cls: type[Deal]) -> None:
    assert cls(id=5).changes == {}
    assert cls.model_validate({"id": 5}).changes == {}
    assert cls.hydrate([{"id": 5}])[0].changes == {}
    assert vars(cls.reference(5)) == {"id": 5}


def test_validation_gives_them_too() -> None:
    assert Deal.model_validate({"price": 7}).changes.keys() == {"name", "price", "budget", "regions"}


def test_each_object_has_its_own() -> None:
    one, other = Deal(), Deal()
    one.regions.append("US")
    assert other.regions == ["EU"]
    assert one.budget != other.budget


def test_they_are_sent_on_creation_and_never_later(kommo: Kommo, sandbox: Sandbox) -> None:
    deal = Deal(name="Roof")
    deal.save()
    (row,) = sandbox.rows("leads")
    assert (row["name"], row["price"]) == ("Roof", 5)
    loaded = Deal.objects.get(deal.id)
    loaded.name = "Wall"
    assert loaded.save().fields == ("name",)


def test_the_options_of_the_field_stay() -> None:
    own, inherited = Deal.__kommo_info__.fields["price"], Lead.__kommo_info__.fields["price"]
    assert (own.keys, own.writable, own.codec) == (inherited.keys, inherited.writable, inherited.codec)  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="a price is not negative"):
        Deal(price=-1)


def test_a_plain_value_behind_the_type_is_a_default() -> None:
    class Named(Lead):
        name: Found[str] = "Nameless"  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    assert Named().changes == {"name": (None, "Nameless")}


def test_a_subclass_may_replace_one() -> None:
    class Other(Deal):
        name: Found[str] = field(default="Other")

    assert (Other().name, Other().price) == ("Other", 5)


@pytest.mark.parametrize(
    ("name", "annotation", "value"),
    [("name", str, "New deal"), ("price", int, 0), ("budget", int, 0), ("name", str, ...), ("regions", list, [])],
)
def test_a_field_declared_anew_with_an_ordinary_type_is_refused(name: str, annotation: Any, value: Any) -> None:
    body = {"__annotations__": {name: annotation}, "__module__": __name__} | ({} if value is ... else {name: value})
    with pytest.raises(
        ConfigurationError, match=rf"Plain\.{name} is a field of \w+, declared anew with an ordinary type"
    ):
        type(Deal)("Plain", (Deal,), body)


def test_what_cannot_be_a_default_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="not both"):
        custom(5, default=1, default_factory=int)
    with pytest.raises(ConfigurationError, match="not both"):
        field(default=1, default_factory=int)
    with pytest.raises(ConfigurationError, match=r"Bad\.closed_by has a default, but it cannot be sent"):

        class Bad(Lead):
            closed_by: Found[int] = field(default=5, writable="update")


def test_a_default_of_a_wrong_type_says_which() -> None:
    class Wrong(Lead):
        budget: Number = custom(BUDGET, default="much")

    with pytest.raises(
        ConfigurationError, match=r"The default of Wrong\.budget cannot be its value: expected a number"
    ):
        Wrong()

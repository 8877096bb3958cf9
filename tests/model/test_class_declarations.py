"""Classes that pydantic takes and a model cannot be are refused when they are built, in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import pytest
from pydantic import ConfigDict, PrivateAttr, ValidationError

from kommo_orm import ConfigurationError, Contact, Kommo, Lead, Number, custom
from kommo_orm.sandbox import Sandbox
from tests.account import bodies


@pytest.mark.parametrize("pk", [0, -1, -(10**12)])
def test_an_id_is_positive(pk: int) -> None:
    for make in (lambda: Lead(id=pk), lambda: Lead.model_validate({"id": pk}), lambda: Contact(id=pk, name="x")):
        with pytest.raises(ValidationError, match=f"an id is a positive whole number, not {pk}"):
            make()


def test_rows_with_such_ids_are_read() -> None:
    assert Lead.hydrate([{"id": 0, "name": "x"}])[0].id == 0


def test_a_class_of_two_entities_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match="Both is made of Contact and Lead: an object is one row of one entity"
    ):

        class Both(Lead, Contact):  # type: ignore[misc]
            pass


def test_mixins_that_are_no_entity_are_taken() -> None:
    class Priced:
        def double(self) -> Any:
            return self.price * 2  # type: ignore[attr-defined]

    class Deal(Priced, Lead):
        pass

    class Big(Deal, Lead):
        pass

    assert Big(price=4).double() == 8


def method(self: Any) -> int:
    return 5


MAKERS = [lambda: method, lambda: property(method), lambda: cached_property(method), lambda: classmethod(method)]


@pytest.mark.parametrize("value", MAKERS, ids=["method", "property", "cached_property", "classmethod"])
@pytest.mark.parametrize("name", ["price", "tags", "contacts"])
def test_a_method_with_the_name_of_a_field_is_refused(name: str, value: Callable[[], Any]) -> None:
    with pytest.raises(ConfigurationError, match=f"of Deal has the name of a field: '{name}'.* `get_{name}`"):
        type("Deal", (Lead,), {name: value(), "__module__": __name__})


def test_a_method_of_a_mixin_or_behind_a_custom_field_is_refused_too() -> None:
    class Mixin:
        def price(self) -> int:
            return 5

    with pytest.raises(ConfigurationError, match="A method of Deal has the name of a field: 'price'"):
        type("Deal", (Mixin, Lead), {"__module__": __name__})
    with pytest.raises(ConfigurationError, match="A method of Deal has the name of a field: 'budget'"):

        class Deal(Lead):
            budget: Number = custom(551)

            def budget(self) -> int:  # type: ignore[no-redef]  # noqa: F811  # the mistake
                return 5


def test_methods_of_the_library_can_be_overridden(kommo: Kommo, sandbox: Sandbox) -> None:
    class Deal(Lead):
        def save(self, **options: Any) -> Any:
            self.name = "Mine"
            return super().save(**options)

    Deal().save()
    assert bodies(sandbox, "POST") == [[{"name": "Mine", "request_id": "0"}]]


def test_a_frozen_class_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="Deal is frozen, but objects of the library are changed and saved"):

        class Deal(Lead, frozen=True):
            pass

    with pytest.raises(ConfigurationError, match="is frozen"):

        class Other(Lead):
            model_config = ConfigDict(frozen=True)


def test_model_post_init_works_without_super(kommo: Kommo, sandbox: Sandbox) -> None:
    class Deal(Lead):
        _seen: list[str] = PrivateAttr(default_factory=list)

        def model_post_init(self, context: Any, /) -> None:
            self._seen.append("deal")
            if "price" not in self.model_fields_set:
                self.price = 7

    class Big(Deal):
        def model_post_init(self, context: Any, /) -> None:
            super().model_post_init(context)
            self._seen.append("big")

    assert repr(Deal(name="Roof")) == "Deal(name='Roof', price=Decimal('7'))"
    assert Big(name="x")._seen == ["deal", "big"]
    Deal(name="Roof").save()
    assert bodies(sandbox, "POST") == [[{"name": "Roof", "price": 7, "request_id": "0"}]]

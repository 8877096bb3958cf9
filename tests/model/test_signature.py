"""What `help()` and `inspect.signature()` show of a model: names and plain types."""

from __future__ import annotations

import inspect
import pydoc
from decimal import Decimal
from enum import StrEnum

import pytest

import kommo_orm
from kommo_orm import Discount, Lead, Model, MultiSelect, Number, Select, Task, Value, custom


class Origin(StrEnum):
    WEB = "Web"


class Deal(Lead):
    budget: Number = custom(551)
    origin: Select[Origin] = custom(552)
    regions: MultiSelect = custom(553)
    note: int = 5


PUBLIC = [
    found
    for name in kommo_orm.__all__
    if isinstance(found := getattr(kommo_orm, name), type) and issubclass(found, Model | Value)
]


def test_fields_are_keywords_with_the_types_that_they_take():
    parameters = inspect.signature(Deal).parameters
    assert {one.kind for one in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert parameters["name"].annotation is str
    assert parameters["price"].annotation == Decimal | int | float
    assert parameters["budget"].annotation == Decimal | int | float | None
    assert parameters["origin"].annotation == Origin | str | int | None
    assert parameters["note"].annotation is int
    assert str(parameters["name"]) == "name: str = ..."


def test_what_only_kommo_sets_is_no_argument():
    parameters = inspect.signature(Lead).parameters
    assert "updated_at" not in parameters
    assert "id" in parameters


def test_relations_that_the_constructor_takes_are_arguments():
    assert "entity" in inspect.signature(Task).parameters
    assert {"contacts", "company", "company_id", "tags"} <= inspect.signature(Lead).parameters.keys()
    assert "notes" not in inspect.signature(Lead).parameters


def test_parts_of_values_are_given_by_position_too():
    assert str(inspect.signature(Discount)) == (
        "(value: decimal.Decimal | int | float | None = None, type: str | None = 'amount')"
    )


def test_using_a_class_does_not_change_its_signature():
    before = inspect.signature(Deal)
    Deal(name="x", budget=5)
    assert inspect.signature(Deal) == before


@pytest.mark.parametrize("cls", PUBLIC)
def test_no_signature_shows_annotations_of_the_library(cls: type):
    shown = str(inspect.signature(cls))
    assert not any(word in shown for word in ("Annotated", "Attr[", "FieldOptions", "FieldInfo", "~"))


def test_help_begins_with_the_constructor():
    text = pydoc.render_doc(Lead, renderer=pydoc.plaintext)
    assert text.splitlines()[3].strip(" |").startswith("Lead(*, id: int = ..., name: str = ...,")

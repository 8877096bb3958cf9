"""Declarations that cannot work are refused when the class is built, in a sentence."""

from __future__ import annotations

import pytest

from kommo_orm import ConfigurationError, Contact, Lead, Number, Task, Text, custom


# pydantic's own word on the matter comes first
@pytest.mark.filterwarnings("ignore:Field name .* shadows an attribute in parent:UserWarning")
@pytest.mark.parametrize(
    "name", ["save", "changes", "tags", "refresh", "extra", "contacts", "custom_fields", "is_new", "objects", "revert"]
)
def test_a_name_of_the_library_is_refused(name):
    with pytest.raises(
        ConfigurationError,
        match=rf"Deal.{name} would hide \w+.{name} of the library; give the attribute another name, for instance `{name}_`",
    ):
        type(Lead)("Deal", (Lead,), {"__annotations__": {name: Text}, name: custom(5), "__module__": __name__})


def test_a_core_field_is_not_hidden_by_a_custom_one():
    with pytest.raises(ConfigurationError, match="Deal.price would hide Lead.price"):

        class Deal(Lead):
            price: Number = custom(5)  # type: ignore[assignment]


@pytest.mark.parametrize("twice", [{"id": 5}, {"code": "SIZE"}, {"name": "Size"}], ids=repr)
def test_one_field_declared_twice_is_refused(twice):
    with pytest.raises(
        ConfigurationError, match="Deal declares the same custom field as 'one' and as 'two'; keep one of them"
    ):

        class Deal(Lead):
            one: Number = custom(**twice)
            two: Text = custom(**twice)


def test_also_when_the_base_class_declares_it():
    class Base(Lead):
        one: Number = custom(5)

    with pytest.raises(ConfigurationError, match="Sub declares the same custom field as 'one' and as 'two'"):

        class Sub(Base):
            two: Number = custom(5)


def test_a_subclass_may_map_an_attribute_anew():
    class Base(Lead):
        size: Number = custom(5)

    class Sub(Base):
        size: Text = custom(6)  # type: ignore[assignment]

    assert Sub(size="x").to_payload() == {"custom_fields_values": [{"field_id": 6, "values": [{"value": "x"}]}]}
    assert Base(size=1).to_payload() == {"custom_fields_values": [{"field_id": 5, "values": [{"value": "1"}]}]}


@pytest.mark.parametrize("annotation", [int, str | None, "Number | None"])
def test_custom_needs_a_type_of_custom_fields(annotation):
    wrong = Number | None if annotation == "Number | None" else annotation
    with pytest.raises(
        ConfigurationError,
        match=r"Deal.size = custom\(...\) needs one of the types of custom fields, such as Number or Text",
    ):
        type(Lead)("Deal", (Lead,), {"__annotations__": {"size": wrong}, "size": custom(5), "__module__": __name__})


def test_a_type_of_custom_fields_needs_custom():
    with pytest.raises(ConfigurationError, match=r"Deal.size has the type of a custom field but no `= custom\(...\)`"):

        class Deal(Lead):
            size: Number


def test_a_class_inside_a_function_sees_the_names_around_it():
    from kommo_orm import Number as Amount

    class Local(Lead):
        size: Amount = custom(5)

    assert Local(size=1).size == 1


def test_the_same_attribute_name_may_mean_another_field_in_another_class():
    class One(Lead):
        size: Number = custom(5)

    class Two(Contact):
        size: Number = custom(6)

    assert (One.size.spec.id, Two.size.spec.id) == (5, 6)  # type: ignore[attr-defined]


def test_what_has_no_custom_fields_in_kommo_cannot_declare_any():
    with pytest.raises(ConfigurationError, match=r"Call.length = custom\(...\): tasks have no custom fields in Kommo"):

        class Call(Task):
            length: Number = custom(5)

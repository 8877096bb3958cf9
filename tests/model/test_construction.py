"""Objects are constructed without pydantic's validator where it would add nothing, and nobody can tell the difference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, Field, PrivateAttr, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

import kommo_orm
from kommo_orm import Checkbox, Contact, Date, Lead, MultiSelect, Note, Number, Select, Task, Text, custom
from kommo_orm.model.codec import Codec, clean_str
from kommo_orm.model.construction import build_argument_checks
from kommo_orm.model.field_options import field
from kommo_orm.model.field_values import get_values
from kommo_orm.model.kind import Kind
from kommo_orm.model.model import Model

ENTITY_CLASSES = [
    found
    for name in kommo_orm.__all__
    if isinstance(found := getattr(kommo_orm, name), type) and issubclass(found, Model) and found.__kommo_kind__
]


class Source(Enum):
    WEB = "Web"
    CALL = "Call"


class Deal(Lead):
    budget: Number = custom(1)
    source: Select[Source] = custom(2)
    regions: MultiSelect = custom(3)
    remark: Text = custom(4)
    hot: Checkbox = custom(5)
    due: Date = custom(6)


ODD: list[Any] = [
    None,
    True,
    -1,
    5,
    2.5,
    float("nan"),
    Decimal("1.10"),
    "",
    "Web",
    b"bytes",
    [],
    ["Web", 7],
    [[]],
    {"a": 1},
    Source.CALL,
    dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
    dt.datetime(2026, 1, 2),  # noqa: DTZ001  # a time without a zone is one of the values that are refused
    dt.date(2026, 1, 2),
    object,
]


def construct_by_pydantic(cls: type[Model], given: dict[str, Any]) -> Any:
    """What pydantic makes of the same arguments."""
    model: Any = cls.__new__(cls)
    cls.__pydantic_validator__.validate_python(given, self_instance=model)  # type: ignore[attr-defined]
    return model


def outcome(construct: Callable[[], Any]) -> Any:
    """All that a user can see of a construction."""
    try:
        model = construct()
    except ValidationError as error:
        shown = [{**one, "ctx": repr(one.get("ctx"))} for one in error.errors()]
        return error.title, repr(shown), str(error)
    except Exception as error:  # noqa: BLE001  # the two ways raise the same
        return type(error), str(error)
    values = [(name, type(value), repr(value)) for name, value in get_values(model).items()]
    return values, model.model_fields_set, model.__pydantic_extra__, model.__pydantic_private__, repr(model)


def takes_arguments(cls: type[Model]) -> list[str]:
    checks = build_argument_checks(cls)
    return list(checks.cleaners)


@pytest.mark.parametrize("cls", ENTITY_CLASSES, ids=lambda cls: cls.__name__)
def test_no_entity_of_the_library_needs_pydantic_to_be_constructed(cls: type[Model]):
    assert "id" in takes_arguments(cls)


@pytest.mark.parametrize("cls", [*ENTITY_CLASSES, Deal], ids=lambda cls: cls.__name__)
def test_each_value_is_taken_or_refused_as_pydantic_does(cls: type[Model]):
    for name in takes_arguments(cls):
        for value in ODD:
            arguments = {name: value}
            expected = outcome(lambda: construct_by_pydantic(cls, arguments))  # noqa: B023  # called at once
            assert outcome(lambda: cls(**arguments)) == expected, (name, value)  # noqa: B023


@given(st.dictionaries(st.sampled_from(takes_arguments(Deal)), st.sampled_from(ODD)))
def test_all_errors_are_reported_in_the_order_of_the_fields(arguments: dict[str, Any]):
    assert outcome(lambda: Deal(**arguments)) == outcome(lambda: construct_by_pydantic(Deal, arguments))


def test_values_stand_in_the_order_of_the_fields():
    assert [*vars(Deal(remark="r", budget=1, price=2, name="n"))] == ["name", "price", "budget", "remark"]


def test_no_value_is_checked_twice_when_another_one_fails():
    Deal.model_validate({})  # pydantic's own validator of the class exists: it is not asked
    values = iter(["Web", b"no option"])
    with pytest.raises(ValidationError, match="regions"):
        Deal(regions=values, price="x")
    assert list(values) == []


def test_a_refused_object_is_refused_as_a_whole():
    with pytest.raises(ValidationError) as caught:
        Deal(price=-1, budget="x", name=5)
    assert [error["loc"] for error in caught.value.errors()] == [("name",), ("price",), ("budget",)]
    assert [error["input"] for error in caught.value.errors()] == [5, -1, "x"]
    assert caught.value.title == "Deal"


def test_unknown_and_read_only_arguments_are_refused_first():
    with pytest.raises(ValidationError, match="updated_at is set by Kommo"):
        Deal(price="x", updated_at=1)
    with pytest.raises(ValidationError, match="priec"):
        Deal(price="x", priec=1)


def test_relations_are_taken_beside_the_fields():
    lead = Lead(id=5)
    task = Task(entity=lead, text="Call")
    assert task.entity is lead
    assert (task.entity_id, task.entity_type, task.text) == (5, "leads", "Call")


def test_what_follows_from_the_values_is_set_by_both_ways():
    params = kommo_orm.notes.CommonNote("hi")

    class Remark(Note):
        @field_validator("created_by")
        @classmethod
        def keep(cls, value: Any) -> Any:
            return value

    assert Note(params=params).note_type == Remark(params=params).note_type == "common"


# ---- what pydantic has to construct
class WithValidator(Deal):
    @field_validator("name")
    @classmethod
    def shout(cls, value: str) -> str:
        return value.upper()


class WithModelValidator(Deal):
    @model_validator(mode="after")
    def fill_name(self) -> Any:
        vars(self)["name"] = "filled"
        return self


class WithPlainField(Deal):
    seen: list[int] = Field(default_factory=list)


class WithPostInit(Deal):
    def model_post_init(self, context: Any, /) -> None:
        if self.price is None:
            self.price = 7
        super().model_post_init(context)


class WithPrivate(Deal):
    _cache: dict[str, int] = PrivateAttr(default_factory=dict)


class WithAlias(Deal):
    name: kommo_orm.Attr[str, str] = Field(default=None, alias="title")


class WithMark(Deal):
    remark: Annotated[Text, AfterValidator(lambda value: value.strip())] = custom(4)


class WithSettings(Deal, title="A deal"):
    pass


PYDANTICS = [
    WithValidator,
    WithModelValidator,
    WithPlainField,
    WithPostInit,
    WithPrivate,
    WithAlias,
    WithMark,
    WithSettings,
]


@pytest.mark.parametrize("cls", PYDANTICS, ids=lambda cls: cls.__name__)
def test_pydantic_constructs_what_a_class_adds_to_it(cls: type[Deal]):
    assert not takes_arguments(cls)
    arguments: dict[str, Any] = {"name": "n", "remark": " r "}
    assert outcome(lambda: cls(**arguments)) == outcome(lambda: construct_by_pydantic(cls, arguments))


def test_the_additions_of_classes_work():
    assert WithValidator(name="n").name == "N"
    assert WithModelValidator().name == "filled"
    assert WithPlainField().seen == []
    assert WithPostInit(name="n").price == 7
    assert WithPrivate()._cache == {}
    assert WithMark(remark=" r ").remark == "r"
    with pytest.raises(ValidationError, match="A deal"):
        WithSettings(price="x")


def test_a_kind_of_ones_own_may_raise_what_pydantic_knows():
    class Even(Kind[int]):
        types = ("even",)

        def clean(self, value: Any) -> int:
            if value == 1:
                raise PydanticCustomError("odd", "{value} is odd", {"value": value})
            if value == 3:
                raise AssertionError("three is odd")
            if value == 5:
                BaseModel.model_validate(5)
            return int(value)

    class EvenNumber(Number):
        kind = Even()  # type: ignore[assignment]

    class Pair(Lead):
        number: EvenNumber = custom(7)

    assert takes_arguments(Pair)
    for value in (1, 2, 3, 5, "x"):
        arguments = {"number": value}
        expected = outcome(lambda: construct_by_pydantic(Pair, arguments))  # noqa: B023  # called at once
        assert outcome(lambda: Pair(**arguments)) == expected  # noqa: B023


def test_a_codec_of_one_field_is_asked_after_that_of_its_type():
    def clean_short(value: Any) -> str:
        if len(clean_str(value)) > 3:
            raise ValueError("three characters at most")
        return clean_str(value)

    class Short(Lead):
        name: kommo_orm.Attr[str, str] = field(codec=Codec(str, clean_short, str, str))

    for value in ("abc", "abcd", 5, None):
        arguments = {"name": value}
        expected = outcome(lambda: construct_by_pydantic(Short, arguments))  # noqa: B023  # called at once
        assert outcome(lambda: Short(**arguments)) == expected  # noqa: B023


def test_subclasses_of_a_constructed_class_have_checks_of_their_own():
    class Base(Lead):
        one: Number = custom(1)

    Base(one=1)

    class Derived(Base):
        two: Number = custom(2)

    assert Derived(one=1, two=2).two == 2
    with pytest.raises(ValidationError, match="two"):
        Base(two=2)


def test_validation_by_pydantic_still_makes_the_same_objects():
    contact = Contact(name="Anna")
    assert Contact.model_validate({"name": "Anna"}) == contact
    assert vars(Contact.model_validate({"name": "Anna"})) == vars(contact)

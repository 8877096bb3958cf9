"""What an entity declares of itself is one value, which subclasses inherit."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

import kommo_orm
from kommo_orm import Contact, Lead, Model, Number, Task, custom
from kommo_orm.model.entity_info import EntityInfo

PACKAGE = Path(kommo_orm.__file__).parent
ENTITIES = [
    found
    for name in kommo_orm.__all__
    if isinstance(found := getattr(kommo_orm, name), type) and issubclass(found, Model) and found.__kommo_kind__
]
# `kind` and `customs` stand on the class, too, for the sandbox; a catalog element names its list there.
NAMES = {"info", "state", "kind", "customs", "catalog", "codec", "file"}


class Deal(Lead):
    budget: Number = custom(551)
    cached: int = 0


def test_a_users_class_inherits_what_its_entity_declares() -> None:
    mine, base = Deal.__kommo_info__, Lead.__kommo_info__
    assert (mine.kind, mine.on_request, mine.includes) == (base.kind, base.on_request, base.includes)
    assert (Deal.__kommo_kind__, Lead.__kommo_customs__) == ("leads", {})


def test_a_class_adds_its_own_fields_and_leaves_the_base_alone() -> None:
    assert Deal.__kommo_info__.fields.keys() - Lead.__kommo_info__.fields.keys() == {"budget"}
    assert Deal.__kommo_info__.customs == Deal.__kommo_customs__
    assert Deal.__kommo_info__.plain_fields == {"cached"}


def test_it_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Lead.__kommo_info__.kind = "deals"  # type: ignore[misc]


@pytest.mark.parametrize("cls", ENTITIES)
def test_names_that_an_entity_declares_are_its_fields(cls: type[Model]) -> None:
    info = cls.__kommo_info__
    assert info.kind == cls.__kommo_kind__
    names = {*info.required, *info.unique_within, info.address_field}
    assert names <= info.fields.keys() | info.attached.keys()
    assert info.on_request <= {*dir(cls)}


def test_whether_rows_live_under_a_parent_is_found_by_its_method() -> None:
    assert not Lead.__kommo_info__.has_parent
    assert kommo_orm.Note.__kommo_info__.has_parent


def test_classes_without_custom_fields_say_so() -> None:
    assert not Task.__kommo_info__.has_custom_fields
    assert Contact.__kommo_info__.has_custom_fields


def test_every_part_is_explained() -> None:
    parts = re.findall(r"^    \* `(\w+)`:", EntityInfo.__doc__ or "", re.MULTILINE)
    assert parts == [part.name for part in dataclasses.fields(EntityInfo)]


def test_no_other_names_of_the_library_stand_on_classes() -> None:
    texts = [path.read_text() for path in PACKAGE.rglob("*.py")]
    assert {name for text in texts for name in re.findall(r"__kommo_(\w+?)__", text)} <= NAMES

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.fields import LinkedEntity, LinkedValue
from kommo_orm.model.custom import custom
from kommo_orm.model.model import Model
from tests.fields.answers import there_and_back

KIND = LinkedEntity.kind


class Car(Model):
    driver: LinkedEntity = custom(1)


def loaded(**value) -> Any:
    return Car.hydrate([{"id": 1, "custom_fields_values": [{"field_id": 1, "values": [{"value": value}]}]}])[0]


@given(number=st.integers(1), kind=st.sampled_from(["contacts", "companies"]))
def test_what_was_written_is_read(number, kind):
    link = LinkedValue(entity_id=number, entity_type=kind)
    read = there_and_back(KIND, link)
    assert read == link
    assert read.name == "Ann"


def test_a_link_by_name_gets_an_id():
    link = LinkedValue(name="Ann")
    read = there_and_back(KIND, link)
    assert read.entity_id == 41
    assert KIND.same(link, read)
    assert not KIND.same(LinkedValue(name="Bob"), read)


@pytest.mark.parametrize(
    ("link", "sent"),
    [
        (LinkedValue(name="Ann"), {"name": "Ann"}),
        (LinkedValue(entity_id=40, entity_type="contacts", name="Ann"), {"entity_id": 40, "entity_type": "contacts"}),
        (
            LinkedValue(entity_id=40, entity_type="catalog_elements", catalog_id=3001),
            {"entity_id": 40, "entity_type": "catalog_elements", "catalog_id": 3001},
        ),
    ],
    ids=repr,
)
def test_the_id_or_the_name_is_sent(link, sent):
    assert KIND.encode(link, None, None) == [{"value": sent}]


def test_another_id_is_a_change_and_the_old_name_is_not_sent():
    car = loaded(name="Ann", entity_id=40, entity_type="contacts", catalog_id=None)
    car.driver.entity_id = 41
    assert list(car.changes) == ["driver"]
    assert KIND.encode(car.driver, None, None) == [{"value": {"entity_id": 41, "entity_type": "contacts"}}]
    car.driver.entity_id = 40
    assert car.changes == {}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (LinkedValue(entity_id=5), "needs its entity_type"),
        (LinkedValue(entity_id=5, entity_type="catalog_elements"), "needs its catalog_id"),
        ({"entity_type": "contacts", "name": ""}, "needs an entity_id with its entity_type, or a name"),
        (40, "expected a LinkedValue, got 40"),
    ],
    ids=repr,
)
def test_what_kommo_could_not_take_is_refused(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        Car(driver=wrong)

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.fields import LegalEntities, LegalEntity, LegalEntityValue, PayerValue
from kommo_orm.model.custom import custom
from kommo_orm.model.kind import find_kind
from kommo_orm.model.model import Model
from tests.fields.answers import answered, there_and_back

NAMES = st.text(min_size=1).filter(str.strip)
ENTITIES = st.builds(
    LegalEntityValue,
    name=NAMES,
    entity_type=st.none() | st.sampled_from([1, 2]),
    vat_id=st.none() | NAMES,
    bin=st.none() | NAMES,
)


class Firm(Model):
    legal: LegalEntity = custom(1)


class Whole(Model):
    legals: LegalEntities = custom(1)


def loaded(model, values) -> Any:
    return model.hydrate([{"id": 1, "custom_fields_values": [{"field_id": 1, "values": values}]}])[0]


@given(entities=st.lists(ENTITIES, min_size=1))
def test_what_was_written_is_read(entities):
    assert there_and_back(LegalEntities.kind, entities) == entities


@given(first=ENTITIES, rest=st.lists(ENTITIES))
def test_the_first_is_replaced_and_the_rest_kept(first, rest):
    kind = LegalEntity.kind
    current = answered("legal_entity", LegalEntities.kind.encode([LegalEntityValue(name="old"), *rest], None, None))
    after = answered("legal_entity", kind.encode(first, None, None, current=current))
    assert kind.decode(after, None) == first
    assert LegalEntities.kind.decode(after, None)[1:] == rest
    assert kind.encode_empty(current) == (LegalEntities.kind.encode(rest, None, None) or None)


@pytest.mark.parametrize(
    "values",
    [
        [{"value": {"name": "R"}}],
        [{"name": "R"}],
        {"name": "R"},
        {"0": {"value": {"name": "R"}}},
        {"value": {"name": "R"}},
    ],
    ids=repr,
)
def test_bare_objects_are_read(values):
    assert loaded(Firm, values).legal == LegalEntityValue(name="R")


def test_exactly_the_known_keys_are_sent():
    firm = loaded(Firm, [{"value": {"name": "R", "entity_type": "2", "vat_id": 770, "kpp": None, "status": "ok"}}])
    firm.legal.director = "Ann"
    assert list(firm.changes) == ["legal"]
    assert LegalEntity.kind.encode(LegalEntity.kind.clean(firm.legal), None, None) == [
        {"value": {"name": "R", "entity_type": 2, "vat_id": "770", "director": "Ann"}}
    ]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (LegalEntityValue(vat_id="1"), "a legal entity needs a name, got LegalEntityValue"),
        (PayerValue(name="R"), "expected a LegalEntityValue, got PayerValue"),
        ({"vat_id": "1"}, "a legal entity needs a name"),
        (LegalEntityValue(name="A", entity_type=3), "1 .a person in business. or 2 .a company., got 3"),
        ("Romashka", "expected a LegalEntityValue, got 'Romashka'"),
    ],
    ids=repr,
)
def test_what_kommo_could_not_take_is_refused(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        Firm(legal=wrong)
    with pytest.raises(ValueError, match=sentence):
        Whole(legals=[wrong])


def test_an_unset_field_reads_as_none_or_an_empty_list():
    assert loaded(Firm, None).legal is None
    assert loaded(Whole, None).legals == []


def test_undeclared_fields_read_all():
    assert find_kind("legal_entity") is LegalEntities.kind

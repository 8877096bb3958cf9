from __future__ import annotations

import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.errors import QueryError
from kommo_orm.fields import (
    Email,
    Emails,
    EmailValue,
    Messengers,
    MessengerValue,
    MultitextValue,
    Phone,
    Phones,
    PhoneValue,
)
from kommo_orm.model.custom import custom
from kommo_orm.model.kind import find_kind
from kommo_orm.model.model import Model
from tests.fields.answers import PHONE_IDS, answered, there_and_back

TEXTS = st.text(min_size=1).filter(str.strip)
CODES = st.sampled_from(sorted(PHONE_IDS))
TWO = [
    {"value": "+1", "enum_id": 73, "enum_code": "MOB"},
    {"value": "+2", "enum_id": 71, "enum_code": "WORK"},
]


class Person(Model):
    phone: Phone = custom(code="PHONE")
    email: Email = custom(code="EMAIL")
    messengers: Messengers = custom(code="IM")


class Whole(Model):
    phones: Phones = custom(code="PHONE")
    emails: Emails = custom(code="EMAIL")


def loaded(model, values, code="PHONE") -> Any:
    entry = {"field_id": 1, "field_code": code, "values": values}
    return model.hydrate([{"id": 1, "custom_fields_values": [entry] if values else None}])[0]


# ---- all values
@pytest.mark.parametrize(
    ("kind", "value"),
    [(Phones.kind, PhoneValue), (Emails.kind, EmailValue), (Messengers.kind, MessengerValue)],
    ids=["phones", "emails", "messengers"],
)
@given(data=st.data())
def test_what_was_written_is_read(kind, value, data):
    given = data.draw(st.lists(st.builds(value, TEXTS, CODES) | TEXTS, min_size=1))
    assert there_and_back(kind, given) == kind.clean(given)


def test_exactly_the_value_and_its_code_are_sent():
    read = Phones.kind.decode(TWO, None)
    assert Phones.kind.encode(read, None, None) == [
        {"value": "+1", "enum_code": "MOB"},
        {"value": "+2", "enum_code": "WORK"},
    ]


def test_plain_text_is_of_the_usual_kind():
    assert [one.kind for one in Phones.kind.clean(["+1"])] == ["WORK"]
    assert [one.kind for one in Messengers.kind.clean(["ann"])] == ["OTHER"]


@pytest.mark.parametrize(
    ("item", "read", "sent"),
    [
        ({"value": "+1", "enum_id": 1, "enum": "WORK"}, ("+1", "WORK"), {"value": "+1", "enum_code": "WORK"}),
        ({"value": "+1", "enum_id": 5, "enum_code": None}, ("+1", None), {"value": "+1", "enum_id": 5}),
        ({"value": "+1", "enum": "5"}, ("+1", None), {"value": "+1", "enum_id": 5}),
        ({"value": 15550001, "enum_code": "NEW"}, ("15550001", "NEW"), {"value": "15550001", "enum_code": "NEW"}),
        ({"value": "+1"}, ("+1", None), {"value": "+1"}),
        ("+1", ("+1", None), {"value": "+1"}),
    ],
    ids=repr,
)
def test_odd_forms_are_read_and_go_back(item, read, sent):
    [value] = Phones.kind.decode([item], None)
    assert (value.value, value.kind) == read
    assert Phones.kind.encode([value], None, None) == [sent]


def test_unknown_keys_are_kept_and_not_sent():
    [value] = Phones.kind.decode([{**TWO[0], "is_valid": True}], None)
    assert value.extra == {"is_valid": True}
    assert value.to_raw() == {"value": "+1", "enum_code": "MOB"}


def test_items_without_text_are_left_out():
    read = Phones.kind.decode([{"value": None, "enum_id": 71}, {"value": ""}, TWO[0]], None)
    assert read == [PhoneValue("+1", "MOB")]


def test_a_value_equals_by_text_and_kind():
    assert PhoneValue("+1") == PhoneValue("+1", "WORK", id=71)
    assert PhoneValue("+1") != PhoneValue("+1", "MOB")
    assert PhoneValue("+1") != EmailValue("+1")
    assert PhoneValue("+1", "", id=5) != PhoneValue("+1", "", id=6)


def test_changes_in_place_count():
    person = loaded(Whole, TWO)
    person.phones[0].kind = "HOME"
    person.phones.append("+3")
    assert list(person.changes) == ["phones"]
    assert Phones.kind.encode(Phones.kind.clean(person.phones), None, None) == [
        {"value": "+1", "enum_code": "HOME"},
        {"value": "+2", "enum_code": "WORK"},
        {"value": "+3", "enum_code": "WORK"},
    ]


def test_order_matters():
    person = loaded(Whole, TWO)
    person.phones.reverse()
    assert list(person.changes) == ["phones"]
    person.phones.reverse()
    assert person.changes == {}


def test_an_unset_field_reads_as_an_empty_list():
    assert loaded(Whole, None).phones == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("+1", "expected several phones, such as a list, got"),
        ([5], "expected a PhoneValue, got 5"),
        ([" "], "expected a PhoneValue with some text, got ' '"),
        ([{"value": "+1", "colour": "red"}], "PhoneValue: colour: Extra inputs are not permitted"),
        ([EmailValue("a@b")], "expected a PhoneValue, got EmailValue"),
    ],
    ids=repr,
)
def test_wrong_values_are_refused(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        Whole(phones=wrong)


def test_a_wrong_part_is_refused_at_once():
    with pytest.raises(ValueError, match=r"expected text, got 5 \(int\)"):
        PhoneValue(5)  # pyright: ignore[reportArgumentType]
    phone = PhoneValue("+1")
    with pytest.raises(ValueError, match=r"expected text, got 5 \(int\)"):
        phone.kind = 5  # pyright: ignore[reportAttributeAccessIssue]
    assert phone.kind == "WORK"


# ---- the first value
def test_the_first_value_is_read():
    assert loaded(Person, TWO).phone == "+1"
    assert loaded(Person, [{"value": None}, TWO[1]]).phone == "+2"
    assert loaded(Person, None).phone is None


def test_setting_replaces_the_first_and_keeps_the_rest():
    sent = Phone.kind.encode("+9", None, None, current=TWO)
    assert sent == [{"value": "+9", "enum_code": "MOB"}, {"value": "+2", "enum_code": "WORK"}]


def test_a_first_value_is_of_the_usual_kind():
    assert Phone.kind.encode("+9", None, None) == [{"value": "+9", "enum_code": "WORK"}]


def test_the_kind_of_the_first_value_stays_though_it_has_no_code():
    current = [{"value": "+1", "enum_id": 5, "enum_code": None}]
    assert Phone.kind.encode("+9", None, None, current=current) == [{"value": "+9", "enum_id": 5}]


def test_none_takes_the_first_away_and_keeps_the_rest():
    assert Phone.kind.encode_empty(TWO) == [{"value": "+2", "enum_code": "WORK"}]
    assert Phone.kind.encode_empty(TWO[:1]) is None
    assert Phone.kind.encode_empty([]) is None


def test_empty_text_is_none():
    person = loaded(Person, None)
    person.phone = ""
    assert person.changes == {}


@given(first=TEXTS, rest=st.lists(st.builds(PhoneValue, TEXTS, CODES), min_size=1))
def test_the_first_is_written_and_read(first, rest):
    current = answered("multitext", Phones.kind.encode(rest, None, None))
    sent = Phone.kind.encode(first, None, None, current=current)
    after = answered("multitext", sent)
    assert Phone.kind.decode(after, None) == first
    assert Phones.kind.decode(after, None)[1:] == rest[1:]


def test_only_text_is_taken():
    with pytest.raises(ValueError, match="expected text, got"):
        Person(email=["a@b"])  # pyright: ignore[reportArgumentType]


def test_a_first_value_set_back_is_no_change():
    person = loaded(Person, TWO)
    person.phone = "+9"
    assert person.changes == {"phone": ("+1", "+9")}
    person.phone = "+1"
    assert person.changes == {}


@pytest.mark.parametrize("field", [Person.phone, Person.email, Whole.phones], ids=repr)
def test_a_filter_is_refused_with_what_to_do(field):
    for compare in (operator.eq, operator.ne, operator.ge, type(field).in_, type(field).between):
        with pytest.raises(QueryError, match=r"Kommo cannot filter by .*search\(.*phones"):
            compare(field, "+1")


def test_undeclared_fields_read_as_values():
    assert find_kind("multitext").decode(TWO, None) == [MultitextValue("+1", "MOB"), MultitextValue("+2")]

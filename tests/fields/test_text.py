from __future__ import annotations

from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.errors import QueryError
from kommo_orm.fields import Address, Option, OrgLegalName, Text, TextArea, TrackingData, Url
from kommo_orm.model.custom import custom
from kommo_orm.model.model import Model
from tests.fields.answers import there_and_back

PLAIN = [Text.kind, TextArea.kind, Url.kind, TrackingData.kind, Address.kind]


class Deal(Model):
    note: Text = custom(1)
    street: Address = custom(2)
    legal: OrgLegalName = custom(3)


@pytest.mark.parametrize("kind", PLAIN, ids=lambda kind: kind.field_type)
@given(text=st.text(min_size=1))
def test_what_was_written_is_read(kind, text):
    assert there_and_back(kind, text) == text


@pytest.mark.parametrize(
    ("values", "read"),
    [
        ([{"value": "null"}], "null"),
        ([{"value": 123}], "123"),
        ([{"value": 1.5}], "1.5"),
        ([{"value": True}], "1"),
        ([{"value": False}], None),
        ([{"value": None}], None),
        ([{"value": ""}], None),
        ([{"value": []}], None),
        ([{"value": 0}], "0"),
        (["as it is"], "as it is"),
        ([{"0": {"value": "keyed by index"}}], "keyed by index"),
        ([{"value": "+79123", "enum_id": 1, "enum": "WORK"}], "+79123"),
        ([{"value": None}, {"value": "second"}], "second"),
    ],
    ids=repr,
)
def test_odd_forms_are_read(values, read):
    assert Text.kind.decode(values, None) == read


def test_an_object_is_no_text():
    with pytest.raises(ValueError, match="expected text, got {'a': 1}"):
        Text.kind.decode([{"value": {"a": 1}}], None)


def test_only_text_is_taken():
    with pytest.raises(ValueError, match=r"expected text, got 5 \(int\)"):
        Text.kind.clean(5)


def test_enum_members_and_options_become_plain_text():
    class Colour(StrEnum):
        RED = "red"

    assert [type(Text.kind.clean(value)) for value in (Colour.RED, Option("red", 5))] == [str, str]


def test_empty_text_is_no_value():
    deal = Deal.hydrate([{"id": 1, "custom_fields_values": None}])[0]
    deal.note = ""
    assert deal.changes == {}
    assert Text.kind.is_empty("")


def test_exactly_the_value_is_sent():
    assert Url.kind.encode("https://a.example", None, None) == [{"value": "https://a.example"}]


def test_a_filter_is_the_text():
    condition = Deal.note == "A-17"
    assert Text.kind.encode_filter(condition.value, None, None) == "A-17"


def test_databases_compare_text_without_case():
    assert Text.kind.matches(" a-17", "A-17 ")
    assert not Text.kind.matches("A-18", "A-17")


def test_empty_text_cannot_be_searched_for():
    with pytest.raises(QueryError, match="cannot search for empty text"):
        _ = Deal.note == " "


def test_an_address_is_not_filterable():
    with pytest.raises(QueryError, match=r"cannot filter by Deal.street. Use search\("):
        _ = Deal.street == "5 Elm st"
    with pytest.raises(ValueError, match="cannot filter by addresses"):
        Address.kind.encode_filter("5 Elm st", None, None)


@pytest.mark.parametrize(
    ("raw", "read"), [("Romashka", "Romashka"), ({"name": "Romashka", "vat_id": 5}, "Romashka"), (None, None)], ids=repr
)
def test_a_legal_name_is_read(raw, read):
    assert OrgLegalName.kind.decode([{"value": raw}], None) == read


def test_a_legal_name_is_never_set():
    deal = Deal.hydrate([{"id": 1, "custom_fields_values": None}])[0]
    with pytest.raises(AttributeError, match="read-only"):
        deal.legal = "Romashka"  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(ValueError, match="read-only"):
        OrgLegalName.kind.clean("Romashka")

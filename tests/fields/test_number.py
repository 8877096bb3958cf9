from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.errors import QueryError
from kommo_orm.fields import Monetary, Number, Price
from kommo_orm.model.custom import custom
from kommo_orm.model.model import Model
from tests.fields.answers import there_and_back


class Deal(Model):
    budget: Number = custom(1)


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=4)


@pytest.mark.parametrize("kind", [Number.kind, Price.kind, Monetary.kind], ids=lambda kind: kind.field_type)
@given(number=NUMBERS | st.integers() | st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_what_was_written_is_read_exactly(kind, number):
    assert there_and_back(kind, number) == (Decimal(repr(number)) if isinstance(number, float) else number)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (500, "500"),
        (12.5, "12.5"),
        (0.1, "0.1"),
        (Decimal("49.50"), "49.50"),
        (1e20, "100000000000000000000"),
        (1e-7, "0.0000001"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.0"), "0"),
    ],
    ids=repr,
)
def test_digits_are_sent_without_an_exponent(given, sent):
    assert Number.kind.encode(Number.kind.clean(given), None, None) == [{"value": sent}]
    assert Number.kind.encode_filter(Number.kind.clean_filter(given), None, None) == sent


@pytest.mark.parametrize("wrong", [True, "5", float("nan"), float("inf"), Decimal("NaN"), None, [5]], ids=repr)
def test_what_is_no_finite_number_is_refused(wrong):
    with pytest.raises(ValueError, match="expected a (finite )?number, got"):
        Number.kind.clean(wrong)


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        ("1 000", "1000"),
        ("1\u00a0000.25", "1000.25"),
        (" 7 ", "7"),
        (7, "7"),
        (7.25, "7.25"),
        (True, "1"),
        (0, "0"),
        ("0", "0"),
        (False, None),
        ("", None),
        ("null", None),
        (None, None),
    ],
    ids=repr,
)
def test_odd_forms_are_read(raw, read):
    assert Number.kind.decode([{"value": raw}], None) == (None if read is None else Decimal(read))


@pytest.mark.parametrize("raw", ["many", "NaN", "Infinity", {"a": 1}], ids=repr)
def test_what_is_no_number_is_named(raw):
    with pytest.raises(ValueError, match="expected a number, got"):
        Number.kind.decode([{"value": raw}], None)


def test_a_number_can_be_compared_and_ranged():
    assert (Deal.budget >= 100).value == Decimal(100)
    assert Deal.budget.between(1, 2.5).value == (Decimal(1), Decimal("2.5"))
    assert Deal.budget.in_(1, 2).value == (Decimal(1), Decimal(2))


def test_a_wrong_filter_names_the_field():
    with pytest.raises(QueryError, match="Cannot filter Deal by budget: expected a number"):
        _ = Deal.budget >= "x"  # pyright: ignore[reportOperatorIssue]


def test_numbers_equal_by_worth():
    deal = Deal.hydrate([{"id": 1, "custom_fields_values": [{"field_id": 1, "values": [{"value": "12.50"}]}]}])[0]
    deal.budget = 12.5
    assert deal.changes == {}
    deal.budget = 13.5
    assert deal.changes == {"budget": (Decimal("12.50"), Decimal("13.5"))}

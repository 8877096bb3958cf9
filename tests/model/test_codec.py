"""Core values: strict from the user, lenient from the service, exact on the way back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from kommo_orm.model.codec import (
    BOOL,
    BY_TYPE,
    DATETIME,
    DECIMAL,
    INT,
    SECRET,
    STR,
    decode_decimal,
    encode_decimal,
    make_list_codec,
    parse_list,
)

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001
ROUND_TRIPS: list[Any] = [(INT, st.integers()), (STR, st.text()), (BOOL, st.booleans())]


@pytest.mark.parametrize(("codec", "values"), ROUND_TRIPS, ids=["int", "str", "bool"])
@given(data=st.data())
def test_what_is_sent_is_read_as_it_was_given(codec, values, data):
    value = data.draw(values)
    assert codec.decode(codec.encode(codec.clean(value))) == value


@given(MOMENTS)
def test_a_moment_is_kept_to_the_second_in_any_zone(moment):
    read = DATETIME.decode(DATETIME.encode(DATETIME.clean(moment)))
    assert read == moment.astimezone(UTC).replace(microsecond=0)
    assert read.tzinfo is UTC


@given(st.integers(0, 10**12) | st.decimals(0, 10**9, places=2))
def test_money_arrives_as_it_was_written(amount):
    sent = encode_decimal(DECIMAL.clean(amount))
    assert decode_decimal(sent) == Decimal(amount)
    assert isinstance(sent, int if Decimal(amount) == int(amount) else float)


def test_what_a_json_number_would_round_is_refused():
    with pytest.raises(ValueError, match="has more digits than a JSON number can carry exactly"):
        encode_decimal(Decimal("0.12345678901234567890123"))


@pytest.mark.parametrize(
    ("codec", "raw"),
    [
        (INT, "x"),
        (INT, 5.5),
        (INT, None),
        (INT, []),
        (STR, True),
        (STR, []),
        (BOOL, "perhaps"),
        (BOOL, []),
        (DATETIME, "soon"),
        (DATETIME, []),
        (DECIMAL, "many"),
        (DECIMAL, []),
    ],
    ids=repr,
)
def test_what_means_nothing_is_refused_by_a_value_error(codec, raw):
    with pytest.raises((ValueError, TypeError)):
        codec.decode(raw)


@pytest.mark.parametrize(
    ("raw", "items"),
    [([1], [1]), ({"0": 1, "5": 2}, [1, 2]), ([], []), ({}, []), (None, []), (False, []), ("", [])],
    ids=repr,
)
def test_php_lists_in_any_form(raw, items):
    assert parse_list(raw) == items


def test_lists_of_values():
    numbers = make_list_codec(INT)
    assert numbers.decode({"0": "1", "2": 2}) == [1, 2]
    assert numbers.clean((1, 2)) == [1, 2]
    assert numbers.encode([1, 2]) == [1, 2]
    with pytest.raises(ValueError, match="expected several values"):
        numbers.clean("12")
    with pytest.raises(ValueError, match="expected a whole number"):
        numbers.clean([1, "2"])


def test_secrets_are_not_shown():
    secret = SECRET.clean("s3cret")
    assert isinstance(secret, SecretStr)
    assert "s3cret" not in repr(secret)
    assert SECRET.encode(secret) == "s3cret"
    assert SECRET.clean(secret) is secret


def test_every_plain_type_has_its_codec():
    assert {int, str, bool, datetime, Decimal, SecretStr} <= BY_TYPE.keys()

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.fields import DateTime
from kommo_orm.model.custom import custom
from kommo_orm.model.model import Model
from tests.fields.answers import there_and_back

KIND = DateTime.kind
MOMENTS = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


class Deal(Model):
    meeting: DateTime = custom(1)


@given(moment=MOMENTS)
def test_what_was_written_is_read_to_the_second(moment):
    assert there_and_back(KIND, moment) == moment.replace(microsecond=0) == KIND.clean(moment)


def test_other_zones_end_in_utc():
    moment = datetime(2031, 4, 5, 14, 30, tzinfo=timezone(timedelta(hours=3)))
    assert KIND.clean(moment).isoformat() == "2031-04-05T11:30:00+00:00"
    assert KIND.encode(moment, None, None) == [{"value": 1933155000}]


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (1634590800, datetime(2021, 10, 18, 21, tzinfo=UTC)),
        ("1634590800", datetime(2021, 10, 18, 21, tzinfo=UTC)),
        (-1, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2021-10-19T00:00:00+03:00", datetime(2021, 10, 18, 21, tzinfo=UTC)),
        ("2021-10-18 21:00:00", datetime(2021, 10, 18, 21, tzinfo=UTC)),
        (1634590800.9, datetime(2021, 10, 18, 21, tzinfo=UTC)),
        (False, None),
        (-62169993017, None),
        ("0000-00-00 00:00:00", None),
    ],
    ids=repr,
)
def test_odd_forms_are_read(raw, read):
    assert KIND.decode([{"value": raw}], None) == read


def test_naive_moments_are_refused():
    with pytest.raises(ValueError, match="has no time zone"):
        Deal(meeting=datetime(2031, 4, 5))  # noqa: DTZ001


def test_a_date_is_no_moment():
    with pytest.raises(ValueError, match="expected an aware datetime"):
        Deal(meeting=datetime(2031, 4, 5, tzinfo=UTC).date())  # pyright: ignore[reportArgumentType]


def test_a_range_is_in_seconds():
    condition = Deal.meeting >= datetime(2021, 10, 18, 21, tzinfo=UTC)
    assert KIND.encode_filter(condition.value, None, None) == 1634590800
    assert KIND.encode_bound(condition.value, None, upper=True) == 1634590800

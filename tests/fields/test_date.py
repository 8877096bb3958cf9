from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.errors import QueryError
from kommo_orm.fields import Birthday, Date
from kommo_orm.model.custom import custom
from kommo_orm.model.model import Model
from tests.fields.answers import answered, there_and_back

DAYS = st.dates(min_value=date(1850, 1, 1), max_value=date(2200, 12, 31))
ZONES = [
    "Europe/Moscow",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
]
KINDS = pytest.mark.parametrize("kind", [Date.kind, Birthday.kind], ids=lambda kind: kind.field_type)


class Deal(Model):
    signed: Date = custom(1)


@KINDS
@given(day=DAYS, zone=st.sampled_from(ZONES).map(ZoneInfo))
def test_what_was_written_is_read(kind, day, zone):
    assert there_and_back(kind, day, zone) == day


@given(day=st.dates(min_value=date(1, 1, 4), max_value=date(9999, 12, 30)), hours=st.integers(-11, 12))
def test_without_a_zone_noon_tells_the_day(day, hours):
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=hours)
    seconds = (midnight - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    assert Date.kind.decode([{"value": seconds}], None) == day


def test_midnight_carries_the_offset_of_its_day():
    zone = ZoneInfo("Europe/Paris")
    sent = [Date.kind.encode(day, None, zone)[0]["value"] for day in (date(2031, 1, 5), date(2031, 7, 5))]
    assert sent == ["2031-01-05T00:00:00+01:00", "2031-07-05T00:00:00+02:00"]


def test_a_day_without_a_midnight_begins_later():
    zone = ZoneInfo("America/Sao_Paulo")
    day = date(2018, 11, 4)  # clocks went from 00:00 to 01:00
    assert there_and_back(Date.kind, day, zone) == day


def test_offsets_with_seconds_are_sent_in_utc():
    sent = Birthday.kind.encode(date(1899, 4, 22), None, ZoneInfo("Europe/Moscow"))
    assert sent == [{"value": "1899-04-22T09:29:43+00:00"}]


@pytest.mark.parametrize("offset", [-9, -3, 0, 2, 2.5, 3, 4, 14])
def test_an_old_day_is_read_whatever_offset_the_service_has(offset: float) -> None:
    """The service's table of zones may have another offset for the year than ours: the nearest midnight is meant."""
    zone = ZoneInfo("Europe/Moscow")  # +2:30:17 in 1899
    midnight = datetime(1899, 4, 22, tzinfo=UTC) - timedelta(hours=offset)
    seconds = (midnight - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    assert Birthday.kind.decode([{"value": seconds}], zone) == date(1899, 4, 22)


@KINDS
@pytest.mark.parametrize("day", [date.min, date.max, date(1, 12, 31)])
def test_days_at_the_end_of_time_are_refused_in_a_sentence(kind, day):
    for zone in map(ZoneInfo, ZONES):
        with pytest.raises(ValueError, match="days are of the years 2 to 9998"):
            kind.encode(day, None, zone)
        with suppress(ValueError):
            kind.encode_bound(day, zone, upper=False)
        with suppress(ValueError):
            kind.encode_bound(day, zone, upper=True)


def test_writing_needs_the_zone():
    assert Date.kind.needs_zone
    with pytest.raises(ValueError, match="time zone is needed"):
        Date.kind.encode(date(2031, 4, 5), None, None)


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (1634590800, date(2021, 10, 19)),
        ("1634590800", date(2021, 10, 19)),
        (1634590800.0, date(2021, 10, 19)),
        (-276490800, date(1961, 3, 29)),
        ("-276490800", date(1961, 3, 29)),
        ("1961-04-12", date(1961, 4, 12)),
        ("2021-10-19 12:30:00", date(2021, 10, 19)),
        ("2021-10-19T00:00:00+03:00", date(2021, 10, 19)),
        (0, date(1970, 1, 1)),
        ("0000-00-00", None),
        (-62169993017, None),
        (False, None),
        ("", None),
        (None, None),
    ],
    ids=repr,
)
def test_odd_forms_are_read(raw, read):
    assert Date.kind.decode([{"value": raw}], ZoneInfo("Europe/Moscow")) == read


def test_values_without_a_key_are_read():
    assert Date.kind.decode(["1542067200"], None) == date(2018, 11, 13)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("raw", ["soon", {"a": 1}, 10**30, True], ids=repr)
def test_what_is_no_day_is_refused(raw):
    with pytest.raises(ValueError, match="expected Unix seconds|Invalid isoformat"):
        Date.kind.decode([{"value": raw}], None)


@pytest.mark.parametrize("wrong", [datetime(2031, 4, 5, tzinfo=UTC), "2031-04-05", 1634590800], ids=repr)
def test_only_dates_are_taken(wrong):
    with pytest.raises(ValueError, match="expected a date, got"):
        Date.kind.clean(wrong)


def test_a_range_of_days_ends_with_its_last_second():
    zone = ZoneInfo("Europe/Moscow")
    low, high = Deal.signed.between(date(2021, 10, 19), date(2021, 10, 20)).value
    begins = Date.kind.encode_bound(low, zone, upper=False)
    ends = Date.kind.encode_bound(high, zone, upper=True)
    assert (begins, ends) == (1634590800, 1634590800 + 2 * 86400 - 1)


def test_the_last_day_of_all_cannot_end_a_range():
    with pytest.raises(ValueError, match="last day there is"):
        Date.kind.encode_bound(date.max, UTC, upper=True)


def test_days_are_found_by_ranges_only():
    with pytest.raises(QueryError, match="by ranges only"):
        _ = Deal.signed == date(2031, 4, 5)


def test_a_day_set_back_is_no_change():
    zone = ZoneInfo("UTC")
    values = answered("date", Date.kind.encode(date(2031, 4, 5), None, zone), zone)
    deal = Deal.hydrate([{"id": 1, "custom_fields_values": [{"field_id": 1, "values": values}]}])[0]
    deal.signed = date(2031, 4, 6)
    assert deal.changes == {"signed": (date(2031, 4, 5), date(2031, 4, 6))}
    deal.signed = date(2031, 4, 5)
    assert deal.changes == {}

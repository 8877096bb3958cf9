"""Fields of days: dates and birthdays.

A day is no moment, but Kommo sends one: the midnight with which the day begins in the account's time zone, in Unix
seconds (before 1970 they are negative). What is written is taken for the day that it falls on in that zone. So both
ways need the zone. Reading takes the nearest midnight, because tables of zones have different offsets for old years.
Where the zone is not known yet, reading takes the date in UTC twelve hours later, which is right in all zones from
-11:59 to +12:00, and a day short in the few beyond.
Source: Kommo API v4, "Custom field values".
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from kommo_orm.fields.raw_values import find_first_raw
from kommo_orm.fields.unix_time import get_seconds, parse_moment
from kommo_orm.model.codec import make_value_error
from kommo_orm.model.condition import Ranged
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.definition import Definition
from kommo_orm.model.kind import Kind, Values, register_kind

NOON = timedelta(hours=12)
FIRST_YEAR, LAST_YEAR = 2, 9998  # the midnights of the years around them lie beyond what a datetime can hold


class DayKind(Kind[date | None]):
    types = ("date", "birthday")
    needs_zone = True
    python = date

    def decode(self, values: Values, zone: tzinfo | None) -> date | None:
        raw = find_first_raw(values)
        moment = None if raw is None else parse_moment(raw)
        return None if moment is None else get_day(moment, zone)

    def clean(self, value: Any) -> date:
        if isinstance(value, datetime):
            message = f"expected a date, got {value!r}; which day that is depends on the zone, so give its .date()"
            raise ValueError(message)  # noqa: TRY004
        if not isinstance(value, date):
            raise make_value_error("a date", value)
        return value

    def encode(
        self, value: date | None, definition: Definition | None, zone: tzinfo | None, *, current: Values = ()
    ) -> list[dict[str, Any]]:
        return [{"value": format_day(self.clean(value), zone)}]

    def encode_filter(self, value: Any, definition: Definition | None, zone: tzinfo | None) -> str | int:
        return get_day_start(self.clean(value), zone)

    def encode_bound(self, value: Any, zone: tzinfo | None, *, upper: bool) -> str | int:
        day = self.clean(value)
        if not upper:
            return self.encode_filter(day, None, zone)
        if day == date.max:
            raise ValueError(f"{day} is the last day there is; leave out the end of the range")
        return get_day_start(day + timedelta(days=1), zone) - 1


class BirthdayKind(DayKind):
    types = ("birthday", "date")


def get_day(moment: datetime, zone: tzinfo | None) -> date:
    if moment.tzinfo is None:  # old answers hold "YYYY-MM-DD"
        return moment.date()
    return (moment.astimezone(zone or UTC) + NOON).date()  # the nearest midnight


def get_midnight(day: date, zone: tzinfo | None) -> datetime:
    if zone is None:
        raise ValueError(
            "the account's time zone is needed to know when a day begins, and it is not known yet; "
            "give it as `Kommo(..., timezone=...)`"
        )
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def get_day_start(day: date, zone: tzinfo | None) -> int:
    """The Unix seconds at which a day begins."""
    try:
        return get_seconds(get_midnight(day, zone))
    except OverflowError:
        raise make_unsendable_error(day) from None


def format_day(day: date, zone: tzinfo | None) -> str:
    """The midnight of a day in RFC 3339, with the zone's own offset.

    Before about 1920 clocks had local mean time, and two tables of zones differ there. The noon of such a day is sent: it
    falls on the same day whichever offset the service has.
    """
    midnight = get_midnight(day, zone)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise make_unsendable_error(day)
    offset = midnight.utcoffset()
    if offset is not None and offset.seconds % 60 == 0:
        return midnight.isoformat()
    return (midnight + NOON).astimezone(UTC).isoformat()


def make_unsendable_error(day: date) -> ValueError:
    return ValueError(f"{day} has no midnight in every zone; days are of the years {FIRST_YEAR} to {LAST_YEAR}")


class Date(CustomAttr[date | None, date | None, Ranged[date, date | None]]):
    """A day. Kommo finds days by ranges, whose ends are included.

    Example:
        >>> class Deal(Lead):
        ...     signed: Date = custom(code="SIGNED_ON")
        >>> deal.signed = date(2031, 4, 5)
        >>> Deal.objects.filter(Deal.signed.between(date(2031, 4, 1), date(2031, 4, 30)))

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = DayKind()
    expression = Ranged


class Birthday(CustomAttr[date | None, date | None, Ranged[date, date | None]]):
    """A day of birth: a day as any other, for which Kommo can remind people.

    Example:
        >>> class Person(Contact):
        ...     born: Birthday = custom(556)
        >>> person.born = date(1961, 4, 12)

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = BirthdayKind()
    expression = Ranged


for annotation in (Date, Birthday):
    register_kind(annotation.kind)


__all__ = ["Birthday", "Date"]

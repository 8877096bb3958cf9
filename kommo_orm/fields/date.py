"""Fields of days: dates and birthdays.

A day is no moment, but Kommo sends one: the midnight with which the day begins in the account's time zone, in Unix
seconds (before 1970 they are negative). What is written is taken for the day that it falls on in that zone. So both
ways need the zone. Where it is not known yet, reading takes the date in UTC twelve hours later, which is right in all
zones from -11:59 to +12:00, and a day short in the few beyond.
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
        return [{"value": format_rfc3339(get_midnight(self.clean(value), zone))}]

    def encode_filter(self, value: Any, definition: Definition | None, zone: tzinfo | None) -> str | int:
        return get_seconds(get_midnight(self.clean(value), zone))

    def encode_bound(self, value: Any, zone: tzinfo | None, *, upper: bool) -> str | int:
        day = self.clean(value)
        if not upper:
            return self.encode_filter(day, None, zone)
        if day == date.max:
            raise ValueError(f"{day} is the last day there is; leave out the end of the range")
        return get_seconds(get_midnight(day + timedelta(days=1), zone)) - 1


class BirthdayKind(DayKind):
    types = ("birthday", "date")


def get_day(moment: datetime, zone: tzinfo | None) -> date:
    if moment.tzinfo is None:  # old answers hold "YYYY-MM-DD"
        return moment.date()
    return (moment.astimezone(zone) if zone is not None else moment.astimezone(UTC) + NOON).date()


def get_midnight(day: date, zone: tzinfo | None) -> datetime:
    if zone is None:
        raise ValueError(
            "the account's time zone is needed to know when a day begins, and it is not known yet; "
            "give it as `Kommo(..., timezone=...)`"
        )
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def format_rfc3339(moment: datetime) -> str:
    """With the zone's own offset; in UTC where that offset has seconds (local mean time, before about 1920)."""
    offset = moment.utcoffset()
    return (moment if offset is not None and offset.seconds % 60 == 0 else moment.astimezone(UTC)).isoformat()


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

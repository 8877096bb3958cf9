"""Fields of a day with its time: exact moments."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Any

from kommo_orm.fields.raw_values import find_first_raw
from kommo_orm.fields.unix_time import get_seconds, parse_moment
from kommo_orm.model.codec import clean_datetime
from kommo_orm.model.condition import Ranged
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.definition import Definition
from kommo_orm.model.kind import Kind, Values, register_kind


class MomentKind(Kind[datetime | None]):
    """Moments in UTC. Kommo keeps whole seconds; what is smaller is dropped when the value is set."""

    types = ("date_time",)
    python = datetime

    def decode(self, values: Values, zone: tzinfo | None) -> datetime | None:
        raw = find_first_raw(values)
        moment = None if raw is None else parse_moment(raw)
        if moment is None:
            return None
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)

    def clean(self, value: Any) -> datetime:
        return clean_datetime(value).replace(microsecond=0)

    def encode(
        self, value: datetime | None, definition: Definition | None, zone: tzinfo | None, *, current: Values = ()
    ) -> list[dict[str, Any]]:
        return [{"value": get_seconds(self.clean(value))}]

    def encode_filter(self, value: Any, definition: Definition | None, zone: tzinfo | None) -> str | int:
        return get_seconds(self.clean(value))


class DateTime(CustomAttr[datetime | None, datetime | None, Ranged[datetime, datetime | None]]):
    """A moment: an aware `datetime`, read in UTC. Naive ones are refused. Kommo finds moments by ranges.

    Example:
        >>> class Deal(Lead):
        ...     meeting: DateTime = custom(555)
        >>> deal.meeting = datetime(2031, 4, 5, 14, 30, tzinfo=ZoneInfo("Europe/Paris"))
        >>> Deal.objects.filter(Deal.meeting >= datetime.now(UTC))

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = MomentKind()
    expression = Ranged


register_kind(DateTime.kind)


__all__ = ["DateTime"]

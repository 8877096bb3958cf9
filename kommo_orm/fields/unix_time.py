"""Moments as the service writes them: Unix seconds as a rule; digits as text and ISO text in old answers."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from kommo_orm.model.codec import make_value_error

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
EARLIEST = (datetime(1, 1, 3, tzinfo=UTC) - EPOCH) // SECOND


def parse_moment(raw: Any) -> datetime | None:
    """The moment; naive if the text names no offset; None for MySQL's "0000-00-00", which lies before year 1."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise make_value_error("Unix seconds", raw)
    if isinstance(raw, float) and not math.isfinite(raw):
        raise make_value_error("Unix seconds", raw)
    text = str(raw).strip()
    if text.startswith("0000-"):
        return None
    if isinstance(raw, str) and not text.lstrip("-").isdigit():
        return datetime.fromisoformat(text)
    try:
        seconds = int(raw)
        return None if seconds < EARLIEST else EPOCH + SECOND * seconds
    except OverflowError:
        raise make_value_error("Unix seconds", raw) from None


def get_seconds(moment: datetime) -> int:
    """Whole seconds since 1970, rounded down; exact for any year."""
    return (moment - EPOCH) // SECOND

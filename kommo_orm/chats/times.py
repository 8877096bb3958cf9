"""Moments as the chats service writes them: seconds, and the same in milliseconds."""

from __future__ import annotations

from datetime import datetime, timedelta

from kommo_orm.errors import ConfigurationError
from kommo_orm.model.codec import clean_datetime

MILLISECOND = timedelta(milliseconds=1)


def moments(at: datetime) -> dict[str, int]:
    """Raises `ConfigurationError` for a moment without a zone."""
    try:
        moment = clean_datetime(at)
    except ValueError as error:
        raise ConfigurationError(f"the time of a message: {error}") from None
    milliseconds = (moment - datetime(1970, 1, 1, tzinfo=moment.tzinfo)) // MILLISECOND
    return {"timestamp": milliseconds // 1000, "msec_timestamp": milliseconds}

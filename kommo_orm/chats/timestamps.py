"""Encodes times for the chats service, which wants them in seconds and in milliseconds."""

from __future__ import annotations

from datetime import datetime, timedelta

from kommo_orm.errors import ConfigurationError
from kommo_orm.model.codec import clean_datetime

MILLISECOND = timedelta(milliseconds=1)


def encode_time(at: datetime) -> dict[str, int]:
    """The two time keys of a body. Raises `ConfigurationError` for a naive datetime."""
    try:
        moment = clean_datetime(at)
    except ValueError as error:
        raise ConfigurationError(f"The time of a message is wrong: {error}") from None
    milliseconds = (moment - datetime(1970, 1, 1, tzinfo=moment.tzinfo)) // MILLISECOND
    return {"timestamp": milliseconds // 1000, "msec_timestamp": milliseconds}

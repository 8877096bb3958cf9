from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kommo_orm.dialects.v4 import V4
from kommo_orm.errors import UnexpectedResponse
from kommo_orm.transport.http_messages import HttpResponse


def answer(settings: Any) -> HttpResponse:
    body = {"id": 1, "_embedded": {"datetime_settings": settings}}
    return HttpResponse(200, json.dumps(body).encode(), V4.build_timezone_request())


def test_the_zone_by_name() -> None:
    assert V4.parse_timezone(answer({"timezone": "Europe/Lisbon", "timezone_offset": "+00:00"})) == ZoneInfo(
        "Europe/Lisbon"
    )


@pytest.mark.parametrize(("text", "hours"), [("+03:00", 3), ("-05:30", -5.5), ("+00:00", 0)])
def test_the_offset_where_the_name_is_unknown(text: str, hours: float) -> None:
    zone = V4.parse_timezone(answer({"timezone": "Mars/Olympus", "timezone_offset": text}))
    assert datetime(2030, 1, 1, tzinfo=UTC).astimezone(zone).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize("settings", [None, [], {}, {"timezone": None}, {"timezone": "../x", "timezone_offset": "x"}])
def test_an_account_without_a_zone_says_what_to_do(settings: Any) -> None:
    with pytest.raises(UnexpectedResponse, match="timezone="):
        V4.parse_timezone(answer(settings))

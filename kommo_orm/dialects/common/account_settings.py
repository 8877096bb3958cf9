"""The time zone of an account and the address of its files, as the account states them."""

from __future__ import annotations

from datetime import timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kommo_orm.errors import UnexpectedResponse
from kommo_orm.interface.row import Row
from kommo_orm.transport.http_messages import HttpResponse


def parse_drive_url(answer: HttpResponse) -> str:
    """Parse the address of the account's files. Raises `UnexpectedResponse` if the account states none.

    Source: Kommo API v4, "Files".
    """
    url = answer.parse_object().get("drive_url")
    if not isinstance(url, str) or not url.strip():
        raise UnexpectedResponse(
            f"{answer.request.summary}: the account states no drive_url, so there is no place for its files. The plan, "
            "or the integration's rights (access to files), may not include them."
        )
    address = url.strip().rstrip("/")
    return address if "://" in address else f"https://{address}"


def parse_timezone(settings: Row, answer: HttpResponse) -> tzinfo:
    """Find the zone by its name, else by the offset. Raises `UnexpectedResponse` if `settings` have neither.

    Source: Kommo API v4, "Account parameters"; Kommo API v2, "Account".
    """
    zone = find_named_zone(settings.get("timezone")) or parse_offset(settings.get("timezone_offset"))
    if zone is None:
        raise UnexpectedResponse(
            f"{answer.request.summary}: the account states no time zone that is known here. Give it yourself: "
            'Kommo(..., timezone="Europe/Lisbon").'
        )
    return zone


def find_named_zone(name: Any) -> tzinfo | None:
    """The zone of a name, None if there is no such zone."""
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def parse_offset(text: Any) -> tzinfo | None:
    """`+03:00` as a zone, None for anything else."""
    try:
        sign, hours, minutes = text[0], int(text[1:3]), int(text[4:6])
        delta = timedelta(hours=hours, minutes=minutes)
        return timezone(-delta if sign == "-" else delta)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None

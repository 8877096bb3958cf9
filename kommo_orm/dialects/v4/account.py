"""The account's own settings: what the library itself must know of them."""

from __future__ import annotations

from datetime import timedelta, timezone, tzinfo
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kommo_orm.errors import UnexpectedResponse
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse


def timezone_call() -> HttpRequest:
    """Asks for the account's time zone."""
    return HttpRequest(
        "GET", "/api/v4/account", params=(("with", "datetime_settings"),), purpose="read the account's time zone"
    )


def drive_call() -> HttpRequest:
    """Asks for the host of the account's files."""
    return HttpRequest(
        "GET", "/api/v4/account", params=(("with", "drive_url"),), purpose="read where the account's files are kept"
    )


def decode_drive(answer: HttpResponse) -> str:
    """The address of that host. Raises `UnexpectedResponse` if the account states none.

    Source: Kommo API v4, "Files".
    """
    told = answer.parse_object().get("drive_url")
    if not isinstance(told, str) or not told.strip():
        raise UnexpectedResponse(
            f"{answer.request.summary}: the account states no drive_url, so there is no place for its files. The plan, or "
            "the integration's rights (access to files), may not include them."
        )
    address = told.strip().rstrip("/")
    return address if "://" in address else f"https://{address}"


def decode_timezone(answer: HttpResponse) -> tzinfo:
    """The zone by name, else the offset that the account states. Raises `UnexpectedResponse` if it states neither.

    Source: Kommo API v4, "Account parameters".
    """
    settings = _object(_object(answer.parse_object(), "_embedded"), "datetime_settings")
    return named_zone(settings.get("timezone")) or offset_zone(settings.get("timezone_offset")) or refuse_zone(answer)


def _object(said: dict[str, Any], key: str) -> dict[str, Any]:
    value = said.get(key)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def named_zone(name: Any) -> tzinfo | None:
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def offset_zone(text: Any) -> tzinfo | None:
    """`+03:00` as a zone."""
    try:
        sign, hours, minutes = text[0], int(text[1:3]), int(text[4:6])
        delta = timedelta(hours=hours, minutes=minutes)
        return timezone(-delta if sign == "-" else delta)
    except (TypeError, ValueError, IndexError):
        return None


def refuse_zone(answer: HttpResponse) -> tzinfo:
    raise UnexpectedResponse(
        f"{answer.request.summary}: the account states no time zone that is known here. Give it yourself: "
        'Kommo(..., timezone="Europe/Lisbon").'
    )

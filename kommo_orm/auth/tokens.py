"""Tokens as values: what OAuth gives, and the long-lived token that a user makes by hand."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from kommo_orm.errors import ConfigurationError, KommoError, Unauthorized, UnexpectedResponse
from kommo_orm.transport.http_messages import HttpResponse
from kommo_orm.transport.redaction import Secret, remember_secrets


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """What an account has granted: an access token for about a day, a refresh token for three months that works once.

    `expires_at` is an aware datetime in UTC (None: not known); `account` is the host of the account, which changes when
    the account is renamed.

    >>> from datetime import datetime, timezone
    >>> Tokens("eyJ...", "def502...", datetime(2030, 1, 1, tzinfo=timezone.utc), "acme.kommo.com")
    Tokens(account='acme.kommo.com', expires_at='2030-01-01T00:00:00+00:00')

    Source: Kommo API v4, "OAuth 2.0".
    """

    access: str
    refresh: str
    expires_at: datetime | None
    account: str
    token_type: str = "Bearer"  # noqa: S105  # a word of the protocol

    def __post_init__(self) -> None:
        if self.expires_at is not None and self.expires_at.tzinfo is None:
            raise ConfigurationError("Tokens.expires_at must be an aware datetime: add tzinfo=timezone.utc.")
        remember_secrets(self.access, self.refresh)
        for name in ("access", "refresh"):
            object.__setattr__(self, name, Secret(getattr(self, name)))

    def expires_within(self, seconds: float, now: datetime) -> bool:
        """True when it is known to end so soon."""
        return self.expires_at is not None and self.expires_at - now <= timedelta(seconds=seconds)

    def __repr__(self) -> str:
        until = self.expires_at.isoformat() if self.expires_at else None
        return f"Tokens(account={self.account!r}, expires_at={until!r})"

    def to_dict(self) -> dict[str, str | None]:
        """Plain values for a store. They hold the secrets."""
        return {
            "access_token": str(self.access),
            "refresh_token": str(self.refresh),
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "account": self.account,
            "token_type": self.token_type,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Tokens:
        """The reverse of `to_dict`. Raises `KeyError`, `TypeError` or `ValueError` on anything else."""
        until = values["expires_at"]
        return cls(
            access=_text(values["access_token"]),
            refresh=_text(values["refresh_token"]),
            expires_at=None if until is None else datetime.fromisoformat(_text(until)),
            account=_text(values["account"]),
            token_type=_text(values.get("token_type", "Bearer")),
        )

    @classmethod
    def from_answer(cls, answer: HttpResponse, account: str, now: datetime) -> Tokens:
        """What the token endpoint grants. The end is by the service's clock if it tells the time, else by ours."""
        granted = _granted(answer, account, now)
        if granted is not None:
            return granted
        raise UnexpectedResponse(
            f"{answer.request.summary}: the service answered {answer.status} without the tokens that it should hold "
            f"(request id {answer.request_id or 'not given'})."
        )


class LongLivedToken:
    """A token made by hand in the account's settings, valid for one day to five years; it cannot be refreshed.

    Its end is read from the token itself. Opaque strings are taken as they are.

    >>> LongLivedToken("not-a-jwt")
    LongLivedToken(expires_at=None)

    Source: Kommo API v4, "Long-lived token".
    """

    def __init__(self, token: str) -> None:
        token = Secret(token)
        value = Secret(token.strip())
        value = Secret(value[len("bearer ") :].strip()) if value.lower().startswith("bearer ") else value
        if not value or not value.isascii() or not value.isprintable() or " " in value:
            raise ConfigurationError("token= must be the token as Kommo shows it: one word without spaces.")
        remember_secrets(value)
        self._value = value

    @property
    def value(self) -> str:
        """The secret itself."""
        return self._value

    @property
    def expires_at(self) -> datetime | None:
        """When it ends (UTC), None if the token does not tell."""
        return expiry(self._value)

    def check(self, account: str, now: Callable[[], datetime] = utc_now) -> None:
        """Raise `Unauthorized` if it has ended: no request could succeed."""
        ends = self.expires_at
        if ends is not None and ends <= now():
            raise Unauthorized(
                f"The long-lived token of {account} expired on {ends:%Y-%m-%d %H:%M} UTC; nothing was sent. Make a new "
                'one in the account: Settings, Integrations, the integration, "Keys and scopes".',
                status=401,
            )

    def __repr__(self) -> str:
        ends = self.expires_at
        return f"LongLivedToken(expires_at={ends.isoformat() if ends else None!r})"


def _granted(answer: HttpResponse, account: str, now: datetime) -> Tokens | None:
    """None for an answer that cannot be read. Nothing is raised from here: a traceback would show what was said."""
    try:
        said = answer.json()
        issued = said.get("server_time")
        start = datetime.fromtimestamp(float(issued), UTC) if issued else now
        ends = start + timedelta(seconds=float(said["expires_in"]))
        access, refresh = _text(said["access_token"]), _text(said["refresh_token"])
        return Tokens(access, refresh, ends, account, str(said.get("token_type") or "Bearer"))
    except (KommoError, AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def claims(token: str) -> dict[str, Any]:
    """What a JWT says, not verified (Kommo publishes no key); {} for what is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        said = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return cast("dict[str, Any]", said) if isinstance(said, dict) else {}


def expiry(token: str) -> datetime | None:
    """The `exp` of a JWT as UTC, None if there is none."""
    try:
        return datetime.fromtimestamp(float(claims(token)["exp"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("not a text")
    return value

"""Tokens as values: the pair that OAuth grants, and the long-lived token that a user makes by hand."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

from kommo_orm.errors import ConfigurationError, KommoError, Unauthorized, UnexpectedResponse
from kommo_orm.transport.http_messages import HttpResponse
from kommo_orm.transport.redaction import Secret, remember_secrets

# No function of its own, because it is called before every request.
utc_now: Callable[[], datetime] = partial(datetime.now, UTC)


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """The tokens of an account: an access token for about a day, and a refresh token for three months that works once.

    `expires_at` is an aware datetime in UTC, None if it is not known. `account` is the host of the account, which changes
    when the account is renamed. Raises `ConfigurationError` for a naive datetime.

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
            raise ConfigurationError("Tokens.expires_at must be an aware datetime: add tzinfo=timezone.utc")
        remember_secrets(self.access, self.refresh)
        for name in ("access", "refresh"):
            object.__setattr__(self, name, Secret(getattr(self, name)))

    def expires_within(self, seconds: float, now: datetime) -> bool:
        """True if the access token is known to expire within so many seconds."""
        return self.expires_at is not None and self.expires_at - now <= timedelta(seconds=seconds)

    def __repr__(self) -> str:
        until = self.expires_at.isoformat() if self.expires_at else None
        return f"Tokens(account={self.account!r}, expires_at={until!r})"

    def to_dict(self) -> dict[str, str | None]:
        """Plain values for a store. They hold the secrets in clear text."""
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
            access=_require_text(values["access_token"]),
            refresh=_require_text(values["refresh_token"]),
            expires_at=None if until is None else datetime.fromisoformat(_require_text(until)),
            account=_require_text(values["account"]),
            token_type=_require_text(values.get("token_type", "Bearer")),
        )

    @classmethod
    def from_response(cls, response: HttpResponse, account: str, now: datetime) -> Tokens:
        """Read the tokens that the token endpoint grants. Raises `UnexpectedResponse`.

        The end is counted from the service's time if the response names it, else from ours.
        """
        tokens = _parse_grant(response, account, now)
        if tokens is not None:
            return tokens
        raise UnexpectedResponse(
            f"{response.request.summary}: the response (status {response.status}, request id "
            f"{response.request_id or 'not given'}) holds no tokens"
        )


class LongLivedToken:
    """A token made by hand in the account's settings, valid for one day to five years; it cannot be refreshed.

    Its end is read from the token. A token that is no JWT has no known end. Raises `ConfigurationError` for a text that
    is not one word.

    >>> LongLivedToken("not-a-jwt")
    LongLivedToken(expires_at=None)

    Source: Kommo API v4, "Long-lived token".
    """

    def __init__(self, token: str) -> None:
        token = Secret(token)
        value = Secret(token.strip())
        value = Secret(value[len("bearer ") :].strip()) if value.lower().startswith("bearer ") else value
        if not value or not value.isascii() or not value.isprintable() or " " in value:
            raise ConfigurationError("token= must be the token as Kommo shows it, one word without spaces")
        remember_secrets(value)
        self._value = value

    @property
    def value(self) -> str:
        """The secret itself."""
        return self._value

    @property
    def expires_at(self) -> datetime | None:
        """When it expires (UTC), None if the token does not name it."""
        return read_jwt_expiry(self._value)

    def raise_if_expired(self, account: str, now: Callable[[], datetime] = utc_now) -> None:
        """Raise `Unauthorized` if the token has expired, because no request could succeed."""
        ends = self.expires_at
        if ends is not None and ends <= now():
            raise Unauthorized(
                f"The long-lived token of {account} expired on {ends:%Y-%m-%d %H:%M} UTC, so nothing was sent. Make a new "
                'one in the account: Settings, Integrations, the integration, "Keys and scopes"',
                status=401,
            )

    def __repr__(self) -> str:
        ends = self.expires_at
        return f"LongLivedToken(expires_at={ends.isoformat() if ends else None!r})"


def _parse_grant(response: HttpResponse, account: str, now: datetime) -> Tokens | None:
    """None for a response that holds no tokens. Nothing is raised here: a traceback would show the body."""
    try:
        grant = response.json()
        issued = grant.get("server_time")
        start = datetime.fromtimestamp(float(issued), UTC) if issued else now
        ends = start + timedelta(seconds=float(grant["expires_in"]))
        access, refresh = _require_text(grant["access_token"]), _require_text(grant["refresh_token"])
        return Tokens(access, refresh, ends, account, str(grant.get("token_type") or "Bearer"))
    except (KommoError, AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def decode_jwt_claims(token: str) -> dict[str, Any]:
    """The claims of a JWT, {} for any other text. They are not verified, because Kommo publishes no key."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return cast("dict[str, Any]", claims) if isinstance(claims, dict) else {}


def read_jwt_expiry(token: str) -> datetime | None:
    """The `exp` claim of a JWT in UTC, None if there is none."""
    try:
        return datetime.fromtimestamp(float(decode_jwt_claims(token)["exp"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def _require_text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("not a text")
    return value


__all__ = ["LongLivedToken", "Tokens"]

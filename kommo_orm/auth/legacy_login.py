"""The login of older accounts, as a value: a user's e-mail and API key. It sends no request."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from kommo_orm.errors import ConfigurationError
from kommo_orm.transport.http_messages import HttpRequest, Repeat
from kommo_orm.transport.redaction import Secret, remember_secrets

LOGIN_PATH = "/private/api/auth.php"


@dataclass(frozen=True, slots=True)
class LegacyLogin:
    """The login of older accounts: a user's e-mail and API key, in place of a token.

    Kommo has not shown these keys since 2020 and recommends OAuth. It does not promise that they go on working.

    - `folder`: keep sessions in files of this folder (mode 0600), for the next start and for other processes. Without
      it they are kept in memory.
    - `attempts`: how many sessions in a row are requested while the service rejects each of them; `pause`: seconds
      before the second one.

    Raises `ConfigurationError` if a value is missing or out of range.

    >>> LegacyLogin("ann@example.com", "0123456789abcdef")
    LegacyLogin('ann@example.com')

    Source: Kommo API v2, "Authorization".
    """

    login: str
    key: str = field(repr=False)
    folder: str | os.PathLike[str] | None = field(default=None, kw_only=True)
    attempts: int = field(default=3, kw_only=True)
    pause: float = field(default=5.0, kw_only=True)

    def __post_init__(self) -> None:
        for name in ("login", "key"):
            if not getattr(self, name):
                raise ConfigurationError(f"LegacyLogin needs {name}=: give the user's e-mail and API key")
        if isinstance(self.attempts, bool) or self.attempts < 1 or not self.pause >= 0:
            raise ConfigurationError("LegacyLogin: attempts is 1 or more, and pause is 0 seconds or more")
        object.__setattr__(self, "key", Secret(self.key))  # its repr hides it where tracebacks print local variables
        remember_secrets(self.key)

    def build_request(self, account: str) -> HttpRequest:
        """The request that asks for a session. It can be repeated: a second one gives another session."""
        return HttpRequest(
            "POST",
            LOGIN_PATH,
            params=(("type", "json"),),
            form=(("USER_LOGIN", self.login), ("USER_HASH", str(self.key))),
            purpose=f"log in to {account} as {self.login}",
            repeat=Repeat.SAFE,
            authorised=False,
        )

    def __repr__(self) -> str:
        return f"LegacyLogin({self.login!r})"


__all__ = ["LegacyLogin"]

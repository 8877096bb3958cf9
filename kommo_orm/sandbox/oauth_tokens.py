"""Who may come in: authorization codes, pairs of access and refresh tokens, and the long-lived token.

Kommo, OAuth 2.0. A code works once, for 20 minutes. A refresh token works once; refreshing revokes the access token it
came with. There is one grace: if the answer of a refresh was lost, the old refresh token keeps working until the new
pair is used for the first time, be it for a call or for a refresh. Refreshing again within the grace revokes the pair
that was issued before and never used. So two workers that refresh side by side lose the access, as in the service.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

CODE_SECONDS = 20 * 60
REFRESH_SECONDS = 90 * 24 * 3600


class Denied(Exception):
    """The token endpoint says no: `hint` (English) tells the cause, or None for a wrong client."""

    def __init__(self, status: int, hint: str | None) -> None:
        super().__init__(hint or "wrong client")
        self.status = status
        self.hint = hint


@dataclass(slots=True)
class Code:
    user_id: int
    issued_at: float
    used: bool = False


@dataclass(slots=True)
class Pair:
    """An access and a refresh token. `closed`: its refresh token works no more. `revoked`: neither does."""

    access: str
    refresh: str
    user_id: int
    issued_at: float
    access_until: float
    parent: Pair | None = None
    child: Pair | None = None
    closed: bool = False
    revoked: bool = False
    access_revoked: bool = False


class Tokens:
    """Everything that the token endpoint and the front door know. Times are Unix seconds, given by the caller."""

    def __init__(self, account_id: int) -> None:
        self.account_id = account_id
        self.client_id = str(UUID(hex=_digest("client", account_id)[:32]))
        self.client_secret = _digest("secret", account_id)[:64]
        self.redirect_uri = "https://example.com/kommo"
        self.expires_in = 24 * 3600
        self.long_lived = ""
        self._codes: dict[str, Code] = {}
        self._by_access: dict[str, Pair] = {}
        self._by_refresh: dict[str, Pair] = {}
        self._serial = 0

    def new_code(self, user_id: int, now: float) -> str:
        code = self._opaque("code")
        self._codes[code] = Code(user_id, now)
        return code

    def exchange(self, given: str, now: float) -> Pair:
        code = self._codes.get(given)
        if code is None:
            raise Denied(400, "Cannot decrypt the authorization code")
        if code.used:
            raise Denied(400, "Authorization code has been revoked")
        if now - code.issued_at > CODE_SECONDS:
            raise Denied(400, "Authorization code has expired")
        code.used = True
        return self._issue(code.user_id, now, None)

    def refresh(self, given: str, now: float) -> Pair:
        pair = self.refreshable(given, now)
        self._use(pair)
        if pair.child is not None:  # issued before, its answer perhaps lost, never used
            pair.child.revoked = True
        pair.access_revoked = True
        pair.child = self._issue(pair.user_id, now, pair)
        return pair.child

    def refreshable(self, given: str, now: float) -> Pair:
        """The pair of a refresh token that still works."""
        pair = self._by_refresh.get(given)
        if pair is None:
            raise Denied(400, "Cannot decrypt the refresh token")
        if pair.revoked or pair.closed:
            raise Denied(401, "Token has been revoked")
        if now - pair.issued_at > REFRESH_SECONDS:
            raise Denied(401, "Token has expired")
        return pair

    def user_of(self, access: str, now: float, owner_id: int) -> int | None:
        """The user behind a bearer token, or None when it is worth nothing."""
        if self.long_lived and access == self.long_lived:
            return owner_id
        pair = self._by_access.get(access)
        if pair is None or pair.revoked or pair.access_revoked or now >= pair.access_until:
            return None
        self._use(pair)
        return pair.user_id

    def expire_access(self, now: float) -> None:
        """Every access token that was issued is over; refresh tokens stay."""
        for pair in self._by_access.values():
            pair.access_until = min(pair.access_until, now)

    def revoke_all(self) -> None:
        """The integration was removed from the account."""
        for pair in self._by_access.values():
            pair.revoked = True

    def _use(self, pair: Pair) -> None:
        """The first use of a pair ends the grace of the refresh token that it replaced."""
        if pair.parent is not None:
            pair.parent.closed = True

    def _issue(self, user_id: int, now: float, parent: Pair | None) -> Pair:
        access = self._jwt(user_id, now)
        pair = Pair(access, self._opaque("refresh"), user_id, now, now + self.expires_in, parent)
        self._by_access[pair.access] = self._by_refresh[pair.refresh] = pair
        return pair

    def _next(self) -> int:
        self._serial += 1
        return self._serial

    def _opaque(self, what: str) -> str:
        number = self._next()
        return "def502" + "".join(_digest(what, self.account_id, number, part) for part in range(3))

    def _jwt(self, user_id: int, now: float) -> str:
        """A token whose claims read like Kommo's; nobody can verify its signature, here or there."""
        unique = _digest("jti", self.account_id, self._next())
        claims: dict[str, Any] = {"aud": self.client_id, "jti": unique, "iat": int(now), "nbf": int(now)}
        claims.update(exp=int(now + self.expires_in), sub=str(user_id), grant_type="", account_id=self.account_id)
        claims.update(base_domain="kommo.com", version=2, scopes=["crm", "files", "notifications"])
        claims.update(hash_uuid=str(UUID(hex=unique[:32])), api_domain="api-a.kommo.com")
        parts = [
            _encoded({"typ": "JWT", "alg": "RS256", "jti": unique}),
            _encoded(claims),
            _base64(unique.encode() * 4),
        ]
        return ".".join(parts)


def _digest(*parts: Any) -> str:
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()


def _encoded(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

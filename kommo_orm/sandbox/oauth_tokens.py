"""Authorization codes, pairs of access and refresh tokens, and the long-lived token (Kommo, OAuth 2.0).

A code works once, within 20 minutes. A refresh token works once, and refreshing revokes its access token. There is one
exception: if the response of a refresh is lost, the old refresh token works until the new pair is first used, for a
request or for a refresh. Refreshing again revokes the unused new pair. So two workers that refresh at the same time
lose access, as in the service.
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


class GrantDenied(Exception):
    """The token endpoint refuses a grant. `hint` describes the cause; None means a wrong client."""

    def __init__(self, status: int, hint: str | None) -> None:
        super().__init__(hint or "wrong client")
        self.status = status
        self.hint = hint


@dataclass(slots=True)
class AuthorizationCode:
    user_id: int
    issued_at: float
    used: bool = False


@dataclass(slots=True)
class TokenPair:
    """An access and a refresh token. `closed`: the refresh token no longer works. `revoked`: neither token works."""

    access: str
    refresh: str
    user_id: int
    issued_at: float
    access_until: float
    parent: TokenPair | None = None
    child: TokenPair | None = None
    closed: bool = False
    revoked: bool = False
    access_revoked: bool = False


class OAuthTokens:
    """All codes and tokens of the account. The caller passes the time in Unix seconds."""

    def __init__(self, account_id: int) -> None:
        self.account_id = account_id
        self.client_id = str(UUID(hex=_hash_parts("client", account_id)[:32]))
        self.client_secret = _hash_parts("secret", account_id)[:64]
        self.redirect_uri = "https://example.com/kommo"
        self.api_domain = "api-a.kommo.com"
        self.expires_in = 24 * 3600
        self.long_lived = ""
        self._codes: dict[str, AuthorizationCode] = {}
        self._by_access: dict[str, TokenPair] = {}
        self._by_refresh: dict[str, TokenPair] = {}
        self._serial = 0

    def create_code(self, user_id: int, now: float) -> str:
        code = self._create_opaque_token("code")
        self._codes[code] = AuthorizationCode(user_id, now)
        return code

    def exchange_code(self, given: str, now: float) -> TokenPair:
        code = self._codes.get(given)
        if code is None:
            raise GrantDenied(400, "Cannot decrypt the authorization code")
        if code.used:
            raise GrantDenied(400, "Authorization code has been revoked")
        if now - code.issued_at > CODE_SECONDS:
            raise GrantDenied(400, "Authorization code has expired")
        code.used = True
        return self._issue_pair(code.user_id, now, None)

    def refresh_tokens(self, given: str, now: float) -> TokenPair:
        pair = self.require_refreshable_pair(given, now)
        self._end_parent_grace(pair)
        if pair.child is not None:  # issued before and never used: its response may be lost
            pair.child.revoked = True
        pair.access_revoked = True
        pair.child = self._issue_pair(pair.user_id, now, pair)
        return pair.child

    def require_refreshable_pair(self, given: str, now: float) -> TokenPair:
        """Return the pair of a refresh token that still works. Raises `GrantDenied`."""
        pair = self._by_refresh.get(given)
        if pair is None:
            raise GrantDenied(400, "Cannot decrypt the refresh token")
        if pair.revoked or pair.closed:
            raise GrantDenied(401, "Token has been revoked")
        if now - pair.issued_at > REFRESH_SECONDS:
            raise GrantDenied(401, "Token has expired")
        return pair

    def find_user_id(self, access: str, now: float, owner_id: int) -> int | None:
        """Return the user of a bearer token, or None if the token does not work."""
        if self.long_lived and access == self.long_lived:
            return owner_id
        pair = self._by_access.get(access)
        if pair is None or pair.revoked or pair.access_revoked or now >= pair.access_until:
            return None
        self._end_parent_grace(pair)
        return pair.user_id

    def expire_access_tokens(self, now: float) -> None:
        """End every access token that was issued. Refresh tokens stay."""
        for pair in self._by_access.values():
            pair.access_until = min(pair.access_until, now)

    def revoke_all_tokens(self) -> None:
        """Revoke every token, as when the integration is removed from the account."""
        for pair in self._by_access.values():
            pair.revoked = True

    def _end_parent_grace(self, pair: TokenPair) -> None:
        """Close the parent's refresh token: the first use of a pair does so."""
        if pair.parent is not None:
            pair.parent.closed = True

    def _issue_pair(self, user_id: int, now: float, parent: TokenPair | None) -> TokenPair:
        access = self._create_jwt(user_id, now)
        pair = TokenPair(access, self._create_opaque_token("refresh"), user_id, now, now + self.expires_in, parent)
        self._by_access[pair.access] = self._by_refresh[pair.refresh] = pair
        return pair

    def _get_next_serial(self) -> int:
        self._serial += 1
        return self._serial

    def _create_opaque_token(self, what: str) -> str:
        number = self._get_next_serial()
        return "def502" + "".join(_hash_parts(what, self.account_id, number, part) for part in range(3))

    def _create_jwt(self, user_id: int, now: float) -> str:
        """Create a token with Kommo's claims. Its signature is not valid."""
        unique = _hash_parts("jti", self.account_id, self._get_next_serial())
        claims: dict[str, Any] = {"aud": self.client_id, "jti": unique, "iat": int(now), "nbf": int(now)}
        claims.update(exp=int(now + self.expires_in), sub=str(user_id), grant_type="", account_id=self.account_id)
        claims.update(base_domain="kommo.com", version=2, scopes=["crm", "files", "notifications"])
        claims.update(hash_uuid=str(UUID(hex=unique[:32])), api_domain=self.api_domain)
        parts = [
            _encode_segment({"typ": "JWT", "alg": "RS256", "jti": unique}),
            _encode_segment(claims),
            _encode_base64(unique.encode() * 4),
        ]
        return ".".join(parts)


def _hash_parts(*parts: Any) -> str:
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()


def _encode_segment(value: dict[str, Any]) -> str:
    return _encode_base64(json.dumps(value, separators=(",", ":")).encode())


def _encode_base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

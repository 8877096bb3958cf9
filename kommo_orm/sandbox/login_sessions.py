"""The older way in: an e-mail and the user's key are traded for a cookie (Kommo API v2, Authorization).

A session lives for 15 minutes from its login. After several failures in a row the service wants a person to prove that
it is one, until a right key comes.
"""

from __future__ import annotations

import hashlib

SESSION_SECONDS = 15 * 60
MOST_FAILURES = 5
COOKIE = "session_id"


class LoginSessions:
    """Keys of users, sessions, failures. Times are Unix seconds, given by the caller."""

    def __init__(self, account_id: int) -> None:
        self.account_id = account_id
        self.failures = 0
        self._keys: dict[int, str] = {}
        self._sessions: dict[str, tuple[int, float]] = {}

    def get_api_key(self, user_id: int) -> str:
        """The API key of a user: the same for the same account and user, unless it was set."""
        return self._keys.get(user_id) or _compute_digest("key", self.account_id, user_id)[:40]

    def set_api_key(self, user_id: int, key: str) -> None:
        self._keys[user_id] = key

    def open_session(self, user_id: int, now: float) -> str:
        """A new session; answers what its cookie says."""
        self.failures = 0
        session = _compute_digest("session", self.account_id, user_id, len(self._sessions))
        self._sessions[session] = (user_id, now + SESSION_SECONDS)
        return session

    def find_user_id(self, session: str, now: float) -> int | None:
        """The user of a session that still lives."""
        user_id, until = self._sessions.get(session, (None, 0.0))
        return user_id if now < until else None

    def close_all_sessions(self) -> None:
        """Every session is over."""
        self._sessions = dict.fromkeys(self._sessions, (0, 0.0))


def parse_session_cookie(cookies: str) -> str:
    """The session that a `Cookie` header names, or nothing."""
    pairs = (part.strip().partition("=") for part in cookies.split(";"))
    return next((value for name, _, value in pairs if name == COOKIE), "")


def _compute_digest(*parts: object) -> str:
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()

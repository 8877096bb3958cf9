"""The older login: an e-mail and the user's API key give a session cookie (Kommo API v2, Authorization).

A session ends 15 minutes after its login. After several failures in a row the service asks for a captcha, until a
correct key comes.
"""

from __future__ import annotations

import hashlib

SESSION_SECONDS = 15 * 60
MOST_FAILURES = 5
COOKIE = "session_id"


class LoginSessions:
    """API keys of users, sessions and the number of failed logins. The caller passes the time in Unix seconds."""

    def __init__(self, account_id: int) -> None:
        self.account_id = account_id
        self.failures = 0
        self._keys: dict[int, str] = {}
        self._sessions: dict[str, tuple[int, float]] = {}

    def get_api_key(self, user_id: int) -> str:
        """Return the API key of a user. It is always the same for an account and a user, unless it was set."""
        return self._keys.get(user_id) or _compute_digest("key", self.account_id, user_id)[:40]

    def set_api_key(self, user_id: int, key: str) -> None:
        self._keys[user_id] = key

    def open_session(self, user_id: int, now: float) -> str:
        """Open a session and return the value of its cookie."""
        self.failures = 0
        session = _compute_digest("session", self.account_id, user_id, len(self._sessions))
        self._sessions[session] = (user_id, now + SESSION_SECONDS)
        return session

    def find_user_id(self, session: str, now: float) -> int | None:
        """Return the user of a session, or None if it has ended."""
        user_id, until = self._sessions.get(session, (None, 0.0))
        return user_id if now < until else None

    def close_all_sessions(self) -> None:
        """End every session."""
        self._sessions = dict.fromkeys(self._sessions, (0, 0.0))


def parse_session_cookie(cookies: str) -> str:
    """Return the session of a `Cookie` header, or an empty text."""
    pairs = (part.strip().partition("=") for part in cookies.split(";"))
    return next((value for name, _, value in pairs if name == COOKIE), "")


def _compute_digest(*parts: object) -> str:
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()

"""A service that gives sessions for logins, and helpers to log in to it or to a sandbox."""

from __future__ import annotations

from typing import Any

import httpx

from kommo_orm import (
    Kommo,
    LegacyLogin,
)
from kommo_orm.sandbox import Sandbox

OWNER, KEY = "owner@sandbox.example", "0123456789abcdef0123456789abcdef"
LOGIN_PATH = "/private/api/auth.php"


def build_login(sandbox: Sandbox, **options: Any) -> LegacyLogin:
    return LegacyLogin(OWNER, sandbox.api_key, **{"pause": 0.0} | options)


def connect(sandbox: Sandbox, login: LegacyLogin, **options: Any) -> Kommo:
    return sandbox.connect(token=None, login=login, backoff=0.0, **options)


def count_logins(sandbox: Sandbox) -> int:
    return len(sandbox.requests("POST", LOGIN_PATH))


class LoginService(httpx.MockTransport):
    """Gives sessions. It accepts the newest one, or none with `accepts=False`."""

    def __init__(self, *refusals: httpx.Response, accepts: bool = True) -> None:
        super().__init__(self._reply)
        self.sessions, self.accesses, self.accepts = 0, 0, accepts
        self.refusals = list(refusals)
        self.requests: list[httpx.Request] = []

    def _reply(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path != LOGIN_PATH:
            self.accesses += 1
            good = f"session_id=session-{self.sessions}; lang=en" if self.accepts else None
            return httpx.Response(200 if request.headers.get("cookie") == good else 401, json={"status": 401})
        if self.refusals:
            return self.refusals.pop(0)
        self.sessions += 1
        cookies = [
            (
                "set-cookie",
                f"session_id=session-{self.sessions}; expires=Tue, 24-Nov-2026 09:00:00 GMT; path=/; HttpOnly",
            ),
            ("set-cookie", "lang=en; path=/"),
            ("set-cookie", "old=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT"),
        ]
        return httpx.Response(200, json={"response": {"auth": True}}, headers=cookies)


def build_kommo(service: LoginService, **options: Any) -> Kommo:
    login = LegacyLogin("ann@example.com", KEY, **{"pause": 0.0} | options)
    return Kommo("acme", login=login, transport=service, rate=None, backoff=0.0)


def build_refusal(status: int, **values: Any) -> httpx.Response:
    return httpx.Response(status, json={"response": {"auth": False, **values}})

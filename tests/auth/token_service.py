"""The token endpoint and one protected resource, which accepts a refresh token once, as Kommo does."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx

HINTED = {
    "type": "https://developers.amocrm.ru/v3/errors/OAuthProblemJson",
    "title": "Некорректный запрос",
    "detail": "В запросе отсутствует ряд параметров или параметры невалидны",
}


def build_jwt(**claims: Any) -> str:
    """A token that says so; nobody checks its signature."""
    parts = [{"typ": "JWT", "alg": "RS256"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


class TokenService(httpx.MockTransport):
    """Counts refreshes. `generation` n means that access-n is good and refresh-n can be spent."""

    def __init__(self, generation: int = 2, seconds: float = 0.0, expires_in: int = 86400) -> None:
        super().__init__(self._sync)
        self.generation, self.seconds, self.expires_in = generation, seconds, expires_in
        self.arrivals = 0  # of async requests, answered or not
        self.refreshes: list[str] = []
        self.codes: list[str] = []
        self.hosts: list[str] = []
        self.server_time: int | None = None
        self.before_token: Callable[[httpx.Request], httpx.Response | None] = lambda request: None
        self.extra: Callable[[httpx.Request], httpx.Response | None] = lambda request: None
        self._lock = threading.Lock()

    def access(self, generation: int | None = None) -> str:
        return f"access-{generation or self.generation}"

    def refresh(self, generation: int | None = None) -> str:
        return f"refresh-{generation or self.generation}"

    def _sync(self, request: httpx.Request) -> httpx.Response:
        time.sleep(self.seconds)
        return self._reply(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.arrivals += 1
        await asyncio.sleep(self.seconds)
        return self._reply(request)

    def _reply(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.hosts.append(request.url.host)
            if (special := self.extra(request)) is not None:
                return special
            if request.url.path == "/oauth2/access_token":
                return self.before_token(request) or self._grant(json.loads(request.content))
            good = request.headers.get("Authorization") == f"Bearer {self.access()}"
            return httpx.Response(200 if good else 401, json={"status": 200 if good else 401})

    def _grant(self, grant_request: dict[str, str]) -> httpx.Response:
        if grant_request["client_secret"] != "secret-of-client":
            return httpx.Response(401, json=HINTED | {"status": 401, "title": "Неверный клиент"})
        if grant_request["grant_type"] == "authorization_code":
            self.codes.append(grant_request["code"])
            if grant_request["code"] != "good-code":
                return httpx.Response(400, json=HINTED | {"hint": "Authorization code has expired", "status": 400})
        else:
            self.refreshes.append(grant_request["refresh_token"])
            if grant_request["refresh_token"] != self.refresh():
                return httpx.Response(401, json=HINTED | {"hint": "Token has been revoked", "status": 401})
        self.generation += 1
        grant: dict[str, Any] = {"token_type": "Bearer", "expires_in": self.expires_in}
        grant |= {"access_token": self.access(), "refresh_token": self.refresh()}
        if self.server_time is not None:
            grant["server_time"] = self.server_time
        return httpx.Response(200, json=grant)

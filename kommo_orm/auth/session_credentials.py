"""The sessions of a `LegacyLogin`: a session of 15 minutes stands in a cookie, where other accounts have a token.

One login runs at a time for each account, in this process and among all processes that share the folder. It looks first
whether another process has logged in. A key that was refused is not tried again. A login whose sessions are all rejected
is not repeated without end.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from kommo_orm.auth.file_session_store import FileSessionStore
from kommo_orm.auth.legacy_login import LegacyLogin
from kommo_orm.auth.store_lock import StoreLock
from kommo_orm.errors import ConfigurationError, KommoError, ResponseError, Unauthorized, UnexpectedResponse
from kommo_orm.transport.flow import Flow, RequestHandler, run_blocking, run_exclusive, sleep_for
from kommo_orm.transport.http_messages import BuildError, HttpRequest, HttpResponse
from kommo_orm.transport.redaction import remember_secrets

SESSION_SECONDS = 15 * 60
_REJECTIONS_EXPIRE_AFTER = 60.0  # seconds since the last login, after which rejected sessions do not count


class SessionCredentials:
    """Sessions that a login gives. The token here is the value of a `Cookie` header."""

    def __init__(
        self,
        login: LegacyLogin,
        account: str,
        base_url: str,
        build_error: BuildError,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host = urlsplit(base_url).hostname  # the only host that accepts the session
        self._login, self._account, self._build_error, self._clock = login, account, build_error, clock
        self._store = None if login.folder is None else FileSessionStore(Path(login.folder), login.login)
        self._session: str | None = None
        self._refusal: KommoError | None = None  # of the key: the service would refuse it again
        self._unaccepted = 0  # sessions since the service accepted one
        self._logged_in_at = clock()
        self.needs_confirmation = False

    def get_token(self) -> str | None:
        return self._session

    def obtain_token(self, send: RequestHandler) -> Flow[str]:
        return self.replace_token(send, "")

    def replace_token(self, send: RequestHandler, rejected: str) -> Flow[str]:
        return (yield from run_exclusive(f"session of {self._account}", self._replace_locked(send, rejected)))

    def sign_request(self, request: HttpRequest, token: str) -> HttpRequest:
        """Put the cookie on a request to the account's own host. Raises `ConfigurationError` for other hosts."""
        host = urlsplit(request.path).hostname if "://" in request.path else None
        if host is not None and host != self._host:
            raise ConfigurationError(
                f"{request} is not an address of {self._account}. The session of a LegacyLogin is good for no other host"
            )
        return replace(request, headers=(*request.headers, ("Cookie", token)))

    def confirm_token(self) -> None:
        self._unaccepted, self.needs_confirmation = 0, False

    def _replace_locked(self, send: RequestHandler, rejected: str) -> Flow[str]:
        if self._session is not None and self._session != rejected:
            return self._session  # another flow logged in while this one waited
        if self._refusal is not None:
            raise self._refusal.with_traceback(None)
        if self._store is None:
            return self._adopt_session((yield from self._log_in(send)))
        store, lock = self._store, StoreLock(self._store.lock(self._account))
        try:
            yield from run_blocking(lock.acquire_lock)
            stored = yield from run_blocking(lambda: store.load(self._account))
            if stored is not None and stored != rejected:
                return self._adopt_session(stored)
            session = yield from self._log_in(send)
            yield from run_blocking(lambda: store.save(self._account, session, SESSION_SECONDS))
        finally:
            lock.release_lock()
        return self._adopt_session(session)

    def _log_in(self, send: RequestHandler) -> Flow[str]:
        if self._clock() - self._logged_in_at > _REJECTIONS_EXPIRE_AFTER:
            self._unaccepted = 0
        if self._unaccepted >= self._login.attempts:
            raise Unauthorized(
                f"{self._account} lets {self._login.login} log in, but rejected the session {self._unaccepted} times in "
                "a row. Try again in a minute, or use token= or oauth= if the account accepts only tokens",
                status=401,
            )
        if self._unaccepted:
            yield from sleep_for(self._login.pause)
        session = self._parse_login((yield from send(self._login.build_request(self._account))))
        self._unaccepted, self._logged_in_at, self.needs_confirmation = self._unaccepted + 1, self._clock(), True
        return session

    def _parse_login(self, response: HttpResponse) -> str:
        body: Any = response.parse_object().get("response")
        auth: Any = cast("dict[str, Any]", body).get("auth") if isinstance(body, dict) else None
        if response.succeeded and auth in (True, 1, "1", "true"):
            return self._read_session(response)
        if auth is None and not (response.status in (401, 403) and isinstance(body, dict)):
            raise self._build_temporary_error(response)
        self._refusal = self._build_refusal(response)
        raise self._refusal

    def _read_session(self, response: HttpResponse) -> str:
        cookies = parse_cookies(response)
        if not cookies:
            raise UnexpectedResponse(f"{response.request.summary}: the service accepted the key and gave no session")
        remember_secrets(*cookies.values())
        return "; ".join(f"{name}={value}" for name, value in cookies.items())

    def _build_temporary_error(self, response: HttpResponse) -> KommoError:
        """The error for an answer that neither accepts nor refuses the key. The next request tries again."""
        if response.succeeded:
            return UnexpectedResponse(f"{response.request.summary}: {response!r} says neither yes nor no")
        return self._build_error(response.request, response)

    def _build_refusal(self, response: HttpResponse) -> Unauthorized:
        error = self._build_error(response.request, response)
        known = (
            {"code": error.code, "detail": error.detail, "body": error.body} if isinstance(error, ResponseError) else {}
        )
        refusal = Unauthorized(
            f"{error.message.rstrip('.')}. {self._account} does not let {self._login.login} in with this key, and it is not "
            "tried again, because failures in a row end in a captcha. To go on, make a new Kommo with a right key or "
            "a token",
            status=response.status,
            request_id=response.request_id,
            **cast("dict[str, Any]", known),
        )
        refusal.__cause__ = error
        return refusal

    def _adopt_session(self, session: str) -> str:
        remember_secrets(*(pair.partition("=")[2] for pair in session.split("; ")))
        self._session = session
        return session


def parse_cookies(response: HttpResponse) -> dict[str, str]:
    """The cookies that a response sets, without those that it deletes."""
    cookies: dict[str, str] = {}
    for line in response.headers.get("set-cookie", "").split("\n"):
        name, _, value = line.partition(";")[0].strip().partition("=")
        cookies[name] = value
    return {name: value for name, value in cookies.items() if name and value not in ("", "deleted")}

"""The old login: an e-mail and an API key buy a session of 15 minutes, which a cookie carries.

The rules are those of a token's refresh (`credentials.py`): one login at a time per account, in this process and among
all who share the folder; look whether another has done it first. Beside them: keys that were refused are not tried again,
and sessions that are refused as soon as they are made are not made for ever.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from kommo_orm.auth.held import Held
from kommo_orm.auth.session_files import SessionFiles
from kommo_orm.errors import ConfigurationError, KommoError, ResponseError, Unauthorized, UnexpectedResponse
from kommo_orm.transport.flow import Flow, RequestHandler, run_blocking, run_exclusive, sleep_for
from kommo_orm.transport.http_messages import BuildError, HttpRequest, HttpResponse, Repeat
from kommo_orm.transport.redaction import Secret, remember_secrets

LOGIN_PATH = "/private/api/auth.php"
SESSION_SECONDS = 15 * 60
_FORGIVEN_AFTER = 60.0  # seconds without a login, after which sessions that were refused count no more


@dataclass(frozen=True, slots=True)
class LegacyLogin:
    """The login of older accounts: a user's e-mail and API key, in place of a token.

    Kommo has not shown these keys since 2020 and recommends OAuth; what it does with them today nobody promises.

    - `folder`: keep sessions in files of this folder (mode 0600), for the next start and for other processes; without
      it they are kept in memory.
    - `attempts`: how many sessions in a row are bought while the service refuses each of them; `pause`: seconds before
      the second one.

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
                raise ConfigurationError(f"LegacyLogin needs {name}: the user's e-mail and API key.")
        if isinstance(self.attempts, bool) or self.attempts < 1 or not self.pause >= 0:
            raise ConfigurationError("LegacyLogin: attempts is 1 or more, pause a number of seconds from 0 on.")
        object.__setattr__(self, "key", Secret(self.key))  # hides itself where a traceback prints local variables
        remember_secrets(self.key)

    def call(self, account: str) -> HttpRequest:
        """The call that buys a session. A second one only buys another."""
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


def refuse_beside_login(*others: object) -> None:
    """Raise `ConfigurationError` where another way in was given, too."""
    if any(other is not None for other in others):
        raise ConfigurationError("login= is a way in of its own: give Kommo no token=, oauth= or tokens= beside it.")


class LoginCredentials:
    """Sessions of the old login. What stands for a token here is the value of a `Cookie` header."""

    def __init__(
        self,
        login: LegacyLogin,
        account: str,
        problem: BuildError,
        home: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._home = urlsplit(home).hostname  # where the session is good
        self._login, self._account, self._problem, self._clock = login, account, problem, clock
        self._files = None if login.folder is None else SessionFiles(Path(login.folder), login.login)
        self._session: str | None = None
        self._refusal: KommoError | None = None  # of the key itself: the same again would be refused again
        self._fruitless = 0  # sessions bought since one was accepted
        self._bought_at = clock()

    def current(self, ask: RequestHandler) -> Flow[str]:
        return self._session if self._session is not None else (yield from self.renewed(ask, ""))

    def renewed(self, ask: RequestHandler, refused: str) -> Flow[str]:
        return (yield from run_exclusive(f"session of {self._account}", self._renew(ask, refused)))

    def signed(self, call: HttpRequest, token: str) -> HttpRequest:
        """A cookie belongs to the account's host alone."""
        host = urlsplit(call.path).hostname if "://" in call.path else None
        if host is not None and host != self._home:
            raise ConfigurationError(
                f"{call} is not an address of {self._account}: the session of a LegacyLogin is good for no other host."
            )
        return replace(call, headers=(*call.headers, ("Cookie", token)))

    def accepted(self, token: str) -> None:
        self._fruitless = 0

    def _renew(self, ask: RequestHandler, refused: str) -> Flow[str]:
        if self._session is not None and self._session != refused:
            return self._session  # another flow did it while this one waited
        if self._refusal is not None:
            raise self._refusal.with_traceback(None)
        if self._files is None:
            return self._adopt((yield from self._bought(ask)))
        files, held = self._files, Held(self._files.lock(self._account))
        try:
            yield from run_blocking(held.enter)
            stored = yield from run_blocking(lambda: files.load(self._account))
            if stored is not None and stored != refused:
                return self._adopt(stored)
            fresh = yield from self._bought(ask)
            yield from run_blocking(lambda: files.save(self._account, fresh, SESSION_SECONDS))
        finally:
            held.leave()
        return self._adopt(fresh)

    def _bought(self, ask: RequestHandler) -> Flow[str]:
        if self._clock() - self._bought_at > _FORGIVEN_AFTER:
            self._fruitless = 0
        if self._fruitless >= self._login.attempts:
            raise Unauthorized(
                f"{self._account} lets {self._login.login} log in and refuses the session that it gives: {self._fruitless} "
                "times in a row. Nothing is sent for a minute. Perhaps the account takes tokens only: use token= or oauth=.",
                status=401,
            )
        if self._fruitless:
            yield from sleep_for(self._login.pause)
        answer = yield from ask(self._login.call(self._account))
        session = self._granted(answer)
        self._fruitless, self._bought_at = self._fruitless + 1, self._clock()
        return session

    def _granted(self, answer: HttpResponse) -> str:
        said: Any = answer.parse_object().get("response")
        auth: Any = cast("dict[str, Any]", said).get("auth") if isinstance(said, dict) else None
        if answer.succeeded and auth in (True, 1, "1", "true"):
            return self._cookies(answer)
        if auth is None and not (answer.status in (401, 403) and isinstance(said, dict)):
            raise self._strange(answer)
        self._refusal = self._refused(answer)
        raise self._refusal

    def _cookies(self, answer: HttpResponse) -> str:
        cookies = cookies_of(answer)
        if not cookies:
            raise UnexpectedResponse(f"{answer.request.summary}: the service agreed, and gave no session.")
        remember_secrets(*cookies.values())
        return "; ".join(f"{name}={value}" for name, value in cookies.items())

    def _strange(self, answer: HttpResponse) -> KommoError:
        """Neither yes nor no: trouble of the service, or another answer altogether. It may pass."""
        if answer.succeeded:
            return UnexpectedResponse(f"{answer.request.summary}: {answer!r} says neither yes nor no.")
        return self._problem(answer.request, answer)

    def _refused(self, answer: HttpResponse) -> Unauthorized:
        error = self._problem(answer.request, answer)
        known = (
            {"code": error.code, "detail": error.detail, "body": error.body} if isinstance(error, ResponseError) else {}
        )
        refusal = Unauthorized(
            f"{error} {self._account} does not let {self._login.login} in with this key. It is not tried again, because "
            "failures in a row end in a captcha: make a new Kommo with a LegacyLogin that is right, or use a token.",
            status=answer.status,
            request_id=answer.request_id,
            **cast("dict[str, Any]", known),
        )
        refusal.__cause__ = error
        return refusal

    def _adopt(self, session: str) -> str:
        remember_secrets(*(pair.partition("=")[2] for pair in session.split("; ")))
        self._session = session
        return session


def cookies_of(answer: HttpResponse) -> dict[str, str]:
    """The cookies that an answer sets, without those that it deletes."""
    found: dict[str, str] = {}
    for line in answer.headers.get("set-cookie", "").split("\n"):
        name, _, value = line.partition(";")[0].strip().partition("=")
        found[name] = value
    return {name: value for name, value in found.items() if name and value not in ("", "deleted")}

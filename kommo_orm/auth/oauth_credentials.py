"""The tokens of OAuth: taken from a store, refreshed before they expire or after a 401, saved before they are used.

Kommo accepts a refresh token once. Therefore `_replace_locked` follows four rules. One refresh runs at a time for each
account, in this process and among all processes that share the store. It looks into the store first, because another
process may have refreshed. It spends the refresh token only if the stored tokens are still the old ones. It saves the
new tokens before anybody uses them.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from kommo_orm.auth.credentials import BearerCredentials
from kommo_orm.auth.oauth import OAuth, build_moved_request
from kommo_orm.auth.store_lock import StoreLock
from kommo_orm.auth.token_store import TokenStore
from kommo_orm.auth.tokens import Tokens, decode_jwt_claims, utc_now
from kommo_orm.errors import KommoError, ServerError, TransportError, Unauthorized
from kommo_orm.transport.flow import Flow, RequestHandler, run_blocking, run_exclusive
from kommo_orm.transport.hosts import is_kommo_host
from kommo_orm.transport.http_messages import BuildError, HttpRequest, HttpResponse

logger = logging.getLogger("kommo_orm.auth")

# Refusals that a new authorization would not change: the settings of the integration are wrong.
_SETTINGS_ERRORS = ("wrong client", "Redirect URI is not associated with client")

_AUTHORIZE_AGAIN = "Send its user to `kommo.authorize_url(state)` and give the code to `kommo.authorize(code)`"


class OAuthCredentials(BearerCredentials):
    """Tokens from a store, refreshed `margin` seconds before they expire."""

    def __init__(
        self,
        oauth: OAuth,
        store: TokenStore,
        account: str,
        build_error: BuildError,
        change_host: Callable[[str], None] | None = None,
        margin: float = 60.0,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._oauth = oauth
        self._store = store
        self._account = account
        self._build_error = build_error
        self._change_host = change_host  # None: the address is fixed, so a renamed account is not followed
        self._margin = margin
        self._now = now
        self._skew = timedelta(0)  # the service's clock minus ours, measured at each grant
        self._tokens: Tokens | None = None
        self._refresh_at = math.inf  # in seconds of our clock, so that `get_token` only compares two numbers

    def get_token(self) -> str | None:
        tokens = self._tokens
        if tokens is None or self._now().timestamp() >= self._refresh_at:
            return None
        return tokens.access

    def obtain_token(self, send: RequestHandler) -> Flow[str]:
        tokens = self._tokens
        if tokens is None:
            tokens = self._adopt_tokens((yield from self._load_tokens()))
        if self._expires_within(tokens, self._margin):
            tokens = yield from self._refresh_early(send, tokens)
        return tokens.access

    def replace_token(self, send: RequestHandler, rejected: str) -> Flow[str | None]:
        return (yield from run_exclusive(self._lock_key, self._replace_locked(send, rejected))).access

    def exchange_code(self, send: RequestHandler, code: str) -> Flow[Tokens]:
        """Exchange the code of a redirect for tokens, and save them."""
        return (yield from run_exclusive(self._lock_key, self._exchange_locked(send, code)))

    def prepare_domain_request(self, send: RequestHandler) -> Flow[HttpRequest | None]:
        """The request that finds the account by its refresh token; None if the token does not name the host to ask."""
        tokens = self._tokens or self._adopt_tokens((yield from self._load_tokens()))
        return None if self._change_host is None else self._build_moved_request(tokens)

    @property
    def _lock_key(self) -> str:
        return f"tokens of {self._account}"

    def _expires_within(self, tokens: Tokens, seconds: float) -> bool:
        return tokens.expires_within(seconds, self._now() + self._skew)

    def _refresh_early(self, send: RequestHandler, tokens: Tokens) -> Flow[Tokens]:
        """Refresh before the end. If that fails, the old token serves until it really expires."""
        try:
            return (yield from run_exclusive(self._lock_key, self._replace_locked(send, tokens.access)))
        except (TransportError, ServerError) as error:
            if self._expires_within(tokens, 0):
                raise
            logger.warning("The tokens of %s could not be refreshed yet: %s", self._account, error)
            return tokens

    def _replace_locked(self, send: RequestHandler, rejected: str) -> Flow[Tokens]:
        if self._tokens is not None and self._tokens.access != rejected:
            return self._tokens  # another flow refreshed while this one waited
        lock = StoreLock(self._store.lock(self._account))
        try:
            yield from run_blocking(lock.acquire_lock)
            stored = yield from self._load_tokens()
            if stored.access != rejected and not self._expires_within(stored, 0):
                return self._adopt_tokens(stored)
            tokens = yield from self._refresh_tokens(send, stored)
            yield from self._save_tokens(tokens)
        finally:
            lock.release_lock()
        return self._adopt_tokens(tokens)

    def _exchange_locked(self, send: RequestHandler, code: str) -> Flow[Tokens]:
        lock = StoreLock(self._store.lock(self._account))
        try:
            yield from run_blocking(lock.acquire_lock)
            request = self._oauth.build_code_request(code, self._account)
            response = yield from send(request)
            if not response.succeeded:
                raise self._build_error(request, response)
            tokens = self._parse_grant(response, self._account)
            yield from self._save_tokens(tokens)
        finally:
            lock.release_lock()
        return self._adopt_tokens(tokens)

    def _refresh_tokens(self, send: RequestHandler, old: Tokens) -> Flow[Tokens]:
        response = yield from self._send_refresh(send, old)
        if response.succeeded:
            return self._parse_grant(response, old.account)
        if response.status == 401:
            # Somebody who does not use our lock may have spent the refresh token: then the store has the new ones.
            stored = yield from self._load_tokens()
            if stored.refresh != old.refresh:
                return stored
        if response.status in (401, 404) and self._change_host is not None:
            host = yield from self._find_new_host(send, old)
            if host is not None and host != old.account:
                return (yield from self._refresh_at_host(send, replace(old, account=host), response))
        raise self._build_refusal(response)

    def _refresh_at_host(self, send: RequestHandler, old: Tokens, first: HttpResponse) -> Flow[Tokens]:
        logger.info("%s is now %s", self._account, old.account)
        response = yield from self._send_refresh(send, old)
        if not response.succeeded:
            raise self._build_refusal(response) from self._build_error(first.request, first)
        return self._parse_grant(response, old.account)

    def _send_refresh(self, send: RequestHandler, old: Tokens) -> Flow[HttpResponse]:
        request = self._oauth.build_refresh_request(old.refresh, old.account)
        if self._change_host is not None and old.account != self._account:
            request = replace(request, path=f"https://{old.account}{request.path}")
        return (yield from send(request))

    def _build_moved_request(self, tokens: Tokens) -> HttpRequest | None:
        """None unless the token names one of Kommo's own hosts: no other host may see the refresh token."""
        api_domain = decode_jwt_claims(tokens.access).get("api_domain")
        if not isinstance(api_domain, str) or not is_kommo_host(api_domain):
            return None
        return build_moved_request(api_domain, tokens.refresh, self._account)

    def _find_new_host(self, send: RequestHandler, old: Tokens) -> Flow[str | None]:
        request = self._build_moved_request(old)
        if request is None:
            return None
        try:
            response = yield from send(request)
        except KommoError as error:
            logger.info("The new address of %s could not be found: %s", self._account, error)
            return None
        host = response.parse_object().get("domain") if response.succeeded else None
        return host if isinstance(host, str) and is_kommo_host(host) else None

    def _build_refusal(self, response: HttpResponse) -> KommoError:
        error = self._build_error(response.request, response)
        code = getattr(error, "code", None)
        if response.status not in (400, 401, 404) or code in _SETTINGS_ERRORS:
            return error
        refusal = Unauthorized(
            f"{error.message.rstrip('.')}. {self._account} must be authorized again. {_AUTHORIZE_AGAIN}",
            status=response.status,
            code=code,
            detail=getattr(error, "detail", ""),
            request_id=response.request_id,
        )
        refusal.__cause__ = error
        return refusal

    def _parse_grant(self, response: HttpResponse, account: str) -> Tokens:
        now = self._now()
        tokens = Tokens.from_response(response, account, now)
        grant = response.parse_object()
        issued = grant.get("server_time")
        self._skew = timedelta(seconds=float(issued) - now.timestamp()) if issued else timedelta(0)
        # Tokens that live no longer than the margin would be refreshed before every request.
        self._margin = min(self._margin, float(grant["expires_in"]) / 2)
        return tokens

    def _load_tokens(self) -> Flow[Tokens]:
        tokens = yield from run_blocking(lambda: self._store.load(self._account))
        if tokens is None:
            raise Unauthorized(
                f"{self._account} is not authorized yet: there are no tokens in {self._store!r}. {_AUTHORIZE_AGAIN}",
                status=401,
            )
        return tokens

    def _save_tokens(self, tokens: Tokens) -> Flow[None]:
        yield from run_blocking(lambda: self._store.save(self._account, tokens))

    def _adopt_tokens(self, tokens: Tokens) -> Tokens:
        expires_at = math.inf if tokens.expires_at is None else tokens.expires_at.timestamp()
        self._refresh_at = expires_at - self._margin - self._skew.total_seconds()
        self._tokens = tokens
        if self._change_host is not None and tokens.account != self._account:
            self._change_host(tokens.account)
        return tokens

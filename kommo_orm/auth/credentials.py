"""Who puts a token on a request, and what happens when the service does not take it.

The rules of a refresh, all in `OAuthCredentials._renew`: one at a time per account, in this process and among all who
share the store; look into the store first, because another may have done it; spend the refresh token only if the stored
one is still the stale one; save the new ones before anyone uses them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from kommo_orm.auth.file_store import FileTokenStore
from kommo_orm.auth.held import Held
from kommo_orm.auth.oauth import OAuth, where_now
from kommo_orm.auth.store import TokenStore
from kommo_orm.auth.tokens import LongLivedToken, Tokens, claims, utc_now
from kommo_orm.errors import ConfigurationError, KommoError, ServerError, TransportError, Unauthorized
from kommo_orm.transport.flow import Flow, RequestHandler, return_value, run_blocking, run_exclusive
from kommo_orm.transport.hosts import is_kommo_host
from kommo_orm.transport.http_messages import BuildError, HttpRequest, HttpResponse

logger = logging.getLogger("kommo_orm.auth")

# Refusals for which authorising again would change nothing.
_SETTINGS_FAULTS = ("wrong client", "Redirect URI is not associated with client")


class Credentials(Protocol):
    """What the authorised layer asks for a token, or for what stands in its place."""

    def current(self, ask: RequestHandler) -> Flow[str]:
        """A token that should be good. Raises `Unauthorized`."""
        ...

    def renewed(self, ask: RequestHandler, refused: str) -> Flow[str | None]:
        """A token in place of one that the service refused; None if there can be no other."""
        ...

    def signed(self, call: HttpRequest, token: str) -> HttpRequest:
        """The call with the token on it."""
        ...

    def accepted(self, token: str) -> None:
        """The service took it."""
        ...


class Bearer:
    """How tokens are carried."""

    def signed(self, call: HttpRequest, token: str) -> HttpRequest:
        return replace(call, headers=(*call.headers, ("Authorization", f"Bearer {token}")))

    def accepted(self, token: str) -> None:
        return None


def authorised(ask: RequestHandler, credentials: Credentials) -> RequestHandler:
    """Put the token on each call; if it is refused, renew it and ask once more."""

    def asking(call: HttpRequest) -> Flow[HttpResponse]:
        if not call.authorised:
            return (yield from ask(call))
        token = yield from credentials.current(ask)
        answer = yield from ask(credentials.signed(call, token))
        if answer.status == 401:
            fresh = yield from credentials.renewed(ask, token)
            if fresh is None:
                return answer
            token, answer = fresh, (yield from ask(credentials.signed(call, fresh)))
        if answer.status != 401:
            credentials.accepted(token)
        return answer

    return asking


def credentials_of(
    account: str,
    token: str | LongLivedToken | None,
    oauth: OAuth | None,
    store: TokenStore | None,
    problem: BuildError,
    moved: Callable[[str], None] | None,
    margin: float,
) -> Credentials:
    """Those that an account was given: a long-lived token, or an integration and its store."""
    if token is not None and oauth is None:
        if store is not None:
            raise ConfigurationError("tokens= is where OAuth keeps tokens; a long-lived token needs no store.")
        return LongLivedCredentials(token if isinstance(token, LongLivedToken) else LongLivedToken(token), account)
    if oauth is None or token is not None:
        raise ConfigurationError(
            "Give Kommo either token= (a long-lived token) or oauth= (an integration), and not both."
        )
    kept = store if store is not None else FileTokenStore()
    return OAuthCredentials(oauth, kept, account, problem, moved, margin)


class LongLivedCredentials(Bearer):
    """A token that is good or is not."""

    def __init__(self, token: LongLivedToken, account: str, now: Callable[[], datetime] = utc_now) -> None:
        self._token = token
        self._account = account
        self._now = now

    def current(self, ask: RequestHandler) -> Flow[str]:
        self._token.check(self._account, self._now)
        return return_value(self._token.value)

    def renewed(self, ask: RequestHandler, refused: str) -> Flow[str | None]:
        return return_value(None)


class OAuthCredentials(Bearer):
    """Tokens of a store, refreshed when they end."""

    def __init__(
        self,
        oauth: OAuth,
        store: TokenStore,
        account: str,
        problem: BuildError,
        moved: Callable[[str], None] | None = None,
        margin: float = 60.0,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._oauth = oauth
        self._store = store
        self._account = account
        self._problem = problem
        self._moved = moved  # None: the address is fixed, so the account cannot be followed
        self._margin = margin
        self._now = now
        self._skew = timedelta(0)  # the service's clock minus ours, learnt with each grant
        self._tokens: Tokens | None = None

    def current(self, ask: RequestHandler) -> Flow[str]:
        tokens = self._tokens
        if tokens is None:
            tokens = self._adopt((yield from self._load()))
        if tokens.expires_within(self._margin, self._now() + self._skew):
            tokens = yield from self._early(ask, tokens)
        return tokens.access

    def renewed(self, ask: RequestHandler, refused: str) -> Flow[str | None]:
        return (yield from run_exclusive(self._key, self._renew(ask, refused))).access

    def authorise(self, ask: RequestHandler, code: str) -> Flow[Tokens]:
        """Spend a code from a redirect, and save what it gives."""
        return (yield from run_exclusive(self._key, self._authorise(ask, code)))

    def whereabouts(self, ask: RequestHandler) -> Flow[HttpRequest | None]:
        """The call that finds the account by its refresh token; None where the token does not say whom to ask."""
        tokens = self._tokens or self._adopt((yield from self._load()))
        api_domain = claims(tokens.access).get("api_domain")
        if self._moved is None or not isinstance(api_domain, str) or not is_kommo_host(api_domain):
            return None
        return where_now(api_domain, tokens.refresh, self._account)

    @property
    def _key(self) -> str:
        return f"tokens of {self._account}"

    def _early(self, ask: RequestHandler, tokens: Tokens) -> Flow[Tokens]:
        """Refresh before the end; as long as the old token is good, failing to is no failure."""
        try:
            return (yield from run_exclusive(self._key, self._renew(ask, tokens.access)))
        except (TransportError, ServerError) as error:
            if tokens.expires_within(0, self._now() + self._skew):
                raise
            logger.warning("The tokens of %s could not be refreshed yet: %s", self._account, error)
            return tokens

    def _renew(self, ask: RequestHandler, refused: str) -> Flow[Tokens]:
        if self._tokens is not None and self._tokens.access != refused:
            return self._tokens  # another flow did it while this one waited
        held = Held(self._store.lock(self._account))
        try:
            yield from run_blocking(held.enter)
            stored = yield from self._load()
            if stored.access != refused and not stored.expires_within(0, self._now() + self._skew):
                return self._adopt(stored)
            fresh = yield from self._refresh(ask, stored)
            yield from self._save(fresh)
        finally:
            held.leave()
        return self._adopt(fresh)

    def _authorise(self, ask: RequestHandler, code: str) -> Flow[Tokens]:
        held = Held(self._store.lock(self._account))
        try:
            yield from run_blocking(held.enter)
            call = self._oauth.exchange(code, self._account)
            answer = yield from ask(call)
            if not answer.succeeded:
                raise self._problem(call, answer)
            fresh = self._granted(answer, self._account)
            yield from self._save(fresh)
        finally:
            held.leave()
        return self._adopt(fresh)

    def _refresh(self, ask: RequestHandler, stale: Tokens) -> Flow[Tokens]:
        answer = yield from self._grant(ask, stale)
        if answer.succeeded:
            return self._granted(answer, stale.account)
        if answer.status == 401:
            # Somebody who does not hold our lock may have won: then the store has what we need.
            stored = yield from self._load()
            if stored.refresh != stale.refresh:
                return stored
        if answer.status in (401, 404) and self._moved is not None:
            host = yield from self._where_now(ask, stale)
            if host is not None and host != stale.account:
                return (yield from self._refresh_at(ask, replace(stale, account=host), answer))
        raise self._refused(answer)

    def _refresh_at(self, ask: RequestHandler, stale: Tokens, first: HttpResponse) -> Flow[Tokens]:
        logger.info("%s is now %s", self._account, stale.account)
        answer = yield from self._grant(ask, stale)
        if not answer.succeeded:
            raise self._refused(answer) from self._problem(first.request, first)
        return self._granted(answer, stale.account)

    def _grant(self, ask: RequestHandler, stale: Tokens) -> Flow[HttpResponse]:
        call = self._oauth.refreshing(stale.refresh, stale.account)
        if self._moved is not None and stale.account != self._account:
            call = replace(call, path=f"https://{stale.account}{call.path}")
        return (yield from ask(call))

    def _where_now(self, ask: RequestHandler, stale: Tokens) -> Flow[str | None]:
        """The account's present host. The address to ask comes out of the token, so only Kommo's own are asked."""
        api_domain = claims(stale.access).get("api_domain")
        if not isinstance(api_domain, str) or not is_kommo_host(api_domain):
            return None
        try:
            answer = yield from ask(where_now(api_domain, stale.refresh, self._account))
        except KommoError as error:
            logger.info("The new address of %s is not known: %s", self._account, error)
            return None
        host = answer.parse_object().get("domain") if answer.succeeded else None
        return host if isinstance(host, str) and is_kommo_host(host) else None

    def _refused(self, answer: HttpResponse) -> KommoError:
        error = self._problem(answer.request, answer)
        code = getattr(error, "code", None)
        if answer.status not in (400, 401, 404) or code in _SETTINGS_FAULTS:
            return error
        refusal = Unauthorized(
            f"{error} {self._account} must be authorised again: send its user to `kommo.authorize_url(state)` and give "
            "the code to `kommo.authorize(code)`.",
            status=answer.status,
            code=code,
            detail=getattr(error, "detail", ""),
            request_id=answer.request_id,
        )
        refusal.__cause__ = error
        return refusal

    def _granted(self, answer: HttpResponse, account: str) -> Tokens:
        now = self._now()
        tokens = Tokens.from_answer(answer, account, now)
        said = answer.parse_object()
        issued = said.get("server_time")
        self._skew = timedelta(seconds=float(issued) - now.timestamp()) if issued else timedelta(0)
        # Tokens that live no longer than the margin would be refreshed before every request.
        self._margin = min(self._margin, float(said["expires_in"]) / 2)
        return tokens

    def _load(self) -> Flow[Tokens]:
        stored = yield from run_blocking(lambda: self._store.load(self._account))
        if stored is None:
            raise Unauthorized(
                f"{self._account} is not authorised yet: there are no tokens in {self._store!r}. Send its user to "
                "`kommo.authorize_url(state)` and give the code to `kommo.authorize(code)`.",
                status=401,
            )
        return stored

    def _save(self, tokens: Tokens) -> Flow[None]:
        yield from run_blocking(lambda: self._store.save(self._account, tokens))

    def _adopt(self, tokens: Tokens) -> Tokens:
        self._tokens = tokens
        if self._moved is not None and tokens.account != self._account:
            self._moved(tokens.account)
        return tokens

"""The methods of `Kommo` that grant access, find a renamed account and exchange an old API key."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from kommo_orm.errors import ConfigurationError
from kommo_orm.transport.redaction import Secret

if TYPE_CHECKING:
    from kommo_orm.auth.credentials import Credentials
    from kommo_orm.auth.oauth import AccountDomain, Mode, OAuth
    from kommo_orm.auth.oauth_credentials import OAuthCredentials
    from kommo_orm.auth.tokens import Tokens
    from kommo_orm.transport.flow import Flow, RequestHandler
    from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

T = TypeVar("T")


class AccountAuthorization:
    """Base class of `Kommo`: what an account does with OAuth, beside sending requests."""

    if TYPE_CHECKING:
        name: str
        _oauth: OAuth | None
        _credentials: Credentials
        _send_bare: RequestHandler  # without a token

        def ask(self, call: HttpRequest) -> Flow[HttpResponse]: ...
        def run(self, flow: Flow[T]) -> T: ...
        async def arun(self, flow: Flow[T]) -> T: ...

    def authorize_url(self, state: str, *, mode: Mode | None = None) -> str:
        """The address where a user grants access; see `OAuth.authorize_url`."""
        _, _, domain = self.name.partition(".")
        return self._require_oauth()[0].authorize_url(state, mode, domain)

    def authorize(self, code: str) -> Tokens:
        """Exchange the code of a redirect for tokens, and save them. A code works once, within 20 minutes.

        Raises `BadRequest` or `Unauthorized` if the service refuses the code, `TokenStoreError` if the tokens cannot be
        saved.

        >>> with Kommo("acme", oauth=OAuth(...)) as kommo:  # doctest: +SKIP
        ...     kommo.authorize("def502...")
        Tokens(account='acme.kommo.com', expires_at='2030-01-01T00:00:00+00:00')

        Source: Kommo API v4, "OAuth 2.0".
        """
        code = Secret(code)  # its repr hides it, so tracebacks that print local variables do not show it
        return self.run(self._require_oauth()[1].exchange_code(self._send_bare, code))

    async def aauthorize(self, code: str) -> Tokens:
        """`authorize` for async code."""
        code = Secret(code)
        return await self.arun(self._require_oauth()[1].exchange_code(self._send_bare, code))

    def current_domain(self) -> AccountDomain:
        """The present address of the account, found by its token: a customer may have renamed the account.

        This object keeps its address.

        >>> with Kommo("acme", token="...") as kommo:  # doctest: +SKIP
        ...     kommo.current_domain().domain
        'acme-new.kommo.com'

        Source: Kommo API v4, "OAuth 2.0", "Account domains".
        """
        return self.run(self._fetch_domain())

    async def acurrent_domain(self) -> AccountDomain:
        """`current_domain` for async code."""
        return await self.arun(self._fetch_domain())

    def _fetch_domain(self) -> Flow[AccountDomain]:
        from kommo_orm.auth.oauth import AccountDomain, build_domain_request

        request: HttpRequest | None = None
        if self._oauth is not None:
            request = yield from self._require_oauth()[1].prepare_domain_request(self._send_bare)
        return AccountDomain.read((yield from self.ask(request or build_domain_request(self.name))))

    def exchange_api_key(self, login: str, api_key: str) -> None:
        """Ask Kommo to exchange a user's old API key for a code. The code arrives at the redirect address.

        Kommo calls that address with `from_exchange=1`; give the code to `authorize()`. Raises `BadRequest`,
        `Unauthorized`.

        >>> with Kommo("acme", oauth=OAuth(...)) as kommo:  # doctest: +SKIP
        ...     kommo.exchange_api_key("ann@olive.example", "0d3f...")

        Source: Kommo API v4, "OAuth 2.0", exchange of API keys.
        """
        request = self._require_oauth()[0].build_key_exchange_request(login, Secret(api_key), self.name)
        self.run(self.ask(request))

    async def aexchange_api_key(self, login: str, api_key: str) -> None:
        """`exchange_api_key` for async code."""
        request = self._require_oauth()[0].build_key_exchange_request(login, Secret(api_key), self.name)
        await self.arun(self.ask(request))

    def _require_oauth(self) -> tuple[OAuth, OAuthCredentials]:
        if self._oauth is None:
            raise ConfigurationError(
                f"{self.name} was opened with a long-lived token or a login. To authorize it, open it with "
                "oauth=OAuth(...)"
            )
        return self._oauth, cast("OAuthCredentials", self._credentials)

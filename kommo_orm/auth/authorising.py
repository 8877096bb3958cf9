"""What an account does about its access: granting it, finding the account again, exchanging old keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from kommo_orm.auth.credentials import Credentials, OAuthCredentials
from kommo_orm.auth.oauth import AccountDomain, Mode, OAuth, which_domain
from kommo_orm.auth.tokens import Tokens
from kommo_orm.errors import ConfigurationError
from kommo_orm.transport.flow import Flow, RequestHandler
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from kommo_orm.transport.redaction import Secret

T = TypeVar("T")


class Authorising:
    """Base of an account that may be authorised by OAuth."""

    if TYPE_CHECKING:
        name: str
        _oauth: OAuth | None
        _credentials: Credentials
        _send_bare: RequestHandler  # without a token

        def ask(self, call: HttpRequest) -> Flow[HttpResponse]: ...

        def run(self, flow: Flow[T]) -> T: ...
        async def arun(self, flow: Flow[T]) -> T: ...

    def authorize_url(self, state: str, *, mode: Mode | None = None) -> str:
        """Where to send a user who is to grant access; see `OAuth.authorize_url`."""
        _, _, domain = self.name.partition(".")
        return self._integration()[0].authorize_url(state, mode, domain)

    def authorize(self, code: str) -> Tokens:
        """Turn the code of a redirect into tokens, and save them. A code works once, within 20 minutes.

        Raises `BadRequest` or `Unauthorized` with what is wrong with it, `TokenStoreError`.
        """
        code = Secret(code)  # hides itself where a traceback prints its local variables
        return self.run(self._integration()[1].authorise(self._send_bare, code))

    async def aauthorize(self, code: str) -> Tokens:
        """`authorize` for async code."""
        code = Secret(code)
        return await self.arun(self._integration()[1].authorise(self._send_bare, code))

    def current_domain(self) -> AccountDomain:
        """Where the account is now, by its token: a customer may have renamed it. This object does not follow.

        >>> with Kommo("acme", token="...") as kommo:  # doctest: +SKIP
        ...     kommo.current_domain().domain
        'acme-new.kommo.com'

        Source: Kommo API v4, "OAuth 2.0", "Account domains".
        """
        return self.run(self._find_domain())

    async def acurrent_domain(self) -> AccountDomain:
        """`current_domain` for async code."""
        return await self.arun(self._find_domain())

    def _find_domain(self) -> Flow[AccountDomain]:
        found: HttpRequest | None = None
        if isinstance(self._credentials, OAuthCredentials):
            found = yield from self._credentials.whereabouts(self._send_bare)
        return AccountDomain.read((yield from self.ask(found or which_domain(self.name))))

    def exchange_api_key(self, login: str, api_key: str) -> None:
        """Let a user's old API key bring a code: Kommo sends it to the redirect address, with `from_exchange=1`.

        Give that code to `authorize()`. Raises `BadRequest`, `Unauthorized`.

        >>> with Kommo("acme", oauth=OAuth(...)) as kommo:  # doctest: +SKIP
        ...     kommo.exchange_api_key("ann@olive.example", "0d3f...")

        Source: Kommo API v4, "OAuth 2.0", exchange of API keys.
        """
        call = self._integration()[0].exchanging(login, Secret(api_key), self.name)
        self.run(self.ask(call))

    async def aexchange_api_key(self, login: str, api_key: str) -> None:
        """`exchange_api_key` for async code."""
        call = self._integration()[0].exchanging(login, Secret(api_key), self.name)
        await self.arun(self.ask(call))

    def _integration(self) -> tuple[OAuth, OAuthCredentials]:
        if self._oauth is None or not isinstance(self._credentials, OAuthCredentials):
            raise ConfigurationError(
                f"{self.name} was opened with a long-lived token or a login: authorising needs oauth=OAuth(...)."
            )
        return self._oauth, self._credentials

"""The settings of an integration, and the addresses and requests of OAuth. It sends no request."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs, urlencode, urlsplit

from kommo_orm.errors import ConfigurationError, Unauthorized, UnexpectedResponse
from kommo_orm.transport.hosts import resolve_account_host
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse, Repeat
from kommo_orm.transport.redaction import redact_excerpt, remember_secrets

TOKEN_PATH = "/oauth2/access_token"  # noqa: S105  # a path
MOVED_PATH = "/oauth2/account/current/subdomain"
DOMAIN_PATH = "/oauth2/account/subdomain"
EXCHANGE_PATH = "/oauth2/exchange_api_key"

Mode = Literal["popup", "post_message"]


@dataclass(frozen=True, slots=True)
class OAuth:
    """An integration: its id, its secret and the redirect address, exactly as in Kommo's settings.

    >>> OAuth("0b1e9c8a", "s3cr3t", "https://example.org/kommo")
    OAuth(client_id='0b1e9c8a', redirect_uri='https://example.org/kommo')

    Source: Kommo API v4, "OAuth 2.0".
    """

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str

    def __post_init__(self) -> None:
        for name in ("client_id", "client_secret", "redirect_uri"):
            if not getattr(self, name):
                raise ConfigurationError(f"OAuth needs {name}=: take it from the integration's settings in Kommo")
        remember_secrets(self.client_secret)

    def authorize_url(self, state: str, mode: Mode | None = None, domain: str = "kommo.com") -> str:
        """The address where a user grants access. `state` is unguessable; keep it for `parse_redirect`.

        >>> OAuth("0b1e9c8a", "s3cr3t", "https://example.org/kommo").authorize_url("x7f")
        'https://www.kommo.com/oauth?client_id=0b1e9c8a&state=x7f'
        """
        if not state:
            raise ConfigurationError(
                "authorize_url needs an unguessable state, such as secrets.token_urlsafe(). parse_redirect compares it"
            )
        query = {"client_id": self.client_id, "state": state} | ({"mode": mode} if mode else {})
        site = "www.amocrm.ru" if domain == "amocrm.ru" else "www.kommo.com"
        return f"https://{site}/oauth?{urlencode(query)}"

    def parse_redirect(self, url: str, state: str) -> tuple[str, str]:
        """Read the code and the account's host from the address to which Kommo sent the user back.

        The code works once, within 20 minutes. Raises `Unauthorized` if the user refused access or the state is another
        one, `ConfigurationError` if the address is not a redirect from Kommo.

        >>> oauth = OAuth("0b1e9c8a", "s3cr3t", "https://example.org/kommo")
        >>> oauth.parse_redirect("https://example.org/kommo?code=def5&referer=acme.kommo.com&state=x7f", state="x7f")
        ('def5', 'acme.kommo.com')
        """
        values = {name: parts[-1] for name, parts in parse_qs(urlsplit(url).query).items()}
        if not state or not hmac.compare_digest(values.get("state", "").encode(), state.encode()):
            raise Unauthorized(
                "The state of this redirect is not the one that was sent, so it may be forged. "
                "Start the authorization again"
            )
        if "error" in values:
            raise Unauthorized(f"Access was not granted: {values['error']}. The user must agree on Kommo's page")
        code, host = values.get("code"), values.get("referer") or values.get("referrer")
        if not code or not host:
            raise ConfigurationError("This address has no code or no referer, so it is not a redirect from Kommo")
        remember_secrets(code)
        return code, resolve_account_host(host)

    def build_code_request(self, code: str, account: str) -> HttpRequest:
        """The request that exchanges a code for tokens. The code works once, so it is not sent twice."""
        remember_secrets(code)
        grant = {"grant_type": "authorization_code", "code": code}
        return self._build_token_request(grant, f"authorize {account} with a code", Repeat.CREATES)

    def build_refresh_request(self, refresh: str, account: str) -> HttpRequest:
        """The request that exchanges a refresh token for new tokens.

        It can be sent again if its answer was lost: the old refresh token works until the new tokens are used.
        """
        grant = {"grant_type": "refresh_token", "refresh_token": refresh}
        return self._build_token_request(grant, f"refresh the tokens of {account}", Repeat.SAFE)

    def build_key_exchange_request(self, login: str, api_key: str, account: str) -> HttpRequest:
        """The request that exchanges an old API key for a code. Kommo sends the code to the redirect address."""
        key = {"login": login, "api_key": api_key, "client_uuid": self.client_id, "client_secret": self.client_secret}
        remember_secrets(api_key)
        purpose = f"exchange an API key in {account}"
        return HttpRequest("POST", EXCHANGE_PATH, json=key, purpose=purpose, repeat=Repeat.CREATES, authorised=False)

    def _build_token_request(self, grant: dict[str, str], purpose: str, repeat: Repeat) -> HttpRequest:
        client = {"client_id": self.client_id, "client_secret": self.client_secret, "redirect_uri": self.redirect_uri}
        return HttpRequest("POST", TOKEN_PATH, json=client | grant, purpose=purpose, repeat=repeat, authorised=False)


def build_moved_request(api_domain: str, refresh: str, account: str) -> HttpRequest:
    """The request for the present host of a renamed account, which the refresh token finds."""
    return HttpRequest(
        "GET",
        f"https://{api_domain}{MOVED_PATH}",
        headers=(("X-Refresh-Token", refresh),),
        purpose=f"find the new address of {account}",
        authorised=False,
    )


def build_domain_request(account: str) -> HttpRequest:
    """The request for the present host, which the access token finds."""
    return HttpRequest("GET", DOMAIN_PATH, purpose=f"find the address of {account}")


@dataclass(frozen=True, slots=True)
class AccountDomain:
    """The present address of an account: id, subdomain (`acme`), host (`acme.kommo.com`), top level domain (`com`)."""

    id: int
    subdomain: str
    domain: str
    top_level_domain: str

    @classmethod
    def read(cls, response: HttpResponse) -> AccountDomain:
        """Read it from a response. Raises `UnexpectedResponse`."""
        body = response.parse_object()
        domain = body.get("domain")
        if not isinstance(domain, str) or not domain:
            raise UnexpectedResponse(
                f"{response.request}: the response names no domain: {redact_excerpt(response.text)!r}"
            )
        label, _, end = domain.partition(".")
        values = {"subdomain": label, "top_level_domain": end.rpartition(".")[2]} | body
        return cls(int(values.get("id") or 0), str(values["subdomain"]), domain, str(values["top_level_domain"]))


__all__ = ["OAuth"]

"""The settings of an integration, and what OAuth says in urls and calls. No I/O."""

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
                raise ConfigurationError(f"OAuth needs {name}: take it from the integration's settings in Kommo.")
        remember_secrets(self.client_secret)

    def authorize_url(self, state: str, mode: Mode | None = None, domain: str = "kommo.com") -> str:
        """Where to send a user who is to grant access. Keep `state` (unguessable) to compare it in the redirect.

        >>> OAuth("0b1e9c8a", "s3cr3t", "https://example.org/kommo").authorize_url("x7f")
        'https://www.kommo.com/oauth?client_id=0b1e9c8a&state=x7f'
        """
        if not state:
            raise ConfigurationError(
                "authorize_url needs an unguessable state, such as secrets.token_urlsafe(); compare it in the redirect."
            )
        query = {"client_id": self.client_id, "state": state} | ({"mode": mode} if mode else {})
        site = "www.amocrm.ru" if domain == "amocrm.ru" else "www.kommo.com"
        return f"https://{site}/oauth?{urlencode(query)}"

    def parse_redirect(self, url: str, state: str) -> tuple[str, str]:
        """The code and the account's host from the address to which Kommo sent the user back.

        The code is good for 20 minutes and once. Raises `Unauthorized` when access was refused or the state is not the
        one that was sent, `ConfigurationError` when the address is none of Kommo's redirects.

        >>> oauth = OAuth("0b1e9c8a", "s3cr3t", "https://example.org/kommo")
        >>> oauth.parse_redirect("https://example.org/kommo?code=def5&referer=acme.kommo.com&state=x7f", state="x7f")
        ('def5', 'acme.kommo.com')
        """
        said = {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
        if not state or not hmac.compare_digest(said.get("state", "").encode(), state.encode()):
            raise Unauthorized(
                "The state of this redirect is not the one that was sent: it may be forged. "
                "Start the authorisation again."
            )
        if "error" in said:
            raise Unauthorized(f"Access was not granted: {said['error']}. The user must agree on Kommo's page.")
        code, host = said.get("code"), said.get("referer") or said.get("referrer")
        if not code or not host:
            raise ConfigurationError("This address has no code or no referer: it is not a redirect from Kommo.")
        remember_secrets(code)
        return code, resolve_account_host(host)

    def exchange(self, code: str, account: str) -> HttpRequest:
        """The call that turns a code into tokens. The code works once, so it is not sent twice."""
        remember_secrets(code)
        grant = {"grant_type": "authorization_code", "code": code}
        return self._call(grant, f"authorise {account} with a code", Repeat.CREATES)

    def refreshing(self, refresh: str, account: str) -> HttpRequest:
        """The call that turns a refresh token into new tokens.

        It can be sent again: until the new tokens are used the old one stays good, in case the answer was lost.
        """
        grant = {"grant_type": "refresh_token", "refresh_token": refresh}
        return self._call(grant, f"refresh the tokens of {account}", Repeat.SAFE)

    def exchanging(self, login: str, api_key: str, account: str) -> HttpRequest:
        """The call that turns an old API key into a code, which Kommo sends to the redirect address by itself."""
        key = {"login": login, "api_key": api_key, "client_uuid": self.client_id, "client_secret": self.client_secret}
        remember_secrets(api_key)
        purpose = f"exchange an API key in {account}"
        return HttpRequest("POST", EXCHANGE_PATH, json=key, purpose=purpose, repeat=Repeat.CREATES, authorised=False)

    def _call(self, grant: dict[str, str], purpose: str, repeat: Repeat) -> HttpRequest:
        client = {"client_id": self.client_id, "client_secret": self.client_secret, "redirect_uri": self.redirect_uri}
        return HttpRequest("POST", TOKEN_PATH, json=client | grant, purpose=purpose, repeat=repeat, authorised=False)


def where_now(api_domain: str, refresh: str, account: str) -> HttpRequest:
    """The call that asks for the present host of an account that was renamed."""
    return HttpRequest(
        "GET",
        f"https://{api_domain}{MOVED_PATH}",
        headers=(("X-Refresh-Token", refresh),),
        purpose=f"find the new address of {account}",
        authorised=False,
    )


def which_domain(account: str) -> HttpRequest:
    """The call that asks for the present host by the access token."""
    return HttpRequest("GET", DOMAIN_PATH, purpose=f"find the address of {account}")


@dataclass(frozen=True, slots=True)
class AccountDomain:
    """Where an account is now: its id, its subdomain (`acme`), its host (`acme.kommo.com`), and the end of it (`com`)."""

    id: int
    subdomain: str
    domain: str
    top_level_domain: str

    @classmethod
    def read(cls, answer: HttpResponse) -> AccountDomain:
        """From what the service says. Raises `UnexpectedResponse`."""
        said = answer.parse_object()
        domain = said.get("domain")
        if not isinstance(domain, str) or not domain:
            raise UnexpectedResponse(f"{answer.request}: the answer names no domain: {redact_excerpt(answer.text)!r}")
        label, _, end = domain.partition(".")
        found = {"subdomain": label, "top_level_domain": end.rpartition(".")[2]} | said
        return cls(int(found.get("id") or 0), str(found["subdomain"]), domain, str(found["top_level_domain"]))

"""How a request proves who sends it: the protocol of credentials, the long-lived token, and the layer that signs requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from kommo_orm.auth.tokens import LongLivedToken, utc_now
from kommo_orm.transport.flow import Flow, RequestHandler, return_value
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse


class Credentials(Protocol):
    """The source of tokens, or of what an account uses in place of a token, such as a session cookie."""

    needs_confirmation: bool
    """True while nobody knows whether the service accepts the newest token."""

    def get_token(self) -> str | None:
        """The token in memory, None if there is none or if it ends soon. Raises `Unauthorized` if it cannot be renewed.

        A plain call, because it runs before every request.
        """
        ...

    def obtain_token(self, send: RequestHandler) -> Flow[str]:
        """Load, refresh or buy a token, after `get_token` returned None. Raises `Unauthorized`."""
        ...

    def replace_token(self, send: RequestHandler, rejected: str) -> Flow[str | None]:
        """Get another token than the one that the service rejected; None if there can be no other."""
        ...

    def sign_request(self, request: HttpRequest, token: str) -> HttpRequest:
        """Copy the request and put the token on it."""
        ...

    def confirm_token(self) -> None:
        """Note that the service accepted the newest token."""
        ...


class BearerCredentials:
    """The part that all bearer tokens share: the `Authorization` header."""

    needs_confirmation = False

    def sign_request(self, request: HttpRequest, token: str) -> HttpRequest:
        return replace(request, headers=(*request.headers, ("Authorization", f"Bearer {token}")))

    def confirm_token(self) -> None:
        """Nothing depends on it."""


class LongLivedCredentials(BearerCredentials):
    """A long-lived token. It cannot be refreshed."""

    def __init__(self, token: LongLivedToken, account: str, now: Callable[[], datetime] = utc_now) -> None:
        self._token, self._account, self._now = token, account, now
        self._value, self._expires_at = token.value, token.expires_at

    def get_token(self) -> str:
        if self._expires_at is not None and self._expires_at <= self._now():
            self._token.raise_if_expired(self._account, self._now)
        return self._value

    def obtain_token(self, send: RequestHandler) -> Flow[str]:
        return return_value(self._value)

    def replace_token(self, send: RequestHandler, rejected: str) -> Flow[str | None]:
        return return_value(None)


def authorize_requests(send: RequestHandler, credentials: Credentials) -> RequestHandler:
    """Sign each request. After a 401, get another token and send the request once more."""

    def authorize_request(request: HttpRequest) -> Flow[HttpResponse]:
        if not request.authorised:
            return (yield from send(request))
        token = credentials.get_token()
        if token is None:
            token = yield from credentials.obtain_token(send)
        response = yield from send(credentials.sign_request(request, token))
        if response.status == 401:
            new_token = yield from credentials.replace_token(send, token)
            if new_token is None:
                return response
            response = yield from send(credentials.sign_request(request, new_token))
        if credentials.needs_confirmation and response.status != 401:
            credentials.confirm_token()
        return response

    return authorize_request

"""The host of an account's files, and whether the addresses that it names may get the token.

Files live apart from the account, on a host that the account names (`drive_url`). It takes the account's own token, so
it must be one of Kommo's, or, behind a `base_url` of the user's, the same machine. The host in turn names addresses for
parts of an upload and for downloads. Source: Kommo API v4, "Files".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from kommo_orm.errors import ConfigurationError
from kommo_orm.transport.flow import Flow, run_exclusive
from kommo_orm.transport.hosts import is_kommo_host, is_same_machine
from kommo_orm.transport.http_messages import HttpRequest
from kommo_orm.transport.httpx_sender import HttpxSender


class DriveHost:
    """The drive of one account. `ask_address` is the flow that reads its address; it runs once."""

    def __init__(self, name: str, sender: HttpxSender, ask_address: Callable[[], Flow[str]]) -> None:
        self._name, self._sender, self._ask_address = name, sender, ask_address
        self._base_url: str | None = None

    def resolve_request(self, request: HttpRequest) -> Flow[HttpRequest]:
        """The request with its full address. Raises `ConfigurationError` for a host that must not see the token."""
        base_url = yield from self._find_base_url()
        if "://" not in request.path.partition("?")[0]:
            return replace(request, path=f"{base_url}/{request.path.lstrip('/')}")
        request = replace(request, path=self._replace_kommo_host(request.path, base_url))
        if request.is_read and not self._sender.trusts_url(request.path, drive=True):
            return replace(request, authorised=False)  # a storage that needs no token: the address is enough
        return request

    def _find_base_url(self) -> Flow[str]:
        if self._base_url is None:
            yield from run_exclusive(f"drive of {self._name}", self._fetch_base_url())
        return self._base_url or ""

    def _fetch_base_url(self) -> Flow[None]:
        if self._base_url is not None:
            return
        base_url = yield from self._ask_address()
        if not self._sender.trusts_url(base_url, drive=True):
            raise ConfigurationError(
                f"{self._name} names {base_url} as the host of its files, which is no host of Kommo: "
                "the token is not sent there"
            )
        self._base_url = base_url

    def _replace_kommo_host(self, url: str, base_url: str) -> str:
        """The address on the user's own machine, where that stands for Kommo's hosts."""
        home, target = urlsplit(base_url), urlsplit(url)
        is_local = self._sender.has_fixed_base and is_same_machine(
            home.hostname, urlsplit(self._sender.base_url).hostname
        )
        if not is_local or not is_kommo_host((target.hostname or "").lower()):
            return url
        return target._replace(scheme=home.scheme, netloc=home.netloc).geturl()

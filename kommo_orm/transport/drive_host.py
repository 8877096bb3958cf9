"""The host of an account's files: which one it is, and who stands behind the addresses that it names.

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
    """The drive of one account. `asked` is the flow that reads its address, which is done once."""

    def __init__(self, name: str, wire: HttpxSender, asked: Callable[[], Flow[str]]) -> None:
        self._name, self._wire, self._asked = name, wire, asked
        self._base: str | None = None

    def resolve_request(self, call: HttpRequest) -> Flow[HttpRequest]:
        """The call with its whole address. Raises `ConfigurationError` for a host that must not see the token."""
        base = yield from self._found()
        if "://" not in call.path.partition("?")[0]:
            return replace(call, path=f"{base}/{call.path.lstrip('/')}")
        call = replace(call, path=self._moved(call.path, base))
        if call.is_read and not self._wire.trusts_url(call.path, drive=True):
            return replace(call, authorised=False)  # a storage that knows the file by its address alone
        return call

    def _found(self) -> Flow[str]:
        if self._base is None:
            yield from run_exclusive(f"drive of {self._name}", self._ask())
        return self._base or ""

    def _ask(self) -> Flow[None]:
        if self._base is not None:
            return
        base = yield from self._asked()
        if not self._wire.trusts_url(base, drive=True):
            raise ConfigurationError(
                f"{self._name} names {base} as the place of its files, which is no host of Kommo: the token is not sent there."
            )
        self._base = base

    def _moved(self, url: str, base: str) -> str:
        """An address that names Kommo's host is asked where the user's own address stands for it."""
        home, target = urlsplit(base), urlsplit(url)
        stands_in = self._wire.has_fixed_base and is_same_machine(home.hostname, urlsplit(self._wire.base_url).hostname)
        if not stands_in or not is_kommo_host((target.hostname or "").lower()):
            return url
        return target._replace(scheme=home.scheme, netloc=home.netloc).geturl()

"""Connections: one httpx client per process, one per running event loop, made when first needed.

A socket must not be shared between processes, nor an async one between loops. After a fork the child forgets the
parent's client without closing it, because closing would end a connection that the parent still uses.
"""

from __future__ import annotations

import inspect
import os
import ssl
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakKeyDictionary, WeakSet

import httpx

from kommo_orm.errors import ConfigurationError, NotConnected

if TYPE_CHECKING:
    import asyncio  # at run time it is imported where a loop runs, because most programs have none

Transport: TypeAlias = httpx.BaseTransport | httpx.AsyncBaseTransport
EventHooks: TypeAlias = Mapping[str, Sequence[Callable[..., Any]]]

DEFAULT_TIMEOUT = httpx.Timeout(30.0, connect=5.0)


@dataclass(frozen=True)
class PoolOptions:
    """How connections are made."""

    timeout: httpx.Timeout = field(default_factory=lambda: DEFAULT_TIMEOUT)
    transport: Transport | None = None
    verify: bool | ssl.SSLContext = True
    proxy: str | None = field(default=None, repr=False)  # may hold a password
    event_hooks: EventHooks = field(default_factory=dict[str, Sequence[Callable[..., Any]]])


class ConnectionPools:
    """The clients of one account, or of all accounts of one `Accounts`."""

    def __init__(self, options: PoolOptions) -> None:
        self.has_user_transport = options.transport is not None  # then nobody reports when a request really leaves
        self.open_client: httpx.Client | None = None  # the sync one, if it is open: `get_client` opens it
        self._options = options
        self._of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopClient] = WeakKeyDictionary()
        self._lock = threading.Lock()
        self._is_closed = False
        _all_pools.add(self)

    def get_client(self) -> httpx.Client:
        """The sync client. Raises `NotConnected` after `close`."""
        with self._lock:
            self._refuse_closed()
            if self.open_client is None:
                self.open_client = self._make_client()
            return self.open_client

    def get_async_client(self) -> httpx.AsyncClient:
        """The client of the running event loop. Raises `NotConnected` after `close`."""
        import asyncio

        loop = asyncio.get_running_loop()
        with self._lock:
            self._refuse_closed()
            if loop not in self._of_loops:
                self._drop_ended_loops()
                self._of_loops[loop] = _LoopClient(self._make_async_client())
            return self._of_loops[loop].client

    def close(self) -> None:
        """Close what can be closed without awaiting; a loop that runs in another thread is asked to close its own."""
        for loop, opened in self._take_async_clients():
            opened.close_from_outside(loop)

    async def aclose(self) -> None:
        """`close` for async code: the client of this loop is closed when it returns."""
        import asyncio

        here = asyncio.get_running_loop()
        for loop, opened in self._take_async_clients():
            if loop is here:
                await opened.close()
            else:
                opened.close_from_outside(loop)

    def _take_async_clients(self) -> list[tuple[asyncio.AbstractEventLoop, _LoopClient]]:
        with self._lock:
            self._is_closed = True
            client, self.open_client = self.open_client, None
            pairs = list(self._of_loops.items())
            self._of_loops.clear()
        if client is not None:
            client.close()
        return pairs

    def drop_inherited_clients(self) -> None:
        """In a child process: forget the parent's clients without closing them."""
        self._lock = threading.Lock()
        self.open_client = None
        self._of_loops = WeakKeyDictionary()

    def _drop_ended_loops(self) -> None:
        for loop in list(self._of_loops):
            if loop.is_closed():
                del self._of_loops[loop]

    def _refuse_closed(self) -> None:
        if self._is_closed:
            raise NotConnected("This account was closed. Make a new Kommo to go on")

    def _make_client(self) -> httpx.Client:
        options = self._options
        if options.transport is not None and not isinstance(options.transport, httpx.BaseTransport):
            raise ConfigurationError(_ONE_FACED_TRANSPORT.format(given="async", wanted="sync", methods="the a-methods"))
        return httpx.Client(
            transport=options.transport,
            event_hooks=_check_sync_hooks(options.event_hooks),
            **_build_common_options(options),
        )

    def _make_async_client(self) -> httpx.AsyncClient:
        options = self._options
        if options.transport is not None and not isinstance(options.transport, httpx.AsyncBaseTransport):
            raise ConfigurationError(
                _ONE_FACED_TRANSPORT.format(given="sync", wanted="async", methods="the sync methods")
            )
        return httpx.AsyncClient(
            transport=options.transport,
            event_hooks=_make_hooks_async(options.event_hooks),
            **_build_common_options(options),
        )


_all_pools: WeakSet[ConnectionPools] = WeakSet()


def _reset_pools_after_fork() -> None:
    for pools in _all_pools:
        pools.drop_inherited_clients()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_pools_after_fork)


class _LoopClient:
    """The client of one event loop, closed at the latest when that loop ends."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self._closer = _close_at_loop_end(client)
        with suppress(StopIteration):  # begun here, it is known to the loop, which finishes it when it ends itself
            self._closer.__anext__().send(None)

    async def close(self) -> None:
        await self._closer.aclose()

    def close_from_outside(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ask a loop that runs in another thread; one that has ended has closed it."""
        import asyncio

        if loop.is_running():
            closing = self.close()
            try:
                asyncio.run_coroutine_threadsafe(closing, loop)
            except RuntimeError:  # it ended in between
                closing.close()


async def _close_at_loop_end(client: httpx.AsyncClient) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await client.aclose()


_ONE_FACED_TRANSPORT = (
    "transport= is {given} only, so this account cannot be used by {wanted} code. Use {methods}, or give a transport that "
    "is both, as httpx.MockTransport"
)


def _build_common_options(options: PoolOptions) -> dict[str, Any]:
    # Kommo's session cookies mean nothing to the API, and one client may serve several accounts: keep none.
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return {"timeout": options.timeout, "verify": options.verify, "proxy": options.proxy, "cookies": no_cookies}


def _check_sync_hooks(hooks: EventHooks) -> dict[str, list[Callable[..., Any]]]:
    for hook in (hook for each in hooks.values() for hook in each):
        if inspect.iscoroutinefunction(hook):
            raise ConfigurationError(f"The event hook {hook!r} is async; sync code needs a plain function")
    return {name: list(each) for name, each in hooks.items()}


def _make_hooks_async(hooks: EventHooks) -> dict[str, list[Callable[..., Any]]]:
    return {name: [_make_hook_async(hook) for hook in each] for name, each in hooks.items()}


def _make_hook_async(hook: Callable[[Any], Any]) -> Callable[[Any], Awaitable[None]]:
    async def call(subject: Any) -> None:
        result = hook(subject)
        if inspect.isawaitable(result):
            await result

    return call

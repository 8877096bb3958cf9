"""A channel of the chats service: it signs its requests, and connects to accounts."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Callable, Generator
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, TypeVar

from kommo_orm.chats.parse_error import parse_chat_error
from kommo_orm.chats.scope import ChatScope, validate_id
from kommo_orm.chats.signing import make_signer
from kommo_orm.errors import ConfigurationError, NotConnected, UnexpectedResponse
from kommo_orm.transport.circuit_breaker import CircuitBreaker
from kommo_orm.transport.client_options import build_headers, build_pool_options
from kommo_orm.transport.connection_pools import ConnectionPools
from kommo_orm.transport.drivers import AsyncDriver, SyncDriver
from kommo_orm.transport.flow import Flow
from kommo_orm.transport.hosts import parse_base_url
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from kommo_orm.transport.httpx_sender import HttpxSender
from kommo_orm.transport.rate_limiter import limit_rate, validate_rate
from kommo_orm.transport.redaction import remember_secrets
from kommo_orm.transport.retry import RetryPolicy, retry_requests
from kommo_orm.transport.shared_limits import get_shared_limits

if TYPE_CHECKING:
    from kommo_orm.transport.connection_pools import Transport

T = TypeVar("T")
ROOT = "/v2/origin/custom"
SERVICES = {"kommo.com": "https://amojo.kommo.com", "amocrm.ru": "https://amojo.amocrm.ru"}


class ChatChannel:
    """A channel of the chats service, for sync and async code alike. Making one sends no request.

    Kommo's support registers a channel, and gives its id and its secret. Requests are signed with the secret; there is
    no token. `connect()` it to an account, and send messages with the `ChatScope` that it returns.

    - `domain`: `kommo.com` or `amocrm.ru`; `base_url`: an address in place of the service's (a test server).
    - `rate`: requests a second at most, shared by the channels of this process; None: no limit.
    - `timeout` in seconds; `retries`: how often a request is tried in all; `backoff`: seconds before the second attempt.
    - `transport`, `verify`, `proxy` as in httpx.

    Example:
        >>> with ChatChannel("f90ba33d-c9d9-44da-b76c-c349b0ecbe41", secret="...") as channel:
        ...     scope = channel.connect(kommo.account("amojo_id").amojo_id, title="Olive messenger")

    Raises `ConfigurationError` for options that cannot work.

    Source: Kommo Chats API, "Connect channel", "Authorization and headers".
    """

    def __init__(  # noqa: PLR0913  # a channel has many knobs, all by name
        self,
        channel_id: str,
        secret: str,
        *,
        domain: Literal["kommo.com", "amocrm.ru"] = "kommo.com",
        base_url: str | None = None,
        rate: float | None = 7.0,
        timeout: float | None = 30.0,
        retries: int = 5,
        backoff: float = 1.0,
        transport: Transport | None = None,
        verify: bool | str | ssl.SSLContext = True,
        proxy: str | None = None,
        user_agent: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._id = validate_id(channel_id, "the id of a channel")
        if not secret:
            raise ConfigurationError("A channel needs its secret, which it signs with: take it from its registration")
        if domain not in SERVICES:
            raise ConfigurationError(f"domain must be one of {', '.join(SERVICES)}, not {domain!r}")
        remember_secrets(secret)
        base = SERVICES[domain] if base_url is None else parse_base_url(base_url)
        self._pools = ConnectionPools(
            build_pool_options(timeout=timeout, transport=transport, verify=verify, proxy=proxy)
        )
        self._sender = HttpxSender(
            base, self._pools, build_headers(user_agent or "kommo_orm", None), has_fixed_base=True
        )
        self._sync, self._async = SyncDriver(self._sender), AsyncDriver(self._sender)
        self._limits = get_shared_limits(base)
        breaker = self._limits.circuit_breaker if transport is None else CircuitBreaker()
        limiter = None if validate_rate(rate) is None else self._limits.rate_limiter
        self._rate_member = _RateMember()
        if limiter is not None and rate is not None:
            limiter.join(self._rate_member, rate)
        policy = RetryPolicy(attempts=retries, first=backoff)
        self._send = retry_requests(limit_rate(limiter, breaker, make_signer(secret, now)), policy, breaker)
        self._closed = False

    @property
    def id(self) -> str:
        """The channel's id."""
        return self._id

    # ---- accounts
    def connect(
        self,
        account_id: str,
        title: str | None = None,
        *,
        hook_api_version: str = "v2",
        is_time_window_disabled: bool | None = None,
    ) -> ChatScope:
        """Connect the channel to an account. Do so again after each installation of the integration.

        `account_id` is the account's id in the chats service: `kommo.account("amojo_id").amojo_id`. `title` is the name
        under which people see the channel. Connecting twice does no harm.

        Raises:
            Forbidden: the signature is wrong. NotFound: there is no such channel. BadRequest: wrong data.
        """
        return self.run(self._post_connection(account_id, title, hook_api_version, is_time_window_disabled))

    async def aconnect(
        self,
        account_id: str,
        title: str | None = None,
        *,
        hook_api_version: str = "v2",
        is_time_window_disabled: bool | None = None,
    ) -> ChatScope:
        """`connect()` for async code."""
        return await self.arun(self._post_connection(account_id, title, hook_api_version, is_time_window_disabled))

    def scope(self, account_id: str) -> ChatScope:
        """The scope of an account to which the channel is connected already. Sends no request.

        Example:
            >>> scope = channel.scope("52e591f7-c98f-4255-8495-827210138c81")
        """
        account = validate_id(account_id, "the id of an account in the chats service")
        return ChatScope(self, f"{self._id}_{account}", account)

    def disconnect(self, account_id: str) -> None:
        """Disconnect the channel from an account: no message passes between them any more."""
        self.run(self._delete_connection(account_id))

    async def adisconnect(self, account_id: str) -> None:
        """`disconnect()` for async code."""
        await self.arun(self._delete_connection(account_id))

    def _post_connection(
        self, account_id: str, title: str | None, version: str, is_time_window_disabled: bool | None
    ) -> Flow[ChatScope]:
        account = validate_id(account_id, "the id of an account in the chats service")
        options = {"title": title, "hook_api_version": version, "is_time_window_disabled": is_time_window_disabled}
        body = {"account_id": account, **{key: value for key, value in options.items() if value is not None}}
        request = HttpRequest(
            "POST", f"{ROOT}/{self._id}/connect", json=body, purpose="connect a channel", authorised=False
        )
        response = yield from self.ask(request)
        connection = response.parse_object()
        if not isinstance(connection.get("scope_id"), str):
            raise UnexpectedResponse(f"{response.request}: the response names no scope")
        return ChatScope(
            self, connection["scope_id"], account, connection.get("title"), connection.get("is_time_window_disabled")
        )

    def _delete_connection(self, account_id: str) -> Flow[None]:
        body = {"account_id": validate_id(account_id, "the id of an account in the chats service")}
        path = f"{ROOT}/{self._id}/disconnect"
        yield from self.ask(HttpRequest("DELETE", path, json=body, purpose="disconnect a channel", authorised=False))

    # ---- running
    def ask(self, request: HttpRequest) -> Flow[HttpResponse]:
        """Send a request with signature, rate limit and retries. Raises if the service refuses it."""
        response = yield from self._send(request)
        if not response.succeeded:
            raise parse_chat_error(request, response)
        return response

    def run(self, flow: Flow[T]) -> T:
        """Run a flow in this thread."""
        self._refuse_closed()
        return self._sync.run(flow)

    async def arun(self, flow: Flow[T]) -> T:
        """Run a flow in the running event loop."""
        self._refuse_closed()
        return await self._async.run(flow)

    def stream(self, flow: Flow[Any]) -> Generator[Any, None, None]:
        """The values that a flow emits, one by one."""
        self._refuse_closed()
        return self._sync.stream(flow)

    def astream(self, flow: Flow[Any]) -> AsyncGenerator[Any, None]:
        """`stream()` for `async for`."""
        self._refuse_closed()
        return self._async.stream(flow)

    def close(self) -> None:
        """Close the connections. Closing twice does nothing."""
        if self._mark_closed():
            self._pools.close()

    async def aclose(self) -> None:
        """`close` for async code."""
        if self._mark_closed():
            await self._pools.aclose()

    def _mark_closed(self) -> bool:
        was_open, self._closed = not self._closed, True
        if was_open:
            self._limits.rate_limiter.leave(self._rate_member)
        return was_open

    def _refuse_closed(self) -> None:
        if self._closed:
            raise NotConnected(f"The channel {self._id} was closed. Make a new ChatChannel to go on")

    def __enter__(self) -> Self:
        self._refuse_closed()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"ChatChannel({self._id!r}{', closed' if self._closed else ''})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A ChatChannel cannot be pickled or copied: it holds connections and a secret. Make one in each process"
        )


class _RateMember:
    """Stands for an open channel in the rate limiter, so that the limiter keeps no channel alive."""

"""`Kommo`: one account. Puts the layers together and gives flows a driver, sync and async."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import contextmanager, suppress
from contextvars import Token
from datetime import tzinfo
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

import httpx

from kommo_orm.auth import LegacyLogin, LongLivedToken, OAuth, TokenStore
from kommo_orm.auth.authorising import Authorising
from kommo_orm.auth.credentials import Credentials, authorised, credentials_of
from kommo_orm.auth.environment import options_from
from kommo_orm.auth.login import LoginCredentials, refuse_beside_login
from kommo_orm.dialects import DialectName, spoken
from kommo_orm.errors import Forbidden, KommoError, NotConnected, UnexpectedResponse
from kommo_orm.locking import Locks
from kommo_orm.model import connection
from kommo_orm.model.schema import Schema, refuse_unknown
from kommo_orm.model.schema_check import Mismatch
from kommo_orm.model.schema_check import check_schema as checked_models
from kommo_orm.transport.circuit_breaker import CircuitBreaker
from kommo_orm.transport.client_options import (
    build_headers,
    build_pool_options,
    parse_timezone,
    validate_account_name,
    validate_int_range,
)
from kommo_orm.transport.connection_pools import DEFAULT_TIMEOUT, ConnectionPools, EventHooks, Transport
from kommo_orm.transport.drive_host import DriveHost
from kommo_orm.transport.drivers import AsyncDriver, SyncDriver
from kommo_orm.transport.flow import Flow, return_value, run_exclusive, send_request
from kommo_orm.transport.hosts import parse_base_url, resolve_account_host
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from kommo_orm.transport.httpx_sender import HttpxSender
from kommo_orm.transport.raise_for_status import raise_for_status
from kommo_orm.transport.rate_limiter import limit_rate, validate_rate
from kommo_orm.transport.raw_requests import RawRequests
from kommo_orm.transport.request_log import log_requests
from kommo_orm.transport.retry import RetryPolicy, retry_requests
from kommo_orm.transport.shared_limits import get_shared_limits

if TYPE_CHECKING:
    from kommo_orm.entities.account.account import Account, AccountInclude
    from kommo_orm.interface.dialect import Dialect
    from kommo_orm.model.model import Model
    from kommo_orm.session import Session
    from kommo_orm.unit.entity_locks import LockedSection
    from kommo_orm.unit.progress import Progress

T = TypeVar("T")
Fields = Mapping[type[Any], Mapping[str, int]]


class Kommo(RawRequests, Authorising):
    """One Kommo account, for sync and async code alike. Making one does no I/O; connections open when first needed.

    `account` is the subdomain (`acme`), the full host (`acme.kommo.com`) or an address of the account. Give either
    `token` (a long-lived token) or `oauth` (an integration) with `tokens` (where its tokens are kept; by default in
    files of the user's data folder). `login` is the old way in, by e-mail and API key.

    - `base_url`: an address in place of the account's (a test server, a proxy of yours).
    - `rate`: requests a second at most, shared by everything in this process that talks to the account; None: no limit.
    - `page_size` (1 to 250 rows, with API v2 to 500; by default the most), `prefetch`: how many pages are asked for at
      once.
    - `timeout` in seconds (of each read and write; connecting has 5 s), or an `httpx.Timeout`, or None.
    - `retries`: how often a request is tried in all; `backoff`: seconds before the second attempt.
    - `transport`: any httpx transport, sync, async or both; `verify`, `proxy`, `event_hooks` as in httpx.
    - `timezone`: the account's zone, by name or as tzinfo, if it is not to be asked for.
    - `fields`: ids of custom fields in this account, `{Deal: {"budget": 771}}`; `schema_ttl`: seconds for which
      definitions of custom fields are kept.
    - `pools`: connections shared with other accounts; see `Accounts`.
    - `locks`: who saves an existing object holds its lock, among all that are given the same; see `FileLocks`.
    - `context_user_id`: act with the rights of this user (the token must be an administrator's).
    - `dialect`: which of Kommo's APIs is spoken, `"v4"` or the older `"v2"`, which can do less.
    - `refresh_margin`: seconds before their end at which OAuth tokens are refreshed; `block_seconds`: how long nothing
      is sent after the service blocked the account.

    Raises `ConfigurationError` for options that cannot work.

    >>> kommo = Kommo("acme", token="long-lived-token")
    >>> kommo
    Kommo('acme.kommo.com')
    >>> kommo.close()

    Source: Kommo API v4, "OAuth 2.0", "Long-lived token", "Limitations".
    """

    def __init__(  # noqa: PLR0913  # an account has many knobs, all by name
        self,
        account: str,
        *,
        token: str | LongLivedToken | None = None,
        oauth: OAuth | None = None,
        tokens: TokenStore | None = None,
        login: LegacyLogin | None = None,
        base_url: str | None = None,
        rate: float | None = 7.0,
        page_size: int | None = None,
        prefetch: int = 4,
        timeout: float | httpx.Timeout | None = DEFAULT_TIMEOUT,
        transport: Transport | None = None,
        timezone: str | tzinfo | None = None,
        fields: Fields | None = None,
        schema_ttl: float = 3600.0,
        retries: int = 5,
        backoff: float = 1.0,
        refresh_margin: float = 60.0,
        block_seconds: float = 60.0,
        verify: bool | str | ssl.SSLContext = True,
        proxy: str | None = None,
        user_agent: str | None = None,
        event_hooks: EventHooks | None = None,
        context_user_id: int | None = None,
        pools: ConnectionPools | None = None,
        locks: Locks | None = None,
        dialect: DialectName = "v4",
    ) -> None:
        self._dialect = spoken(dialect)
        self._name = resolve_account_host(account) if base_url is None else validate_account_name(account)
        self._base = f"https://{self._name}" if base_url is None else parse_base_url(base_url)
        self._rate = validate_rate(rate)
        most = self._dialect.max_page_size
        self._page_size = validate_int_range(most if page_size is None else page_size, 1, most, "page_size")
        self._locks = locks
        self._prefetch = validate_int_range(prefetch, 1, 100, "prefetch")
        self._timezone = parse_timezone(timezone)
        refuse_unknown(fields or {})
        self._fields, self._schema_ttl = fields, schema_ttl
        self._schema: Schema | None = None
        self._tokens_in_use: list[Token[connection.ModelConnection | None]] = []
        self._closed = False
        self._no_timezone: KommoError | None = None  # why it cannot be had

        self._own_pools = pools is None
        self._pools = pools or ConnectionPools(
            build_pool_options(
                timeout=timeout, transport=transport, verify=verify, proxy=proxy, event_hooks=event_hooks
            )
        )
        carried = build_headers(user_agent or f"kommo_orm/{_version()}", context_user_id)
        self._wire = HttpxSender(self._base, self._pools, carried, has_fixed_base=base_url is not None)
        self._sync, self._async = SyncDriver(self._wire), AsyncDriver(self._wire)

        self._traffic = get_shared_limits(self._base)
        # A transport of one's own is another road: a block or a hold met there says nothing about the network's.
        brake = (
            self._traffic.circuit_breaker
            if transport is None and not self._pools.has_user_transport
            else CircuitBreaker()
        )
        pace = None if self._rate is None else self._traffic.rate_limiter
        patience = RetryPolicy(attempts=retries, first=backoff, block=block_seconds)
        self._bare = retry_requests(limit_rate(log_requests(send_request), pace, brake.check_pause), patience, brake)
        moved = None if self._wire.has_fixed_base else self._wire.change_host
        problem = self._dialect.parse_error
        self._credentials: Credentials
        if login is None:
            self._credentials = credentials_of(self._name, token, oauth, tokens, problem, moved, refresh_margin)
        else:
            refuse_beside_login(token, oauth, tokens)
            self._credentials = LoginCredentials(login, self._name, problem, self._base)
        self._oauth = oauth
        self._ask = raise_for_status(authorised(self._bare, self._credentials), problem)
        self._drive = DriveHost(self._name, self._wire, self._ask_drive)

        self._member = _Member()
        if self._rate is not None:
            self._traffic.rate_limiter.join(self._member, self._rate)
        connection.register_open(self)

    @classmethod
    def from_env(cls, prefix: str = "KOMMO_", **options: Any) -> Self:
        """An account from environment variables; `options` are arguments of `Kommo` and win over the environment.

        `KOMMO_ACCOUNT` and `KOMMO_TOKEN`, or `KOMMO_CLIENT_ID`, `KOMMO_CLIENT_SECRET` and `KOMMO_REDIRECT_URI` with
        `KOMMO_TOKENS` (a folder); `KOMMO_BASE_URL`, `KOMMO_RATE`, `KOMMO_TIMEZONE`, `KOMMO_TIMEOUT` if need be.
        Raises `ConfigurationError` for what is missing or contradictory.
        """
        return cls(**(options_from(os.environ, prefix) | options))

    # ---- what models and queries need (model/connection.py)
    @property
    def name(self) -> str:
        """The account's full host; with `base_url`, the name that was given."""
        return self._name

    @property
    def base(self) -> str:
        """The address that requests go to, as it is now: `https://acme.kommo.com`."""
        return self._wire.base_url

    @property
    def page_size(self) -> int:
        return self._page_size

    @property
    def prefetch(self) -> int:
        return self._prefetch

    @property
    def rate(self) -> float | None:
        """Requests a second, None for unpaced."""
        return self._rate

    @property
    def timezone(self) -> tzinfo | None:
        """The account's zone if it is known already."""
        return self._timezone

    @property
    def locks(self) -> Locks | None:
        """What keeps others from writing an object while it is being saved."""
        return self._locks

    @property
    def writes(self) -> int:
        """How many writing calls this process has begun on this account."""
        return self._traffic.writes

    @property
    def dialect(self) -> Dialect:
        """How the account's API is spoken."""
        return self._dialect

    @property
    def schema(self) -> Schema:
        """The account's definitions of custom fields."""
        if self._schema is None:
            read = partial(self._dialect.fetch_definitions, self)
            self._schema = Schema(self, read, fields=self._fields, ttl=self._schema_ttl)
        return self._schema

    def ask(self, call: HttpRequest) -> Flow[HttpResponse]:
        """Send with authorisation, pace, retry and logging. Raises on every refusal; answers only successes."""
        if not call.is_read and call.authorised:
            self._traffic.count_write()
        if call.drive:
            call = yield from self._drive.resolve_request(call)
        return (yield from self._ask(call))

    def _ask_drive(self) -> Flow[str]:
        return self._dialect.parse_drive_url((yield from self._ask(self._dialect.build_drive_call())))

    def find_timezone(self) -> Flow[tzinfo]:
        """The account's zone, asked once."""
        if self._timezone is not None:
            return return_value(self._timezone)
        return run_exclusive(f"timezone of {self._name}", self._ask_timezone())

    def _ask_timezone(self) -> Flow[tzinfo]:
        if self._no_timezone is not None:
            raise self._no_timezone
        if self._timezone is None:
            try:
                answer = yield from self._ask(self._dialect.build_timezone_call())
                self._timezone = self._dialect.parse_timezone(answer)
            except (Forbidden, UnexpectedResponse) as error:
                self._no_timezone = error  # asking again would bring the same
                raise
        return self._timezone

    def run(self, flow: Flow[T]) -> T:
        """Run a flow in this thread."""
        self._refuse_closed()
        return self._sync.run(flow)

    async def arun(self, flow: Flow[T]) -> T:
        """Run a flow in the running event loop."""
        self._refuse_closed()
        return await self._async.run(flow)

    def stream(self, flow: Flow[Any]) -> Generator[Any, None, None]:
        """What a flow gives, one by one. Left early, it cancels what it has started."""
        self._refuse_closed()
        return self._sync.stream(flow)

    def astream(self, flow: Flow[Any]) -> AsyncGenerator[Any, None]:
        """The same for `async for`."""
        self._refuse_closed()
        return self._async.stream(flow)

    # ---- models: the typed account, sessions, checks of mappings
    def account(self, *include: AccountInclude) -> Account:
        """The account itself, read now: name, currency, the user of the token, and what is asked for with it.

        Cheap and allowed to every user, so it also answers whether a token works.

        >>> with Kommo("acme", token="...") as kommo:  # doctest: +SKIP
        ...     kommo.account("task_types", "datetime_settings").currency
        'EUR'

        Source: Kommo API v4, "Account parameters".
        """
        from kommo_orm.entities.account.account import account_flow

        return self.run(account_flow(self, include))

    async def aaccount(self, *include: AccountInclude) -> Account:
        """`account` for async code."""
        from kommo_orm.entities.account.account import account_flow

        return await self.arun(account_flow(self, include))

    def session(
        self,
        *,
        batch_size: int = 250,
        concurrency: int = 4,
        progress: Progress | bool | None = None,
        check_stale: bool = False,
    ) -> Session:
        """A unit of work on this account: the same as `Session(kommo)`."""
        from kommo_orm.session import Session

        return Session(self, batch_size=batch_size, concurrency=concurrency, progress=progress, check_stale=check_stale)

    def lock(self, *objects: Model) -> LockedSection:
        """A `with` or `async with` block in which nobody else saves these stored objects, for changes that read first.

        "Nobody" is whoever writes through accounts with the same `locks`: other tasks, threads and processes. Saves and
        flushes inside the block go through, if they are made by the thread and the task that opened it. Name all objects
        at once: locks taken one after the other can make two programs wait for each other, until `LockTimeout`.

        Raises `LockTimeout` on entering, `ConfigurationError` without `locks`, `QueryError` for new objects.

        >>> with Kommo("acme", token="...", locks=FileLocks("locks")) as kommo:  # doctest: +SKIP
        ...     with kommo.lock(lead):
        ...         lead.refresh()
        ...         lead.price += 100
        ...         lead.save()
        """
        from kommo_orm.unit.entity_locks import LockedSection

        return LockedSection(self, objects)

    def check(self, *models: type[Model]) -> list[Mismatch]:
        """Whether the custom fields that classes declare fit this account; an empty list says that they do.

        Reads the account's definitions afresh, once per kind of entity.

        >>> with Kommo("acme", token="...") as kommo:  # doctest: +SKIP
        ...     for mismatch in kommo.check(Deal, Person):
        ...         print(mismatch)
        Deal.source: acme.kommo.com has no custom field 'Source' on leads; did you mean 'Sources'?
        """
        return self.run(checked_models(self, models))

    async def acheck(self, *models: type[Model]) -> list[Mismatch]:
        """`check` for async code."""
        return await self.arun(checked_models(self, models))

    # ---- which account, and for how long
    @contextmanager
    def use(self) -> Generator[Self]:
        """Make this the account of the code inside the block (and of tasks begun there), without closing it after.

        >>> kommo = Kommo("acme", token="long-lived-token")
        >>> with kommo.use():
        ...     pass
        >>> kommo.close()
        """
        self._refuse_closed()
        token = connection.in_use.set(self)
        try:
            yield self
        finally:
            _reset(token)

    def activate(self) -> Self:
        """Make this the account of the whole process. A second, different one is refused."""
        self._refuse_closed()
        connection.activate(self)
        return self

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Close the connections; nothing can be asked after. Closing twice does nothing."""
        if self._leave() and self._own_pools:
            self._pools.close()

    async def aclose(self) -> None:
        """`close` for async code."""
        if self._leave() and self._own_pools:
            await self._pools.aclose()

    def _leave(self) -> bool:
        was_open, self._closed = not self._closed, True
        if was_open:
            self._traffic.rate_limiter.leave(self._member)
            connection.unregister_closed(self)
        return was_open

    def _refuse_closed(self) -> None:
        if self._closed:
            raise NotConnected(f"The account {self._name} was closed. Make a new Kommo to go on.")

    def __enter__(self) -> Self:
        self._refuse_closed()
        self._tokens_in_use.append(connection.in_use.set(self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _reset(self._tokens_in_use.pop())
        self.close()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _reset(self._tokens_in_use.pop())
        await self.aclose()

    def __repr__(self) -> str:
        return f"Kommo({self._name!r}{', closed' if self._closed else ''})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A Kommo cannot be pickled or copied: it holds connections and secrets. Make one in each process; "
            "objects find their account there by its name."
        )


def _version() -> str:
    import kommo_orm  # here, because the package's face imports this file

    return getattr(kommo_orm, "__version__", "0")


class _Member:
    """Stands for an open account in the pace, so that the pace holds no account alive."""


def _reset(token: Token[connection.ModelConnection | None]) -> None:
    with suppress(ValueError):  # entered in another context (an async fixture may be), which ends by itself
        connection.in_use.reset(token)

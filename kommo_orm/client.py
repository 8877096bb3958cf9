"""`Kommo`: one account. It puts the layers of a request together and runs flows, for sync and async code."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncGenerator, Generator, Mapping
from datetime import tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

import httpx

from kommo_orm.account_scope import AccountScope
from kommo_orm.auth.account_authorization import AccountAuthorization
from kommo_orm.auth.build_credentials import AccessOptions, build_credentials
from kommo_orm.auth.credentials import Credentials, authorize_requests
from kommo_orm.auth.environment import read_environment
from kommo_orm.dialects import DialectName, get_dialect
from kommo_orm.errors import Forbidden, KommoError, UnexpectedResponse
from kommo_orm.interface.dialect import Dialect
from kommo_orm.interface.list_lengths import ListLengths
from kommo_orm.locking.protocol import Locks, validate_locks
from kommo_orm.model.schema import Schema, refuse_unknown_overrides
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
from kommo_orm.transport.flow import Flow, return_value, run_exclusive
from kommo_orm.transport.hosts import parse_base_url, resolve_account_host
from kommo_orm.transport.http_messages import SUCCESSES, HttpRequest, HttpResponse, Pairs
from kommo_orm.transport.httpx_sender import HttpxSender
from kommo_orm.transport.rate_limiter import limit_rate, validate_rate
from kommo_orm.transport.raw_requests import RawRequests
from kommo_orm.transport.retry import RetryPolicy, retry_requests
from kommo_orm.transport.shared_limits import get_shared_limits

if TYPE_CHECKING:
    from kommo_orm.auth.legacy_login import LegacyLogin
    from kommo_orm.auth.oauth import OAuth
    from kommo_orm.auth.token_store import TokenStore
    from kommo_orm.auth.tokens import LongLivedToken
    from kommo_orm.entities.account.account import Account, AccountInclude
    from kommo_orm.model.model import Model
    from kommo_orm.model.schema_check import Mismatch
    from kommo_orm.session import Session
    from kommo_orm.unit.entity_locks import LockedSection
    from kommo_orm.unit.progress import Progress

T = TypeVar("T")
Fields = Mapping[type[Any], Mapping[str, int]]


class Kommo(AccountScope, RawRequests, AccountAuthorization):
    """One Kommo account, for sync and async code alike. Making one does no I/O; connections open when first needed.

    `account` is the subdomain (`acme`), the full host (`acme.kommo.com`) or an address of the account. Give either
    `token` (a long-lived token) or `oauth` (an integration) with `tokens` (where its tokens are kept; by default in
    files of the user's data folder). `login` is the old way in, by e-mail and API key.

    - `base_url`: an address in place of the account's (a test server, a proxy of yours).
    - `rate`: requests a second at most, shared by everything in this process that talks to the account; None: no limit.
    - `page_size`: 1 to 250 rows, with API v2 to 500; by default the most.
    - `prefetch`: how many pages and other reads are under way at once at most; by default as many as `rate` can use.
    - `timeout` in seconds (of each read and write; connecting has 5 s), or an `httpx.Timeout`, or None.
    - `retries`: how often a request is tried in all; `backoff`: seconds before the second attempt.
    - `transport`: any httpx transport, sync, async or both; `verify`, `proxy`, `event_hooks` as in httpx.
    - `timezone`: the account's zone, by name or as tzinfo, if it is not to be asked for.
    - `fields`: ids of custom fields in this account, `{Deal: {"budget": 771}}`; `schema_ttl`: seconds for which
      definitions of custom fields are kept.
    - `pools`: connections shared with other accounts; see `Accounts`.
    - `locks`: who saves an existing object holds its lock, among all that are given the same; see `FileLocks`.
    - `context_user_id`: act with the rights of this user (the token must be an administrator's).
    - `dialect`: which of Kommo's APIs is used, `"v4"` or the older `"v2"`, which can do less.
    - `refresh_margin`: seconds before their end at which OAuth tokens are refreshed; `block_seconds`: how long nothing
      is sent after the service blocked the account.

    Raises `ConfigurationError` for options that cannot work.

    >>> kommo = Kommo("acme", token="long-lived-token")
    >>> kommo
    Kommo('acme.kommo.com')
    >>> kommo.close()

    Source: Kommo API v4, "OAuth 2.0", "Long-lived token", "Limitations".
    """

    name: str
    """The account's full host; with `base_url`, the name that was given."""
    dialect: Dialect
    """How the account's API is used."""
    list_lengths: ListLengths
    """How long lists were when they were read: what a second reading need not find out again."""
    locks: Locks | None
    """What keeps others from writing an object while it is being saved."""

    _schema: Schema | None = None
    _timezone_error: KommoError | None = None  # why the time zone cannot be had

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
        prefetch: int | None = None,
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
        self.dialect = get_dialect(dialect)
        self.name = resolve_account_host(account) if base_url is None else validate_account_name(account)
        self.locks, self._rate = validate_locks(locks), validate_rate(rate)
        most = self.dialect.max_page_size
        self._page_size = validate_int_range(most if page_size is None else page_size, 1, most, "page_size")
        self._prefetch = None if prefetch is None else validate_int_range(prefetch, 1, 100, "prefetch")
        self._timezone = parse_timezone(timezone)
        refuse_unknown_overrides(fields or {})
        self._fields, self._schema_ttl = fields, schema_ttl
        self._owns_pools = pools is None
        self._pools = pools or ConnectionPools(
            build_pool_options(
                timeout=timeout, transport=transport, verify=verify, proxy=proxy, event_hooks=event_hooks
            )
        )
        self._open_sender(base_url, build_headers(user_agent or f"kommo_orm/{_read_version()}", context_user_id))
        policy = RetryPolicy(retries, backoff, block=block_seconds, is_transient=self.dialect.is_transient)
        self._oauth = oauth
        self._open_layers(policy, self._build_credentials(AccessOptions(token, oauth, tokens, login), refresh_margin))
        self._open_scope()

    def _open_sender(self, base_url: str | None, headers: Pairs) -> None:
        base = f"https://{self.name}" if base_url is None else parse_base_url(base_url)
        self._sender = HttpxSender(base, self._pools, headers, has_fixed_base=base_url is not None)
        self._sync, self._async = SyncDriver(self._sender), AsyncDriver(self._sender)
        self._drive_host = DriveHost(self.name, self._sender, self._ask_drive_host)

    def _build_credentials(self, options: AccessOptions, margin: float) -> Credentials:
        change_host = None if self._sender.has_fixed_base else self._sender.change_host
        return build_credentials(
            options, self.name, self._sender.base_url, self.dialect.parse_error, change_host, margin
        )

    def _open_layers(self, policy: RetryPolicy, credentials: Credentials) -> None:
        self._limits = get_shared_limits(self._sender.base_url)
        # A transport of the user's has a breaker of its own: a block met there does not concern the network.
        breaker = CircuitBreaker() if self._pools.has_user_transport else self._limits.circuit_breaker
        limiter = None if self._rate is None else self._limits.rate_limiter
        self._credentials, self.list_lengths = credentials, ListLengths()
        self._send_bare = retry_requests(limit_rate(limiter, breaker), policy, breaker)
        self._send_authorised = authorize_requests(self._send_bare, credentials)
        self._rate_member = _RateMember()
        if limiter is not None and self._rate is not None:
            limiter.join(self._rate_member, self._rate)

    @classmethod
    def from_env(cls, prefix: str = "KOMMO_", **options: Any) -> Self:
        """An account from environment variables; `options` are arguments of `Kommo` and win over the environment.

        `KOMMO_ACCOUNT` and `KOMMO_TOKEN`, or `KOMMO_CLIENT_ID`, `KOMMO_CLIENT_SECRET` and `KOMMO_REDIRECT_URI` with
        `KOMMO_TOKENS` (a folder); `KOMMO_BASE_URL`, `KOMMO_RATE`, `KOMMO_TIMEZONE`, `KOMMO_TIMEOUT` if need be.
        Raises `ConfigurationError` for what is missing or contradictory.
        """
        return cls(**(read_environment(os.environ, prefix) | options))

    # ---- what models and queries need (interface/connection.py)
    @property
    def base(self) -> str:
        """The address that requests go to, as it is now: `https://acme.kommo.com`."""
        return self._sender.base_url

    @property
    def page_size(self) -> int:
        """Rows of one page."""
        return self._page_size

    @property
    def prefetch(self) -> int | None:
        """Pages that are asked for at once at most; None: as many as the rate can use."""
        return self._prefetch

    @property
    def rate(self) -> float | None:
        """Requests a second, None for no limit."""
        return self._rate

    @property
    def timezone(self) -> tzinfo | None:
        """The account's time zone, if it is known already."""
        return self._timezone

    @property
    def writes(self) -> int:
        """How many writing requests this process has begun on this account."""
        return self._limits.writes

    @property
    def schema(self) -> Schema:
        """The account's definitions of custom fields."""
        if self._schema is None:
            read = partial(self.dialect.fetch_definitions, self)
            self._schema = Schema(self, read, fields=self._fields, ttl=self._schema_ttl)
        return self._schema

    def ask(self, call: HttpRequest) -> Flow[HttpResponse]:
        """Send a request through all layers. Ends with a success; a refusal raises the dialect's exception."""
        if call.authorised and not call.is_read:
            with self._limits.lock:
                self._limits.writes += 1
        if call.drive:
            call = yield from self._drive_host.resolve_request(call)
        response = yield from self._send_authorised(call)
        if response.status not in SUCCESSES:
            raise self.dialect.parse_error(call, response)
        return response

    def _ask_drive_host(self) -> Flow[str]:
        return self.dialect.parse_drive_url((yield from self.ask(self.dialect.build_drive_request())))

    def find_timezone(self) -> Flow[tzinfo]:
        """The account's time zone, asked once."""
        if self._timezone is not None:
            return return_value(self._timezone)
        return run_exclusive(f"timezone of {self.name}", self._ask_timezone())

    def _ask_timezone(self) -> Flow[tzinfo]:
        if self._timezone_error is not None:
            raise self._timezone_error
        if self._timezone is None:
            try:
                self._timezone = self.dialect.parse_timezone(
                    (yield from self.ask(self.dialect.build_timezone_request()))
                )
            except (Forbidden, UnexpectedResponse) as error:
                self._timezone_error = error  # asking again would bring the same
                raise
        return self._timezone

    def run(self, flow: Flow[T]) -> T:
        """Run a flow in this thread."""
        if self.closed:
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
        from kommo_orm.entities.account.account import fetch_account

        return self.run(fetch_account(self, include))

    async def aaccount(self, *include: AccountInclude) -> Account:
        """`account` for async code."""
        from kommo_orm.entities.account.account import fetch_account

        return await self.arun(fetch_account(self, include))

    def session(
        self,
        *,
        batch_size: int = 250,
        concurrency: int | None = None,
        progress: Progress | bool | None = None,
        check_stale: bool = False,
    ) -> Session:
        """A unit of work on this account: the same as `Session(kommo)`."""
        from kommo_orm.session import Session

        return Session(self, batch_size=batch_size, concurrency=concurrency, progress=progress, check_stale=check_stale)

    def lock(self, *objects: Model | str) -> LockedSection:
        """A `with` or `async with` block in which nobody else saves these stored objects, for changes that read first.

        A text is a key of your own. It locks what has no object yet: a phone that two workers must not both create.

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
        """Whether the custom fields that classes declare fit this account; they do if the list is empty.

        Reads the account's definitions afresh, once per kind of entity.

        >>> with Kommo("acme", token="...") as kommo:  # doctest: +SKIP
        ...     for mismatch in kommo.check(Deal, Person):
        ...         print(mismatch)
        Deal.source: acme.kommo.com has no custom field 'Source' on leads; did you mean 'Sources' (id 551)?
        """
        from kommo_orm.model.schema_check import check_schema

        return self.run(check_schema(self, models))

    async def acheck(self, *models: type[Model]) -> list[Mismatch]:
        """`check` for async code."""
        from kommo_orm.model.schema_check import check_schema

        return await self.arun(check_schema(self, models))

    def __repr__(self) -> str:
        return f"Kommo({self.name!r}{', closed' if self.closed else ''})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A Kommo cannot be pickled or copied: it holds connections and secrets. Make one in each process; "
            "objects find their account there by its name"
        )


def _read_version() -> str:
    import kommo_orm  # here, because the package's face imports this file

    return getattr(kommo_orm, "__version__", "0")


class _RateMember:
    """Stands for an open account in the rate limiter, so that the limiter holds no account alive."""


__all__ = ["Kommo"]

"""Which account: what models and queries need of an open account, and the rules that find the current one.

Order: the account given (`using`), else the object's own, else `kommo.use()` (a context variable), else
`kommo.activate()` (the process). `client.Kommo` is the only implementation; models never import it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from weakref import WeakValueDictionary

from kommo_orm.errors import ConfigurationError, NotConnected

if TYPE_CHECKING:
    from kommo_orm.locking.protocol import Locks
    from kommo_orm.model.schema import Schema
    from kommo_orm.transport.flow import Flow
    from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

T = TypeVar("T")


class ModelConnection(Protocol):
    """An account that flows can be run on."""

    @property
    def name(self) -> str:
        """Stable name of the account, its host: goes into pickles, locks and messages."""
        ...

    @property
    def base(self) -> str:
        """The address before the paths of requests: the account's own, or the one that the user put in its place."""
        ...

    @property
    def closed(self) -> bool: ...
    @property
    def page_size(self) -> int: ...
    @property
    def prefetch(self) -> int | None:
        """How many pages are asked for at once at most; None: as many as the rate can use."""
        ...

    @property
    def rate(self) -> float | None:
        """Requests a second, None for unpaced."""
        ...

    @property
    def schema(self) -> Schema:
        """Definitions of custom fields, cached, and the overrides of this account."""
        ...

    @property
    def timezone(self) -> tzinfo | None:
        """The account's zone if it is known already; None before anyone asked."""
        ...

    @property
    def locks(self) -> Locks | None:
        """What keeps others from writing an object while it is being saved; None: nothing does."""
        ...

    @property
    def writes(self) -> int:
        """How many writing calls were begun in this process on this account (any thread): moves pages under readers."""
        ...

    def ask(self, call: HttpRequest) -> Flow[HttpResponse]:
        """Send with authorisation, pace, retry and logging. Raises on every refusal; answers only successes."""
        ...

    def find_timezone(self) -> Flow[tzinfo]:
        """The account's zone, asked once."""
        ...

    def run(self, flow: Flow[T]) -> T: ...
    async def arun(self, flow: Flow[T]) -> T: ...
    def stream(self, flow: Flow[Any]) -> Iterator[Any]: ...
    def astream(self, flow: Flow[Any]) -> AsyncIterator[Any]: ...


in_use: ContextVar[ModelConnection | None] = ContextVar("kommo_orm_in_use", default=None)
_active: ModelConnection | None = None
_open: WeakValueDictionary[str, ModelConnection] = WeakValueDictionary()


def activate(connection: ModelConnection) -> None:
    """Make this the account of the whole process. A second, different one is refused."""
    global _active  # noqa: PLW0603  # the process has one
    if _active is not None and _active is not connection:
        raise ConfigurationError(
            f"{_active.name} is the active account of this process; {connection.name} cannot be activated beside it. "
            "Close it first, or choose per block with `with kommo.use():` and per query with `.using(kommo)`"
        )
    _active = connection


def register_open(connection: ModelConnection) -> None:
    """Note an account so that unpickled objects can find it by name; the first one open under a name stays."""
    _open.setdefault(connection.name, connection)


def unregister_closed(connection: ModelConnection) -> None:
    global _active  # noqa: PLW0603  # the process has one
    if _active is connection:
        _active = None
    if _open.get(connection.name) is connection:
        del _open[connection.name]


def find_open(name: str) -> ModelConnection | None:
    """The open account of that name."""
    current = find_current()
    if current is not None and current.name == name:
        return current
    return _open.get(name)


def _find_reopened(own: ModelConnection | None) -> ModelConnection | None:
    """The object's own account; if that was closed and the same account is open again, the open one."""
    return (find_open(own.name) or own) if own is not None and own.closed else own


def find_current() -> ModelConnection | None:
    """The account of the block or of the process; None if no account was chosen."""
    return in_use.get() or _active


def find_connection(given: ModelConnection | None = None, own: str | ModelConnection | None = None) -> ModelConnection:
    """Return the account to send to, by the order in this file's docstring. Raises `NotConnected`."""
    if given is not None:
        return given
    if isinstance(own, str):
        found = find_open(own)
        if found is None:
            raise NotConnected(
                f"This object belongs to account {own}, which is not open here. Open it (`Kommo({own!r}, ...)`) "
                "or pass one with `using=`"
            )
        return found
    connection = _find_reopened(own) or find_current()
    if connection is None:
        raise NotConnected(
            'No account is connected. Use `with Kommo("acme", token=...) as kommo:`, `kommo.activate()` for the whole '
            "process, or choose one with `.using(kommo)`"
        )
    return connection

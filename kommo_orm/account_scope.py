"""How long an account is open, and for which code it is the current one."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from contextvars import Token
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from kommo_orm.errors import NotConnected
from kommo_orm.model import connection

if TYPE_CHECKING:
    from kommo_orm.model.connection import ModelConnection
    from kommo_orm.transport.connection_pools import ConnectionPools
    from kommo_orm.transport.shared_limits import SharedLimits


class AccountScope:
    """Base of an account: opening it for a block, for a context or for the process, and closing it."""

    if TYPE_CHECKING:
        name: str
        _pools: ConnectionPools
        _owns_pools: bool
        _limits: SharedLimits
        _rate_member: object

    closed: bool = False
    """True after `close()`."""

    def _open_scope(self) -> None:
        self._context_tokens: list[Token[ModelConnection | None]] = []
        connection.register_open(self._as_connection())

    @contextmanager
    def use(self) -> Generator[Self]:
        """Make this the account of the code inside the block (and of tasks begun there), without closing it after.

        >>> from kommo_orm import Kommo
        >>> kommo = Kommo("acme", token="long-lived-token")
        >>> with kommo.use():
        ...     pass
        >>> kommo.close()
        """
        self._refuse_closed()
        token = connection.in_use.set(self._as_connection())
        try:
            yield self
        finally:
            _leave_context(token)

    def activate(self) -> Self:
        """Make this the account of the whole process. A second, different one is refused."""
        self._refuse_closed()
        connection.activate(self._as_connection())
        return self

    def close(self) -> None:
        """Close the connections; nothing can be asked after. Closing twice does nothing."""
        if self._mark_closed() and self._owns_pools:
            self._pools.close()

    async def aclose(self) -> None:
        """`close` for async code."""
        if self._mark_closed() and self._owns_pools:
            await self._pools.aclose()

    def _mark_closed(self) -> bool:
        was_open, self.closed = not self.closed, True
        if was_open:
            self._limits.rate_limiter.leave(self._rate_member)
            connection.unregister_closed(self._as_connection())
        return was_open

    def _refuse_closed(self) -> None:
        if self.closed:
            raise NotConnected(f"The account {self.name} was closed. Make a new Kommo to go on")

    def _as_connection(self) -> ModelConnection:
        return cast("ModelConnection", self)  # `Kommo`, the only class on this base, is one

    def __enter__(self) -> Self:
        self._refuse_closed()
        self._context_tokens.append(connection.in_use.set(self._as_connection()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _leave_context(self._context_tokens.pop())
        self.close()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _leave_context(self._context_tokens.pop())
        await self.aclose()


def _leave_context(token: Token[ModelConnection | None]) -> None:
    with suppress(ValueError):  # entered in another context (an async fixture may be), which ends by itself
        connection.in_use.reset(token)

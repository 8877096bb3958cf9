"""The bookkeeping beside an object: what the service sent, what has moved since, whose it is.

One slot of the object holds it, outside pydantic's fields: it costs nothing at loading and stays out of `==`. The row is
the baseline. A value is decoded when it is first read and kept in the object's `__dict__` from then on; what was never
read cannot have changed; what was read is compared with the baseline. So in-place changes count, and setting a value back
makes the object clean again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Protocol

from kommo_orm.model.connection import Connection, find_open

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

Row = dict[str, Any]
AWAITS_ID = (
    "it was stored with its incoming lead, and the service tells its id when that is accepted: accept() it first"
)


class Unit(Protocol):
    """What an object needs of the session it belongs to."""

    @property
    def connection(self) -> Connection:
        """The account of the session."""
        ...

    def guard(self) -> None:
        """Raise `ConfigurationError` in a thread or task that the session does not belong to."""
        ...

    def add(self, model: Model) -> None:
        """Let an object join."""
        ...

    def refuse_twin(self, model: Model) -> None:
        """Raise `ConfigurationError` if the row is here as an object of another class, changed too."""
        ...

    def touch(self, model: Model) -> None:
        """The object may have changed: keep it alive until the next flush."""
        ...

    def admit_rows(self, cls: type[Any], rows: list[Row], account: Connection, included: frozenset[str]) -> list[Any]:
        """The session's objects for these rows: one row is one object."""
        ...

    def record_flush(self, report: Any) -> None:
        """Objects of the session were written; `report` says what became of them."""
        ...

    def record_resolution(self, model: Model, *, dropped: bool) -> None:
        """An uncertain object has been decided on."""
        ...


@dataclass(frozen=True, slots=True)
class CreateAttempt:
    """What was sent: values by field, and by companion what of it went along. `is_stored`: only the id is not known."""

    values: dict[str, Any]
    attached: dict[str, Any]
    is_stored: bool = False


class InstanceState:
    __slots__ = (
        "account",
        "attached",
        "baseline",
        "create_attempt",
        "included",
        "is_created_here",
        "is_dropped",
        "row",
        "unconfirmed",
        "unconfirmed_writes",
        "unit",
    )

    def __init__(
        self, row: Row | None = None, account: Connection | str | None = None, unit: Unit | None = None
    ) -> None:
        self.row = row  # None for an object made here
        self.account = account
        self.unit = unit
        self.baseline: dict[str, Any] = {}  # baselines that moved after loading: by saves
        self.unconfirmed: set[str] = set()  # fields that were sent and may be stored: they count as changed
        self.unconfirmed_writes = (
            0  # changes, one after the other, that were sent and may be stored: the row may be newer than is known
        )
        self.attached: dict[str, Any] = {}  # relations and undeclared fields in use, by name
        self.included: frozenset[str] = frozenset()
        self.is_created_here = False  # created by this very object: what it was not linked to it is not linked to
        self.is_dropped = (
            False  # a new object that was given up: it is created no more unless it is saved or added anew
        )
        self.create_attempt: CreateAttempt | None = (
            None  # a creation whose id is not known, or not even whether it was stored
        )

    @property
    def is_uncertain(self) -> bool:
        """Nobody knows whether the object was stored."""
        return self.create_attempt is not None and not self.create_attempt.is_stored

    @property
    def awaits_id(self) -> bool:
        """It is stored inside of another object, and the service tells its id later."""
        return self.create_attempt is not None and self.create_attempt.is_stored

    @property
    def connection(self) -> Connection | None:
        return find_open(self.account) if isinstance(self.account, str) else self.account

    @property
    def account_name(self) -> str | None:
        return self.account if isinstance(self.account, str) or self.account is None else self.account.name

    @property
    def zone(self) -> tzinfo | None:
        connection = self.connection
        return connection.timezone if connection is not None else None

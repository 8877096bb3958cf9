"""`InstanceState`: what the library keeps about an object beside its fields.

One slot of the object holds it, outside of pydantic's fields, so that `==` and dumps do not see it. The row is the baseline.
A value is decoded when it is first read, and kept in the object's `__dict__`. What was never read cannot have changed. What
was read is compared with the baseline. So in-place changes count, and setting a value back makes the object clean again.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from kommo_orm.model.connection import ModelConnection, find_open
from kommo_orm.model.field_values import get_values
from kommo_orm.model.lazy_row import overlay_row

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

Row = Mapping[str, Any]
NOTHING: Mapping[str, Any] = MappingProxyType({})
NO_NAMES: frozenset[str] = frozenset()
AWAITS_ID = "it was stored with its incoming lead, and Kommo gives its id when that is accepted: accept() it first"


class Unit(Protocol):
    """What an object needs of the session it belongs to."""

    @property
    def connection(self) -> ModelConnection:
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
        """Keep an object alive until the next flush: it may have changed."""
        ...

    def admit_rows(
        self, cls: type[Any], rows: Sequence[Row], account: ModelConnection, included: frozenset[str]
    ) -> list[Any]:
        """Return the session's objects for these rows. One row is one object."""
        ...

    def record_flush(self, report: Any) -> None:
        """Take over the results of a flush for objects of the session."""
        ...

    def record_resolution(self, model: Model, *, dropped: bool) -> None:
        """Take note that an unconfirmed object was resolved."""
        ...


@dataclass(frozen=True, slots=True)
class CreateAttempt:
    """What a creation sent: the values by field, and the parts of attached state. `is_stored`: only the id is not known."""

    values: dict[str, Any]
    attached: dict[str, Any]
    is_stored: bool = False


# What copies and pickles take along, beside the row and the account.
KEPT = ("baseline", "create_attempt", "included", "is_created_here", "unconfirmed", "unconfirmed_writes")


class InstanceState:
    """What the library keeps about one object.

    * `row`: the row as Kommo sent it; None for an object that was made here.
    * `account`: the account of the object, or its name; None while there is none.
    * `unit`: the session that the object belongs to.
    * `baseline`: values that a save has stored since the row was read, by field.
    * `attached`: the state of relations, tags and undeclared custom fields in use, by name.
    * `included`: names that the query asked for by `include()`.
    * `unconfirmed`: fields that were sent and may be stored. They count as changed.
    * `unconfirmed_writes`: how many writes in a row may be stored. The row may be newer than is known.
    * `create_attempt`: a creation that may be stored, or is stored under an id that is not known yet.
    * `is_created_here`: this very object created the row, so that nothing is linked to it but what this object linked.
    * `is_dropped`: a new object that the user gave up. It is not created unless it is saved or added anew.

    Most objects are only read. So the collections begin as empty ones that all objects share, and are replaced by the first
    change (`set_baseline`, `attach`, `mark_unconfirmed`).
    """

    __slots__ = ("account", "attached", "is_dropped", "row", "unit", *KEPT)

    id_mark: ClassVar[object] = object()  # another one after each new object that got its id (`assign_id`)

    def __init__(
        self,
        row: Row | None = None,
        account: ModelConnection | str | None = None,
        unit: Unit | None = None,
        included: frozenset[str] = NO_NAMES,
    ) -> None:
        self.row = row
        self.account = account
        self.unit = unit
        self.included = included
        self.baseline: Mapping[str, Any] = NOTHING
        self.attached: Mapping[str, Any] = NOTHING
        self.unconfirmed: frozenset[str] = NO_NAMES
        self.unconfirmed_writes = 0
        self.is_created_here = False
        self.is_dropped = False
        self.create_attempt: CreateAttempt | None = None

    # ---- what is replaced: other code reads `baseline`, `attached` and `unconfirmed`, and changes them here
    def set_baseline(self, name: str, value: Any) -> None:
        """Note the stored value of a field, which is newer than the row."""
        if self.baseline is NOTHING:
            self.baseline = {}
        cast("dict[str, Any]", self.baseline)[name] = value

    def forget_baseline(self, name: str) -> None:
        """Forget the stored value of a field: the row has it, or nobody knows it."""
        if name in self.baseline:
            del cast("dict[str, Any]", self.baseline)[name]

    def attach(self, name: str, attached: Any) -> None:
        """Keep the state of a relation, of the tags or of the custom fields."""
        if self.attached is NOTHING:
            self.attached = {}
        cast("dict[str, Any]", self.attached)[name] = attached

    def detach(self, name: str) -> None:
        """Give up the state of a relation, of the tags or of the custom fields."""
        del cast("dict[str, Any]", self.attached)[name]

    def mark_unconfirmed(self, names: Iterable[str]) -> None:
        """Note fields that were sent and may be stored."""
        self.unconfirmed = self.unconfirmed.union(names)

    def confirm(self, names: Iterable[str]) -> None:
        """Note fields of which it is known that they are stored."""
        if self.unconfirmed:
            self.unconfirmed = self.unconfirmed.difference(names)

    def set_in_row(self, key: str, value: Any) -> None:
        """Note a value that the stored row has by now, where the row is known."""
        if self.row is not None:
            self.row = overlay_row(self.row, {key: value})

    # ---- copies
    def copy_detached(self, duplicate: Callable[[Any], Any]) -> InstanceState:
        """Return a copy that belongs to no session. `duplicate` copies a value, deeply or not."""
        twin = InstanceState(self.row, self.account)
        for name in KEPT:
            value = getattr(self, name)
            setattr(twin, name, value if value is NOTHING else duplicate(copy.copy(value)))
        return twin

    def __getstate__(self) -> dict[str, Any]:
        kept = {name: getattr(self, name) for name in KEPT}
        return {"row": self.row, "account": self.account_name, **kept, "baseline": dict(self.baseline)}

    def __setstate__(self, saved: dict[str, Any]) -> None:
        for name, value in saved.items():
            setattr(self, name, value)
        self.unit, self.attached, self.is_dropped = None, NOTHING, False

    # ---- what is known

    @property
    def is_uncertain(self) -> bool:
        """Whether it is not known if the object was stored."""
        return self.create_attempt is not None and not self.create_attempt.is_stored

    @property
    def awaits_id(self) -> bool:
        """Whether the object is stored inside of another one, and Kommo gives its id later."""
        return self.create_attempt is not None and self.create_attempt.is_stored

    @property
    def connection(self) -> ModelConnection | None:
        return find_open(self.account) if isinstance(self.account, str) else self.account

    @property
    def account_name(self) -> str | None:
        return self.account if isinstance(self.account, str) or self.account is None else self.account.name

    @property
    def zone(self) -> tzinfo | None:
        connection = self.connection
        return connection.timezone if connection is not None else None


def assign_id(model: Model, pk: int) -> None:
    """Give an object the id that Kommo gave its row."""
    get_values(model)["id"] = pk
    InstanceState.id_mark = object()


def make_private_values(cls: Any) -> dict[str, Any] | None:
    """Return the first values of a class's private attributes; None if it has none."""
    return {name: private.get_default() for name, private in cls.__private_attributes__.items()} or None


# Most objects need one of them.
SLOTS: dict[str, Callable[[Any], Any]] = {
    "__kommo_state__": lambda cls: InstanceState(),
    "__pydantic_fields_set__": lambda cls: set(),
    "__pydantic_extra__": lambda cls: None,
    "__pydantic_private__": make_private_values,
}

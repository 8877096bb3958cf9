"""Entity locks: their names, and `with` blocks that hold them while an object is read, changed and saved.

A stored object has one lock, whatever class it was read as. Account, kind, id and the place where the id is unique make its
name. New objects have no lock, because nobody else can have them. What no object stands for has a key, which is any text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.interface.connection import Connection
from kommo_orm.locking.acquisition import HeldLocks, LockedObject, find_open_sections, run_holding_locks
from kommo_orm.locking.protocol import LockName, Locks
from kommo_orm.model.arguments import refuse_list_argument
from kommo_orm.model.model import Model
from kommo_orm.transport.flow import Flow, run_blocking
from kommo_orm.unit.cascade import refuse_other_account
from kommo_orm.unit.report import describe

T = TypeVar("T")

KEYS = "keys"  # stands for the kind of entity in the names of locks that belong to no object


def find_lock_names(connection: Connection, models: Iterable[Model]) -> dict[LockName, LockedObject]:
    """The names of the locks of stored objects; new objects have none."""
    return {
        LockName(connection.name, type(model).__kommo_kind__, _format_lock_id(model)): LockedObject(
            describe(model), model
        )
        for model in models
        if not model.is_new
    }


def _format_lock_id(model: Model) -> str:
    places = (getattr(model, place, None) for place in type(model).__kommo_info__.unique_within)
    return " in ".join([str(model.pk), *(str(place) for place in places if place is not None)])


def find_key_locks(connection: Connection, keys: Iterable[str]) -> dict[LockName, LockedObject]:
    """The names of the locks of free keys."""
    return {LockName(connection.name, KEYS, key): LockedObject(f"The key {key!r}", key) for key in keys}


def run_with_keys_locked(connection: Connection, keys: Iterable[str], flow: Flow[T]) -> Flow[T]:
    """Run a flow while these keys are locked. Without `locks=` it just runs."""
    locks = connection.locks
    return (yield from run_holding_locks(locks, find_key_locks(connection, keys) if locks is not None else {}, flow))


def run_locked(connection: Connection, models: Iterable[Model], flow: Flow[T]) -> Flow[T]:
    """Run a flow while the stored ones of these objects are locked. Without `locks=` it just runs."""
    locks = connection.locks
    return (yield from run_holding_locks(locks, find_lock_names(connection, models) if locks is not None else {}, flow))


class LockedSection:
    """What `Kommo.lock()` gives: a `with` or `async with` block in which nobody else writes these objects or has these keys.

    Saves and flushes of the block's own thread and task go through; all others wait. Raises `LockTimeout` on entering.
    """

    def __init__(self, connection: Connection, objects: Iterable[Model | str]) -> None:
        given = list(objects)
        refuse_list_argument(given, "lock", QueryError)
        self._locks = _locks_of(connection)
        self._connection = connection
        if not given:
            raise QueryError(
                "lock() needs the objects that nobody else may write during the block, or keys of your own"
            )
        keys, models = _divide_objects(given)
        refuse_other_account(connection, models)
        self._objects: Mapping[LockName, LockedObject] = {
            **find_lock_names(connection, models),
            **find_key_locks(connection, keys),
        }
        self._hold: HeldLocks | None = None
        self._among: list[HeldLocks] = []

    def __enter__(self) -> Self:
        hold = self._create_hold()
        try:
            self._connection.run(hold.acquire_locks())
        except BaseException:
            self._release_hold()
            raise
        return self._register_hold(hold)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._release_hold()

    async def __aenter__(self) -> Self:
        hold = self._create_hold()
        try:
            await self._connection.arun(hold.acquire_locks())
        except BaseException:
            self._release_hold()
            raise
        return self._register_hold(hold)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        hold = self._hold
        try:
            if hold is not None and not self._connection.closed:
                await self._connection.arun(run_blocking(hold.release_locks))
        finally:
            self._release_hold()

    def _create_hold(self) -> HeldLocks:
        if self._hold is not None:
            raise ConfigurationError(
                "This section is open already. Each `with` block needs a kommo.lock(...) of its own."
            )
        self._hold = HeldLocks(self._locks, self._objects)
        return self._hold

    def _register_hold(self, hold: HeldLocks) -> Self:
        self._among = find_open_sections()
        self._among.append(hold)
        return self

    def _release_hold(self) -> None:
        hold, self._hold = self._hold, None
        if hold is not None:
            with suppress(ValueError):  # it was never entered, or a child process cleared the list
                self._among.remove(hold)
            hold.release_locks()

    def __repr__(self) -> str:
        return f"<lock of {', '.join(locked.words for locked in self._objects.values())}>"


def _divide_objects(given: Iterable[Model | str]) -> tuple[list[str], list[Model]]:
    """Divide what is to be locked into keys and stored objects. Raises `QueryError` for what has no lock."""
    keys: list[str] = []
    models: list[Model] = []
    for one in given:
        if isinstance(one, str) and one.strip():
            keys.append(one)
        elif not isinstance(one, Model):
            raise QueryError(f"lock() takes stored objects and keys (any text), not {one!r}")
        elif one.is_new:
            raise QueryError(
                f"{describe(one)} is new: nobody else can write it, so there is nothing to lock. To create something once, "
                'lock a key that stands for it, such as lock("phone:+1555000100")'
            )
        else:
            models.append(one)
    return keys, models


def _locks_of(connection: Connection) -> Locks:
    if connection.locks is None:
        raise ConfigurationError(
            f"{connection.name} has no locks. Open it as Kommo(..., locks=FileLocks(folder)), with the same folder in all "
            "processes that write the same objects."
        )
    return connection.locks

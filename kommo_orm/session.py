"""`Session`: the unit of work. Change objects as plain Python; one `commit()` turns it all into the fewest requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from kommo_orm.entities.shared.entity import Deletable, Editable
from kommo_orm.entities.shared.typed_queries import TypedQueryMixin
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.interface.connection import Connection, find_connection
from kommo_orm.model.arguments import refuse_list_argument
from kommo_orm.model.model import Model
from kommo_orm.query.arguments import validate_pk
from kommo_orm.query.relation_loader import load_relation
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.flush import Flush
from kommo_orm.unit.plan import Plan
from kommo_orm.unit.progress import Progress, make_progress, stop_progress
from kommo_orm.unit.report import Report, count_noun, describe, describe_were
from kommo_orm.unit.session_owner import SessionOwner
from kommo_orm.unit.unit_of_work import UnitOfWork

M = TypeVar("M", bound=Model)


class Session(TypedQueryMixin):
    """Changes of many objects, written together.

    `with Session(kommo) as session:` commits on a clean exit and rolls back on an exception. Only `query`, `get`, `add` and
    `using(session)` join it. It belongs to one thread or one task.

    Args:
        kommo: the account; else the current one.
        batch_size: objects in one request at most (1 to 250).
        concurrency: batches sent side by side at most; by default as many as the account's rate can use.
        progress: called with the number of objects done and the number in all, after each batch; True draws a bar (rich).
        check_stale: before a flush, compare the stored `updated_at` of every changed object with the loaded one (250 rows a
            request). Objects that somebody else changed fail with `StaleObject`, the others are saved.

    Example:
        >>> with Session(kommo) as session:
        ...     for lead in session.query(Lead).filter(pipeline_id=7):
        ...         lead.responsible_user_id = 42

    There are no transactions in Kommo: what was sent is stored. `report` tells what became of each object.
    """

    def __init__(
        self,
        kommo: Connection | None = None,
        *,
        batch_size: int = 250,
        concurrency: int | None = None,
        progress: Progress | bool | None = None,
        check_stale: bool = False,
    ) -> None:
        if not 1 <= batch_size <= 250:
            raise ConfigurationError(f"batch_size is from 1 to 250 (Kommo takes no more), not {batch_size}")
        if concurrency is not None and concurrency < 1:
            raise ConfigurationError(f"concurrency is at least 1, not {concurrency}")
        self._given: Connection | None = kommo
        self.batch_size, self.concurrency, self.progress = batch_size, concurrency, make_progress(progress)
        self.check_stale = check_stale
        self.unit = UnitOfWork(lambda: self.connection, self._require_owner)
        self.report = Report()
        self._stored: list[str] = []  # what the flushes of this block have written, for a message
        self._requests = 0
        self._owner = SessionOwner()
        self._is_flushing = False

    @property
    def connection(self) -> Connection:
        """The account of the session: the one given, else the one that is current when it is first needed."""
        if self._given is None:
            self._given = find_connection()
        return self._given

    # ---- adding and removing
    def add(self, *objects: Model) -> None:
        """Add objects: the next flush creates new ones and updates changed ones. New objects they are related to are added, too.

        Raises:
            ConfigurationError: an object is in another session, or its row is here as another object.
        """
        self._require_owner()
        refuse_list_argument(objects, "add")
        for model in map(object_of, objects):
            self.unit.add(model)

    def delete(self, *objects: Model) -> None:
        """Mark objects for deletion by the next flush.

        Raises:
            QueryError: the public API cannot delete this kind of entity. Incoming leads are declined instead.
        """
        self._require_owner()
        refuse_list_argument(objects, "delete")
        for model in map(object_of, objects):
            self.unit.delete(model)

    def expunge(self, *objects: Model) -> None:
        """Remove objects from the session, with their changes. Without arguments, remove all of them."""
        self._owner.require_own_thread()
        refuse_list_argument(objects, "expunge")
        self.unit.expunge_all(objects or self.unit.collect_members())

    def __contains__(self, model: object) -> bool:
        return model in self.unit

    # ---- reads
    def _before_query(self) -> None:
        self._require_owner()

    def get(self, cls: type[M], pk: int) -> M:
        """The session's object of an id; it is read if the session does not have it yet. Raises `NotFound`."""
        self._require_owner()
        known = self._find_known(cls, pk)
        return cast("M", known) if known is not None else cast(Any, cls).objects.using(self).get(pk)

    def _find_known(self, cls: type[Model], pk: Any) -> Model | None:
        name = cls.__kommo_info__.address_field
        if name != "id" and isinstance(pk, str):
            return next(
                (one for one in self.unit.collect_members() if type(one) is cls and getattr(one, name, None) == pk),
                None,
            )
        return self.unit.known.get((cls, validate_pk(pk, cls.__kommo_info__.id_type)))

    async def aget(self, cls: type[M], pk: int) -> M:
        """`get()` for async code."""
        self._require_owner()
        known = self._find_known(cls, pk)
        return cast("M", known) if known is not None else await cast(Any, cls).objects.using(self).aget(pk)

    def load(self, objects: Sequence[Model], *names: str) -> None:
        """Bring related objects of many objects into the session, 250 ids a request."""
        self._require_owner()
        self.connection.run(self._load_relations(objects, names))

    async def aload(self, objects: Sequence[Model], *names: str) -> None:
        """`load()` for async code."""
        self._require_owner()
        await self.connection.arun(self._load_relations(objects, names))

    def _load_relations(self, objects: Sequence[Model], names: Sequence[str]) -> Flow[None]:
        refuse_list_argument(names, "load", QueryError)
        for name in names:
            yield from load_relation(self.connection, list(objects), name, self.unit)

    # ---- what is pending
    @property
    def new(self) -> list[Editable]:
        """Objects that the next flush creates."""
        self._owner.require_own_thread()
        return cast("list[Editable]", self.unit.new_objects)

    @property
    def dirty(self) -> list[Editable]:
        """Stored objects with pending changes."""
        self._owner.require_own_thread()
        return cast("list[Editable]", self.unit.dirty_objects)

    @property
    def deleted(self) -> list[Deletable]:
        """Objects that the next flush deletes."""
        return cast("list[Deletable]", self.unit.objects_to_delete)

    @property
    def uncertain(self) -> list[Editable]:
        """Objects whose creation was sent and never answered. They are not sent again until `resolve()`."""
        return cast("list[Editable]", self.unit.uncertain_objects)

    def plan(self) -> Plan:
        """What a flush would send now, request by request. It prints. This sends no request."""
        self._require_owner()
        return self._build_flush().plan()

    # ---- writing
    def flush(self) -> Report:
        """Write all pending changes.

        Raises:
            FlushError: something failed or is uncertain; `.report` tells what. What failed stays pending.
            LockTimeout: somebody else held the lock of an object for too long. Nothing was sent, all stays pending.
        """
        with self._open_flush() as flush:
            report = self.connection.run(flush.run())
        report.raise_for_failures()
        return report

    async def aflush(self) -> Report:
        """`flush()` for async code."""
        with self._open_flush() as flush:
            report = await self.connection.arun(flush.run())
        report.raise_for_failures()
        return report

    def commit(self) -> Report:
        """Flush, then remove all objects from the session. They stay usable."""
        report = self.flush()
        self.expunge()
        return report

    async def acommit(self) -> Report:
        """`commit()` for async code."""
        report = await self.aflush()
        self.expunge()
        return report

    def rollback(self) -> None:
        """Restore the loaded values of changed objects, and remove new objects and deletions. What was sent stays stored."""
        self._require_owner()
        self.unit.roll_back()

    def _build_flush(self) -> Flush:
        return Flush(
            self.connection,
            self.unit.collect_pending(),
            self.unit.objects_to_delete,
            batch_size=self.batch_size,
            concurrency=self.concurrency,
            progress=self.progress,
            check_stale=self.check_stale,
        )

    @contextmanager
    def _open_flush(self) -> Iterator[Flush]:
        """Run one flush at a time. It may run in a task of its own: `asyncio.wait_for` makes one."""
        self._owner.require_own_thread()
        if self._is_flushing:
            raise ConfigurationError(
                "This session is being flushed already, in another task. Wait for that flush to end."
            )
        flush = self._build_flush()
        self._is_flushing = True
        try:
            yield flush
        finally:
            self._is_flushing = False
            stop_progress(self.progress)
            flush.outcome.close_open_batches()
            self.report = flush.report
            written = [*flush.report.created, *flush.report.updated, *flush.report.deleted]
            self._stored += [describe(*written)] if written else []
            self._requests += flush.report.requests
            self.unit.record_own_flush(flush.report)

    # ---- the block
    def __enter__(self) -> Self:
        self._require_owner()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.commit()
        else:
            self._roll_back_on(error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            await self.acommit()
        else:
            self._roll_back_on(error)

    def _roll_back_on(self, error: BaseException) -> None:
        uncertain = self.unit.uncertain_objects
        self.unit.roll_back()
        if self._stored:
            stored = ", then ".join(self._stored)
            error.add_note(
                f"The session was rolled back; flushed before, and stored: {stored} in {count_noun(self._requests, 'request')}."
            )
        if uncertain:
            error.add_note(f"Nobody knows whether {describe_were(*uncertain)} created: see session.uncertain.")

    def _require_owner(self) -> None:
        self._owner.require_own_task()

    def __repr__(self) -> str:
        return f"<Session {len(self.new)} new, {len(self.dirty)} dirty, {len(self.deleted)} to delete, {len(self.uncertain)} uncertain>"


def object_of(given: Any) -> Model:
    if not isinstance(given, Model):
        raise ConfigurationError(
            f"a session takes objects such as Lead(...), not {given!r}; several go as add(*objects)"
        )
    return given


__all__ = ["Session"]

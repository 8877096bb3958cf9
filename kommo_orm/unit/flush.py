"""A flush: pending objects become the fewest requests, in dependency order.

    cascade -> change sets -> encoded and validated, before anything is sent: what is bad fails -> locked -> batches, rank by
    rank -> links -> deletions

Ranks go one after the other (`plan.RANKS`), the batches of a rank side by side. A flush that failed or was interrupted
can be run again: it sends only what is left.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

from kommo_orm.errors import KommoError, QueryError
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.connection import Connection
from kommo_orm.model.changes import withhold_changes
from kommo_orm.model.model import Model
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.batch_builder import BatchBuilder, encode_changes, fill_parent_ids
from kommo_orm.unit.batch_sender import BatchSender
from kommo_orm.unit.cascade import (
    collect_cascade,
    find_new_dependencies,
    iterate_parents,
    iterate_relations,
    refuse_other_account,
    refuse_uncertain,
)
from kommo_orm.unit.change_set import ChangeSet, compute_change_set
from kommo_orm.unit.definition_resolver import DefinitionResolver, resolve_definitions
from kommo_orm.unit.entity_locks import run_locked
from kommo_orm.unit.flush_outcome import FlushOutcome
from kommo_orm.unit.link_items import select_batches
from kommo_orm.unit.nested_creates import find_nested_creates
from kommo_orm.unit.payload import BAD_VALUE, has_bad_text, refuse_bad_text, refuse_creation, refuse_field
from kommo_orm.unit.plan import Plan, flush_rank
from kommo_orm.unit.progress import Progress
from kommo_orm.unit.report import DependencyFailed, Report, SaveResult, describe
from kommo_orm.unit.stale_check import attach_stored_versions, find_stale_objects, read_loaded_at

TEXTS_AT_ONCE = 250  # bodies that are looked through for bad texts together


class Flush:
    """One run over some objects. `run` is a flow that answers with the `Report`; `report` is right at any moment."""

    def __init__(
        self,
        connection: Connection,
        objects: Iterable[Model],
        deletes: Iterable[Model] = (),
        *,
        batch_size: int = 250,
        concurrency: int | None = None,
        progress: Progress | None = None,
        check_stale: bool = False,
        is_single: bool = False,
    ) -> None:
        self.is_single = is_single  # the first bad object raises, and nothing is sent
        self.connection, self.dialect, self.check_stale = connection, connection.dialect, check_stale
        self.given, self.deletes = list(objects), list(deletes)
        self.objects = collect_cascade(self.given)
        self._ids = {id(model) for model in self.objects}
        self.changed, self.nested = compute_changes(self.objects)
        nested = [changes.object for changes in self.nested]
        total = len(self.changed) + len(nested) + len(self.deletes)
        self.outcome = FlushOutcome([*self.given, *self.objects, *nested, *self.deletes], total, progress)
        self.builder = BatchBuilder(self.dialect, batch_size)
        self.sender = BatchSender(connection, self.outcome, concurrency, self._encode_again)

    @property
    def report(self) -> Report:
        """What became of each object so far."""
        return self.outcome.report

    def plan(self) -> Plan:
        """What `run` would send, as far as it can be known without any request."""
        return self.builder.build_plan(self.changed, self.deletes)

    def build_save_result(self, model: Model) -> SaveResult:
        """What was done for one object, after a run that succeeded."""
        fields = next((changes.names for changes in self.changed if changes.object is model), ())
        created = any(one is model for one in self.report.created)
        return SaveResult(created, not created and any(one is model for one in self.report.updated), fields)

    # ---- the steps
    def run(self) -> Flow[Report]:
        """Write everything; answers the report, in which each object is saved, failed or uncertain."""
        started = time.monotonic()
        nested = [changes.object for changes in self.nested]
        refuse_other_account(self.connection, (*self.objects, *nested, *self.deletes))
        refuse_uncertain((*self.given, *nested))
        try:
            resolver = yield from resolve_definitions(self.connection, self.changed, refuse=self._refuse)
            self._encode(resolver)
            yield from self._write_locked(resolver)
        finally:
            self.outcome.close_open_batches()
            self.report.seconds = time.monotonic() - started
        return self.report

    def _encode(self, resolver: DefinitionResolver) -> None:
        """Encode and validate everything, before any lock is waited for. Each bad object fails with its own error.

        Raises before anything is sent where a whole kind of object cannot be written or compared.
        """
        for changes in self.changed:
            refuse_creation(changes)
            if self.check_stale and not changes.creates:
                read_loaded_at(changes.object)
        for changes in self._drop_bad():
            try:
                encode_changes(self.dialect, changes, resolver, self.builder.next_request_id())
            except (KommoError, *BAD_VALUE) as error:
                self._refuse(changes, error)
        self._refuse_bad_texts()
        wanted = {(changes.verb, changes.kind) for changes in self._drop_bad() if changes.item is not None}
        for verb, kind in (*wanted, *(("delete", type(model).__kommo_kind__) for model in self.deletes)):
            self.builder.max_batch_size(verb, kind)
        for changes in self._drop_bad():
            try:
                self.builder.validate_changes(changes)
            except (KommoError, *BAD_VALUE) as error:
                self._refuse(changes, error)

    def _refuse_bad_texts(self) -> None:
        """Fail what would have its whole request refused. Requests are looked through, and objects only of a bad one."""
        encoded = [(changes, changes.item) for changes in self._drop_bad() if changes.item is not None]
        for start in range(0, len(encoded), TEXTS_AT_ONCE):
            chunk = encoded[start : start + TEXTS_AT_ONCE]
            if has_bad_text(item for _, item in chunk):
                for changes, item in chunk:
                    try:
                        refuse_bad_text(item)
                    except KommoError as error:
                        self._refuse(changes, error)

    def _refuse(self, changes: ChangeSet, error: Exception) -> None:
        """Fail an object that cannot be sent, with its own error. That of a single save is raised."""
        if not isinstance(error, KommoError):
            error = refuse_field(changes.object, None, f"it cannot be sent: {error}")
        error.object = error.object or changes.object
        if self.is_single:
            raise error
        self.outcome.add_failed(changes.object, error)

    def _drop_bad(self) -> list[ChangeSet]:
        """Leave out what has failed; answers the rest."""
        if self.outcome.bad:
            self.changed = [changes for changes in self.changed if id(changes.object) not in self.outcome.bad]
        return self.changed

    def _encode_again(self, item: BatchItem, fresh: bool) -> Flow[BatchItem | None]:
        """Encode one object with definitions that were read again (all of its kind with the first one)."""
        changes = next(one for one in self.changed if one.object is item.object)
        resolver = yield from resolve_definitions(self.connection, (changes,), fresh=fresh)
        encode_changes(self.dialect, changes, resolver, item.request_id, final=True)
        return changes.item

    def _write_locked(self, resolver: DefinitionResolver) -> Flow[None]:
        if self.connection.locks is None:
            return self._write(resolver)
        written = [*(changes.object for changes in self.changed), *self.deletes]
        return run_locked(self.connection, written, self._write(resolver))

    def _write(self, resolver: DefinitionResolver) -> Flow[None]:
        if self.check_stale:
            yield from self._drop_stale()
        for same_rank in self._group_by_rank():
            yield from self.sender.send_all(self._build_batches(same_rank, resolver))
        yield from self._write_links()
        for batches in self.builder.build_delete_batches(self.deletes) if self.deletes else ():
            yield from self.sender.send_all(batches)
        if self.outcome.bad:
            yield from attach_stored_versions(self.connection, self.outcome.bad.values())

    def _drop_stale(self) -> Flow[None]:
        """Fail what others changed since it was loaded, and leave out the new objects that only it needs."""
        stored = [changes.object for changes in self.changed if not changes.creates]
        stale = yield from find_stale_objects(self.connection, stored)
        for model in stored:
            if id(model) in stale:
                self.outcome.add_failed(model, stale[id(model)])
        wanted = {id(model) for model in collect_cascade(model for model in self.given if id(model) not in stale)}
        self.changed = [changes for changes in self.changed if id(changes.object) in wanted]

    # ---- batches
    def _group_by_rank(self) -> list[list[ChangeSet]]:
        if len({changes.kind for changes in self.changed}) < 2:
            return [self.changed] if self.changed else []
        ranks: dict[int, list[ChangeSet]] = {}
        for changes in self.changed:
            ranks.setdefault(flush_rank(changes.kind), []).append(changes)
        return [ranks[rank] for rank in sorted(ranks)]

    def _build_batches(self, changed: Sequence[ChangeSet], resolver: DefinitionResolver) -> list[Batch]:
        ready: list[ChangeSet] = []
        for changes in changed:
            missing = self._find_missing_dependency(changes.object) if changes.object.__kommo_state__.attached else None
            if missing is not None:
                self.outcome.add_failed(changes.object, missing)
                continue
            if changes.needs_ids:
                request_id = changes.item.request_id if changes.item is not None else self.builder.next_request_id()
                try:
                    encode_changes(self.dialect, changes, resolver, request_id, final=True)
                except (KommoError, *BAD_VALUE) as error:
                    self._refuse(changes, error)
                    continue
            ready.append(changes)
        return self.builder.build_save_batches(ready)

    def _find_missing_dependency(self, model: Model) -> KommoError | None:
        """An error if something that this object must point at was not stored. What has a later rank is linked later."""
        own, parents = flush_rank(type(model).__kommo_kind__), {id(parent) for parent in iterate_parents(model)}
        for other in find_new_dependencies(model) if model.is_new else iterate_parents(model):
            is_ours = id(other) in self._ids or id(other) in parents  # else it came after this flush began
            if other.is_new and is_ours and flush_rank(type(other).__kommo_kind__) <= own:
                return DependencyFailed(
                    f"{describe(model)} waits for {describe(other)}, which was not saved", object=model
                )
        return None

    # ---- links
    def _write_links(self) -> Flow[None]:
        ready = [model for model in self._find_linked() if not model.is_new and id(model) not in self.outcome.bad]
        if not ready:
            return
        batches = self.builder.build_link_batches(ready)
        for verb in ("unlink", "link"):
            chosen = select_batches(batches, verb)
            if chosen:
                yield from self.sender.send_all(chosen)
        for model in ready:
            self._fail_waiting_links(model)

    def _find_linked(self) -> Iterator[Model]:
        for changes in (*self.changed, *self.nested):
            if changes.object.__kommo_state__.attached:
                yield changes.object

    def _fail_waiting_links(self, model: Model) -> None:
        """A link to a new object of this flush that was not stored is still pending: its owner fails."""
        waiting = {
            name
            for name, related in iterate_relations(model)
            for one in related._links_to_add
            if one.object.is_new and id(one.object) in self._ids
        }
        if waiting:
            names = ", ".join(sorted(waiting))
            error = DependencyFailed(f"{describe(model)}: {names} wait for objects that were not saved", object=model)
            self.outcome.add_failed(model, error)


def compute_changes(objects: Iterable[Model]) -> tuple[list[ChangeSet], list[ChangeSet]]:
    """The change sets of what has to be written: of objects, and of those that are created inside of others."""
    changed: list[ChangeSet] = []
    nested: dict[int, ChangeSet] = {}
    for model in objects:
        state = model.__kommo_state__
        if state.attached:
            fill_parent_ids(model)
        changes = compute_change_set(model)
        if changes.creates and (inside := find_nested_creates(model)):
            changes.nested = {id(one): compute_change_set(one) for one in inside}
            nested |= changes.nested
        if changes and state.create_attempt is None:
            changed.append(changes)
    if nested:
        changed = [changes for changes in changed if id(changes.object) not in nested]
    return changed, list(nested.values())


# ---- flushes of given objects
def save_object(
    connection: Connection, model: Model, *, only: Sequence[str] | None = None, if_unmodified: bool = False
) -> Flow[SaveResult]:
    """Save one object, with the new ones that it needs. Raises its own error.

    Args:
        only: names of the changes to send; the others stay pending.
        if_unmodified: fail with `StaleObject` where the stored row is newer than the loaded one.
    """
    unit = model.__kommo_state__.unit
    if unit is not None:
        unit.refuse_twin(model)
    with nullcontext() if only is None else withhold_changes(model, only):
        flush = Flush(connection, [model], check_stale=if_unmodified, is_single=True)
        report = yield from run_flush(flush)
    if report.failed or report.uncertain:
        report.raise_single(model)
    return flush.build_save_result(model)


def save_objects(connection: Connection, models: Sequence[Model]) -> Flow[Report]:
    """Save many objects. Raises `FlushError` when some failed."""
    report = yield from run_flush(Flush(connection, models))
    report.raise_for_failures()
    return report


def delete_objects(connection: Connection, models: Sequence[Model]) -> Flow[Report]:
    """Delete many objects. Raises `FlushError` when some failed."""
    report = yield from run_flush(Flush(connection, (), models))
    report.raise_for_failures()
    return report


def delete_object(connection: Connection, model: Model) -> Flow[None]:
    """Delete one object. Raises its own error."""
    if model.pk is None:
        raise QueryError(f"{describe(model)} was never saved: there is nothing to delete")
    report = yield from run_flush(Flush(connection, (), [model]))
    report.raise_single(model)


def run_flush(flush: Flush) -> Flow[Report]:
    """Run a flush outside a session's own; the sessions of its objects learn what became of them."""
    units = {
        id(unit): unit for one in (*flush.objects, *flush.deletes) if (unit := one.__kommo_state__.unit) is not None
    }
    if not units:
        return flush.run()
    return _run_for_sessions(flush, list(units.values()))


def _run_for_sessions(flush: Flush, units: Iterable[Any]) -> Flow[Report]:
    try:
        return (yield from flush.run())
    finally:
        for unit in units:
            unit.record_flush(flush.report)

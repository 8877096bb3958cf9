"""A flush: pending objects become the fewest requests, in dependency order, and each object learns its fate.

Ranks go one after the other (`plan.RANKS`), the batches of a rank side by side. Every batch ends by settling its objects,
so that an interrupted flush leaves what was answered saved and the rest pending; calling it again sends only what is left.

What can happen to a batch:
- it is stored: ids and baselines move (links: row by row);
- 400 with the bad items named: those fail, the others are sent again without them (the service stores all or nothing);
- 400 without names, 413, or 504 on updates: halved, down to one, never repeated in the same size;
- the answer to a creation is lost: its objects are uncertain and never sent again by themselves;
- the answer to a change is lost: its objects fail, and what was sent counts as changed until it is heard of;
- anything else: its objects fail with that error and stay pending.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kommo_orm.errors import (
    BadRequest,
    GatewayTimeout,
    KommoError,
    NotFound,
    ResponseError,
    UncertainWrite,
    UnexpectedResponse,
)
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.batch_item import BatchItem
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent
from kommo_orm.transport.flow import Failure, Flow, gather_flows
from kommo_orm.transport.http_messages import HttpResponse
from kommo_orm.unit.apply_response import apply_deletion, apply_stored_row
from kommo_orm.unit.batch_builder import BatchBuilder
from kommo_orm.unit.batch_errors import (
    LINKS,
    Refused,
    build_item_error,
    build_refusal_error,
    find_blamed_items,
    is_gone,
    is_lost,
    is_stale_option,
    says_nothing_was_stored,
)
from kommo_orm.unit.batch_items import (
    Group,
    build_create_item,
    build_update_item,
    needs_saving,
)
from kommo_orm.unit.cascade import (
    collect_cascade,
    find_new_dependencies,
    iterate_parents,
    iterate_relations,
    refuse_other_account,
    refuse_uncertain,
)
from kommo_orm.unit.created_ids import fetch_created_ids
from kommo_orm.unit.delivery import DeliveryTracker
from kommo_orm.unit.entity_locks import run_locked
from kommo_orm.unit.flush_outcome import FlushOutcome, mark_unconfirmed
from kommo_orm.unit.nested_creates import find_nested_creates, read_embedded_id
from kommo_orm.unit.payload import DefinitionResolver, resolve_definitions
from kommo_orm.unit.plan import Plan, flush_rank
from kommo_orm.unit.progress import Progress
from kommo_orm.unit.report import DependencyFailed, Report, describe
from kommo_orm.unit.stale_check import attach_stored_versions, find_stale_objects, read_loaded_at
from kommo_orm.unit.validate_flush import validate_flush

ENOUGH_TIMEOUTS = 3  # single updates in a row that the gateway gave up on: then it is the gateway, not the batch


class Flush:
    """One run over some objects. `run` is a flow that answers with the `Report`; `report` is right at any moment."""

    def __init__(
        self,
        connection: Connection,
        objects: Iterable[Model],
        deletes: Iterable[Model] = (),
        *,
        batch_size: int = 250,
        concurrency: int = 4,
        progress: Progress | None = None,
        check_stale: bool = False,
    ) -> None:
        self.check_stale = check_stale
        self.connection, self.concurrency = connection, concurrency
        self.given, self.deletes = list(objects), list(deletes)
        self.objects = collect_cascade(self.given)
        self.mine = {id(model) for model in self.objects}
        self.parts = find_nested_creates(self.objects)  # created inside of others
        inside = {id(part) for part in self.parts}
        self.pending = [
            model
            for model in self.objects
            if needs_saving(model) and model.__kommo_state__.create_attempt is None and id(model) not in inside
        ]
        total = len(self.pending) + len(self.parts) + len(self.deletes)
        self.outcome = FlushOutcome([*self.given, *self.objects, *self.parts, *self.deletes], total, progress)
        self.batch_builder = BatchBuilder(connection.dialect, batch_size)
        self.told: dict[str, StoredRow] = {}  # rows that were read because answers do not tell ids
        self.timeouts = 0
        self.asked_anew: set[str] = set()  # kinds whose definitions were read again after a refusal

    @property
    def report(self) -> Report:
        return self.outcome.report

    # ---- the whole
    def run(self) -> Flow[Report]:
        began = time.monotonic()
        refuse_other_account(self.connection, [*self.objects, *self.parts, *self.deletes])
        refuse_uncertain([*self.given, *self.parts])
        try:
            resolver = yield from resolve_definitions(self.connection, [*self.pending, *self.parts])
            self._check(resolver)
            yield from run_locked(self.connection, [*self.pending, *self.deletes], self._writing(resolver))
        finally:
            self.outcome.close_open_batches()
            self.report.seconds = time.monotonic() - began
        return self.report

    def _writing(self, resolver: DefinitionResolver) -> Flow[None]:
        if self.check_stale:
            yield from self._set_stale_aside()
        for rank in sorted({flush_rank(type(model).__kommo_kind__) for model in self.pending}):
            members = [model for model in self.pending if flush_rank(type(model).__kommo_kind__) == rank]
            yield from self._side_by_side(self._batches(members, resolver))
        yield from self._links()
        for batches in self.batch_builder.build_delete_batches(self.deletes):
            yield from self._side_by_side(batches)
        yield from attach_stored_versions(self.connection, self.outcome.bad.values())

    def _set_stale_aside(self) -> Flow[None]:
        """Fail what others changed since it was loaded, and leave out the new objects that only it needs."""
        stored = [model for model in self.pending if not model.is_new]
        stale = yield from find_stale_objects(self.connection, stored)
        for model in stored:
            if id(model) in stale:
                self.outcome.add_failed(model, stale[id(model)])
        wanted = {id(model) for model in collect_cascade(model for model in self.given if id(model) not in stale)}
        self.pending = [model for model in self.pending if id(model) in wanted]

    def plan(self) -> Plan:
        """What `run` would send, as far as it can be known without asking anything."""
        return self.batch_builder.build_plan(self.pending, self.deletes)

    def _check(self, resolver: DefinitionResolver) -> None:
        """Refuse bad input before anything is sent, and before any lock is waited for."""
        if self.check_stale:
            for model in self.pending:
                if not model.is_new:
                    read_loaded_at(model)
        validate_flush(self.connection.dialect, self.pending, resolver, self.batch_builder.max_batch_size)
        for model in self.deletes:
            self.batch_builder.max_batch_size("delete", type(model).__kommo_kind__)

    # ---- batches
    def _batches(self, members: Sequence[Model], resolver: DefinitionResolver) -> list[Batch]:
        groups: dict[Group, list[BatchItem]] = {}
        for model in members:
            lost = self._lost_need(model)
            if lost is not None:
                self.outcome.add_failed(model, lost)
                continue
            made = self._item(model, resolver, self.batch_builder.next_request_id())
            if made is not None:
                item, parent = made
                groups.setdefault(
                    ("create" if model.is_new else "update", type(model).__kommo_kind__, parent), []
                ).append(item)
        return self.batch_builder.build_save_batches(groups)

    def _item(self, model: Model, resolver: DefinitionResolver, mark: str) -> tuple[BatchItem, Parent | None] | None:
        make = build_create_item if model.is_new else build_update_item
        return make(self.connection.dialect, model, resolver, mark)

    def _lost_need(self, model: Model) -> KommoError | None:
        """An error if something this object must point at was not stored. What has its turn later is linked later."""
        own, parents = flush_rank(type(model).__kommo_kind__), {id(parent) for parent in iterate_parents(model)}
        for other in find_new_dependencies(model) if model.is_new else iterate_parents(model):
            is_ours = id(other) in self.mine or id(other) in parents  # else it came after this flush began
            if other.is_new and is_ours and flush_rank(type(other).__kommo_kind__) <= own:
                return DependencyFailed(f"{describe(model)} waits for {describe(other)}, which was not saved")
        return None

    def _side_by_side(self, batches: Sequence[Batch]) -> Flow[None]:
        outcomes = yield from gather_flows((self._batch(batch) for batch in batches), self.concurrency)
        for outcome in outcomes:
            if isinstance(outcome, Failure):
                raise outcome.error

    # ---- one batch
    def _batch(self, batch: Batch) -> Flow[None]:
        """Send a batch and decide about its objects; what is left of it follows."""
        if self.outcome.stopped is not None:
            return self.outcome.fail_batch(batch, self.outcome.stopped)
        journey = DeliveryTracker()
        self.outcome.start_batch(batch, journey)
        call = self.connection.dialect.write_call(batch)
        answer: HttpResponse | KommoError
        try:
            answer = yield from journey.watch_flow(self.connection.ask(call))
        except KommoError as error:
            answer = error
        if (
            isinstance(answer, HttpResponse)
            and batch.creates
            and not self.connection.dialect.features(batch.kind).tells_ids
        ):
            self.told |= yield from fetch_created_ids(self.connection, batch, answer)
        with self.outcome.finish_batch(batch) as ours:
            following = self._decided(batch, answer, journey) if ours else ()
        for more in following:
            yield from self._again(more) if isinstance(more, Refused) else self._batch(more)
        return None

    def _decided(
        self, batch: Batch, answer: HttpResponse | KommoError, journey: DeliveryTracker
    ) -> Sequence[Batch | Refused]:
        """Settle, fail or leave in doubt; answers what is to be sent still."""
        if isinstance(answer, KommoError):
            return self._failed(batch, answer, journey)
        self.timeouts = 0
        try:
            return self._stored(batch, answer, journey)
        except BadRequest as refusal:  # under a status of success
            return self._failed(batch, refusal, journey)
        except Exception as error:  # noqa: BLE001  # an answer that nobody can make sense of
            unreadable = UnexpectedResponse(f"{batch}: the answer cannot be read ({error})")
            self.outcome.mark_batch_unconfirmed(batch, error if isinstance(error, KommoError) else unreadable)
            return ()

    def _failed(self, batch: Batch, error: KommoError, journey: DeliveryTracker) -> Sequence[Batch | Refused]:
        if batch.verb == "delete" and journey.was_lost and (isinstance(error, NotFound) or is_gone(error)):
            self._deleted(batch)  # the first attempt did it, and its answer was lost
        elif isinstance(error, BadRequest):
            return self._refused(batch, error)
        elif batch.verb == "delete" and isinstance(error, NotFound) and len(batch) > 1:
            return batch.halves()  # one of them is gone already: the others are not to stay for it
        elif self._too_large(batch, error):
            return batch.halves()
        elif isinstance(error, UncertainWrite) and batch.verb == "save":
            self.outcome.mark_batch_unconfirmed(batch.of(item for item in batch.items if item.creates), error)
            left = batch.of(replace(item, tried=True) for item in batch.items if not item.creates)
            return (left,) if len(left) else ()
        else:
            self._count_timeouts(batch, error)
            tried = any(item.tried for item in batch.items)
            was_lost = is_lost(error) or journey.was_lost or tried  # whatever the last attempt met
            if isinstance(error, UncertainWrite) or (not batch.creates and was_lost):
                self.outcome.mark_batch_unconfirmed(batch, error)
            else:
                self.outcome.fail_batch(batch, error)
        return ()

    @staticmethod
    def _too_large(batch: Batch, error: KommoError) -> bool:
        if len(batch) < 2 or not isinstance(error, ResponseError):
            return False
        return error.status == 413 or (isinstance(error, GatewayTimeout) and not batch.creates)

    def _count_timeouts(self, batch: Batch, error: KommoError) -> None:
        self.timeouts = self.timeouts + 1 if isinstance(error, GatewayTimeout) else 0
        if self.timeouts >= ENOUGH_TIMEOUTS:
            self.outcome.stopped = error

    def _refused(self, batch: Batch, error: BadRequest) -> Sequence[Batch | Refused]:
        """Fail the bad ones; the others are sent again without them."""
        if batch.creates and not says_nothing_was_stored(error):
            self.outcome.mark_batch_unconfirmed(batch, error)
            return ()
        found = find_blamed_items(batch, error)
        if not found.bad:
            return batch.halves()
        stale: list[BatchItem] = []
        for item, problems in found.bad:
            if is_stale_option(item, problems) and type(item.object).__kommo_kind__ not in self.asked_anew:
                stale.append(item)
            else:
                self.outcome.add_failed(item.object, build_item_error(item, error, problems))
        if stale:
            return (Refused(batch, error, tuple(stale), found.rest),)
        return (batch.of(found.rest),) if found.rest else ()

    def _again(self, refused: Refused) -> Flow[None]:
        """Options were refused: encode them with the definitions as they are now, and send what has changed by that."""
        batch = refused.batch
        models = [item.object for item in refused.stale]
        self.asked_anew |= {type(model).__kommo_kind__ for model in models}
        problems = {id(item.object): told for item, told in find_blamed_items(batch, refused.error).bad}
        mended: list[BatchItem] = []
        for item in refused.stale:
            anew, more = None, ""
            try:
                whole = [item.object, *(part.object for part in item.parts)]
                resolver = yield from resolve_definitions(self.connection, whole, fresh=item is refused.stale[0])
                made = self._item(item.object, resolver, item.mark)
                anew = made[0] if made is not None else None
            except KommoError as gone:
                more = f". {gone}"
            if anew is None or anew.body == item.body:
                self.outcome.add_failed(
                    item.object, build_item_error(item, refused.error, problems[id(item.object)], more)
                )
            else:
                mended.append(anew)
        rest = (*refused.rest, *mended)
        if rest:
            yield from self._batch(batch.of(rest))

    # ---- settling
    def _stored(self, batch: Batch, answer: HttpResponse, journey: DeliveryTracker) -> Sequence[Batch]:
        refused = self.connection.dialect.refused(batch, answer)
        again: list[BatchItem] = []
        for item in batch.items:
            refusal = refused.get(item.mark)
            if refusal is not None and refusal.is_stale and (item.tried or journey.was_lost):
                newer = {**item.known, **refusal.known}  # by its lost try
                again.append(replace(item, known=newer, tried=False, lost=0))
            elif refusal is not None:
                self.outcome.add_failed(item.object, build_refusal_error(batch, item, refusal, answer))
        taken = batch.of(item for item in batch.items if item.mark not in refused) if refused else batch
        if batch.verb in LINKS:
            self._linked(taken)
        elif batch.verb == "delete":
            self._deleted(taken)
        elif len(taken):
            self._settle(taken, self.connection.dialect.stored(batch, answer))
        return (batch.of(again),) if again else ()

    def _settle(self, batch: Batch, stored: Mapping[str, StoredRow]) -> None:
        for item in batch.items:
            found = self.told.get(item.mark) or stored.get(item.mark)
            if found is not None and found.id:
                self._settle_parts(item, found.row)
                apply_stored_row(item, found, self.connection, created=item.creates)
                (self.outcome.add_created if item.creates else self.outcome.add_updated)(item.object)
            elif item.creates:
                for one in (item, *item.parts):
                    self.outcome.add_uncertain(one, None)
            else:
                mark_unconfirmed(item)
                absent = f"{describe(item.object)}: the service's answer does not mention it"
                self.outcome.add_failed(item.object, UnexpectedResponse(absent))

    def _settle_parts(self, whole: BatchItem, row: dict[str, Any]) -> None:
        """What was created inside of an object: the answer embeds its ids."""
        for part in whole.parts:
            pk = read_embedded_id(row, part.relation or "")
            if pk is None and not self.connection.dialect.features(whole.object.__kommo_kind__).tells_parts:
                getattr(whole.object, part.relation or "").await_id(part.object)
                self.outcome.add_awaiting_id(part, self.connection)
                continue
            if pk is None:
                untold = f"{describe(part.object)}: it was sent, and the answer does not tell its id"
                self.outcome.add_uncertain(part, UnexpectedResponse(untold))
                continue
            apply_stored_row(part, StoredRow(pk), self.connection, created=True)
            self.outcome.add_created(part.object)

    def _linked(self, batch: Batch) -> None:
        for item in batch.items:
            for name, sent in item.extras.items():
                item.object.__kommo_state__.attached[name].mark_stored(sent)
            self.outcome.add_updated(item.object)

    def _deleted(self, batch: Batch) -> None:
        for item in batch.items:
            apply_deletion(item, self.connection)
            self.outcome.add_deleted(item.object)

    # ---- links
    def _links(self) -> Flow[None]:
        written = [*self.pending, *self.parts]
        ready = [model for model in written if not model.is_new and id(model) not in self.outcome.bad]
        batches = self.batch_builder.build_link_batches(ready)
        for verb in ("unlink", "link"):
            yield from self._side_by_side([batch for batch in batches if batch.verb == verb])
        for model in ready:
            self._must_not_wait(model)

    def _must_not_wait(self, model: Model) -> None:
        """A link to a new object of this flush that was not stored is still pending: say so."""
        waiting = {
            name
            for name, related in iterate_relations(model)
            for one in related.pending
            if one.object.is_new and id(one.object) in self.mine
        }
        if waiting:
            names = ", ".join(sorted(waiting))
            self.outcome.add_failed(
                model, DependencyFailed(f"{describe(model)}: {names} wait for objects that were not saved")
            )

"""A flush: pending objects become the fewest requests, in dependency order, and each object learns its fate.

Ranks go one after the other (`plan.RANKS`), the batches of a rank side by side. Every batch ends by settling its objects,
so that an interrupted flush leaves what was answered saved and the rest pending; calling it again sends only what is left.

What can happen to a batch:
- it is stored: ids and baselines move;
- 400 with the bad items named: those fail, the others are sent again without them (the service stores all or nothing);
- 400 without names, 413, or 504 on updates: halved, down to one, never repeated in the same size;
- the answer to a creation is lost: its objects are uncertain and never sent again by themselves;
- anything else: its objects fail with that error and stay pending.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from kommo_orm.errors import (
    AccountBlocked,
    BadRequest,
    ConfigurationError,
    GatewayTimeout,
    ItemError,
    KommoError,
    NotConnected,
    PaymentRequired,
    ResponseError,
    Unauthorized,
    UncertainWrite,
    UnexpectedResponse,
)
from kommo_orm.model.base import Model
from kommo_orm.model.connection import Connection
from kommo_orm.model.relation import Sent
from kommo_orm.model.state import Attempt
from kommo_orm.transport.call import Answer, Call
from kommo_orm.transport.flow import Broken, Flow, together, watched
from kommo_orm.unit.encode import field_named, prepared
from kommo_orm.unit.items import creation, link_batches, needs_saving, parent_of, planned_batches, update
from kommo_orm.unit.journey import Journey
from kommo_orm.unit.members import needed, parent_objects, refuse_strangers, refuse_uncertain, relations, with_needed
from kommo_orm.unit.plan import Batch, Item, Plan, Planned, Stored, chunked, rank_of
from kommo_orm.unit.progress import Progress
from kommo_orm.unit.report import Failed, Report, describe
from kommo_orm.unit.settle import deleted, settle

if TYPE_CHECKING:
    from kommo_orm.unit.encode import Resolver

STOPS_ALL = (Unauthorized, AccountBlocked, PaymentRequired, NotConnected)


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
    ) -> None:
        self.connection, self.concurrency, self.batch_size = connection, concurrency, batch_size
        self.given, self.deletes = list(objects), list(deletes)
        self.objects = with_needed(self.given)
        self.mine = {id(model) for model in self.objects}
        self.report, self.progress = Report(), progress
        self.marks = count()
        self.stopped: KommoError | None = None
        self.bad: dict[int, KommoError] = {}
        self.total = 0
        self.done: set[int] = set()
        self.retried: set[int] = set()

    # ---- the whole
    def run(self) -> Flow[Report]:
        began = time.monotonic()
        refuse_strangers(self.connection, [*self.objects, *self.deletes])
        refuse_uncertain(self.given)
        try:
            pending = self._pending()
            self.total = len(pending) + len(self.deletes)
            resolver = yield from prepared(self.connection, pending)
            self._check(pending, resolver)
            for rank in sorted({rank_of(type(model).__kommo_kind__) for model in pending}):
                members = [model for model in pending if rank_of(type(model).__kommo_kind__) == rank]
                yield from self._side_by_side(self._batches(members, resolver))
            yield from self._links(pending)
            yield from self._side_by_side(self._deleting())
        finally:
            self.report.seconds = time.monotonic() - began
        return self.report

    def _pending(self) -> list[Model]:
        return [model for model in self.objects if needs_saving(model) and not model.__kommo_state__.is_uncertain]

    def plan(self) -> Plan:
        """What `run` would send, as far as it can be known without asking anything."""
        steps: list[Planned] = []
        pending = self._pending()
        for model_batch in planned_batches(pending, self._size):
            waits = {type(other).__kommo_kind__ for model in model_batch.models for other in needed(model)}
            steps.append(Planned(model_batch.verb, model_batch.kind, len(model_batch.models), tuple(sorted(waits))))
        links = link_batches(self.connection.dialect, pending, self.batch_size, self.marks, creating=True)
        steps += [Planned(batch.verb, batch.kind, len(batch)) for batch in [*links, *self._deleting()]]
        return Plan(tuple(steps))

    def _check(self, pending: list[Model], resolver: Resolver) -> None:
        """Encode everything once before the first request, so that bad input is refused before anything is sent."""
        for model in pending:
            if model.is_new:
                creation(self.connection.dialect, model, resolver, "0", checking=True)
            else:
                update(model, resolver, "0")

    # ---- batches of one rank
    def _batches(self, members: Sequence[Model], resolver: Resolver, *, waiting: bool = True) -> list[Batch]:
        groups: dict[tuple[str, str, object], list[Item]] = {}
        dialect = self.connection.dialect
        for model in members:
            lost = self._lost_need(model) if waiting else None
            if lost is not None:
                self._fail(model, lost)
                continue
            kind = type(model).__kommo_kind__
            made = (
                creation(dialect, model, resolver, str(next(self.marks)), checking=not waiting)
                if model.is_new
                else update(model, resolver, str(next(self.marks)))
            )
            if made is None:
                continue
            item, parent = made
            groups.setdefault(("create" if model.is_new else "update", kind, parent), []).append(item)
        return [
            Batch(verb, kind, tuple(chunk), parent)  # type: ignore[arg-type]
            for (verb, kind, parent), items in groups.items()
            for chunk in chunked(items, self._size(verb, kind))
        ]

    def _size(self, verb: str, kind: str) -> int:
        features = self.connection.dialect.features(kind)
        size = features.create_size if verb == "create" else features.update_size
        if size < 1:
            raise ConfigurationError(f"Kommo's API ({self.connection.dialect.name}) cannot {verb} {kind}")
        return min(size, self.batch_size)

    def _lost_need(self, model: Model) -> KommoError | None:
        """An error if something this object must point at was not stored. What has its turn later is linked later."""
        own, parents = rank_of(type(model).__kommo_kind__), {id(parent) for parent in parent_objects(model)}
        for other in needed(model) if model.is_new else parent_objects(model):
            is_ours = id(other) in self.mine or id(other) in parents  # else it came after this flush began
            if other.is_new and is_ours and rank_of(type(other).__kommo_kind__) <= own:
                return ConfigurationError(f"{describe(model)} waits for {describe(other)}, which was not saved")
        return None

    def _side_by_side(self, batches: Sequence[Batch]) -> Flow[None]:
        outcomes = yield from together((self._batch(batch) for batch in batches), self.concurrency)
        for outcome in outcomes:
            if isinstance(outcome, Broken):
                raise outcome.error

    # ---- one batch
    def _batch(self, batch: Batch) -> Flow[None]:  # noqa: PLR0911  # one return for each fate
        if self.stopped is not None:
            return self._fail_all(batch, self.stopped)
        call = self.connection.dialect.write_call(batch)
        self.report.requests += 1
        try:
            answer = yield from self._asked(batch, call)
            if batch.verb == "delete":
                return self._settle_deleted(batch, self.connection.dialect.kept(batch, answer))
            stored = self.connection.dialect.stored(batch, answer)
        except UncertainWrite:
            return self._uncertain(batch)
        except UnexpectedResponse as error:
            return self._uncertain(batch) if batch.creates else self._fail_all(batch, error)
        except BadRequest as error:
            return (yield from self._refused(batch, error))
        except ResponseError as error:
            if self._too_large(batch, error):
                return (yield from self._halved(batch))
            return self._fail_all(batch, error)
        except KommoError as error:
            return self._fail_all(batch, error)
        return self._settle(batch, stored)

    def _asked(self, batch: Batch, call: Call) -> Flow[Answer]:
        """The answer. Interrupted while a creation is on its way, nobody knows about its objects."""
        journey = Journey()
        try:
            answer = yield from watched(self.connection.ask(call), journey.seen)
            journey.ended()
        except Exception:
            journey.ended()
            raise
        finally:
            if journey.is_open and batch.creates:
                self._uncertain(batch)
        return answer

    @staticmethod
    def _too_large(batch: Batch, error: ResponseError) -> bool:
        if len(batch) < 2:
            return False
        return error.status == 413 or (isinstance(error, GatewayTimeout) and not batch.creates)

    def _halved(self, batch: Batch) -> Flow[None]:
        for half in batch.halves():
            yield from self._batch(half)

    def _refused(self, batch: Batch, error: BadRequest) -> Flow[None]:
        """Fail the bad ones, send the others again."""
        named: dict[str, list[ItemError]] = {}
        for problem in error.items:
            named.setdefault(str(problem.request_id), []).append(problem)
        marks = {item.mark for item in batch.items}
        if len(batch) == 1:
            yield from self._one_refused(batch, error, list(error.items))
        elif named and set(named) <= marks:
            for item in batch.items:
                if item.mark in named:
                    yield from self._one_refused(batch.of([item]), error, named[item.mark])
            rest = [item for item in batch.items if item.mark not in named]
            if rest:
                yield from self._batch(batch.of(rest))
        else:
            yield from self._halved(batch)

    def _one_refused(self, batch: Batch, error: BadRequest, problems: list[ItemError]) -> Flow[None]:
        (item,) = batch.items
        if (
            item.resolved
            and id(item.object) not in self.retried
            and any(problem.code == "NotSupportedChoice" for problem in problems)
        ):
            self.retried.add(id(item.object))  # the account's options may have changed since they were asked
            try:
                resolver = yield from prepared(self.connection, [item.object], fresh=True)
                made = (
                    creation(self.connection.dialect, item.object, resolver, item.mark)
                    if item.id is None
                    else update(item.object, resolver, item.mark)
                )
            except KommoError as stale:
                self._fail(item.object, stale)
                return
            if made is not None and made[0].body != item.body:
                yield from self._batch(batch.of([made[0]]))
                return
        self._fail(item.object, own_error(item, error, problems))

    # ---- outcomes
    def _settle(self, batch: Batch, stored: Mapping[str, Stored]) -> None:
        for item in batch.items:
            found = stored.get(item.mark)
            if found is None:
                self._missing(batch, item)
                continue
            settle(item, found, self.connection, created=batch.creates)
            (self.report.created if batch.creates else self.report.updated).append(item.object)
            self._tick(item.object)

    def _settle_deleted(self, batch: Batch, kept: Mapping[str, str]) -> None:
        for item in batch.items:
            if item.mark in kept:
                self._fail(item.object, BadRequest(f"{describe(item.object)} was not deleted: {kept[item.mark]}"))
            else:
                deleted(item, self.connection)
                self.report.deleted.append(item.object)
                self._tick(item.object)

    def _missing(self, batch: Batch, item: Item) -> None:
        if batch.creates:
            self._uncertain(batch.of([item]))
        else:
            self._fail(
                item.object, UnexpectedResponse(f"{describe(item.object)}: the service's answer does not mention it")
            )

    def _uncertain(self, batch: Batch) -> None:
        if not batch.creates:
            self._fail_all(
                batch,
                UnexpectedResponse(
                    f"{batch}: nobody knows whether it was applied; sending it again changes nothing more"
                ),
            )
            return
        for item in batch.items:
            item.object.__kommo_state__.attempt = Attempt(item.sent, item.extras)
            self.report.uncertain.append(item.object)
            self._tick(item.object)

    def _fail(self, model: Model, error: KommoError) -> None:
        if id(model) not in self.bad:
            self.bad[id(model)] = error
            self.report.updated[:] = [other for other in self.report.updated if other is not model]  # its links failed
            self.report.failed.append(Failed(model, error))
            self._tick(model)

    def _fail_all(self, batch: Batch, error: KommoError) -> None:
        if isinstance(error, STOPS_ALL):
            self.stopped = error
        for model in batch.objects:
            self._fail(model, error)

    def _tick(self, model: Model) -> None:
        self.done.add(id(model))
        if self.progress is not None:
            self.progress(len(self.done), max(self.total, len(self.done)))

    # ---- links and deletes
    def _links(self, pending: Sequence[Model]) -> Flow[None]:
        ready = [model for model in pending if not model.is_new and id(model) not in self.bad]
        batches = link_batches(self.connection.dialect, ready, self.batch_size, self.marks)
        sent = [self._links_of(model) for model in ready]
        for verb in ("unlink", "link"):
            flows = [self._link_batch(batch) for batch in batches if batch.verb == verb]
            outcomes = yield from together(flows, self.concurrency)
            for outcome in outcomes:
                if isinstance(outcome, Broken):
                    raise outcome.error
        for model, links in zip(ready, sent, strict=True):
            self._settle_links(model, links)

    def _links_of(self, model: Model) -> dict[str, Sent]:
        """Its pending links, but for those to new objects that came after this flush began: they are for the next one."""
        links: dict[str, Sent] = {}
        for name, related in relations(model):
            now = related.snapshot()
            added = tuple(one for one in now.added if not one.object.is_new or id(one.object) in self.mine)
            if added or now.removed:
                links[name] = Sent(added, now.removed)
        return links

    def _settle_links(self, model: Model, sent: Mapping[str, Sent]) -> None:
        if not sent or id(model) in self.bad:
            return
        waiting = {name for name, links in sent.items() if any(one.object.is_new for one in links.added)}
        for name in sent.keys() - waiting:
            model.__kommo_state__.extras[name].settle(sent[name])
        if waiting:
            self._fail(
                model,
                ConfigurationError(
                    f"{describe(model)}: {', '.join(sorted(waiting))} wait for objects that were not saved"
                ),
            )
        elif id(model) not in self.done:
            self.report.updated.append(model)
            self._tick(model)

    def _link_batch(self, batch: Batch) -> Flow[None]:  # noqa: PLR0911
        if self.stopped is not None:
            return self._fail_all(batch, self.stopped)
        self.report.requests += 1
        try:
            yield from self.connection.ask(self.connection.dialect.write_call(batch))
        except BadRequest as error:
            if len(batch) > 1:
                for half in batch.halves():
                    yield from self._link_batch(half)
                return None
            return self._fail(batch.items[0].object, own_error(batch.items[0], error, list(error.items)))
        except ResponseError as error:
            if self._too_large(batch, error):
                for half in batch.halves():
                    yield from self._link_batch(half)
                return None
            return self._fail_all(batch, error)
        except KommoError as error:
            return self._fail_all(batch, error)
        return None

    def _deleting(self) -> list[Batch]:
        groups: dict[tuple[str, object], list[Item]] = {}
        for model in sorted(self.deletes, key=lambda model: -rank_of(type(model).__kommo_kind__)):
            parent = parent_of(model)
            groups.setdefault((type(model).__kommo_kind__, parent), []).append(
                Item(model, str(next(self.marks)), {}, model.pk)
            )
        return [
            Batch("delete", kind, tuple(chunk), parent)  # type: ignore[arg-type]
            for (kind, parent), items in groups.items()
            for chunk in chunked(
                items, min(self.batch_size, max(1, self.connection.dialect.features(kind).delete_size))
            )
        ]


def own_error(item: Item, error: BadRequest, problems: list[ItemError]) -> BadRequest:
    """The error of one object, with the user's own names of its fields."""
    model = item.object
    own = [
        replace(problem, object=model, field=field_named(model, item.places, problem.path or "") or problem.field)
        for problem in problems
    ]
    told = (
        "; ".join(f"{problem.field or problem.path}: {problem.detail} ({problem.code})" for problem in own)
        or error.detail
        or error.message
    )
    return BadRequest(
        f"{describe(model)} was refused: {told}",
        items=own,
        status=error.status,
        title=error.title,
        detail=error.detail,
        code=own[0].code if own else error.code,
        request_id=error.request_id,
        body=error.body,
    )

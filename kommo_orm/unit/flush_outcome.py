"""The outcome of a flush: each object is saved, failed with its own error, or uncertain.

Batches end in several threads, so every change is made under one lock. A batch that was given up (a second Ctrl-C during
its request) is decided about once, by whoever comes first: its late answer is ignored.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from kommo_orm.errors import (
    AccountBlocked,
    KommoError,
    NotConnected,
    PaymentRequired,
    Unauthorized,
    UnexpectedResponse,
)
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.connection import Connection
from kommo_orm.model.instance_state import CreateAttempt
from kommo_orm.model.model import Model
from kommo_orm.transport.delivery import DeliveryTracker
from kommo_orm.unit.progress import Progress
from kommo_orm.unit.report import Failed, Report, describe

STOPS_ALL = (Unauthorized, AccountBlocked, PaymentRequired, NotConnected)


class FlushOutcome:
    """Builds the report of a flush. The report is correct at any moment."""

    def __init__(self, objects: Sequence[Model], total: int, progress: Progress | None) -> None:
        self.report = Report()
        self.total, self.progress = total, progress
        self.bad: dict[int, KommoError] = {}
        self.stopped: KommoError | None = None  # why nothing more is sent
        self._order = {id(model): place for place, model in enumerate(objects)}
        self._done: set[int] = set()
        self._open: dict[int, tuple[Batch, DeliveryTracker]] = {}
        self.lock = threading.RLock()

    # ---- batches
    def start_batch(self, batch: Batch, delivery: DeliveryTracker) -> None:
        """The batch is sent from now on."""
        with self.lock:
            self._open[id(batch)] = (batch, delivery)
            self.report.requests += 1

    def is_open(self, batch: Batch) -> bool:
        """Whether nobody has decided about the batch yet. Ask under the lock."""
        return id(batch) in self._open

    def withhold_batch(self, batch: Batch, error: KommoError) -> None:
        """The batch has not left, and the flush has stopped: it fails."""
        with self.lock:
            if self.is_open(batch):
                self.report.requests -= 1
                self.fail_batch(batch, error)
                self.close_batch(batch)

    def close_batch(self, batch: Batch) -> None:
        """The objects of the batch are decided about."""
        self._open.pop(id(batch), None)
        if self.progress is not None:
            self.progress(len(self._done), max(self.total, len(self._done)))

    def close_open_batches(self) -> None:
        """Decide about the batches that were given up."""
        with self.lock:
            for batch, delivery in list(self._open.values()):
                if delivery.is_open or (delivery.attempts and not batch.creates_rows):
                    self.mark_batch_unconfirmed(batch, None)
            self._open.clear()
            self._sort_report()

    # ---- objects
    def add_saved(self, model: Model, *, created: bool) -> None:
        """The object was stored."""
        self._add(self.report.created if created else self.report.updated, model)

    def add_deleted(self, model: Model) -> None:
        """The row was deleted."""
        self._add(self.report.deleted, model)

    def _add(self, saved: list[Any], model: Model) -> None:
        if id(model) not in self.bad and id(model) not in self._done:
            saved.append(model)
        self._done.add(id(model))

    def add_failed(self, model: Model, error: KommoError) -> None:
        with self.lock:
            if id(model) in self.bad:
                return
            self.bad[id(model)] = error
            if id(model) in self._done:  # its fields are stored, its links are not
                self.report.updated = [other for other in self.report.updated if other is not model]
            self._done.add(id(model))
            self.report.failed.append(Failed(model, error))

    def stop_on_fatal(self, error: KommoError | None) -> None:
        """Stop the flush after an error that every other request would get, too."""
        if isinstance(error, STOPS_ALL):
            self.stopped = error

    def fail_batch(self, batch: Batch, error: KommoError) -> None:
        self.stop_on_fatal(error)
        for model in batch.objects:
            self.add_failed(model, error)

    def mark_batch_unconfirmed(self, batch: Batch, cause: KommoError | None) -> None:
        """The batch may have been applied: new objects are uncertain, changes fail and stay pending."""
        self.stop_on_fatal(cause)
        for item in (one for owner in batch.items for one in (owner, *owner.nested_items)):
            if not item.is_create:
                mark_unconfirmed(item)
                lost = UnexpectedResponse(f"{describe(item.object)}: The flush was interrupted before the answer came")
                self.add_failed(item.object, cause or lost)
            elif item.object.is_new:
                self.add_uncertain(item, cause)

    def add_uncertain(self, item: BatchItem, cause: KommoError | None) -> None:
        item.object.__kommo_state__.create_attempt = CreateAttempt(item.sent, item.extras)
        self.report.uncertain.append(item.object)
        self.report.causes[id(item.object)] = cause
        self._done.add(id(item.object))

    def add_awaiting_id(self, item: BatchItem, connection: Connection) -> None:
        """The object is stored inside of another one, and the service names its id later."""
        state = item.object.__kommo_state__
        state.create_attempt, state.account = CreateAttempt(item.sent, item.extras, is_stored=True), connection
        self.add_saved(item.object, created=True)

    # ---- order
    def _sort_report(self) -> None:
        """Sort the report by the order in which the objects were given."""
        last = len(self._order)

        def place(model: Any) -> int:
            return self._order.get(id(model), last)

        for objects in (self.report.created, self.report.updated, self.report.deleted, self.report.uncertain):
            objects.sort(key=place)
        self.report.failed.sort(key=lambda failed: place(failed.object))


def mark_unconfirmed(item: BatchItem) -> None:
    """What was sent may be stored or not. It counts as changed, even if it is set back, until a write or read confirms it."""
    state = item.object.__kommo_state__
    state.mark_unconfirmed(item.sent)
    state.unconfirmed_writes += 1
    for name, sent in item.extras.items():
        state.attached[name]._mark_unconfirmed(sent)

"""Sends the batches of a flush, and applies what comes back to their objects.

Every batch ends by deciding about its objects, so an interrupted flush leaves what was answered saved and the rest
pending. What a failure means stands in `failure_table.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import ref

from kommo_orm.errors import BadRequest, KommoError, UnexpectedResponse
from kommo_orm.interface.batch import Batch, BatchItem, Verb
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.dialect import Dialect
from kommo_orm.interface.failure import Failure, FailureKind
from kommo_orm.interface.parallel_requests import count_parallel_requests
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.transport.delivery import DeliveryTracker, OnSent
from kommo_orm.transport.flow import Failure as FlowFailure
from kommo_orm.transport.flow import Flow, gather_flows
from kommo_orm.transport.http_messages import HttpResponse
from kommo_orm.unit.apply_response import apply_deletion, apply_stored_row
from kommo_orm.unit.batch_errors import build_item_error, build_refusal_error
from kommo_orm.unit.created_ids import fetch_created_ids
from kommo_orm.unit.failure_table import CREATING, FailureAction, decide_action
from kommo_orm.unit.flush_outcome import FlushOutcome, mark_unconfirmed
from kommo_orm.unit.nested_creates import read_embedded_id
from kommo_orm.unit.report import describe

LINKS = ("link", "unlink")
MAX_TIMEOUTS = 3  # single updates in a row that the gateway gave up on: then it is the gateway, not the batch
Encoder = Callable[
    [BatchItem, bool], Flow[BatchItem | None]
]  # encodes an item again; with definitions read again, if True


class BatchDelivery(DeliveryTracker):
    """What becomes of the requests of one batch. Once the flush has stopped, none that still waits for its turn leaves."""

    def __init__(self, dialect: Dialect, outcome: FlushOutcome) -> None:
        super().__init__(dialect.is_result_unknown)
        self._outcome = ref(outcome)  # a response keeps its request, and that must not keep the objects of a flush

    def find_stop(self) -> KommoError | None:
        """Return the error that has stopped the flush, if it did before the first attempt."""
        outcome = self._outcome()
        return outcome.stopped if outcome is not None and self.attempts == 0 else None

    def start_attempt(self, on_sent: OnSent) -> OnSent:
        """Let an attempt begin. Raises the error that has stopped the flush."""
        if (error := self.find_stop()) is not None:
            raise error
        return super().start_attempt(on_sent)


@dataclass(frozen=True, slots=True)
class Mending:
    """Items whose options were refused, to be encoded again, and the rest of their batch."""

    rest: Batch
    error: BadRequest
    failure: Failure
    stale: tuple[BatchItem, ...]


class BatchSender:
    """Sends batches side by side; `outcome` learns what became of each object."""

    def __init__(
        self, connection: Connection, outcome: FlushOutcome, concurrency: int | None, encode_again: Encoder
    ) -> None:
        self.connection, self.dialect = connection, connection.dialect
        self.outcome, self._encode_again = outcome, encode_again
        self._concurrency = concurrency
        self.reread_kinds: set[str] = set()  # kinds whose definitions were read again after a refusal
        self._fetched: dict[str, StoredRow] = {}  # rows that were read because answers do not have ids
        self._timeouts = 0

    def send_all(self, batches: Sequence[Batch]) -> Flow[None]:
        """Send independent batches side by side: as many as the rate can use, or as the user's `concurrency` allows."""
        if len(batches) == 1:
            yield from self.send(batches[0])
            return
        most = count_parallel_requests(self.connection, self._concurrency)
        outcomes = yield from gather_flows((self.send(batch) for batch in batches), most)
        for outcome in outcomes:
            if isinstance(outcome, FlowFailure):
                raise outcome.error

    def send(self, batch: Batch) -> Flow[None]:
        """Send one batch and decide about its objects; then send what is left of it."""
        if self.outcome.stopped is not None:
            self.outcome.fail_batch(batch, self.outcome.stopped)
            return
        delivery = BatchDelivery(self.dialect, self.outcome)
        self.outcome.start_batch(batch, delivery)
        answer: HttpResponse | KommoError
        try:
            answer = yield from self.connection.ask(delivery.track(self.dialect.build_batch_request(batch)))
        except KommoError as error:
            if delivery.find_stop() is error:
                self.outcome.withhold_batch(batch, error)
                return
            answer = error
        if isinstance(answer, HttpResponse) and self._lacks_ids(batch):
            self._fetched |= yield from fetch_created_ids(self.connection, batch, answer)
        for rest in self._finish(batch, answer, delivery):
            yield from self._send_mended(rest) if isinstance(rest, Mending) else self.send(rest)

    def _lacks_ids(self, batch: Batch) -> bool:
        """Whether the answer does not have the ids of what the batch creates."""
        if batch.verb not in CREATING:
            return False
        return batch.creates_rows and not self.dialect.capabilities(batch.kind).returns_ids

    def _finish(
        self, batch: Batch, answer: HttpResponse | KommoError, delivery: DeliveryTracker
    ) -> Sequence[Batch | Mending]:
        """Decide about the objects of a batch, once; answers what is still to be sent."""
        with self.outcome.lock:
            if not self.outcome.is_open(batch):  # it was given up, and decided about, before its answer came
                return ()
            try:
                return self._decide(batch, answer, delivery)
            finally:
                self.outcome.close_batch(batch)

    def _decide(
        self, batch: Batch, answer: HttpResponse | KommoError, delivery: DeliveryTracker
    ) -> Sequence[Batch | Mending]:
        if isinstance(answer, KommoError):
            return self._handle_failure(batch, answer, delivery)
        self._timeouts = 0
        try:
            return self._apply_answer(batch, answer, delivery)
        except BadRequest as refusal:  # under a status of success
            return self._handle_failure(batch, refusal, delivery)
        except Exception as error:  # noqa: BLE001  # an answer that cannot be read
            unreadable = UnexpectedResponse(f"{batch}: the answer cannot be read ({error})")
            self.outcome.mark_batch_unconfirmed(batch, error if isinstance(error, KommoError) else unreadable)
            return ()

    # ---- failures
    def _handle_failure(self, batch: Batch, error: KommoError, delivery: DeliveryTracker) -> Sequence[Batch | Mending]:
        """Do what the table says about this failure; answers what is still to be sent."""
        verb: Verb = "update" if batch.verb == "save" and not batch.creates_rows else batch.verb
        failure = self.dialect.classify_failure(batch, error)
        applied = delivery.was_lost or any(item.is_retry for item in batch.items)
        action = decide_action(verb, failure.kind, applied=applied, is_single=len(batch) == 1)
        if action is FailureAction.FAIL_NAMED:
            return self._fail_named(batch, failure)
        if action is FailureAction.SPLIT:
            return batch.split_in_half()
        if action is FailureAction.SPLIT_BY_VERB:
            return self._split_by_verb(batch, error)
        if action is FailureAction.SUCCEED:
            self._apply_deletions(batch)
            return ()
        self._count_timeouts(failure)
        if action is FailureAction.MARK_UNCONFIRMED:
            self.outcome.mark_batch_unconfirmed(batch, error)
        else:
            self.outcome.fail_batch(batch, error)
        return ()

    def _split_by_verb(self, batch: Batch, error: KommoError) -> Sequence[Batch]:
        self.outcome.mark_batch_unconfirmed(batch.with_items(item for item in batch.items if item.is_create), error)
        updates = batch.with_items(replace(item, is_retry=True) for item in batch.items if not item.is_create)
        return (updates,) if len(updates) else ()

    def _count_timeouts(self, failure: Failure) -> None:
        self._timeouts = self._timeouts + 1 if failure.kind is FailureKind.TIMED_OUT else 0
        if self._timeouts >= MAX_TIMEOUTS:
            self.outcome.stopped = failure.error

    def _fail_named(self, batch: Batch, failure: Failure) -> Sequence[Batch | Mending]:
        """Fail the bad items; the others are sent again without them. Halving finds them where none is named."""
        if not failure.problems and len(batch) > 1:
            return batch.split_in_half()
        error = failure.error
        if not isinstance(error, BadRequest):
            self.outcome.fail_batch(batch, error)
            return ()
        stale = [item for item in batch.items if self._may_mend(item, failure)]
        for item in batch.items:
            if item.request_id in failure.problems and item not in stale:
                self.outcome.add_failed(item.object, build_item_error(item, error, failure.problems[item.request_id]))
        rest = batch.with_items(item for item in batch.items if item.request_id not in failure.problems)
        if stale:
            return (Mending(rest, error, failure, tuple(stale)),)
        return (rest,) if len(rest) else ()

    def _may_mend(self, item: BatchItem, failure: Failure) -> bool:
        """Whether definitions that are read again may help: once for each kind of entity."""
        return item.request_id in failure.stale_options and type(item.object).__kommo_kind__ not in self.reread_kinds

    def _send_mended(self, mending: Mending) -> Flow[None]:
        """Options were refused: encode them with the definitions as they are now, and send what has changed by that."""
        self.reread_kinds |= {type(item.object).__kommo_kind__ for item in mending.stale}
        mended: list[BatchItem] = []
        for item in mending.stale:
            encoded, more = None, ""
            try:
                encoded = yield from self._encode_again(item, item is mending.stale[0])
            except KommoError as error:
                more = f". {error}"
            if encoded is None or encoded.body == item.body:
                problems = mending.failure.problems[item.request_id]
                self.outcome.add_failed(item.object, build_item_error(item, mending.error, problems, more))
            else:
                mended.append(encoded)
        batch = mending.rest.with_items((*mending.rest.items, *mended))
        if len(batch):
            yield from self.send(batch)

    # ---- successes
    def _apply_answer(self, batch: Batch, answer: HttpResponse, delivery: DeliveryTracker) -> Sequence[Batch]:
        refused = self.dialect.parse_refusals(batch, answer)
        again: list[BatchItem] = []
        for item in batch.items if refused else ():
            refusal = refused.get(item.request_id)
            if refusal is None:
                continue
            if refusal.is_stale and (item.is_retry or delivery.was_lost):  # an earlier attempt made the row newer
                again.append(
                    replace(
                        item,
                        stored_values={**item.stored_values, **refusal.stored_values},
                        is_retry=False,
                        unconfirmed_writes=0,
                    )
                )
            else:
                self.outcome.add_failed(item.object, build_refusal_error(batch, item, refusal, answer))
        taken = batch.with_items(item for item in batch.items if item.request_id not in refused) if refused else batch
        if batch.verb in LINKS:
            self._apply_links(taken)
        elif batch.verb == "delete":
            self._apply_deletions(taken)
        elif taken.items:
            self.apply_stored(taken, self.dialect.parse_stored_rows(batch, answer))
        return (batch.with_items(again),) if again else ()

    def apply_stored(self, batch: Batch, stored: Mapping[str, StoredRow]) -> None:
        """Apply the rows of created and updated objects."""
        for item in batch.items:
            row = self._fetched.get(item.request_id) or stored.get(item.request_id)
            created = batch.verb != "update" and item.is_create
            if row is not None and row.id:
                if item.nested_items:
                    self.apply_nested(item, row.row)
                apply_stored_row(item, row, self.connection, created=created)
                self.outcome.add_saved(item.object, created=created)
            elif created:
                for one in (item, *item.nested_items):
                    self.outcome.add_uncertain(one, None)
            else:
                mark_unconfirmed(item)
                absent = f"{describe(item.object)}: the service's answer does not mention it"
                self.outcome.add_failed(item.object, UnexpectedResponse(absent))

    def apply_nested(self, owner: BatchItem, row: dict[str, Any]) -> None:
        """Give the objects that were created inside of another one the ids that the answer embeds."""
        for nested in owner.nested_items:
            relation = nested.relation or ""
            pk = read_embedded_id(row, relation)
            if pk is not None:
                apply_stored_row(nested, StoredRow(pk), self.connection, created=True)
                self.outcome.add_saved(nested.object, created=True)
            elif self.dialect.capabilities(owner.object.__kommo_kind__).returns_nested_ids:
                absent = f"{describe(nested.object)}: it was sent, and the answer does not have its id"
                self.outcome.add_uncertain(nested, UnexpectedResponse(absent))
            else:
                getattr(owner.object, relation)._await_id(nested.object)
                self.outcome.add_awaiting_id(nested, self.connection)

    def _apply_links(self, batch: Batch) -> None:
        for item in batch.items:
            for name, sent in item.extras.items():
                item.object.__kommo_state__.attached[name]._mark_stored(sent)
            self.outcome.add_saved(item.object, created=False)

    def _apply_deletions(self, batch: Batch) -> None:
        for item in batch.items:
            apply_deletion(item, self.connection)
            self.outcome.add_deleted(item.object)

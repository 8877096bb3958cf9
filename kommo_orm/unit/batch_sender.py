"""Sends the batches of a flush, and applies what comes back to their objects.

Every batch ends by deciding about its objects, so an interrupted flush leaves what was answered saved and the rest
pending. What a failure means stands in `failure_table.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kommo_orm.errors import BadRequest, GatewayTimeout, KommoError, UncertainWrite, UnexpectedResponse
from kommo_orm.interface.batch import Batch, Verb
from kommo_orm.interface.batch_item import BatchItem
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.transport.flow import Failure, Flow, gather_flows
from kommo_orm.transport.http_messages import HttpResponse
from kommo_orm.unit.apply_response import apply_deletion, apply_stored_row
from kommo_orm.unit.batch_errors import (
    LINKS,
    StaleOptions,
    build_item_error,
    build_refusal_error,
    classify_failure,
    find_blamed_items,
    is_lost,
    is_stale_option,
)
from kommo_orm.unit.created_ids import fetch_created_ids
from kommo_orm.unit.delivery import DeliveryTracker
from kommo_orm.unit.failure_table import FailureAction, decide_action
from kommo_orm.unit.flush_outcome import FlushOutcome, mark_unconfirmed
from kommo_orm.unit.nested_creates import read_embedded_id
from kommo_orm.unit.report import describe

MAX_TIMEOUTS = 3  # single updates in a row that the gateway gave up on: then it is the gateway, not the batch
Encoder = Callable[
    [BatchItem, bool], Flow[BatchItem | None]
]  # encodes an item again; with definitions read again, if True


class BatchSender:
    """Sends batches side by side; `outcome` learns what became of each object."""

    def __init__(self, connection: Connection, outcome: FlushOutcome, concurrency: int, encode_again: Encoder) -> None:
        self.connection, self.dialect = connection, connection.dialect
        self.outcome, self.concurrency, self._encode_again = outcome, concurrency, encode_again
        self.reread_kinds: set[str] = set()  # kinds whose definitions were read again after a refusal
        self._fetched: dict[str, StoredRow] = {}  # rows that were read because answers do not have ids
        self._timeouts = 0

    def send_all(self, batches: Sequence[Batch]) -> Flow[None]:
        """Send independent batches, as many at once as `concurrency` allows."""
        if len(batches) == 1:
            yield from self.send(batches[0])
            return
        outcomes = yield from gather_flows((self.send(batch) for batch in batches), self.concurrency)
        for outcome in outcomes:
            if isinstance(outcome, Failure):
                raise outcome.error

    def send(self, batch: Batch) -> Flow[None]:
        """Send one batch and decide about its objects; then send what is left of it."""
        if self.outcome.stopped is not None:
            self.outcome.fail_batch(batch, self.outcome.stopped)
            return
        delivery = DeliveryTracker()
        self.outcome.start_batch(batch, delivery)
        answer: HttpResponse | KommoError
        try:
            answer = yield from delivery.watch_flow(self.connection.ask(self.dialect.build_write_call(batch)))
        except KommoError as error:
            answer = error
        if (
            isinstance(answer, HttpResponse)
            and batch.creates_rows
            and not self.dialect.capabilities(batch.kind).returns_ids
        ):
            self._fetched |= yield from fetch_created_ids(self.connection, batch, answer)
        for rest in self._finish(batch, answer, delivery):
            yield from self._send_mended(rest) if isinstance(rest, StaleOptions) else self.send(rest)

    def _finish(
        self, batch: Batch, answer: HttpResponse | KommoError, delivery: DeliveryTracker
    ) -> Sequence[Batch | StaleOptions]:
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
    ) -> Sequence[Batch | StaleOptions]:
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
    def _handle_failure(
        self, batch: Batch, error: KommoError, delivery: DeliveryTracker
    ) -> Sequence[Batch | StaleOptions]:
        """Do what the table says about this failure; answers what is still to be sent."""
        verb: Verb = "update" if batch.verb == "save" and not batch.creates_rows else batch.verb
        failure = classify_failure(batch, error)
        applied = delivery.was_lost or is_lost(error) or any(item.is_retry for item in batch.items)
        action = decide_action(verb, failure, applied=applied, is_single=len(batch) == 1)
        if action is FailureAction.SPLIT:
            return batch.split_in_half()
        if action is FailureAction.FAIL_NAMED and isinstance(error, BadRequest):
            return self._fail_named(batch, error)
        if action is FailureAction.SPLIT_BY_VERB:
            return self._split_by_verb(batch, error)
        if action is FailureAction.SUCCEED:
            self._apply_deletions(batch)
        elif action is FailureAction.MARK_UNCONFIRMED:
            self._count_timeouts(error)
            self.outcome.mark_batch_unconfirmed(batch, error)
        else:
            self._count_timeouts(error)
            self.outcome.fail_batch(batch, error)
        return ()

    def _split_by_verb(self, batch: Batch, error: KommoError) -> Sequence[Batch]:
        self.outcome.mark_batch_unconfirmed(batch.with_items(item for item in batch.items if item.is_create), error)
        updates = batch.with_items(replace(item, is_retry=True) for item in batch.items if not item.is_create)
        return (updates,) if len(updates) else ()

    def _count_timeouts(self, error: KommoError) -> None:
        cause = error.__cause__ if isinstance(error, UncertainWrite) else error
        self._timeouts = self._timeouts + 1 if isinstance(cause, GatewayTimeout) else 0
        if self._timeouts >= MAX_TIMEOUTS:
            self.outcome.stopped = error

    def _fail_named(self, batch: Batch, error: BadRequest) -> Sequence[Batch | StaleOptions]:
        """Fail the bad items; the others are sent again without them."""
        blamed = find_blamed_items(batch, error)
        stale: list[BatchItem] = []
        for item, problems in blamed.bad:
            if is_stale_option(item, problems) and type(item.object).__kommo_kind__ not in self.reread_kinds:
                stale.append(item)
            else:
                self.outcome.add_failed(item.object, build_item_error(item, error, problems))
        if stale:
            return (StaleOptions(batch, error, tuple(stale), blamed.rest),)
        return (batch.with_items(blamed.rest),) if blamed.rest else ()

    def _send_mended(self, refused: StaleOptions) -> Flow[None]:
        """Options were refused: encode them with the definitions as they are now, and send what has changed by that."""
        self.reread_kinds |= {type(item.object).__kommo_kind__ for item in refused.stale}
        problems = {id(item.object): named for item, named in find_blamed_items(refused.batch, refused.error).bad}
        mended: list[BatchItem] = []
        for item in refused.stale:
            encoded, more = None, ""
            try:
                encoded = yield from self._encode_again(item, item is refused.stale[0])
            except KommoError as error:
                more = f". {error}"
            if encoded is None or encoded.body == item.body:
                own_error = build_item_error(item, refused.error, problems[id(item.object)], more)
                self.outcome.add_failed(item.object, own_error)
            else:
                mended.append(encoded)
        rest = (*refused.rest, *mended)
        if rest:
            yield from self.send(refused.batch.with_items(rest))

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
        elif len(taken):
            self.apply_stored(taken, self.dialect.parse_stored_rows(batch, answer))
        return (batch.with_items(again),) if again else ()

    def apply_stored(self, batch: Batch, stored: Mapping[str, StoredRow]) -> None:
        """Apply the rows of created and updated objects."""
        for item in batch.items:
            row = self._fetched.get(item.request_id) or stored.get(item.request_id)
            if row is not None and row.id:
                self.apply_nested(item, row.row)
                apply_stored_row(item, row, self.connection, created=item.is_create)
                self.outcome.add_saved(item.object, created=item.is_create)
            elif item.is_create:
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

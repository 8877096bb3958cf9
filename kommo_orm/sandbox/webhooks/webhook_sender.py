"""Sends what is due, one webhook after the other, in sync and in async code.

One caller sends at a time. What a receiver causes by its own writes is queued, and sent by the same caller afterwards.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.webhooks.delivery import NO_ANSWER, Attempt, Delivery
from kommo_orm.sandbox.webhooks.delivery_queue import DeliveryQueue
from kommo_orm.sandbox.webhooks.receivers import AddressReceiver, Answer, Receiver, is_local_url

DEEPEST = 50  # webhooks of which each caused the next one
_LOCAL = AddressReceiver()
_current: ContextVar[Delivery | None] = ContextVar("kommo_sandbox_delivery", default=None)


@dataclass(slots=True)
class PlannedAnswer:
    """An answer in place of the receiver's own, for the next `times` attempts (None: for all)."""

    status: int
    times: int | None
    is_received: bool


@dataclass(frozen=True, slots=True)
class SendingTurn:
    """One delivery that is attempted now, with its receiver and the answer that a test has planned."""

    receiver: Receiver
    delivery: Delivery
    planned: PlannedAnswer | None

    @property
    def planned_answer(self) -> Answer | None:
        return None if self.planned is None else Answer(self.planned.status, "planned by the test")

    @property
    def is_received(self) -> bool:
        return self.planned is None or self.planned.is_received

    @contextmanager
    def mark_current(self) -> Iterator[None]:
        """Let writes of the receiver know which webhook has caused them."""
        token = _current.set(self.delivery)
        try:
            yield
        finally:
            _current.reset(token)


class WebhookSender:
    """The deliveries of a sandbox and their receiver. Without a receiver only addresses of this machine get webhooks."""

    def __init__(self, lock: Any, get_account: Callable[[], Account], clock: Callable[[], float]) -> None:
        self.queue = DeliveryQueue()
        self.receiver: Receiver | None = None
        self.planned: list[PlannedAnswer] = []
        self._get_account = get_account
        self._clock = clock
        self._idle = threading.Condition(lock)
        self._is_busy = False

    def forget_deliveries(self) -> None:
        """Start with an empty queue, for a new account."""
        self.queue = DeliveryQueue()
        self.planned.clear()

    def set_receiver(self, receiver: Receiver | None) -> None:
        with self._idle:
            self.receiver = receiver
            self.queue.unpark_all()

    def queue_events(self) -> None:
        """Queue what the request that has just ended has noted. The caller holds the lock."""
        account, cause = self._get_account(), _current.get()
        events = account.outbox.take_events()
        if events:
            self.queue.add_events(account, events, self._clock(), 0 if cause is None else cause.depth + 1)

    # Sending

    def send_due(self, within: float = 0.0, *, wait: bool = True) -> list[Delivery]:
        """Send what is due, and what becomes due in the next `within` seconds. Returns what was attempted.

        While another caller sends: with `wait` this one waits for its turn, else it leaves everything to the other.
        """
        if _current.get() is not None or not self._begin(wait=wait):
            return []
        attempted: list[Delivery] = []
        try:
            while (turn := self._take_turn(within)) is not None:
                answer = None
                if turn.is_received:
                    with turn.mark_current():
                        answer = turn.receiver.send(turn.delivery)
                attempted.append(self._record_answer(turn, answer))
            return attempted
        finally:
            self._end()

    async def asend_due(self, within: float = 0.0, *, wait: bool = True) -> list[Delivery]:
        """Send as `send_due` does, in the loop that runs."""
        if _current.get() is not None:
            return []
        while not self._begin(wait=False):
            if not wait:
                return []
            await asyncio.sleep(0.001)
        attempted: list[Delivery] = []
        try:
            while (turn := self._take_turn(within)) is not None:
                answer = None
                if turn.is_received:
                    with turn.mark_current():
                        answer = await turn.receiver.asend(turn.delivery)
                attempted.append(self._record_answer(turn, answer))
            return attempted
        finally:
            self._end()

    def _begin(self, *, wait: bool) -> bool:
        with self._idle:
            while self._is_busy:
                if not wait:
                    return False
                self._idle.wait()
            self._is_busy = True
            return True

    def _end(self) -> None:
        with self._idle:
            self._is_busy = False
            self._idle.notify()

    def _take_turn(self, within: float) -> SendingTurn | None:
        with self._idle:
            while (delivery := self.queue.take_due(self._get_account(), self._clock() + within)) is not None:
                receiver = self.receiver or (_LOCAL if is_local_url(delivery.url) else None)
                if receiver is not None:
                    return SendingTurn(receiver, delivery, self._take_planned())
                self.queue.park(delivery)
        return None

    def _take_planned(self) -> PlannedAnswer | None:
        planned = self.planned[0] if self.planned else None
        if planned is not None and planned.times is not None:
            planned.times -= 1
            if planned.times <= 0:
                self.planned.remove(planned)
        return planned

    def _record_answer(self, turn: SendingTurn, received: Answer | None) -> Delivery:
        """Note the answer of an attempt. Raises what a test must see: its failed assertion, and a receiver in a circle."""
        delivery, answer = turn.delivery, turn.planned_answer or received or Answer(NO_ANSWER)
        with self._idle:
            at = max(self._clock(), delivery.due or 0.0)
            self.queue.record_attempt(self._get_account(), delivery, Attempt(at, answer.status, answer.error))
        if answer.exception is not None:
            raise answer.exception
        if delivery.depth >= DEEPEST:
            raise RuntimeError(
                f"The receiver of webhooks runs in a circle: {DEEPEST} webhooks in a row were each caused by the answer to "
                f"the one before, the last one by {delivery.event}. Let it ignore its own changes."
            )
        return delivery

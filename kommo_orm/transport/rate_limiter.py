"""At most so many requests in any second, for everything in this process that uses one account.

Kommo counts strictly, by arrival: requests spaced at 1/7 s still draw a 429, because the first one leaves late (it
pays for the connection) and is squeezed against the later ones. So there are two rules. Requests are *spaced* evenly, a
little wider than the limit asks. And the *window* is checked against the moments at which requests really left: a slot
that a request took comes free a second (and that little) after it left, and not before it has left.

Own code, because limiters such as throttled-py, pyrate-limiter and limits answer "yes" or "not yet" and book the moment
of the answer; none lets a booking be corrected by the moment of departure, keeps a queue in order, and leaves the
waiting to its caller.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from weakref import WeakKeyDictionary

from kommo_orm.errors import ConfigurationError
from kommo_orm.transport.circuit_breaker import CircuitBreaker
from kommo_orm.transport.delivery import send_attempt
from kommo_orm.transport.flow import Flow, RequestHandler, ignore_departure, sleep_for
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from kommo_orm.transport.request_log import log_wait
from kommo_orm.transport.slot_queue import Slot, SlotQueue

# Measured against the service: 1/7 s and 1/6.9 s between requests draw a 429 now and then, 1/6.5 s never.
_SAFETY = 7 / 6.5
_LOOK_AGAIN = 0.05  # seconds, while all slots are held by requests that have not left yet

Clock = Callable[[], float]
Signer = Callable[[HttpRequest], HttpRequest]


def validate_rate(rate: float | None) -> float | None:
    """A rate in requests a second, None for unlimited. Raises `ConfigurationError`."""
    if rate is not None and (isinstance(rate, bool) or not math.isfinite(rate) or rate <= 0):
        raise ConfigurationError(
            f"rate={rate!r} is no limit: give a number of requests a second above 0, or None for no limit"
        )
    return rate


class RateLimiter:
    """The queue in front of one account. It never sleeps: it answers how long to wait, and is asked again then."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rates: WeakKeyDictionary[object, float] = WeakKeyDictionary()
        self._rates_counted = 0  # how many of them the next three numbers are made of
        self._max_slots = 0  # requests that may leave within a period
        self._period = 0.0  # seconds for which a request that left takes its slot
        self._gap = 0.0  # seconds between two requests
        self._queue = SlotQueue()
        self._on_the_way: set[Slot] = set()  # granted, not yet left
        self._departed: deque[Slot] = deque()  # in the order in which they left, for as long as they count
        self._next_at = -math.inf  # the earliest moment for the first of the queue, by the spacing

    def join(self, member: object, rate: float) -> None:
        """Count this member's rate for as long as it lives: the lowest of all is kept."""
        with self._lock:
            self._rates[member] = rate
            self._update_limits()

    def leave(self, member: object) -> None:
        """Count this member's rate no more."""
        with self._lock:
            self._rates.pop(member, None)
            self._update_limits()

    def _update_limits(self) -> None:
        self._rates_counted = len(self._rates)
        if self._rates:
            rate = min(self._rates.values())
            self._max_slots = int(max(1.0, rate // 1))
            self._period = max(1.0, 1 / rate) * _SAFETY  # at least the second that the service counts
            self._gap = self._period / self._max_slots

    @property
    def is_idle(self) -> bool:
        """True when nothing would be lost with this object."""
        with self._lock:
            self._forget_departed(self._clock())
            return not (self._queue.count or self._on_the_way or self._departed or self._rates)

    def enter_queue(self, *, take_now: bool = False) -> Slot:
        """A slot at the end of the queue. With `take_now` it is granted at once if it is free: then `is_queued` is False."""
        with self._lock:
            slot = Slot(self._clock())
            if take_now and not self._queue.count and self._is_free(slot.queued_at):
                self._grant(slot, slot.queued_at)
                return slot
            self._queue.enter(slot)
            if take_now:
                self._try_grant(slot, slot.queued_at)
        return slot

    def find_wait(self, slot: Slot) -> float:
        """Seconds until it is worth asking again; 0: the slot is granted, send now."""
        with self._lock:
            return self._try_grant(slot, self._clock()) if slot.is_queued else 0.0

    def _try_grant(self, slot: Slot, now: float) -> float:
        if self._rates_counted != len(self._rates):  # a member was collected without `leave`
            self._update_limits()
        if self._rates:
            # Granted by time, not by turn: a late first one (its event loop is busy) must not stop the others.
            earliest = self._find_earliest(now, self._queue.first.queued_at)
            seconds = earliest + self._queue.count_before(slot) * self._gap - now
            if seconds > 0:
                return seconds
        self._queue.leave(slot)
        self._grant(slot, now)
        return 0.0

    def _is_free(self, now: float) -> bool:
        """Whether a slot that finds nobody waiting may go at once."""
        return self._rates_counted == len(self._rates) and (not self._rates or self._find_earliest(now, now) <= now)

    def _grant(self, slot: Slot, now: float) -> None:
        slot.is_queued = False
        self._on_the_way.add(slot)
        self._next_at = now + self._gap if self._rates else now

    def _find_earliest(self, now: float, queued_at: float) -> float:
        """When the first of the queue, which came at `queued_at`, may go, or could have gone."""
        self._forget_departed(now)
        spaced = max(self._next_at, queued_at)
        excess = len(self._on_the_way) + len(self._departed) - self._max_slots
        if excess < 0:
            return spaced
        if excess >= len(self._departed):
            return max(now + _LOOK_AGAIN, spaced)
        return max(self._departed[excess].left_at + self._period, spaced)

    def _forget_departed(self, now: float) -> None:
        while self._departed and self._departed[0].left_at + self._period <= now:
            self._departed.popleft()

    def mark_left(self, slot: Slot) -> None:
        """The request of this slot is on its way. Called twice (through a proxy), the last time counts."""
        with self._lock:
            if slot in self._on_the_way:
                self._on_the_way.discard(slot)
            elif slot in self._departed:
                self._departed.remove(slot)
            else:
                return
            slot.left_at = self._clock()
            self._departed.append(slot)

    def release_slot(self, slot: Slot) -> None:
        """The request is over. A slot that was granted and never left comes free; one that left is taken for its time."""
        with self._lock:
            self._on_the_way.discard(slot)
            if slot.is_queued:
                self._queue.leave(slot)

    def reset_after_fork(self) -> None:
        """In a child process: the queues were the parent's. What has left counts on, for the service counts both."""
        self._lock = threading.Lock()
        self._queue.empty()
        self._on_the_way.clear()


def limit_rate(rate_limiter: RateLimiter | None, breaker: CircuitBreaker, sign: Signer | None = None) -> RequestHandler:
    """The innermost layer: wait for a free slot, then put the request on the wire.

    `sign` changes each attempt just before it is sent.
    """

    def send_unlimited(request: HttpRequest) -> Flow[HttpResponse]:
        while not breaker.is_closed and (seconds := breaker.check_pause(request)) > 0:
            yield from sleep_for(seconds)
        return (yield from send_attempt(sign(request) if sign else request, ignore_departure))

    def send_in_turn(request: HttpRequest) -> Flow[HttpResponse]:
        if rate_limiter is None:
            return (yield from send_unlimited(request))
        slot = rate_limiter.enter_queue(take_now=breaker.is_closed)
        waited = 0.0
        try:
            while not breaker.is_closed or slot.is_queued:
                seconds = breaker.check_pause(request) or rate_limiter.find_wait(slot)
                if seconds > 0:
                    yield from sleep_for(seconds)
                    waited += seconds
            if waited:
                log_wait(request, waited)
            on_sent = partial(rate_limiter.mark_left, slot)
            return (yield from send_attempt(sign(request) if sign else request, on_sent))
        finally:
            rate_limiter.release_slot(slot)

    return send_in_turn

"""At most so many requests in any second, for everyone in this process who talks to one account.

Kommo counts strictly, by arrival: requests spaced at 1/7 s still draw a 429, because the first one leaves late (it
pays for the connection) and is squeezed against the later ones. So there are two rules. Requests are *spaced* evenly, a
little wider than the limit asks. And the *window* is checked against the moments at which requests really left: a place
taken by a request comes free a second (and that little) after it left, and not before it has left.

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
from weakref import WeakKeyDictionary

from kommo_orm.errors import ConfigurationError
from kommo_orm.transport.flow import Flow, RequestHandler, Sender, sleep_for
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

# Measured against the service: 1/7 s and 1/6.9 s between requests draw a 429 now and then, 1/6.5 s never.
_SAFETY = 7 / 6.5
_LOOK_AGAIN = 0.05  # seconds, while all places are held by requests that have not left yet

Clock = Callable[[], float]


def validate_rate(rate: float | None) -> float | None:
    """A rate in requests a second, None for unpaced. Raises `ConfigurationError`."""
    if rate is not None and (isinstance(rate, bool) or not math.isfinite(rate) or rate <= 0):
        raise ConfigurationError(f"rate is how many requests a second, above 0, or None for no limit; {rate!r} is not.")
    return rate


class RateLimiter:
    """The queue in front of one account. It never sleeps: a `Place` says how long to wait, and is asked again then."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rates: WeakKeyDictionary[object, float] = WeakKeyDictionary()
        self._queue: deque[Slot] = deque()
        self._going: set[Slot] = set()  # granted, but not yet gone
        self._gone: deque[Slot] = deque()  # in the order in which they left, for as long as they count
        self._next = -math.inf  # the earliest moment for the first in the queue, by the spacing

    def join(self, member: object, rate: float) -> None:
        """Count this member's rate for as long as it lives: the lowest of all is kept."""
        with self._lock:
            self._rates[member] = rate

    def leave(self, member: object) -> None:
        with self._lock:
            self._rates.pop(member, None)

    def queue(self) -> Slot:
        """A place at the end of the queue."""
        with self._lock:
            place = Slot(self, self._clock())
            self._queue.append(place)
        return place

    @property
    def idle(self) -> bool:
        """True when nothing would be lost with this object."""
        with self._lock:
            self._forget(self._clock())
            return not (self._queue or self._going or self._gone or self._rates)

    def wait(self, place: Slot) -> float:
        """See `Place.wait`."""
        with self._lock:
            if place not in self._queue:
                return 0.0
            now = self._clock()
            if not self._rates:
                return self._grant(place, now, 0.0)
            ahead = self._queue.index(place)
            seconds = self._earliest(now) + ahead * self._gap - now
            # Granted by time, not by turn: a late first one (its event loop is busy) must not stop the others.
            return self._grant(place, now, self._gap) if seconds <= 0 else seconds

    def _grant(self, place: Slot, now: float, gap: float) -> float:
        self._queue.remove(place)
        self._going.add(place)
        self._next = now + gap
        return 0.0

    def _earliest(self, now: float) -> float:
        """When the first of the queue may go, or could have gone."""
        self._forget(now)
        spaced = max(self._next, self._queue[0].queued_at)
        over = len(self._going) + len(self._gone) - int(self._places)
        if over < 0:
            return spaced
        if over >= len(self._gone):
            return max(now + _LOOK_AGAIN, spaced)
        return max(self._gone[over].left_at + self._period, spaced)

    def _forget(self, now: float) -> None:
        while self._gone and self._gone[0].left_at + self._period <= now:
            self._gone.popleft()

    def left(self, place: Slot) -> None:
        """See `Place.left`."""
        with self._lock:
            if place in self._gone:
                self._gone.remove(place)
            elif place in self._going:
                self._going.discard(place)
            else:
                return
            place.left_at = self._clock()
            self._gone.append(place)

    def done(self, place: Slot) -> None:
        """See `Place.done`. What was granted and never left takes no place; what left keeps its own for its time."""
        with self._lock:
            self._going.discard(place)
            if place in self._queue:
                self._queue.remove(place)

    def reset_after_fork(self) -> None:
        """In a child process: the queues were the parent's. What has left counts on, for the service counts both."""
        self._lock = threading.Lock()
        self._queue.clear()
        self._going.clear()

    @property
    def _rate(self) -> float:
        return min(self._rates.values(), default=math.inf)

    @property
    def _places(self) -> float:
        """How many may leave within a period."""
        return max(1.0, self._rate // 1)

    @property
    def _period(self) -> float:
        """Seconds for which a request that left takes its place: at least the second that the service counts."""
        return max(1.0, 1 / self._rate) * _SAFETY

    @property
    def _gap(self) -> float:
        return self._period / self._places


class Slot:
    """One request's place in the queue."""

    __slots__ = ("_pace", "left_at", "queued_at")

    def __init__(self, pace: RateLimiter, queued_at: float) -> None:
        self._pace = pace
        self.queued_at = queued_at
        self.left_at = math.inf

    def wait(self) -> float:
        """Seconds until it is worth asking again; 0 means go now. Ask until it is 0."""
        return self._pace.wait(self)

    def left(self) -> None:
        """The request is on its way. Told twice (through a proxy), the last time counts."""
        self._pace.left(self)

    def done(self) -> None:
        """Nothing more will come of this place: answered, failed or given up."""
        self._pace.done(self)


def limit_rate(sender: Sender, pace: RateLimiter | None, held: Callable[[HttpRequest], float]) -> RequestHandler:
    """Wait for one's turn, then send. `held` says for how many seconds the whole account must keep still."""

    def unpaced(call: HttpRequest) -> Flow[HttpResponse]:
        while (seconds := held(call)) > 0:
            yield from sleep_for(seconds)
        return (yield from sender(call, lambda: None))

    def asking(call: HttpRequest) -> Flow[HttpResponse]:
        if pace is None:
            return (yield from unpaced(call))
        place = pace.queue()
        try:
            while (seconds := held(call) or place.wait()) > 0:
                yield from sleep_for(seconds)
            return (yield from sender(call, place.left))
        finally:
            place.done()

    return asking

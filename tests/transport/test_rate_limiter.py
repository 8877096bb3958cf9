from __future__ import annotations

import asyncio
import gc
import heapq
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.client import Kommo
from kommo_orm.errors import ConfigurationError
from kommo_orm.transport.circuit_breaker import CircuitBreaker
from kommo_orm.transport.drivers import SyncDriver
from kommo_orm.transport.flow import SendRequest, Sleep, gather_flows
from kommo_orm.transport.rate_limiter import RateLimiter, Slot, limit_rate, validate_rate
from kommo_orm.transport.shared_limits import get_shared_limits
from tests.transport.servers import StrictServer
from tests.transport.wires import FakeWire, get


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Member:
    """An open account."""


def make_limiter(rate: float) -> tuple[RateLimiter, Clock, Member]:
    clock, member = Clock(), Member()
    limiter = RateLimiter(clock)
    limiter.join(member, rate)
    return limiter, clock, member


def simulated(
    rate: float, requests: int, at_once: int, setup: Callable[[int], float], answer: Callable[[int], float]
) -> list[float]:
    """When requests left, in a world without delays of its own: `at_once` workers, each with connection `setup` times."""
    limiter, clock, _member = make_limiter(rate)
    numbers, order = count(), count()
    left: list[float] = []
    events: list[tuple[float, int, Callable[[], None]]] = []

    def later(seconds: float, what: Callable[[], None]) -> None:
        heapq.heappush(events, (clock.now + seconds, next(order), what))

    def begin() -> None:
        number = next(numbers)
        if number < requests:
            ask(limiter.enter_queue(take_now=number % 2 == 0), number)

    def ask(slot: Slot, number: int) -> None:
        seconds = limiter.find_wait(slot)
        if seconds > 0:
            later(seconds, lambda: ask(slot, number))
        else:
            later(setup(number), lambda: leave(slot, number))

    def leave(slot: Slot, number: int) -> None:
        limiter.mark_left(slot)
        left.append(clock.now)
        later(answer(number), lambda: end(slot))

    def end(slot: Slot) -> None:
        limiter.release_slot(slot)
        begin()

    for _ in range(at_once):
        later(0.0, begin)
    while events:
        clock.now, _, what = heapq.heappop(events)
        what()
    return left


def most_in_a_second(moments: list[float]) -> int:
    moments = sorted(moments)
    return max(sum(1 for other in moments if moment - 1.0 < other <= moment) for moment in moments)


@given(
    rate=st.sampled_from([1.0, 2.5, 7.0, 7.0, 7.0, 50.0]),
    at_once=st.integers(1, 12),
    setups=st.lists(st.floats(0, 2), min_size=1, max_size=40),
    answers=st.lists(st.floats(0, 2), min_size=1, max_size=40),
)
def test_never_more_than_the_rate_leave_within_any_second(
    rate: float, at_once: int, setups: list[float], answers: list[float]
) -> None:
    left = simulated(
        rate, 40, at_once, lambda number: setups[number % len(setups)], lambda number: answers[number % len(answers)]
    )
    assert len(left) == 40
    assert most_in_a_second(left) <= rate


def test_sixty_slow_pages_take_no_longer_than_the_pace_asks() -> None:
    left = simulated(7, 60, 4, lambda number: 0.3 if number < 4 else 0.0, lambda number: 0.4)
    assert left[-1] - 100.0 + 0.4 <= 60 / 6.5 + 1.0
    assert most_in_a_second(left) <= 7


def test_requests_are_spaced_evenly() -> None:
    left = simulated(7, 20, 4, lambda number: 0.0, lambda number: 0.1)
    gaps = [after - before for before, after in zip(left, left[1:], strict=False)]
    assert min(gaps) == pytest.approx(1 / 6.5)
    assert max(gaps) == pytest.approx(1 / 6.5)


def test_a_slow_first_connection_does_not_squeeze_the_eighth_against_it() -> None:
    left = simulated(7, 8, 8, lambda number: 0.5 if number == 0 else 0.0, lambda number: 1.0)
    assert sorted(left)[-1] - left[left.index(100.5)] > 0
    assert most_in_a_second(left) <= 7


def test_a_slow_rate_is_kept_too() -> None:
    left = simulated(0.5, 4, 4, lambda number: 0.0, lambda number: 0.1)
    assert all(after - before >= 2.0 for before, after in zip(left, left[1:], strict=False))


def test_a_high_rate_is_nearly_free() -> None:
    left = simulated(1000, 100, 1, lambda number: 0.0, lambda number: 0.0)
    assert left[-1] - left[0] < 0.12


def test_the_first_come_is_the_first_to_go() -> None:
    limiter, clock, _member = make_limiter(7)
    first, second, third = limiter.enter_queue(), limiter.enter_queue(), limiter.enter_queue()
    assert limiter.find_wait(first) == 0
    assert 0 < limiter.find_wait(second) < limiter.find_wait(third)
    clock.now += limiter.find_wait(second)
    assert limiter.find_wait(third) > 0
    assert limiter.find_wait(second) == 0


def test_a_late_first_one_does_not_stop_the_others() -> None:
    limiter, clock, _member = make_limiter(7)
    first, second = limiter.enter_queue(), limiter.enter_queue()
    clock.now += 0.2  # first's event loop is busy, it does not come for its turn
    assert limiter.find_wait(second) == 0
    assert limiter.find_wait(first) > 0


def test_a_place_given_up_is_no_loss() -> None:
    limiter, _clock, _member = make_limiter(7)
    first, second, third = limiter.enter_queue(), limiter.enter_queue(), limiter.enter_queue()
    assert limiter.find_wait(first) == 0
    before = limiter.find_wait(third)
    limiter.release_slot(second)
    assert limiter.find_wait(third) < before


def test_what_never_left_takes_no_place() -> None:
    limiter, clock, _member = make_limiter(2)
    for _ in range(10):  # connections that fail
        slot = limiter.enter_queue()
        assert limiter.find_wait(slot) == 0
        limiter.release_slot(slot)
        clock.now += 0.6
    assert limiter.find_wait(limiter.enter_queue()) == 0


def test_while_all_places_are_on_their_way_the_next_asks_again_soon() -> None:
    limiter, clock, _member = make_limiter(1)
    assert limiter.find_wait(limiter.enter_queue()) == 0
    clock.now += 5
    waiting = limiter.enter_queue()
    assert 0 < limiter.find_wait(waiting) <= 0.1


def test_told_twice_the_last_departure_counts() -> None:
    limiter, clock, _member = make_limiter(1)
    slot = limiter.enter_queue()
    assert limiter.find_wait(slot) == 0
    limiter.mark_left(slot)
    clock.now += 1
    limiter.mark_left(slot)
    limiter.release_slot(slot)
    clock.now += 0.5
    assert limiter.find_wait(limiter.enter_queue()) > 0.5


def test_a_free_slot_is_granted_in_the_same_step() -> None:
    limiter, _clock, _member = make_limiter(7)
    assert not limiter.enter_queue(take_now=True).is_queued
    waiting = limiter.enter_queue(take_now=True)
    assert waiting.is_queued
    assert limiter.find_wait(waiting) == pytest.approx(1 / 6.5)


def test_nobody_overtakes_a_queue_by_taking_a_free_slot() -> None:
    limiter, _clock, _member = make_limiter(7)
    first = limiter.enter_queue()
    assert limiter.enter_queue(take_now=True).is_queued
    assert limiter.find_wait(first) == 0


def test_the_lowest_rate_of_all_open_accounts_counts() -> None:
    limiter, clock, _fast = make_limiter(100)
    slow = Member()
    limiter.join(slow, 2)
    assert limiter.find_wait(limiter.enter_queue()) == 0
    assert limiter.find_wait(limiter.enter_queue()) > 0.4
    limiter.leave(slow)
    clock.now += 2
    assert limiter.find_wait(limiter.enter_queue()) == 0
    assert limiter.find_wait(limiter.enter_queue()) < 0.1


def test_an_account_that_is_gone_counts_no_more() -> None:
    limiter, _clock, _fast = make_limiter(100)
    limiter.join(Member(), 2)
    gc.collect()
    assert limiter.find_wait(limiter.enter_queue()) == 0
    assert limiter.find_wait(limiter.enter_queue()) < 0.1


def test_history_outlives_the_accounts() -> None:
    limits = get_shared_limits("https://history.kommo.com")
    limiter, first = limits.rate_limiter, Member()
    limiter.join(first, 7)
    slot = limiter.enter_queue()
    assert limiter.find_wait(slot) == 0
    limiter.mark_left(slot)
    limiter.release_slot(slot)
    limiter.leave(first)
    assert not limiter.is_idle
    assert get_shared_limits("https://history.kommo.com") is limits


def test_idle_accounts_are_forgotten() -> None:
    first = get_shared_limits("https://idle.kommo.com")
    assert first.rate_limiter.is_idle
    for number in range(300):
        get_shared_limits(f"https://idle-{number}.kommo.com")
    assert get_shared_limits("https://idle.kommo.com") is not first


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf"), True])
def test_rates_that_cannot_be_are_refused(rate: float) -> None:
    with pytest.raises(ConfigurationError):
        validate_rate(rate)


def test_none_is_no_limit() -> None:
    assert validate_rate(None) is None


def test_the_layer_waits_by_effects_and_tells_when_it_is_done() -> None:
    limiter, clock, _member = make_limiter(7)

    ask = limit_rate(limiter, CircuitBreaker(clock))
    first, second = ask(get()), ask(get())
    effect = next(first)
    assert isinstance(effect, SendRequest)
    effect.on_sent()
    wait = next(second)
    assert isinstance(wait, Sleep)
    assert wait.seconds == pytest.approx(1 / 6.5)
    clock.now += wait.seconds
    assert isinstance(second.send(None), SendRequest)
    first.close()
    second.close()


def test_a_held_account_sends_nothing_until_the_hold_ends() -> None:
    clock = Clock()
    brake = CircuitBreaker(clock)
    brake.hold(3)
    assert brake.check_pause(get()) == pytest.approx(3)
    clock.now += 3
    assert brake.check_pause(get()) == 0


def test_an_unpaced_account_still_holds() -> None:
    brake = CircuitBreaker()
    brake.hold(0.05)
    wire = FakeWire()
    began = time.perf_counter()
    SyncDriver(wire).run(limit_rate(None, brake)(get()))
    assert time.perf_counter() - began >= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("slow_connections", [0.0, 0.25])
def test_a_server_that_counts_strictly_never_refuses(slow_connections: float, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = httpcore.SyncBackend.connect_tcp

    def slow_connect(*args: Any, **named: Any) -> Any:
        stream = connect(*args, **named)
        time.sleep(slow_connections)  # as the handshake of a far host does
        return stream

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", slow_connect)
    with (
        StrictServer(delay=0.4).running() as server,
        Kommo("acme", token="a-token", base_url=server.url, retries=1) as kommo,
    ):
        began = time.perf_counter()
        outcomes = kommo.run(gather_flows([kommo.ask(get(f"/{number}")) for number in range(25)], limit=6))
        took = time.perf_counter() - began
    assert server.refused == 0
    assert len(outcomes) == 25
    assert took <= 25 / 6.5 + 4 + slow_connections  # not at half the speed


@pytest.mark.slow
def test_threads_tasks_and_several_accounts_share_one_pace() -> None:
    with StrictServer(delay=0.05).running() as server:

        def threads() -> None:
            with Kommo("acme", token="a-token", base_url=server.url, retries=1) as kommo:
                for number in range(5):
                    kommo.request("GET", f"/{number}")

        async def tasks() -> None:
            async with Kommo("acme", token="a-token", base_url=server.url, retries=1) as kommo:
                await asyncio.gather(*(kommo.arequest("GET", f"/{number}") for number in range(6)))

        workers = [threading.Thread(target=threads) for _ in range(2)]
        workers += [threading.Thread(target=lambda: asyncio.run(tasks())) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert len(server.arrivals) == 22
    assert server.refused == 0

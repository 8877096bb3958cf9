"""Taking and giving back as flows, driven by hand: no clocks, no threads, no files."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kommo_orm.errors import LockTimeout
from kommo_orm.locking import LockName
from kommo_orm.locking.acquisition import LONGEST_PAUSE, HeldLocks, LockedObject, run_holding_locks
from kommo_orm.transport.flow import RunBlocking, Sleep, return_value

NAMES = [LockName("acme.kommo.com", "leads", str(pk)) for pk in (9, 10, 100)]
OBJECTS = {name: LockedObject(f"Lead {name.id}") for name in NAMES}


class Keeper:
    """Locks in a dict; `others` holds what somebody else has."""

    def __init__(self, *others: LockName, timeout: float = 10.0) -> None:
        self.timeout, self.others, self.held = timeout, set(others), dict[LockName, str]()

    def take(self, names: Sequence[LockName], owner: str) -> int:
        for count, name in enumerate(names):
            if name in self.others:
                return count
            self.held[name] = owner
        return len(names)

    def free(self, names: Sequence[LockName], owner: str) -> None:
        for name in names:
            self.held.pop(name, None)

    def holder(self, name: LockName) -> str:
        return ""


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_flow_runs_while_its_locks_are_held() -> None:
    keeper = Keeper()
    flow = run_holding_locks(keeper, OBJECTS, return_value("result"))
    take = next(flow)
    assert isinstance(take, RunBlocking)
    assert list(keeper.held) == []
    leave = flow.send(take.function())
    assert list(keeper.held) == NAMES, "by number, not by text"
    assert isinstance(leave, RunBlocking)
    leave.function()
    assert not keeper.held
    with pytest.raises(StopIteration) as end:
        flow.send(None)
    assert end.value.value == "result"


def test_without_locks_or_objects_nothing_is_asked() -> None:
    for flow in (run_holding_locks(None, OBJECTS, return_value(5)), run_holding_locks(Keeper(), {}, return_value(5))):
        with pytest.raises(StopIteration) as end:
            next(flow)
        assert end.value.value == 5


def test_a_wait_goes_on_where_it_stopped_and_ends_in_time() -> None:
    keeper, clock = Keeper(NAMES[1], timeout=1.0), Clock()
    hold = HeldLocks(keeper, OBJECTS, clock)
    flow = hold.acquire_locks()
    effect = next(flow)
    pauses: list[float] = []
    asked: list[int] = []
    with pytest.raises(
        LockTimeout, match=r"Lead 10 of acme.kommo.com is locked by another process. Waited 1.0 s"
    ) as late:
        while True:
            if isinstance(effect, Sleep):
                pauses.append(effect.seconds)
                clock.now += effect.seconds
                effect = flow.send(None)
            else:
                assert isinstance(effect, RunBlocking)
                asked.append(len(keeper.held))
                effect = flow.send(effect.function())
    assert late.value.waited == pytest.approx(1.0)
    assert 0 < max(pauses) <= LONGEST_PAUSE
    assert sum(pauses) == pytest.approx(1.0)
    assert set(asked) == {0, 1}, "the first one stays held"
    hold.release_locks()
    assert not keeper.held


def test_a_flow_that_is_given_up_leaves_nothing_behind() -> None:
    keeper = Keeper()
    flow = run_holding_locks(keeper, OBJECTS, return_value(5))
    take = next(flow)
    assert isinstance(take, RunBlocking)
    take.function()
    assert keeper.held
    flow.close()
    assert not keeper.held
    assert take.function() == 0, "a thread that comes late takes nothing"
    assert not keeper.held

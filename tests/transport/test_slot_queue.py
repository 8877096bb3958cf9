"""The queue of the rate limit counts as a list would."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kommo_orm.transport.slot_queue import Slot, SlotQueue


@given(steps=st.lists(st.tuples(st.sampled_from(["enter", "enter", "leave", "empty"]), st.integers(0, 10**6))))
def test_it_counts_as_a_list_does(steps: list[tuple[str, int]]) -> None:
    queue, expected = SlotQueue(), list[Slot]()
    for action, number in steps:
        if action == "enter":
            for _ in range(1 + number % 40):
                expected.append(Slot(0.0))
                queue.enter(expected[-1])
        elif action == "leave" and expected:
            slot = expected.pop(number % len(expected))
            queue.leave(slot)
            assert not slot.is_queued
        elif action == "empty" and number % 5 == 0:
            queue.empty()
            expected.clear()
        assert queue.count == len(expected)
        assert [queue.count_before(slot) for slot in expected] == list(range(len(expected)))
        assert all(slot.is_queued for slot in expected)
        assert not expected or queue.first is expected[0]


def test_a_tree_that_has_grown_is_given_up_when_nobody_waits() -> None:
    queue = SlotQueue()
    slots: list[Any] = [Slot(0.0) for _ in range(1000)]
    for slot in slots:
        queue.enter(slot)
    for slot in slots:
        queue.leave(slot)
    assert len(queue._tree) < 100
    assert len(queue._slots) == 0

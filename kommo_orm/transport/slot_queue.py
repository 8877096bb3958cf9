"""The queue of requests that wait for the rate limit."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

_SMALLEST = 64  # places of a new tree


@dataclass(slots=True, eq=False)
class Slot:
    """One request's place in the queue and in the window."""

    queued_at: float
    is_queued: bool = True
    left_at: float = math.inf
    number: int = 0  # its place in the tree of the queue


class SlotQueue:
    """Slots in the order in which they came. Any of them may leave, and each can ask how many are before it.

    A Fenwick tree counts the slots, so that all of this costs a few steps however many slots wait. A list would have to be
    searched each time.
    """

    def __init__(self) -> None:
        self._slots: deque[Slot] = deque()  # those that left are dropped when they come to the front
        self.count = 0  # slots that wait
        self._tree = [0] * (_SMALLEST + 1)
        self._next_number = 1

    @property
    def first(self) -> Slot:
        """The slot that waits longest."""
        while not self._slots[0].is_queued:
            self._slots.popleft()
        return self._slots[0]

    def enter(self, slot: Slot) -> None:
        """Add a slot at the end."""
        if self._next_number >= len(self._tree):
            self._renumber()
        self._slots.append(slot)
        slot.is_queued, slot.number = True, self._next_number
        self._next_number += 1
        self.count += 1
        self._add(slot.number, 1)

    def leave(self, slot: Slot) -> None:
        """Take a slot out, wherever it stands."""
        slot.is_queued = False
        self.count -= 1
        if self.count:
            self._add(slot.number, -1)
        else:
            self._empty_tree(_SMALLEST)

    def count_before(self, slot: Slot) -> int:
        """How many slots wait before this one."""
        total, place = 0, slot.number - 1
        while place:
            total += self._tree[place]
            place &= place - 1
        return total

    def empty(self) -> None:
        """Take all slots out."""
        for slot in self._slots:
            slot.is_queued = False
        self.count = 0
        self._empty_tree(_SMALLEST)

    def _add(self, place: int, change: int) -> None:
        while place < len(self._tree):
            self._tree[place] += change
            place += place & -place

    def _renumber(self) -> None:
        """Give the slots that wait the first numbers again, with room for as many more."""
        waiting = [slot for slot in self._slots if slot.is_queued]
        self._empty_tree(max(_SMALLEST, 2 * len(waiting)))
        for slot in waiting:
            self._slots.append(slot)
            slot.number = self._next_number
            self._next_number += 1
            self._add(slot.number, 1)

    def _empty_tree(self, places: int) -> None:
        self._slots.clear()
        self._next_number = 1
        if len(self._tree) - 1 == places:
            self._tree[:] = [0] * (places + 1)
        else:
            self._tree = [0] * (places + 1)

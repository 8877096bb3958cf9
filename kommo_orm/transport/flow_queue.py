"""Flows that wait for one of several workers to run them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from kommo_orm.transport.flow import Flow


class FlowQueue:
    """Flows with their numbers, taken by several workers; `close` closes those that nobody took."""

    def __init__(self, flows: tuple[Flow[Any], ...]) -> None:
        self._flows = flows
        self._next = 0
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[tuple[int, Flow[Any]]]:
        while (index := self._take_indexes(1)) < len(self._flows):
            yield index, self._flows[index]

    def _take_indexes(self, count: int) -> int:
        with self._lock:
            index = self._next
            self._next += count
        return index

    def close(self) -> None:
        """Close the flows that are left."""
        for flow in self._flows[self._take_indexes(len(self._flows)) :]:
            flow.close()

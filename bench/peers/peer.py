"""What is said of a client beside its adapter, and what an adapter is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Load = Callable[[], int]
"""Loads all leads, and returns how many there were."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A client of the package index. `extra` are packages that it imports and does not require.

    `address` says how it is pointed at the server; `remark` what else a reader of the table should know.
    """

    package: str
    address: str
    remark: str = ""
    extra: tuple[str, ...] = ()
    python: tuple[int, int] = (3, 11)


ACCEPTS_ADDRESS = "its own option"
PATCHED_ADDRESS = "set by the adapter"

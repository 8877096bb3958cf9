"""How many requests are worth sending side by side."""

from __future__ import annotations

import math

from kommo_orm.interface.connection import Connection

LONGEST_ANSWER = 4.0  # seconds for which the pace is filled
MOST_UNPACED = 8  # requests at once where no rate is kept: more threads would not read faster
MOST_AT_ONCE = 32


def count_parallel_requests(connection: Connection, most: int | None = None) -> int:
    """Return how many requests may be under way at once: what the rate limit can use, at most what the user allows.

    The rate limit itself decides when each one leaves. So more are under way only where answers take longer.
    """
    if most is not None:
        return most
    if connection.rate is None:
        return MOST_UNPACED
    return max(1, min(MOST_AT_ONCE, math.ceil(connection.rate * LONGEST_ANSWER)))

"""The waits between the attempts of a request. tenacity counts, waits and stops; it is imported at the first failure."""

from __future__ import annotations

import tenacity

_LONGEST_WAIT = 600.0  # seconds that a service may ask for; beyond that it is better to fail


class RetrySchedule:
    """Where one request stands: how many attempts it has made, and how long it waits before the next one."""

    def __init__(self, attempts: int, first: float, longest: float) -> None:
        wait = tenacity.wait_exponential(first, max=longest) + tenacity.wait_random(0, first)
        self._retrying = tenacity.Retrying(stop=tenacity.stop_after_attempt(attempts), wait=wait)
        self._state = tenacity.RetryCallState(self._retrying, None, (), {})

    @property
    def attempt(self) -> int:
        """The number of the present attempt."""
        return self._state.attempt_number

    def find_next_wait(self, asked_wait: float) -> float | None:
        """Seconds before the next attempt, None if there is none. Moves on to that attempt.

        `asked_wait` are the seconds that the service asks for, 0 if it does not.
        """
        if asked_wait > _LONGEST_WAIT or self._retrying.stop(self._state):
            return None
        seconds = max(float(self._retrying.wait(self._state)), asked_wait)
        self._state.prepare_for_next_attempt()
        return seconds

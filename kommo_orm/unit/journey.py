"""Whether a request is on its way: from its leaving until somebody has dealt with its answer nobody knows its fate."""

from __future__ import annotations

from dataclasses import replace

from kommo_orm.transport.flow import Effect, Pause, Send


class Journey:
    """Watches the effects of one call."""

    def __init__(self) -> None:
        self.is_open = False
        self.departures = 0  # how often it left: more than once when it was tried again

    def seen(self, effect: Effect) -> Effect:
        if isinstance(effect, Pause):
            self.is_open = False  # it waits before a new attempt: the last one surely was not applied, or does no harm
        if not isinstance(effect, Send):
            return effect
        told = effect.left
        self.departures += 1

        def left() -> None:
            self.is_open = True
            told()

        return replace(effect, left=left)

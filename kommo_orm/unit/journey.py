"""Whether a request is on its way: between its leaving and its answer nobody knows if it was applied."""

from __future__ import annotations

from dataclasses import replace

from kommo_orm.transport.flow import Effect, Pause, Send


class Journey:
    """Watches the effects of one call."""

    def __init__(self) -> None:
        self.is_open = False

    def seen(self, effect: Effect) -> Effect:
        if isinstance(effect, Pause):
            self.is_open = False  # it waits before a new attempt: the last one surely was not applied
        if not isinstance(effect, Send):
            return effect
        told = effect.left

        def left() -> None:
            self.is_open = True
            told()

        return replace(effect, left=left)

    def ended(self) -> None:
        self.is_open = False

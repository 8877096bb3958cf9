"""Whether a request may have reached the service: from its departure until its answer is dealt with, nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from kommo_orm.errors import TransportError
from kommo_orm.transport.flow import Effect, Flow, SendRequest, Sleep, intercept_effects
from kommo_orm.transport.http_messages import HttpResponse

T = TypeVar("T")


class DeliveryTracker:
    """Watches the effects of one call.

    `is_result_unknown` is the dialect's: whether an answer leaves open what was stored.
    """

    def __init__(self, is_result_unknown: Callable[[HttpResponse], bool]) -> None:
        self._is_result_unknown = is_result_unknown
        self.is_open = False  # a request is on its way
        self.attempts = 0
        self.was_lost = False  # an attempt may have been applied, though no answer says so

    def watch_flow(self, inner: Flow[T]) -> Flow[T]:
        """Run a flow and note what becomes of its requests. Requests for a token do not count."""

        def perform(effect: Effect) -> Flow[Any]:
            try:
                reply = yield self._watch_effect(effect)
            except TransportError as error:
                self._note(effect, lost=error.applied is not False)
                raise
            self._note(effect, lost=isinstance(reply, HttpResponse) and self._is_result_unknown(reply))
            return reply

        return (yield from intercept_effects(inner, perform))

    def _watch_effect(self, effect: Effect) -> Effect:
        if isinstance(effect, Sleep):
            # A new attempt follows: the last one was surely not applied, or repeating it is harmless.
            self.is_open = False
        if not isinstance(effect, SendRequest):
            return effect
        notify = effect.on_sent
        self.attempts += 1

        def depart() -> None:
            self.is_open = True
            notify()

        return replace(effect, on_sent=depart)

    def _note(self, effect: Effect, *, lost: bool) -> None:
        self.was_lost |= lost and isinstance(effect, SendRequest) and effect.request.authorised

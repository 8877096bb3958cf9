"""Whether a request is on its way: from its leaving until somebody has dealt with its answer nobody knows its fate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from kommo_orm.errors import TransportError
from kommo_orm.transport.flow import Effect, Flow, SendRequest, Sleep, intercept_effects
from kommo_orm.transport.http_messages import HttpResponse

T = TypeVar("T")
_REFUSED_BEFORE_ANY_WORK = 503


class DeliveryTracker:
    """Watches the effects of one call."""

    def __init__(self) -> None:
        self.is_open = False
        self.attempts = 0  # how often it left: more than once when it was tried again
        self.was_lost = False  # an attempt was: it may have been applied, though no answer says so

    def watch_effect(self, effect: Effect) -> Effect:
        if isinstance(effect, Sleep):
            self.is_open = False  # it waits before a new attempt: the last one surely was not applied, or does no harm
        if not isinstance(effect, SendRequest):
            return effect
        told = effect.on_sent
        self.attempts += 1

        def left() -> None:
            self.is_open = True
            told()

        return replace(effect, on_sent=left)

    def watch_flow(self, inner: Flow[T]) -> Flow[T]:
        """The same flow, with `was_lost` told by what becomes of its requests. Those for a token do not count."""

        def performed(effect: Effect) -> Flow[Any]:
            try:
                reply = yield self.watch_effect(effect)
            except TransportError as error:
                self._note(effect, lost=error.applied is not False)
                raise
            self._note(effect, lost=isinstance(reply, HttpResponse) and is_result_unknown(reply))
            return reply

        return (yield from intercept_effects(inner, performed))

    def _note(self, effect: Effect, *, lost: bool) -> None:
        self.was_lost |= lost and isinstance(effect, SendRequest) and effect.request.authorised


def is_result_unknown(answer: HttpResponse) -> bool:
    """Whether an answer leaves open what was done: a fault of the service, under the status of a refusal, too."""
    if answer.status == 400:
        return "system error" in answer.text.lower()
    return answer.status >= 500 and answer.status != _REFUSED_BEFORE_ANY_WORK

"""Whether a request may have reached the service: from its departure until its answer is dealt with, nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kommo_orm.errors import TransportError
from kommo_orm.transport.flow import Flow, SendRequest
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

OnSent = Callable[[], None]


class DeliveryTracker:
    """Notes what becomes of the attempts of one request.

    `is_result_unknown` is the dialect's: whether an answer leaves open what was stored.
    """

    def __init__(self, is_result_unknown: Callable[[HttpResponse], bool]) -> None:
        self._is_result_unknown = is_result_unknown
        self.is_open = False  # an attempt has left, and it may be applied
        self.attempts = 0
        self.was_lost = False  # an attempt may have been applied, though no answer confirms it

    def track(self, request: HttpRequest) -> HttpRequest:
        """The request with this tracker. Requests for a token, sent on its behalf, do not count."""
        return replace(request, delivery=self)

    def start_attempt(self, on_sent: OnSent) -> OnSent:
        """An attempt begins; answers what is to be called when it leaves."""
        self.attempts += 1

        def depart() -> None:
            self.is_open = True
            on_sent()

        return depart

    def record_response(self, response: HttpResponse) -> None:
        """An attempt was answered. After a refusal nothing was applied; after a fault of the service nobody knows."""
        if not response.succeeded:
            self.is_open = self._is_result_unknown(response)
            self.was_lost |= self.is_open

    def record_failure(self, error: TransportError) -> None:
        """An attempt got no answer."""
        self.is_open = error.applied is not False
        self.was_lost |= self.is_open


def send_attempt(request: HttpRequest, on_sent: OnSent) -> Flow[HttpResponse]:
    """Put one attempt on the wire, and note on the request's tracker what becomes of it."""
    delivery = request.delivery
    if delivery is not None:
        on_sent = delivery.start_attempt(on_sent)
    try:
        response: HttpResponse = yield SendRequest(request, on_sent)
    except TransportError as error:
        if delivery is not None:
            delivery.record_failure(error)
        raise
    if delivery is not None:
        delivery.record_response(response)
    return response

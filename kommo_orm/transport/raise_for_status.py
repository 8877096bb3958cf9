"""From refusals to exceptions: what lies above this layer sees successes only."""

from __future__ import annotations

from collections.abc import Callable

from kommo_orm.errors import KommoError
from kommo_orm.transport.flow import Flow, RequestHandler
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

ErrorBuilder = Callable[[HttpRequest, HttpResponse], KommoError]


def raise_for_status(ask: RequestHandler, problem: ErrorBuilder) -> RequestHandler:
    """Raise what the dialect makes of a refusal."""

    def asking(call: HttpRequest) -> Flow[HttpResponse]:
        answer = yield from ask(call)
        if not answer.succeeded:
            raise problem(call, answer)
        return answer

    return asking

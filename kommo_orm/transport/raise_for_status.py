"""From refusals to exceptions: what lies above this layer sees successes only."""

from __future__ import annotations

from collections.abc import Callable

from kommo_orm.errors import KommoError
from kommo_orm.transport.flow import Ask, Flow
from kommo_orm.transport.http_messages import Answer, Call

Problem = Callable[[Call, Answer], KommoError]


def checked(ask: Ask, problem: Problem) -> Ask:
    """Raise what the dialect makes of a refusal."""

    def asking(call: Call) -> Flow[Answer]:
        answer = yield from ask(call)
        if not answer.succeeded:
            raise problem(call, answer)
        return answer

    return asking

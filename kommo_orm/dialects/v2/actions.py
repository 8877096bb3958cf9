"""What is done to rows that is no value of theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kommo_orm.dialects.v2.answers import parsed
from kommo_orm.dialects.v2.route import unable
from kommo_orm.errors import ConfigurationError
from kommo_orm.transport.call import Answer, Call
from kommo_orm.unit.plan import Action


def calling(action: Action) -> Call:
    compiled = ACTIONS.get((action.kind, action.verb))
    if compiled is None:
        raise ConfigurationError(unable(str(action)))
    return compiled(action)


def outcome(action: Action, answer: Answer) -> Any:
    if answer.empty or answer.content.lstrip()[:1] not in (b"{", b"["):
        return None
    return parsed(answer)


ACTIONS: dict[tuple[str, str], Callable[[Action], Call]] = {}

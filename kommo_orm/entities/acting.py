"""Doing what is no value of a row: the one flow behind pinning, accepting, running, closing."""

from __future__ import annotations

from typing import Any

from kommo_orm.model.connection import Connection
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.plan import Action


def acted(connection: Connection, action: Action) -> Flow[Any]:
    """Do it; answers with what the service said, canonical, or None. Raises what its refusal means."""
    dialect = connection.dialect
    answer = yield from connection.ask(dialect.action_call(action))
    return dialect.outcome(action, answer)

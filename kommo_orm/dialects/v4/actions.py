"""What is done to rows that is no value of theirs: one row an action, and what its answer holds.

Most of them may be repeated: doing them twice changes nothing more. The ones that may not say so.
Source: Kommo API v4, the reference of each entity.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kommo_orm.dialects.v4.decode import is_json, parsed
from kommo_orm.dialects.v4.routes import ROUTES
from kommo_orm.errors import ConfigurationError
from kommo_orm.transport.call import Answer, Call
from kommo_orm.unit.plan import Action


def calling(action: Action) -> Call:
    compiled = ACTIONS.get((action.kind, action.verb))
    if compiled is None:
        raise ConfigurationError(f"API v4 cannot {action}")
    return compiled(action)


def outcome(answer: Answer) -> Any:
    """What an action was answered with, parsed; None for nothing, and for a mere text such as `Accepted`."""
    return None if answer.empty or not is_json(answer) else parsed(answer)


def on_row(action: Action) -> Call:
    """`POST /{collection}/{id}/{verb}` without a body."""
    (pk,) = action.ids
    url = ROUTES[action.kind].url(action.parent)
    return Call("POST", f"{url}/{pk}/{action.verb}", purpose=str(action))


def on_rows(action: Action) -> Call:
    """`POST /{collection}/{verb}` with the ids of the rows."""
    url = ROUTES[action.kind].url(action.parent)
    return Call("POST", f"{url}/{action.verb}", json=[{"id": pk} for pk in action.ids], purpose=str(action))


ACTIONS: dict[tuple[str, str], Callable[[Action], Call]] = {
    ("notes", "pin"): on_row,
    ("notes", "unpin"): on_row,
    ("users", "activate"): on_rows,
    ("users", "deactivate"): on_rows,
}

"""Something done to rows that changes no value of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kommo_orm.model.parent import Parent


@dataclass(frozen=True, slots=True)
class Action:
    """Pinning a note, accepting an incoming lead, running a bot.

    `body` is sent along, in canonical form. A dialect refuses the actions that it does not know.
    """

    verb: str
    kind: str
    ids: tuple[int | str, ...] = ()
    parent: Parent | None = None
    body: Any = None

    def __str__(self) -> str:
        where = f" of {self.parent}" if self.parent is not None else ""
        return " ".join(filter(None, (self.verb, self.kind, ", ".join(map(str, self.ids))))) + where

"""Links between objects that are not sent yet, and what a link itself carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

LinkMeta = dict[str, Any]  # what a link carries: whether it is the main one, a quantity, who made it


@dataclass(slots=True)
class PendingLink:
    """A link that is to be made: the object, new or stored, and what the link carries."""

    object: Model
    meta: LinkMeta = field(default_factory=dict)

    def is_for(self, other: Model) -> bool:
        """Whether it links this object."""
        return self.object is other or (self.object.pk is not None and self.object.pk == other.pk)


@dataclass(frozen=True, slots=True)
class SentLinks:
    """The pending links and unlinks at the moment of sending."""

    added: tuple[PendingLink, ...]
    removed: dict[int, LinkMeta]


def drop_author(meta: LinkMeta) -> LinkMeta:
    """Return what a link carries for good. Its author is sent once and not kept."""
    return {key: value for key, value in meta.items() if key != "updated_by"}

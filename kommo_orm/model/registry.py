"""Which class stands for a kind of entity when the library itself must make one (related objects, tags)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kommo_orm.model.base import Model

_CLASSES: dict[str, type[Any]] = {}


def stands_for(kind: str, cls: type[Any]) -> None:
    """Called by each entity's file for the library's own class; users' subclasses do not replace it."""
    _CLASSES.setdefault(kind, cls)


def class_of(kind: str) -> type[Model]:
    found: type[Model] = _CLASSES[kind]
    return found

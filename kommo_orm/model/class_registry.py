"""Which class stands for a kind of entity when the library itself must make one (related objects, tags)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

_CLASSES: dict[str, type[Any]] = {}
_PLACES: dict[str, str] = {}


def register_class(kind: str, cls: type[Any]) -> None:
    """Called by each entity's file for the library's own class; users' subclasses do not replace it."""
    _CLASSES.setdefault(kind, cls)


def register_modules(package: str, modules: Mapping[str, str]) -> None:
    """Where the files of kinds are; they are imported when their class is asked for."""
    _PLACES.update({kind: f"{package}.{module}" for kind, module in modules.items()})


def find_class(kind: str) -> type[Model]:
    if kind not in _CLASSES and kind in _PLACES:
        import_module(_PLACES[kind])
    found: type[Model] = _CLASSES[kind]
    return found

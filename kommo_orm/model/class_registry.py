"""Finds classes of entities by name, where the library itself needs them: related objects, tags, related managers.

A class is imported when it is first needed. So a program that uses leads alone does not import calls or files.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

_CLASSES: dict[str, type[Any]] = {}
_PLACES: dict[str, str] = {}
_MANAGERS: dict[str, str] = {}


def register_class(kind: str, cls: type[Any]) -> None:
    """Note the library's own class of a kind. Each entity's file calls it; users' subclasses do not replace the class."""
    _CLASSES.setdefault(kind, cls)


def register_modules(package: str, modules: Mapping[str, str]) -> None:
    """Note the modules of kinds. A module is imported when its class is needed."""
    _PLACES.update({kind: f"{package}.{module}" for kind, module in modules.items()})


def has_class(kind: str) -> bool:
    """Whether a kind of rows has a class. Some rows are parts of other objects."""
    return kind in _CLASSES or kind in _PLACES


def find_class(kind: str) -> type[Model]:
    """Return the class of a kind."""
    if kind not in _CLASSES and kind in _PLACES:
        import_module(_PLACES[kind])
    found: type[Model] = _CLASSES[kind]
    return found


def register_managers(package: str, modules: Mapping[str, str]) -> None:
    """Note the modules of related managers, by the names of their classes."""
    _MANAGERS.update({name: f"{package}.{module}" for name, module in modules.items()})


def find_manager(name: str) -> type[Any]:
    """Return the class of a related manager."""
    found: type[Any] = getattr(import_module(_MANAGERS[name]), name)
    return found

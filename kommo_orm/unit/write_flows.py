"""The writing of models and queries: flows that save and delete, and the body that a save would send.

A program may only read. So `flush.py`, which brings the rest of the unit of work with it, is imported when something is
first written: `write_flows.save_object` is looked up there once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kommo_orm.model.connection import ModelConnection
    from kommo_orm.model.model import Model
    from kommo_orm.unit.flush import delete_object, delete_objects, save_object, save_objects

FLOWS = ("delete_object", "delete_objects", "save_object", "save_objects")


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in FLOWS:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        flow = globals()[name] = getattr(import_module("kommo_orm.unit.flush"), name)
        return flow


def build_unsent_body(model: Model, connection: ModelConnection | None) -> dict[str, Any]:
    """Build the body that a save would send for the fields of an object. Sends no request."""
    from kommo_orm.unit.change_set import compute_change_set
    from kommo_orm.unit.definition_resolver import DefinitionResolver
    from kommo_orm.unit.payload import build_payload

    return build_payload(compute_change_set(model), DefinitionResolver(connection)).body


__all__ = ["build_unsent_body", "delete_object", "delete_objects", "save_object", "save_objects"]

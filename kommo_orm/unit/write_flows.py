"""The writing of models and queries: flows that save and delete, and the body that a save would send.

A program may only read. So `flush.py`, which brings the rest of the unit of work with it, is imported when something is
first written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kommo_orm.interface.connection import Connection
    from kommo_orm.model.connection import ModelConnection
    from kommo_orm.model.model import Model
    from kommo_orm.transport.flow import Flow
    from kommo_orm.unit.report import Report, SaveResult


def save_object(
    connection: Connection, model: Model, *, only: Sequence[str] | None = None, if_unmodified: bool = False
) -> Flow[SaveResult]:
    """Save one object; see `flush.save_object`."""
    from kommo_orm.unit import flush

    return flush.save_object(connection, model, only=only, if_unmodified=if_unmodified)


def save_objects(connection: Connection, models: Sequence[Model]) -> Flow[Report]:
    """Save many objects; see `flush.save_objects`."""
    from kommo_orm.unit import flush

    return flush.save_objects(connection, models)


def delete_object(connection: Connection, model: Model) -> Flow[None]:
    """Delete one object; see `flush.delete_object`."""
    from kommo_orm.unit import flush

    return flush.delete_object(connection, model)


def delete_objects(connection: Connection, models: Sequence[Model]) -> Flow[Report]:
    """Delete many objects; see `flush.delete_objects`."""
    from kommo_orm.unit import flush

    return flush.delete_objects(connection, models)


def build_unsent_body(model: Model, connection: ModelConnection | None) -> dict[str, Any]:
    """Build the body that a save would send for the fields of an object. Sends no request."""
    from kommo_orm.unit.change_set import compute_change_set
    from kommo_orm.unit.definition_resolver import DefinitionResolver
    from kommo_orm.unit.payload import build_payload

    return build_payload(compute_change_set(model), DefinitionResolver(connection)).body

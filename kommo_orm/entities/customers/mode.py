"""The mode of customers: whether the account keeps them at all, and whether by segments or by periods of purchase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from kommo_orm.entities.acting import acted
from kommo_orm.errors import ConfigurationError
from kommo_orm.fields.wire import is_object
from kommo_orm.model.codec import decode_bool
from kommo_orm.model.connection import Connection
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.plan import Action

Mode = Literal["segments", "periodicity"]
"""Customers in segments, or customers who are expected to buy again after some days."""


@dataclass(frozen=True, slots=True)
class CustomersMode:
    """How the account keeps customers now."""

    mode: str
    is_enabled: bool


def switched(connection: Connection, mode: str, *, on: bool) -> Flow[CustomersMode]:
    """Switch the feature on or off. The service wants the mode with either."""
    if mode not in get_args(Mode):
        known = " or ".join(map(repr, get_args(Mode)))
        raise ConfigurationError(f"customers are kept by {known}, not by {mode!r}")
    said = yield from acted(connection, Action("mode", "customers", body={"mode": mode, "is_enabled": on}))
    told: dict[str, Any] = said if is_object(said) else {}
    return CustomersMode(str(told.get("mode", mode)), decode_bool(told.get("is_enabled", on)))


__all__ = ["CustomersMode", "Mode", "switched"]

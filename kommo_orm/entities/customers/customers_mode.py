"""The mode of customers: switched on or off, by segments or by periods of purchase."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from kommo_orm.entities.shared.actions import run_action
from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.errors import ConfigurationError
from kommo_orm.fields.compound_value import Computed, part
from kommo_orm.fields.raw_values import is_object
from kommo_orm.interface.action import Action
from kommo_orm.interface.connection import Connection
from kommo_orm.transport.flow import Flow

Mode = Literal["segments", "periodicity"]
"""Customers in segments, or customers who are expected to buy again after some days."""


class ModeAnswer(NestedValue):
    mode: Computed[str] = part()
    is_enabled: Computed[bool] = part()


@dataclass(frozen=True, slots=True)
class CustomersMode:
    """How the account keeps customers now; `extra` is what else the service sends."""

    mode: str
    is_enabled: bool
    extra: dict[str, Any] = field(default_factory=dict[str, Any], compare=False, repr=False)


def switch_customers_mode(connection: Connection, mode: str, *, on: bool) -> Flow[CustomersMode]:
    """Switch customers on or off. Kommo requires the mode for both."""
    if mode not in get_args(Mode):
        known = " or ".join(map(repr, get_args(Mode)))
        raise ConfigurationError(f"Customers are kept by {known}, not by {mode!r}")
    result = yield from run_action(connection, Action("mode", "customers", body={"mode": mode, "is_enabled": on}))
    row: dict[str, Any] = result if is_object(result) else {}
    return parse_mode(row, CustomersMode(mode, on))


def parse_mode(row: dict[str, Any], asked: CustomersMode) -> CustomersMode:
    """The mode of the answer. What is missing in it, or cannot be read, is as it was requested."""
    read = ModeAnswer.from_raw(row)
    mode = asked.mode if read.mode is None else read.mode
    return CustomersMode(mode, asked.is_enabled if read.is_enabled is None else read.is_enabled, dict(read.extra))


__all__ = ["CustomersMode"]

"""What an object keeps outside of its fields, and how such a slot is filled when it is first read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kommo_orm.model.instance_state import InstanceState


def make_private_values(cls: Any) -> dict[str, Any] | None:
    """Return the first values of a class's private attributes; None if it has none."""
    return {name: private.get_default() for name, private in cls.__private_attributes__.items()} or None


# Most objects need one of them.
SLOTS: dict[str, Callable[[Any], Any]] = {
    "__kommo_state__": lambda cls: InstanceState(),
    "__pydantic_fields_set__": lambda cls: set(),
    "__pydantic_extra__": lambda cls: None,
    "__pydantic_private__": make_private_values,
}

"""Fields that are ticked or not."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from kommo_orm.fields.raw_values import find_first_raw
from kommo_orm.model.codec import clean_bool, decode_bool
from kommo_orm.model.condition import Exact
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.definition import Definition
from kommo_orm.model.kind import Kind, Values, register_kind


class CheckboxKind(Kind[bool]):
    """Kommo has one value for "not ticked" and "never set": both read False, and False is sent as False."""

    types = ("checkbox",)
    python = bool

    def empty(self) -> bool:
        return False

    def decode(self, values: Values, zone: tzinfo | None) -> bool:
        raw = find_first_raw(values)
        return False if raw is None else decode_bool(raw)

    def clean(self, value: Any) -> bool:
        return clean_bool(value)

    def encode(
        self,
        value: bool,
        definition: Definition | None,
        zone: tzinfo | None,
        *,
        current: Values = (),
    ) -> list[dict[str, Any]]:
        return [{"value": value}]

    def encode_filter(self, value: Any, definition: Definition | None, zone: tzinfo | None) -> str | int:
        return int(clean_bool(value))


class Checkbox(CustomAttr[bool, bool, Exact[bool]]):
    """Yes or no. An unset field reads False, never None.

    Example:
        >>> class Deal(Lead):
        ...     vip: Checkbox = custom(554)
        >>> if deal.vip:
        ...     deal.vip = False

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = CheckboxKind()
    expression = Exact


register_kind(Checkbox.kind)


__all__ = ["Checkbox"]

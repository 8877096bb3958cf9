"""Addresses of six parts."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from kommo_orm.fields.compound_kinds import OneKind
from kommo_orm.fields.compound_value import Value, Words, part
from kommo_orm.fields.raw_values import list_items, read_coded_item
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.definition import Definition
from kommo_orm.model.kind import Values, register_kind

CODES = {1: "address_line_1", 2: "address_line_2", 3: "city", 4: "state", 5: "zip", 6: "country"}  # the same everywhere


class SmartAddressValue(Value):
    """A postal address by its parts; `country` is a code such as `US`.

    Example:
        >>> SmartAddressValue(address_line_1="5 Elm st", city="Austin", country="US")

    Source: Kommo API v4, "Custom field values".
    """

    address_line_1: Words = part()
    address_line_2: Words = part()
    city: Words = part()
    state: Words = part()
    zip: Words = part()
    country: Words = part()

    def parts(self) -> dict[str, Any]:
        return {name: text for name, text in super().parts().items() if text}


class SmartAddressKind(OneKind[SmartAddressValue]):
    """Each part is a value of its own. A write replaces all of them, so that parts unknown here are sent along."""

    types = ("smart_address",)
    value = SmartAddressValue

    def decode(self, values: Values, zone: tzinfo | None) -> SmartAddressValue | None:
        items = [read_coded_item(item) for item in list_items(values)]
        found = {part.code or CODES.get(part.id or 0) or str(part.id): part.text for part in items if part.text}
        return self.value.from_raw(found) if found else None

    def encode(
        self,
        value: SmartAddressValue | None,
        definition: Definition | None,
        zone: tzinfo | None,
        *,
        current: Values = (),
    ) -> list[dict[str, Any]]:
        address = self.clean(value)
        return [_item(code, text) for code, text in {**address.parts(), **address.extra}.items()]


def _item(code: str, text: str) -> dict[str, Any]:
    return {"value": text, "enum_id": int(code)} if code.isdigit() else {"value": text, "enum_code": code}


class SmartAddress(
    CustomAttr[SmartAddressValue | None, SmartAddressValue | None, Unfilterable[SmartAddressValue | None]]
):
    """An address of six parts, a `SmartAddressValue`. The one in a single text is `Address`.

    Example:
        >>> class Shop(Company):
        ...     address: SmartAddress = custom(558)
        >>> shop.address = SmartAddressValue(city="Austin", country="US")
        >>> shop.address.zip = "73301"

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = SmartAddressKind()


register_kind(SmartAddress.kind)


__all__ = ["SmartAddress", "SmartAddressValue"]

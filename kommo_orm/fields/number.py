"""Fields of numbers and of money: exact decimals, sent as text so that no digit is rounded on the way."""

from __future__ import annotations

from datetime import tzinfo
from decimal import Decimal
from typing import Any, ClassVar

from kommo_orm.fields.raw_values import find_first_raw
from kommo_orm.model.codec import clean_decimal, decode_decimal, make_value_error
from kommo_orm.model.condition import Ordered
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.definition import Definition
from kommo_orm.model.kind import Kind, Values, register_kind

Given = Decimal | int | float
SPACES = str.maketrans("", "", "\u00a0\u202f\u2009")  # what people and spreadsheets put between thousands


def format_number(number: Decimal) -> str:
    """Digits without an exponent: `1E+3` is `1000`."""
    return format(number, "f") if number else "0"


class NumberKind(Kind[Decimal | None]):
    types: ClassVar[tuple[str, ...]] = ("numeric", "price", "monetary")
    python = Decimal

    def decode(self, values: Values, zone: tzinfo | None) -> Decimal | None:
        raw = find_first_raw(values)
        if type(raw) is str and raw.isdigit():
            return Decimal(raw)
        if isinstance(raw, str):
            raw = raw.translate(SPACES).strip()
        if raw is None or raw in ("", "null"):
            return None
        number = decode_decimal(raw)
        if not number.is_finite():
            raise make_value_error("a number", raw)
        return number

    def clean(self, value: Any) -> Decimal:
        return value if type(value) is Decimal and value.is_finite() else clean_decimal(value)

    def encode(
        self, value: Decimal | None, definition: Definition | None, zone: tzinfo | None, *, current: Values = ()
    ) -> list[dict[str, Any]]:
        return [{"value": format_number(self.clean(value))}]

    def encode_filter(self, value: Any, definition: Definition | None, zone: tzinfo | None) -> str | int:
        return format_number(clean_decimal(value))


class MonetaryKind(NumberKind):
    types = ("monetary",)


class PriceKind(NumberKind):
    types = ("price", "numeric")


class Number(CustomAttr[Decimal | None, Given | None, Ordered[Given, Given | None]]):
    """A number, exact: reads `Decimal`, takes int, float and `Decimal`. Also reads fields of prices and of money.

    Example:
        >>> class Deal(Lead):
        ...     budget: Number = custom(551)
        >>> deal.budget = 12.5
        >>> deal.budget
        Decimal('12.5')
        >>> Deal.objects.filter(Deal.budget >= 100)

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = NumberKind()
    expression = Ordered


class Price(CustomAttr[Decimal | None, Given | None, Ordered[Given, Given | None]]):
    """The price of an element of a list. In old accounts its field is of type `numeric`; both are read.

    Example:
        >>> class Lamp(CatalogElement, catalog="Products"):
        ...     price: Price = custom(code="PRICE")
        >>> lamp.price = Decimal("49.50")

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = PriceKind()
    expression = Ordered


class Monetary(CustomAttr[Decimal | None, Given | None, Ordered[Given, Given | None]]):
    """An amount in the currency that the field's definition names.

    Example:
        >>> class Deal(Lead):
        ...     deposit: Monetary = custom(560)
        >>> deal.deposit = 1_000

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = MonetaryKind()
    expression = Ordered


for annotation in (Number, Price, Monetary):
    register_kind(annotation.kind)


__all__ = ["Monetary", "Number", "Price"]

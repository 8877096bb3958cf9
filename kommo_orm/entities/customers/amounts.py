"""Money of customers: exact, and in whole units, since Kommo keeps no cents here."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Never

from kommo_orm.entities.parts import PRICE
from kommo_orm.model.attr import Attr
from kommo_orm.model.codec import DECIMAL, Codec
from kommo_orm.model.condition import Unfilterable


def clean_amount(value: Any) -> Decimal:
    amount = PRICE.clean(value)
    if amount != amount.to_integral_value():
        raise ValueError(f"Kommo keeps whole units of the currency here, got {amount}")
    return amount


AMOUNT = Codec(Decimal, clean_amount, DECIMAL.decode, DECIMAL.encode)

Amount = Attr[Decimal | None, Decimal | int | float, Unfilterable[Any]]
"""An amount that can be set. `field(codec=AMOUNT)`."""
ReadAmount = Attr[Decimal | None, Never, Unfilterable[Any]]
"""An amount that the service computes."""

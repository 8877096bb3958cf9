"""Codecs of customers: amounts in whole units of the currency (Kommo stores no cents here), periods in days."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Never

from kommo_orm.entities.shared.price import PRICE
from kommo_orm.model.attr import Attr
from kommo_orm.model.codec import DECIMAL, INT, Codec
from kommo_orm.model.condition import Unfilterable


def clean_amount(value: Any) -> Decimal:
    amount = PRICE.clean(value)
    if amount != amount.to_integral_value():
        raise ValueError(f"Kommo keeps whole units of the currency here, got {amount}")
    return amount


def clean_days(value: Any) -> int:
    days = INT.clean(value)
    if days < 1:
        raise ValueError(f"customers are expected again after one day or more, not after {days}")
    return days


DAYS = Codec(int, clean_days, INT.decode, INT.encode)
AMOUNT = Codec(Decimal, clean_amount, DECIMAL.decode, DECIMAL.encode)

Amount = Attr[Decimal | None, Decimal | int | float, Unfilterable[Any]]
"""An amount that can be set. `field(codec=AMOUNT)`."""
ReadAmount = Attr[Decimal | None, Never, Unfilterable[Any]]
"""An amount that the service computes."""

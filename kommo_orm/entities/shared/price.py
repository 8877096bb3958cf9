"""Small things that several entities share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from kommo_orm.model.codec import DECIMAL, Codec, clean_decimal


def clean_price(value: Any) -> Decimal:
    price = clean_decimal(value)
    if price < 0:
        raise ValueError(f"a price is not negative, got {price}")
    return price


PRICE = Codec(Decimal, clean_price, DECIMAL.decode, DECIMAL.encode)

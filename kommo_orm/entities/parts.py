"""Small things that several entities share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from kommo_orm.model.attr import ReadOnly, field
from kommo_orm.model.base import Model
from kommo_orm.model.codec import DECIMAL, Codec
from kommo_orm.model.registry import stands_for


def clean_price(value: Any) -> Decimal:
    price = DECIMAL.clean(value)
    if price < 0:
        raise ValueError(f"a price is not negative, got {price}")
    return price


PRICE = Codec(Decimal, clean_price, DECIMAL.decode, DECIMAL.encode)


class Source(Model):
    """The source a lead came from, as rows embed it. Source: Kommo API v4, "Leads"."""

    __kommo_kind__ = "sources"

    name: ReadOnly[str] = field()


stands_for("sources", Source)

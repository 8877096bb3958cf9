"""Currencies (Kommo API v4, Currencies): read only, known by their codes."""

from __future__ import annotations

from kommo_orm.sandbox.hal_responses import encode
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.routing import Call, Route

CODES = ("EUR", "USD", "GBP", "BRL", "MXN", "ARS", "COP", "CLP", "PEN", "AED", "INR", "IDR", "TRY", "UAH", "KZT")


def list_currencies(call: Call) -> SandboxResponse:
    places = list(range(len(CODES)))
    return call.page("currencies", places, lambda place: encode({"code": CODES[place]}))


ROUTES = (Route("GET", "/api/v4/currencies", list_currencies),)

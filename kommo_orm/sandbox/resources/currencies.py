"""Currencies (Kommo API v4, Currencies). They are read-only and identified by their codes."""

from __future__ import annotations

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.routing import Route

CODES = ("EUR", "USD", "GBP", "BRL", "MXN", "ARS", "COP", "CLP", "PEN", "AED", "INR", "IDR", "TRY", "UAH", "KZT")


def list_currencies(call: ApiCall) -> SandboxResponse:
    places = list(range(len(CODES)))
    return call.build_page_response("currencies", places, lambda place: encode_json({"code": CODES[place]}))


ROUTES = (Route("GET", "/api/v4/currencies", list_currencies),)

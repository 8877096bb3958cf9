"""Currencies: read only, known by their codes."""

from __future__ import annotations

import pytest

from kommo_orm import Currency, Kommo, NotFound, QueryError, Session
from kommo_orm.dialects.v4 import V4
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.sandbox import Sandbox
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from tests.account import asked


def test_they_are_listed(kommo: Kommo, sandbox: Sandbox):
    codes = [currency.code for currency in Currency.objects]
    assert codes[:2] == ["EUR", "USD"]
    assert asked(sandbox) == ["/api/v4/currencies"]
    assert len(Currency.objects.page(1, size=3).items) == 3
    assert [currency.code for currency in Currency.objects.using(sandbox.connect(page_size=4))] == codes


def test_one_is_found_by_its_code(kommo: Kommo, sandbox: Sandbox):
    euro = Currency.objects.get("EUR")
    assert (euro.pk, euro.id, euro.code) == ("EUR", "EUR", "EUR")
    assert euro in {Currency.objects.get("EUR")}
    assert Currency.objects.get_or_none("XXX") is None
    with pytest.raises(NotFound, match="Currency XXX"):
        Currency.objects.get("XXX")
    with pytest.raises(QueryError, match="is a text"):
        Currency.objects.get(5)  # type: ignore[arg-type]
    with Session(kommo) as session:
        assert session.query(Currency).get("EUR") is session.query(Currency).get("EUR")


async def test_in_async_code(kommo: Kommo):
    assert [currency.code async for currency in Currency.objects][:1] == ["EUR"]
    assert (await Currency.objects.aget("USD")).code == "USD"
    assert await Currency.objects.aget_or_none("XXX") is None


def test_unknown_keys_are_kept():
    body = b'{"_embedded":{"currencies":[{"id":7,"code":"EUR","symbol":"E"}]}}'
    answer = HttpResponse(200, body, HttpRequest("GET", "/api/v4/currencies"))
    [row] = V4.parse_page(ReadRequest("currencies"), answer).rows
    [euro] = Currency.hydrate([row])
    assert (euro.pk, euro.extra) == ("EUR", {"_id": 7, "symbol": "E"})

"""Requests by hand: what is sent, what comes back, what goes wrong."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from kommo_orm import ConfigurationError, Kommo, NotConnected, TransportError, UncertainWrite, UnexpectedResponse
from kommo_orm.sandbox import Sandbox
from tests.parity.ledger import proves
from tests.parity.test_settings import Seen, a_kommo


@proves(35)
def test_parameters_nest_as_php_reads_them() -> None:
    seen = Seen()
    with a_kommo(seen) as kommo:
        kommo.request("GET", "/x", params={"filter": {"id": [7, 9]}, "yes": True, "no": False, "none": None})
    assert seen.requests[0].url.params.multi_items() == [
        ("filter[id][]", "7"),
        ("filter[id][]", "9"),
        ("yes", "1"),
        ("no", "0"),
    ]


@proves(36)
def test_bodies_are_json() -> None:
    seen = Seen()
    with a_kommo(seen) as kommo:
        kommo.request("POST", "/x", json=[{"name": "Дом 🏠"}])
        with pytest.raises(ConfigurationError, match="cannot be sent"):
            kommo.request("POST", "/x", json={"what": object()})
    (request,) = seen.requests
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.content) == [{"name": "Дом 🏠"}]


@proves(38)
def test_without_an_account_the_error_says_what_to_do() -> None:
    from kommo_orm import Lead

    with pytest.raises(NotConnected, match="with Kommo"):
        Lead.objects.first()


@proves(39, "B27")
def test_a_broken_connection_raises_without_secrets_after_several_attempts() -> None:
    attempts: list[httpx.Request] = []

    def dead(request: httpx.Request) -> httpx.Response:
        attempts.append(request)
        raise httpx.ReadError("connection reset by peer", request=request)

    with Kommo(
        "acme", token="very-secret", transport=httpx.MockTransport(dead), rate=None, backoff=0, retries=3
    ) as kommo:
        with pytest.raises(TransportError, match="reset by peer") as caught:
            kommo.request("GET", "/api/v4/leads")
        with pytest.raises(UncertainWrite) as uncertain:
            kommo.request("POST", "/api/v4/leads", json=[{"name": "x"}])
    assert len(attempts) == 3 + 1  # a creation is not repeated
    assert "very-secret" not in f"{caught.value!r} {uncertain.value!r}"


@proves(40, 41, "B14")
def test_nothing_found_is_an_empty_list() -> None:
    with a_kommo(Seen(204)) as kommo:
        assert kommo.request("GET", "/api/v4/leads").empty
        from kommo_orm import Lead

        assert Lead.objects.using(kommo).list() == []


@proves(41)
def test_a_body_that_is_no_json_raises_and_is_shown() -> None:
    page = httpx.MockTransport(lambda request: httpx.Response(200, text="<html>maintenance</html>"))
    with Kommo("acme", token="t", transport=page, rate=None) as kommo:
        answer = kommo.request("GET", "/api/v4/leads")
        assert answer.text == "<html>maintenance</html>"
        with pytest.raises(UnexpectedResponse, match="maintenance"):
            answer.json()


@proves(42, 43, "B31", "R9")
def test_the_last_answer_is_kept_as_it_came() -> None:
    escaped = rb'{"name": "\u0414\u043e\u043c \ud83c\udfe0"}'
    with Kommo(
        "acme", token="t", transport=httpx.MockTransport(lambda _: httpx.Response(200, content=escaped))
    ) as kommo:
        kommo.request("GET", "/api/v4/leads/1")
        assert kommo.last_response is not None
        assert kommo.last_response.content == escaped
        assert kommo.last_response.json() == {"name": "Дом 🏠"}


@proves(44, "B14")
@pytest.mark.parametrize("body", ["{}", "[]", '{"_embedded": {}}', '{"_embedded": {"leads": []}}', '{"_embedded": []}'])
def test_a_list_without_items_is_empty(body: str) -> None:
    from kommo_orm import Lead

    with Kommo(
        "acme", token="t", transport=httpx.MockTransport(lambda _: httpx.Response(200, text=body)), rate=None
    ) as kommo:
        assert Lead.objects.using(kommo).list() == []


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), Decimal("NaN")], ids=str)
def test_numbers_that_json_does_not_have_are_refused(number: Any) -> None:
    sandbox = Sandbox()
    with sandbox.connect() as kommo:
        for body in (number, [number], {"a": [{"price": number}]}, ({"b": (number,)},)):
            with pytest.raises(
                ConfigurationError, match="POST /api/v4/leads was not sent: json= holds .* no such number"
            ):
                kommo.request("POST", "/api/v4/leads", json=body)
    assert not sandbox.requests()

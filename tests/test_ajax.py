"""The web interface's own requests, and the last answer, whoever asked for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from urllib.parse import unquote

import httpx
import pytest

from kommo_orm import Kommo, Lead, NotFound, TransportError, UncertainWrite, UnexpectedResponse
from kommo_orm.sandbox import Sandbox

LIST = "/ajax/contacts/list/"


def answering(
    *answers: httpx.Response | Exception,
) -> tuple[list[httpx.Request], Callable[[httpx.Request], httpx.Response]]:
    requests: list[httpx.Request] = []
    left = list(answers)

    def reply(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return requests, reply


def a_kommo(reply: Callable[[httpx.Request], httpx.Response]) -> Kommo:
    return Kommo("acme", token="t" * 20, transport=httpx.MockTransport(reply), rate=None, backoff=0.0)


def test_a_form_as_the_interface_sends_it() -> None:
    requests, reply = answering(httpx.Response(200, json={"response": {"items": []}}))
    nested = {"filter": {"cf": {41: {"from": "01.05.2026"}}, "pipe": {7: [142, 143]}}, "useFilter": "y", "json": True}
    with a_kommo(reply) as kommo:
        assert kommo.ajax(LIST, nested).json() == {"response": {"items": []}}
    (request,) = requests
    assert (request.method, request.url.path) == ("POST", LIST)
    assert request.headers["x-requested-with"] == "XMLHttpRequest"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["authorization"] == f"Bearer {'t' * 20}"
    assert unquote(request.content.decode()) == (
        "filter[cf][41][from]=01.05.2026&filter[pipe][7][]=142&filter[pipe][7][]=143&useFilter=y&json=1"
    )


async def test_async_code_has_a_twin() -> None:
    requests, reply = answering(httpx.Response(204))
    async with a_kommo(reply) as kommo:
        assert (await kommo.aajax(LIST)).empty
    assert requests[0].headers["x-requested-with"] == "XMLHttpRequest"


def test_the_sandbox_serves_a_list_as_json_and_as_a_page(kommo_sandbox: Sandbox, kommo: Kommo) -> None:
    pk = kommo_sandbox.add("contacts", name="Åsa 🙂")["id"]
    kommo_sandbox.add("companies", name="Northwind")
    (row,) = kommo.ajax(LIST, {"json": 1, "useFilter": "y", "element_type": 1}).json()["response"]["items"]
    assert (row["id"], row["entity"], row["name"]["text"]) == (pk, "contact", "Åsa 🙂")
    page = kommo.ajax(LIST)
    assert page.text == "<html><body>contacts · Sandbox</body></html>"
    with pytest.raises(UnexpectedResponse, match="what is not JSON"):
        page.json()


def test_refusals_are_exceptions() -> None:
    _, reply = answering(httpx.Response(404, text="<html>nothing here</html>", headers={"content-type": "text/html"}))
    with a_kommo(reply) as kommo, pytest.raises(NotFound, match="nothing here"):
        kommo.ajax("/ajax/nowhere/")


def test_a_request_with_an_unknown_result_is_not_sent_twice() -> None:
    requests, reply = answering(httpx.Response(502))
    with a_kommo(reply) as kommo, pytest.raises(UncertainWrite):
        kommo.ajax("/ajax/merge/leads/save", {"id": [1, 2]})
    assert len(requests) == 1
    requests, reply = answering(httpx.ReadTimeout("slow"), httpx.Response(502), httpx.Response(200, text="done"))
    with a_kommo(reply) as kommo:
        assert kommo.ajax(LIST, repeat=True).text == "done"
    assert len(requests) == 3
    requests, reply = answering(httpx.Response(429), httpx.ConnectError("refused"), httpx.Response(200, text="done"))
    with a_kommo(reply) as kommo:
        assert kommo.ajax(LIST).text == "done", "these surely did nothing"


# ---- the last answer


def test_the_last_answer_is_that_of_sync_and_async_code_alike(kommo_sandbox: Sandbox, kommo: Kommo) -> None:
    assert kommo.last_response is None
    Lead.objects.create(name="Дом 🙂")
    created = kommo.last_response
    assert created is not None
    assert (created.status, created.request.method, created.call.path) == (200, "POST", "/api/v4/leads")
    assert next(iter(Lead.objects.all())).name == "Дом 🙂"
    assert "Дом 🙂" in kommo.last_response.text
    with pytest.raises(NotFound):
        kommo.request("GET", "/api/v4/nowhere")
    assert kommo.last_response.status == 404


async def test_the_last_answer_of_async_code(kommo_sandbox: Sandbox, kommo: Kommo) -> None:
    lead = await Lead.objects.acreate(name="Roof")
    await lead.arefresh()
    assert kommo.last_response is not None
    assert kommo.last_response.request.path == f"/api/v4/leads/{lead.id}"
    assert kommo.last_response.json()["name"] == "Roof"


def test_the_last_answer_of_another_thread(kommo_sandbox: Sandbox, kommo: Kommo) -> None:
    thread = threading.Thread(target=lambda: kommo.request("GET", "/api/v4/account"))
    thread.start()
    thread.join()
    assert kommo.last_response is not None
    assert kommo.last_response.request.path == "/api/v4/account"


def test_an_unusable_response_is_the_last_response_too() -> None:
    _, reply = answering(httpx.Response(200, content=b'{"name": "half'), httpx.ConnectError("refused"))
    with a_kommo(reply) as kommo:
        assert "half" in kommo.request("GET", "/x").text
        with pytest.raises((TransportError, IndexError)):
            kommo.request("GET", "/y")
        assert kommo.last_response is not None
        assert "half" in kommo.last_response.text


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("application/json", '"Дом 🙂"'.encode()),
        ("text/html; charset=windows-1251", "Дом".encode("windows-1251")),
        ('text/html; charset="UTF-8"', "Дом".encode()),
        ("text/html; charset=klingon", "Дом".encode()),
        ("", "Дом".encode()),
    ],
)
def test_texts_are_read_in_their_charset(kind: str, content: bytes) -> None:
    _, reply = answering(httpx.Response(200, content=content, headers={"content-type": kind} if kind else {}))
    with a_kommo(reply) as kommo:
        assert "Дом" in kommo.request("GET", "/x").text


def test_escaped_texts_are_read_completely() -> None:
    _, reply = answering(httpx.Response(200, content=b'{"name": "\\u0414\\u043e\\u043c \\ud83d\\ude42"}'))
    with a_kommo(reply) as kommo:
        assert kommo.request("GET", "/x").json() == {"name": "Дом 🙂"}

"""Pages of leads as an account sends them, ready-made and without a network: requests are counted, and not timed."""

from __future__ import annotations

from urllib.parse import parse_qs

import httpx

from bench.account import render_json
from bench.rows import make_lead
from kommo_orm import Kommo

SIZE = 250


class Pages:
    """A transport that answers with pages made before. `asked` counts requests."""

    def __init__(self, pages: int, fields: int = 10) -> None:
        self.count, self.asked = pages, 0
        self.bodies = [self._body(number, fields) for number in range(1, pages + 1)]
        self.transport = httpx.MockTransport(self.answer)

    def _body(self, number: int, fields: int) -> bytes:
        links = {"next": {"href": "x"}} if number < self.count else {}
        rows = [make_lead((number - 1) * SIZE + index + 1, fields=fields) for index in range(SIZE)]
        return render_json({"_page": number, "_links": links, "_embedded": {"leads": rows}})

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        number = int(parse_qs(request.url.query.decode())["page"][0])
        return httpx.Response(200, headers={"content-type": "application/hal+json"}, content=self.bodies[number - 1])

    def connected(self) -> Kommo:
        return Kommo("acme", token="x", transport=self.transport, rate=None, timezone="UTC")

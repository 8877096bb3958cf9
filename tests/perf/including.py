"""Run apart: the cost of leads with their contacts, by a client of dicts and by `include()`, as a line of JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import httpx

from kommo_orm import Kommo, Lead
from tests.perf.pages import SIZE, cheapest, lead

FIRST = 100_000  # ids of contacts begin behind it


def contact(pk: int) -> dict[str, Any]:
    phone = {"value": f"+1555{pk}", "enum_id": 3, "enum_code": "WORK"}
    field = {"field_id": 1, "field_name": "Phone", "field_code": "PHONE", "field_type": "multitext", "values": [phone]}
    return {
        "id": pk,
        "name": f"Contact {pk}",
        "responsible_user_id": 51,
        "created_at": 1,
        "updated_at": 2,
        "closest_task_at": None,
        "custom_fields_values": [field],
        "account_id": 90,
        "_links": {"self": {"href": "x"}},
        "_embedded": {"tags": [], "companies": []},
    }


class LinkedPages:
    """A transport that answers with leads of two contacts each, and with the contacts that are asked for."""

    def __init__(self, leads: int) -> None:
        self.leads = leads
        self.pages = [self._page(number) for number in range(leads // SIZE)]
        self.contacts = {pk: json.dumps(contact(pk)) for pk in range(FIRST, FIRST + leads)}
        self.answers: dict[str, bytes] = {}
        self.transport = httpx.MockTransport(self.answer)

    def _page(self, number: int) -> bytes:
        rows = [lead(number * SIZE + place + 1, 3) for place in range(SIZE)]
        for row in rows:
            own, other = FIRST + row["id"] - 1, FIRST + row["id"] * 7 % self.leads
            row["_embedded"]["contacts"] = [{"id": own, "is_main": True}, {"id": other, "is_main": False}]
        links = {"next": {"href": "x"}} if (number + 1) * SIZE < self.leads else {}
        return json.dumps({"_links": links, "_embedded": {"leads": rows}}).encode()

    def answer(self, request: httpx.Request) -> httpx.Response:
        query = request.url.query.decode()
        content = self.answers.get(query) or self.answers.setdefault(query, self._made(request.url.path, query))
        return httpx.Response(200, headers={"content-type": "application/hal+json"}, content=content)

    def _made(self, path: str, query: str) -> bytes:
        asked = parse_qsl(query)
        if path.endswith("/leads"):
            return self.pages[int(dict(asked)["page"]) - 1]
        rows = ",".join(self.contacts[int(value)] for key, value in asked if key.startswith("filter[id]"))
        return f'{{"_links":{{}},"_embedded":{{"contacts":[{rows}]}}}}'.encode()

    def read_dicts(self) -> int:
        """What everybody can do by hand: the same requests, and dicts."""
        with httpx.Client(base_url="https://acme.kommo.com", transport=self.transport) as client:
            return sum(len(row["contacts"]) for number in range(len(self.pages)) for row in self._rows(client, number))

    def _rows(self, client: httpx.Client, number: int) -> Iterator[Any]:
        asked = {"page": number + 1, "limit": SIZE, "with": "contacts"}
        rows = json.loads(client.get("/api/v4/leads", params=asked).content)["_embedded"]["leads"]
        ids = list(dict.fromkeys(one["id"] for row in rows for one in row["_embedded"]["contacts"]))
        found: dict[int, Any] = {}
        for at in range(0, len(ids), SIZE):
            chosen = {f"filter[id][{place}]": pk for place, pk in enumerate(ids[at : at + SIZE])}
            answer = client.get("/api/v4/contacts", params={"limit": SIZE, **chosen})
            found |= {row["id"]: row for row in json.loads(answer.content)["_embedded"]["contacts"]}
        for row in rows:
            row["contacts"] = [found[one["id"]] for one in row["_embedded"]["contacts"]]
            yield row

    def read_objects(self) -> int:
        with Kommo("acme", token="x", transport=self.transport, rate=None):
            return sum(1 for lead in Lead.objects.include("contacts") for _ in lead.contacts)


if __name__ == "__main__":
    pages = LinkedPages(int(sys.argv[1]))
    assert pages.read_dicts() == pages.read_objects() == 2 * pages.leads
    sys.stdout.write(json.dumps(cheapest(pages.read_dicts, pages.read_objects, runs=int(sys.argv[2]))))

"""What everybody can write by hand: clients over httpx that give dicts, or pydantic models."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import orjson

from bench.models import PLAIN_PAGE, PlainLead
from bench.rows import JsonObject

SIZE = 250

Parse = Callable[[bytes], Any]


def read_bodies(url: str, leads: int) -> Iterator[bytes]:
    """The bodies of all pages of leads."""
    with open_client(url) as client:
        for page in range(1, -(-leads // SIZE) + 1):
            yield client.get("/api/v4/leads", params={"page": page, "limit": SIZE, "with": "contacts"}).content


def open_client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"authorization": "Bearer x"}, timeout=60)


def read_dicts(url: str, leads: int, parse: Parse = json.loads) -> Iterator[JsonObject]:
    """All leads as dicts."""
    for body in read_bodies(url, leads):
        yield from parse(body)["_embedded"]["leads"]


def read_models(url: str, leads: int) -> Iterator[PlainLead]:
    """All leads as pydantic models, each page validated at once."""
    for body in read_bodies(url, leads):
        yield from PLAIN_PAGE.validate_json(body).embedded.leads


def read_dicts_with_contacts(url: str, leads: int, parse: Parse = json.loads) -> Iterator[JsonObject]:
    """All leads as dicts, each with the dicts of its contacts: two more requests a page."""
    with open_client(url) as client:
        for page in range(1, -(-leads // SIZE) + 1):
            asked: dict[str, int | str] = {"page": page, "limit": SIZE, "with": "contacts"}
            rows = parse(client.get("/api/v4/leads", params=asked).content)["_embedded"]["leads"]
            found = read_by_ids(client, "contacts", list_contact_ids(rows), parse)
            for row in rows:
                row["contacts"] = [found[one["id"]] for one in row["_embedded"]["contacts"]]
                yield row


def list_contact_ids(rows: list[JsonObject]) -> list[int]:
    """Ids of the contacts of several leads, each once."""
    return list(dict.fromkeys(one["id"] for row in rows for one in row["_embedded"]["contacts"]))


def read_by_ids(client: httpx.Client, kind: str, ids: list[int], parse: Parse = json.loads) -> dict[int, JsonObject]:
    """Rows by their ids, 250 a request."""
    found: dict[int, JsonObject] = {}
    for start in range(0, len(ids), SIZE):
        asked: dict[str, int] = {"limit": SIZE}
        asked |= {f"filter[id][{place}]": pk for place, pk in enumerate(ids[start : start + SIZE])}
        rows = parse(client.get(f"/api/v4/{kind}", params=asked).content)["_embedded"][kind]
        found |= {row["id"]: row for row in rows}
    return found


def parse_with_orjson(body: bytes) -> Any:
    return orjson.loads(body)

"""An account made for measuring: it answers with bodies that it renders once, so that an answer costs next to nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bench.rows import FIRST_SECOND, HOST, JsonObject, make_contact, make_lead

PAGE_SIZE = 250

NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"

TIME_ZONE = "Europe/Berlin"


def render_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def render_response(body: bytes, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/hal+json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@dataclass
class Account:
    """Leads 1 to `leads`, their contacts, and whatever is written to it, of which it stores nothing."""

    leads: int
    _answers: dict[str, bytes] = field(default_factory=dict[str, bytes])
    _next_id: int = 50_000_000

    def answer(self, method: str, target: str, body: bytes) -> bytes:
        """The whole response to a request, its head included."""
        if method == "GET":
            found = self._answers.get(target)
            if found is None:
                found = self._answers[target] = self._render(target)
            return found
        return self._write(method, urlsplit(target).path, body)

    # ---- reading
    def _render(self, target: str) -> bytes:
        parts = urlsplit(target)
        query = parse_qsl(parts.query)
        match parts.path.removeprefix("/api/v4/").split("/"):
            case ["leads" | "contacts" as kind]:
                return self._render_list(kind, query)
            case ["leads" | "contacts" as kind, number] if number.isdigit():
                return render_response(render_json(self._make_row(kind, int(number))))
            case _:
                return self._render_other(parts.path)

    def _make_row(self, kind: str, pk: int) -> JsonObject:
        return make_lead(pk, self.leads) if kind == "leads" else make_contact(pk)

    def _render_list(self, kind: str, query: list[tuple[str, str]]) -> bytes:
        asked = dict(query)
        ids = [int(value) for name, value in query if name.startswith("filter[id]")]
        page, limit = int(asked.get("page", 1)), min(int(asked.get("limit", 50)), PAGE_SIZE)
        everything = ids or range(1, self.leads + 1)
        chosen = everything[(page - 1) * limit : page * limit]
        if not chosen:
            return NO_CONTENT
        links = {"self": {"href": f"{HOST}/api/v4/{kind}?page={page}&limit={limit}"}}
        if page * limit < len(everything):
            links["next"] = {"href": f"{HOST}/api/v4/{kind}?page={page + 1}&limit={limit}"}
        rows = [self._make_row(kind, pk) for pk in chosen]
        return render_response(render_json({"_page": page, "_links": links, "_embedded": {kind: rows}}))

    def _render_other(self, path: str) -> bytes:
        if path == "/api/v4/account":
            account = {"id": 90, "name": "Acme", "subdomain": "acme", "current_user_id": 51}
            zone = {"_embedded": {"datetime_settings": {"timezone": TIME_ZONE}}}
            return render_response(render_json({**account, **zone}))
        return render_response(render_json({"title": "Not Found", "status": 404, "detail": path}), "404 Not Found")

    # ---- writing
    def _write(self, method: str, path: str, body: bytes) -> bytes:
        if path.endswith("/unlink"):
            return NO_CONTENT
        kind = "links" if path.endswith("/link") else path.split("/")[3]
        given: JsonObject | list[JsonObject] = json.loads(body)
        if isinstance(given, dict):
            return render_response(render_json(self._apply(method, 0, given)))
        rows = given if kind == "links" else [self._apply(method, place, item) for place, item in enumerate(given)]
        return render_response(render_json({"_links": {}, "_embedded": {kind: rows}}))

    def _apply(self, method: str, place: int, item: JsonObject) -> JsonObject:
        if method == "PATCH":
            return {"id": item.get("id", 1), "updated_at": FIRST_SECOND + 9_000_000, "_links": {}}
        self._next_id += 1
        return {"id": self._next_id, "request_id": item.get("request_id", str(place)), "_links": {}}

"""Estimates what a naive client would have sent for the same effect, from the requests that were really sent.

`RULES` says how. Where a rule is open, the naive client gets the lower count: its pages are as large as ours, it knows
all ids of custom fields and the time zone, and it never requests a page that does not exist.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from kommo_orm.cli.demo.cost import Cost
from kommo_orm.cli.demo.request_lines import get_body_objects
from kommo_orm.sandbox import LogEntry, Sandbox

RULES = (
    "lists are read in pages as large as ours; ids of custom fields and the account's zone are known to it",
    "related objects are read one by one: a GET each",
    "a save is a PATCH of one object with every field that it could write, whether anything changed or not",
    "objects are created one by one: a POST each; and so are links: a POST each",
)

Row = dict[str, Any]
_WRITABLE = {
    "name",
    "first_name",
    "last_name",
    "price",
    "responsible_user_id",
    "status_id",
    "pipeline_id",
    "loss_reason_id",
    "created_by",
    "updated_by",
    "created_at",
    "closed_at",
    "text",
    "complete_till",
    "task_type_id",
    "is_completed",
}


@dataclass
class NaiveClient:
    """Estimates what a naive client would have sent, from the account after a step."""

    sandbox: Sandbox
    _rows: dict[str, dict[int, Row]] = field(default_factory=dict[str, dict[int, Row]])

    def estimate_cost(self, entries: Iterable[LogEntry], unchanged: Sequence[tuple[str, int]] = ()) -> Cost:
        """The cost of a step. `unchanged`: kind and id of the objects whose `save()` sent no request."""
        counted = [self._estimate_entry(entry) for entry in entries]
        return sum([*counted, *(self._estimate_full_patch(*key) for key in unchanged)], Cost())

    def _estimate_entry(self, entry: LogEntry) -> Cost:
        if entry.method == "GET":
            return _estimate_reads(entry)
        items = get_body_objects(entry)
        if entry.method == "PATCH":
            return sum((self._estimate_patch(entry.path, item) for item in items), Cost())
        return sum((_estimate_create(item) for item in items), Cost())

    def _estimate_patch(self, path: str, item: Row) -> Cost:
        kind, _, number = path.removeprefix("/api/v4/").partition("/")
        return self._estimate_full_patch(kind, int(number or item["id"]))

    def _estimate_full_patch(self, kind: str, number: int) -> Cost:
        """One PATCH with every field that can be written."""
        if kind not in self._rows:
            self._rows[kind] = {row["id"]: row for row in self.sandbox.rows(kind)}
        return Cost(1, _measure_body(_select_writable(self._rows[kind][number])))


def _estimate_reads(entry: LogEntry) -> Cost:
    if entry.status == 204 or entry.path.endswith(("/custom_fields", "/account")):
        return Cost()
    related = sum(key.startswith("filter[id]") for key, _ in parse_qsl(entry.query))
    return Cost(related or 1)


def _estimate_create(item: Row) -> Cost:
    """A POST of one object, and a POST for each link that was sent in it."""
    embedded: dict[str, list[Row]] = item.get("_embedded", {})
    linked = [(kind, row["id"]) for kind in ("contacts", "companies") for row in embedded.get(kind, ())]
    own = {**item, "_embedded": {kind: rows for kind, rows in embedded.items() if kind not in dict(linked)}}
    links = [Cost(1, _measure_body([{"to_entity_id": number, "to_entity_type": kind}])) for kind, number in linked]
    return sum(links, Cost(1, _measure_body([own if linked else item])))


def _select_writable(row: Row) -> Row:
    kept = {key: value for key, value in row.items() if key in _WRITABLE}
    fields: list[Row] = row.get("custom_fields_values") or []
    return {**kept, "custom_fields_values": [{"field_id": one["field_id"], "values": one["values"]} for one in fields]}


def _measure_body(body: Any) -> int:
    return len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())

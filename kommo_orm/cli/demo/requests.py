"""Requests as lines for people: long lists of ids counted, and those of one kind in one line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl

from kommo_orm.sandbox import LogEntry

SHORT = 120  # bytes of a body that is shown


@dataclass
class Line:
    """One request, or several of one kind: sizes are sums, in bytes; `objects` are those in the bodies sent."""

    method: str
    path: str
    query: str
    body: str = ""
    times: int = 0
    objects: int = 0
    sent: int = 0
    received: int = 0

    def count(self, entry: LogEntry) -> None:
        self.times += 1
        self.objects += len(objects(entry))
        self.sent += entry.bytes_in
        self.received += entry.bytes_out


def lines(entries: Iterable[LogEntry]) -> list[Line]:
    """The requests in order; what differs only in its page, its list of ids or its long body shares a line."""
    found: dict[tuple[str, str, str, str], Line] = {}
    for entry in entries:
        body = json.dumps(entry.json, ensure_ascii=False) if 0 < entry.bytes_in <= SHORT else ""
        key = (entry.method, entry.path, _query(entry), body)
        found.setdefault(key, Line(*key)).count(entry)
    return list(found.values())


def _query(entry: LogEntry) -> str:
    pairs = parse_qsl(entry.query)
    lists = {key for key, _ in pairs if key == "filter[id][]"}
    plain = [f"{key}={value}" for key, value in pairs if key not in {*lists, "page"}]
    return "&".join([*plain, *(f"{key}=..." for key in lists)])


def objects(entry: LogEntry) -> list[dict[str, Any]]:
    """The objects in the body that was sent, one or many."""
    body = entry.json
    if body is None:
        return []
    return cast("list[dict[str, Any]]", body) if isinstance(body, list) else [body]


def size(count: int) -> str:
    """A number of bytes for people: `89 B`, `1.2 kB`, `2.6 MB`."""
    if count < 1000:
        return f"{count} B"
    if count < 999_950:
        return f"{count / 1000:.1f} kB"
    return f"{count / 1_000_000:.1f} MB"


def duration(seconds: float) -> str:
    """Seconds for people: `0.9 s`, `6 min 30 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{round(seconds) // 60} min {round(seconds) % 60} s"

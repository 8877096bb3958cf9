"""Groups requests into readable lines: those of one kind share a line, and long lists of ids are counted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl

from kommo_orm.sandbox import LogEntry

SHORT = 120  # a body of at most so many bytes is printed


@dataclass
class RequestLine:
    """One request, or several of one kind. Sizes are sums in bytes; `objects` counts those in the bodies."""

    method: str
    path: str
    query: str
    body: str = ""
    times: int = 0
    objects: int = 0
    sent: int = 0
    received: int = 0

    def add_entry(self, entry: LogEntry) -> None:
        self.times += 1
        self.objects += len(get_body_objects(entry))
        self.sent += entry.bytes_in
        self.received += entry.bytes_out


def group_requests(entries: Iterable[LogEntry]) -> list[RequestLine]:
    """The lines in the order of the requests. Requests that differ only in page, ids or a long body share a line."""
    found: dict[tuple[str, str, str, str], RequestLine] = {}
    for entry in entries:
        body = json.dumps(entry.json, ensure_ascii=False) if 0 < entry.bytes_in <= SHORT else ""
        key = (entry.method, entry.path, _shorten_query(entry), body)
        found.setdefault(key, RequestLine(*key)).add_entry(entry)
    return list(found.values())


def _shorten_query(entry: LogEntry) -> str:
    pairs = parse_qsl(entry.query)
    lists = {key for key, _ in pairs if key == "filter[id][]"}
    plain = [f"{key}={value}" for key, value in pairs if key not in {*lists, "page"}]
    return "&".join([*plain, *(f"{key}=..." for key in lists)])


def get_body_objects(entry: LogEntry) -> list[dict[str, Any]]:
    """The objects in the body of a request, one or many."""
    body = entry.json
    if body is None:
        return []
    return cast("list[dict[str, Any]]", body) if isinstance(body, list) else [body]


def format_size(count: int) -> str:
    """A number of bytes as text: `89 B`, `1.2 kB`, `2.6 MB`."""
    if count < 1000:
        return f"{count} B"
    if count < 999_950:
        return f"{count / 1000:.1f} kB"
    return f"{count / 1_000_000:.1f} MB"


def format_duration(seconds: float) -> str:
    """Seconds as text: `0.9 s`, `6 min 30 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{round(seconds) // 60} min {round(seconds) % 60} s"

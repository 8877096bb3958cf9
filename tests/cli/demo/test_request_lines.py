from __future__ import annotations

import pytest

from kommo_orm.cli.demo.request_lines import format_duration, format_size, group_requests
from kommo_orm.sandbox import LogEntry, SandboxRequest


def build_entry(method: str, path: str, body: object = None, received: int = 10) -> LogEntry:
    request = SandboxRequest.of(method, path, json=body)
    return LogEntry(0.0, request, 200, "", len(request.body), received)


def test_pages_of_a_list_share_a_line() -> None:
    (line,) = group_requests(build_entry("GET", f"/api/v4/leads?limit=250&page={page}") for page in (1, 2, 3))
    assert (line.times, line.path, line.query, line.received) == (3, "/api/v4/leads", "limit=250", 30)
    assert (line.body, line.objects, line.sent) == ("", 0, 0)


def test_long_lists_of_ids_are_shortened() -> None:
    (line,) = group_requests([build_entry("GET", "/api/v4/contacts?filter[id][]=1&filter[id][]=2&limit=250")])
    assert line.query == "limit=250&filter[id][]=..."


def test_a_short_body_is_shown_and_has_a_line_of_its_own() -> None:
    first, second = group_requests([build_entry("PATCH", "/api/v4/leads/1", {"price": price}) for price in (5, 6)])
    assert (first.body, first.objects, first.sent) == ('{"price": 5}', 1, 12)
    assert second.body == '{"price": 6}'


def test_long_bodies_share_a_line_that_counts_their_objects() -> None:
    many = [{"id": number, "name": "a long name"} for number in range(20)]
    (line,) = group_requests([build_entry("PATCH", "/api/v4/leads", many), build_entry("PATCH", "/api/v4/leads", many)])
    assert (line.times, line.objects, line.body) == (2, 40, "")


def test_lines_keep_the_order_of_the_requests() -> None:
    found = group_requests([build_entry("GET", "/b"), build_entry("POST", "/a", {}), build_entry("GET", "/b")])
    assert [(line.method, line.times) for line in found] == [("GET", 2), ("POST", 1)]


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (2_600_000, "2.6 MB")]
)
def test_format_size(count: int, text: str) -> None:
    assert format_size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.86, "0.9 s"), (59.94, "59.9 s"), (60, "1 min 0 s"), (119.6, "2 min 0 s"), (343, "5 min 43 s")],
)
def test_format_duration(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text

"""Lists of API v2: the number of rows and the offset, filters by id, and `If-Modified-Since`.

`limit_rows` is at most 500. `limit_offset` is ignored without it. There are no totals and no link to the next page: a page
after the last row is 204. `If-Modified-Since` is a time in UTC; only rows that changed later are shown.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.filters import RowFilter, parse_integers
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.query_string import get_leaves
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import responses

MOST_ROWS = 500
WINDOW = frozenset({"limit_rows", "limit_offset", "id"})


def parse_id_set(call: ApiCall, name: str) -> set[int] | None:
    """`id=1`, `id=1,2`, `id[]=1&id[]=2`; None if the query does not have it."""
    node = call.query.tree.get(name)
    if node is None:
        return None
    return {number for leaf in get_leaves(node) for part in leaf.split(",") for number in parse_integers(part.strip())}


def filter_by_ids(call: ApiCall, name: str, column: str) -> list[RowFilter]:
    wanted = parse_id_set(call, name)
    return [] if wanted is None else [lambda row: row[column] in wanted]


def parse_counter(call: ApiCall, name: str, default: int) -> int:
    value = call.query.get_text(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdecimal()):
        call.refuse_if_strict(f"{name} is not an integer")
        return default
    return int(value)


def get_window(call: ApiCall) -> slice:
    size = min(max(1, parse_counter(call, "limit_rows", MOST_ROWS)), MOST_ROWS)
    start = parse_counter(call, "limit_offset", 0) if call.query.get_text("limit_rows") is not None else 0
    return slice(start, start + size)


def filter_by_change(call: ApiCall) -> list[RowFilter]:
    """The filter of the header `If-Modified-Since`, if the request has it."""
    given = call.request.headers.get("if-modified-since")
    if given is None:
        return []
    moment = _parse_http_date(given)
    if moment is None:
        call.refuse_if_strict(f"If-Modified-Since is no moment: {given}")
        return []
    return [lambda row: row["updated_at"] > moment]


def _parse_http_date(given: str) -> int | None:
    """`Mon, 04 May 2026 09:30:00`, with or without a zone's name; always UTC."""
    for form in ("%a, %d %b %Y %H:%M:%S", "%a, %d %b %Y %H:%M:%S GMT", "%a, %d %b %Y %H:%M:%S UTC"):
        try:
            return int(datetime.strptime(given, form).replace(tzinfo=UTC).timestamp())
        except ValueError:
            continue
    return None


def select_rows(call: ApiCall, tests: Callable[[], list[RowFilter]], *, only_ids: bool = True) -> list[Row]:
    """The rows of the route's kind. With `only_ids`, a filter by id switches off all others, as the documents say."""
    wanted = parse_id_set(call, "id")
    chosen = tests() if wanted is None or not only_ids else []
    hidden = ("trashed", "hidden")  # the cards of an incoming lead are hidden until it is accepted
    rows = [row for row in call.store.iter_rows(call.kind) if not any(row.get(key) for key in hidden)]
    named = [row for row in rows if wanted is None or row["id"] in wanted]
    return sorted((row for row in named if all(test(row) for test in chosen)), key=lambda row: int(row["id"]))


def build_page(call: ApiCall, rows: list[Row], show: Callable[[Row], Row]) -> SandboxResponse:
    return responses.build_items_reply(call, [show(row) for row in rows[get_window(call)]])

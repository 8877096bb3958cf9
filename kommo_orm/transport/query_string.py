"""Parameters as PHP reads them: nested values become bracketed names, and urls stay short enough for 250 ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast
from urllib.parse import quote

from kommo_orm.errors import QueryError
from kommo_orm.transport.http_messages import Pairs


def flatten_params(params: Mapping[str, Any] | Iterable[tuple[str, Any]] | None) -> Pairs:
    """Nested parameters as flat pairs. `None` is left out, booleans are 1 and 0, moments are Unix seconds.

    >>> flatten_params({"filter": {"id": [1, 2]}, "order": {"id": "asc"}, "with": ["contacts", "source"]})
    (('filter[id][]', '1'), ('filter[id][]', '2'), ('order[id]', 'asc'), ('with', 'contacts,source'))

    Source: Kommo API v4, "Filtering".
    """
    if params is None:
        return ()
    items: Iterable[tuple[str, Any]] = (
        cast("Mapping[str, Any]", params).items() if isinstance(params, Mapping) else params
    )
    return tuple(pair for name, value in items for pair in _flatten_value(name, _join_with(name, value)))


def encode_query(params: Pairs) -> str:
    """The query string. Brackets and commas stay as they are: Kommo reads them, and it is a third of the length.

    >>> encode_query((("filter[id][]", "1"), ("with", "contacts,source"), ("query", "a&b c")))
    'filter[id][]=1&with=contacts,source&query=a%26b%20c'
    """
    # Most values are plain numbers, and the names of 250 ids are the same in every request.
    return "&".join(
        [
            f"{_quote_name(name)}={value if value.isascii() and value.isalnum() else quote(value, safe=',')}"
            for name, value in params
        ]
    )


@lru_cache(maxsize=2048)
def _quote_name(name: str) -> str:
    return quote(name, safe="[]")


def _join_with(name: str, value: Any) -> Any:
    return ",".join(map(str, value)) if name == "with" and _is_collection(value) else value


def _is_collection(value: Any) -> bool:
    return isinstance(value, (list, tuple, set, frozenset))


def _flatten_value(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in cast("Mapping[str, Any]", value).items():
            yield from _flatten_value(f"{name}[{key}]", inner)
    elif _is_collection(value):
        for index, inner in enumerate(value):
            # Nested values need their number: `[]` would make every key of a mapping a row of its own.
            nested = isinstance(inner, Mapping) or _is_collection(inner)
            yield from _flatten_value(f"{name}[{index if nested else ''}]", inner)
    elif value is not None:
        yield name, _format_value(name, value)


def _format_value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (str, int, float, Decimal)):
        return str(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return str(int(value.timestamp()))
    raise QueryError(
        f"Parameter {name!r} cannot be sent as {type(value).__name__}: "
        "give text, numbers, aware datetimes, lists or dicts"
    )

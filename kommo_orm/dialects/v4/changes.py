"""Filters of events by what a value was before or is after: `filter[value_after][...]`.

Source: Kommo API v4, "Filters of events".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kommo_orm.interface.term import Term

Pair = tuple[str, str]
WORDS = {
    "responsible": "responsible_user_id",
    "option": "custom_field_values",
    "value": "value",
    "customer_status": "customers_statuses",
    "status": "leads_statuses",
}
SIDES = {"before": "value_before", "after": "value_after"}


def filter_params(term: Term) -> Iterator[Pair]:
    word, _, side = term.name.rpartition("_")
    key = f"filter[{SIDES[side]}][{WORDS[word]}]"
    values: tuple[Any, ...] = term.value if term.op == "in" else (term.value,)
    if word == "status":
        for index, (pipeline, status) in enumerate(values):
            yield from (
                (f"{key}[{index}][{name}]", str(number))
                for name, number in (("pipeline_id", pipeline), ("status_id", status))
                if number is not None
            )
    elif word == "customer_status":
        yield from ((f"{key}[{index}][status_id]", str(number)) for index, number in enumerate(values))
    else:
        yield key, ",".join(map(str, values))


EVENT_FILTERS = {f"{word}_{side}": filter_params for word in WORDS for side in SIDES}

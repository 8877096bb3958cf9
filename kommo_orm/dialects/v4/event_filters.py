"""Filters of events by the value before or after a change: `filter[value_after][...]`.

Source: Kommo API v4, "Filters of events".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kommo_orm.dialects.v4.endpoint import Pair
from kommo_orm.interface.term import Term

VALUE_NAMES = {
    "responsible": "responsible_user_id",
    "option": "custom_field_values",
    "value": "value",
    "customer_status": "customers_statuses",
    "status": "leads_statuses",
}
SIDE_NAMES = {"before": "value_before", "after": "value_after"}


def build_change_params(term: Term) -> Iterator[Pair]:
    """The parameters of a filter such as `status_after`."""
    word, _, side = term.name.rpartition("_")
    key = f"filter[{SIDE_NAMES[side]}][{VALUE_NAMES[word]}]"
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


EVENT_FILTERS = {f"{word}_{side}": build_change_params for word in VALUE_NAMES for side in SIDE_NAMES}

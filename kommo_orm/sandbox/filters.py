"""Filters, orders and text search of lists (Kommo API v4, Filtering and Ordering).

A list declares its filters. A `FilterParser` makes a `RowFilter` of a part of the query string. Several values of one
filter are alternatives, several filters must all match, and both ends of a range are included. An unknown order is
ignored without an error, as in the service.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.custom_field_values import build_text_reader
from kommo_orm.sandbox.problem_documents import HttpError
from kommo_orm.sandbox.query_string import Node, get_leaves
from kommo_orm.sandbox.row_store import Row

_NO_DIGITS = re.compile(r"\D+")

RowFilter: TypeAlias = Callable[[Row], bool]
FilterParser: TypeAlias = Callable[[Account, "str | Node"], "RowFilter | None"]


class FilterError(ValueError):
    """An invalid filter. A strict sandbox refuses the request; otherwise the filter is ignored."""


def parse_integers(node: str | Node) -> set[int]:
    try:
        return {int(value) for value in get_leaves(node)}
    except ValueError as error:
        raise FilterError("is not a whole number") from error


def filter_by_ids(column: str) -> FilterParser:
    """Accept one id or several: `filter[x]=1`, `filter[x][]=1`, `filter[x][0]=1`."""

    def parse_ids(account: Account, node: str | Node) -> RowFilter:
        wanted = parse_integers(node)
        return lambda row: row[column] in wanted

    return parse_ids


def filter_by_texts(column: str) -> FilterParser:
    """Match whole texts, not parts of them."""

    def parse_texts(account: Account, node: str | Node) -> RowFilter:
        wanted = set(get_leaves(node))
        return lambda row: row[column] in wanted

    return parse_texts


def filter_by_flag(column: str) -> FilterParser:
    """Accept 1 or 0, not `true` or `false`."""

    def parse_flag(account: Account, node: str | Node) -> RowFilter:
        if node not in ("0", "1"):
            raise FilterError("expects 1 or 0")
        return lambda row: bool(row[column]) == (node == "1")

    return parse_flag


def filter_by_range(column: str, scalar: str = "exact") -> FilterParser:
    """Accept `[from]`, `[to]` or both. A single value is that very second, or its beginning with `scalar="since"`."""

    def parse_span(account: Account, node: str | Node) -> RowFilter:
        low, high = parse_range(node, scalar)

        def is_in_range(row: Row) -> bool:
            value = row[column]
            return value is not None and (low is None or low <= value) and (high is None or value <= high)

        return is_in_range

    return parse_span


def parse_range(node: str | Node, scalar: str = "exact") -> tuple[Decimal | None, Decimal | None]:
    if isinstance(node, str):
        return _parse_decimal(node), _parse_decimal(node) if scalar == "exact" else None
    if not node.keys() <= {"from", "to"}:
        raise FilterError("expects [from] and [to]")
    return _parse_decimal(node.get("from")), _parse_decimal(node.get("to"))


def _parse_decimal(value: str | Node | None) -> Decimal | None:
    if value is None:
        return None
    try:
        number = Decimal(value if isinstance(value, str) else "")
    except InvalidOperation as error:
        raise FilterError("is not a number") from error
    if not number.is_finite():
        raise FilterError("is not a number")
    return number


def filter_by_stages(pipeline: str = "pipeline_id", status: str = "status_id") -> FilterParser:
    """Accept `filter[statuses][0][pipeline_id]` and `[status_id]`. A pair without a status is ignored."""

    def parse_stages(account: Account, node: str | Node) -> RowFilter | None:
        complete = [pair for pair in _parse_stage_pairs(node) if "status_id" in pair]
        return (lambda row: any(_matches_stage(row, pair) for pair in complete)) if complete else None

    def _matches_stage(row: Row, pair: Mapping[str, set[int]]) -> bool:
        return row[status] in pair["status_id"] and row[pipeline] in pair.get("pipeline_id", {row[pipeline]})

    return parse_stages


def _parse_stage_pairs(node: str | Node) -> list[dict[str, set[int]]]:
    branches = [] if isinstance(node, str) else [pair for pair in node.values() if isinstance(pair, dict)]
    known = {"pipeline_id", "status_id"}
    if isinstance(node, str) or len(branches) < len(node) or any(pair.keys() - known for pair in branches):
        raise FilterError("expects [0][pipeline_id] and [0][status_id]")
    return [{key: parse_integers(part) for key, part in pair.items()} for pair in branches]


_UNFILTERABLE = ("multitext", "smart_address", "streetaddress", "legal_entity", "file", "chained_list")
_RANGED = ("numeric", "price", "monetary", "date", "date_time", "birthday")


def filter_by_custom_fields(owner: str) -> FilterParser:
    """Accept `filter[custom_fields_values][<id>][]=` with values or option ids, and ranges of numbers and dates."""

    def parse_field_values(account: Account, node: str | Node) -> RowFilter:
        if isinstance(node, str):
            raise FilterError("expects [<field id>][]")
        row_filters = [_build_field_filter(account, owner, key, below) for key, below in node.items()]
        return lambda row: all(row_filter(row) for row_filter in row_filters)

    return parse_field_values


def _build_field_filter(account: Account, owner: str, key: str, node: str | Node) -> RowFilter:
    fields = [field for field in account.get_definitions(owner) if str(field["id"]) == key]
    if not fields or isinstance(node, str):
        raise FilterError(f"[{key}] names no field of {owner}" if not fields else f"expects [{key}][]")
    kind, number = fields[0]["type"], fields[0]["id"]
    if kind in _UNFILTERABLE:
        raise HttpError(400, "Bad Request")  # the service cannot filter by this type
    matches = (
        _build_range_filter(node)
        if node.keys() & {"from", "to"} and kind in _RANGED
        else _build_value_filter(kind, node)
    )
    return lambda row: any(matches(value) for value in row["values"].get(number, ()))


def _build_range_filter(node: Node) -> RowFilter:
    low, high = parse_range(node)

    def is_in_range(value: Row) -> bool:
        amount = Decimal(str(value["value"]))
        return (low is None or low <= amount) and (high is None or amount <= high)

    return is_in_range


def _build_value_filter(kind: str, node: Node) -> RowFilter:
    wanted = set(get_leaves(node))
    if kind == "checkbox":
        return lambda value: str(int(value["value"])) in wanted
    if kind in _RANGED:
        numbers = {_parse_decimal(text) for text in wanted}
        return lambda value: Decimal(str(value["value"])) in numbers
    return lambda value: str(value.get("enum_id", value.get("value"))) in wanted


def filter_by_text(account: Account, owner: str, wanted: str) -> RowFilter:
    """Match `query`: a part of the name or of any filled field. Phone numbers also match by their digits.

    The store keeps the searched texts of rows, so after a write only the texts of the written row are made again.
    """
    text, digits = wanted.casefold(), extract_digits(wanted)
    texts = account.store.get_search_texts("catalog_elements" if owner.startswith("catalogs/") else owner)
    read_texts = build_text_reader(account, owner)
    is_phone = len(digits) > 4

    def contains_text(row: Row) -> bool:
        found = texts.get(row["id"])
        if found is None:
            filled = f"{row['name']}\n{read_texts(row['values'])}".casefold()
            found = texts[row["id"]] = (filled, extract_digits(filled))
        return text in found[0] or (is_phone and digits in found[1])

    return contains_text


def extract_digits(text: str) -> str:
    return _NO_DIGITS.sub("", text)


def parse_order(order: Node | str | None, allowed: tuple[str, ...], default: str) -> tuple[str, bool]:
    """Return the column and whether it is descending. Only the first order counts; an unknown one means the default."""
    if isinstance(order, dict):
        for column, direction in order.items():
            if column in allowed and direction in ("asc", "desc"):
                return column, direction == "desc"
            break
    return default, False

"""Filters, orders and text search of lists (Kommo API v4, Filtering and Ordering).

A list declares which filters it has; each makes a test of rows out of what stands in the query. Several values of one
filter are alternatives, several filters must all hold, both ends of a range are included. An order the list does not
have is ignored without a word, here as in the service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.custom_field_values import join_value_texts
from kommo_orm.sandbox.problem_documents import HttpError
from kommo_orm.sandbox.query_string import Node, get_leaves
from kommo_orm.sandbox.row_store import Row

RowFilter: TypeAlias = Callable[[Row], bool]
FilterParser: TypeAlias = Callable[[Account, "str | Node"], "RowFilter | None"]


class FilterError(ValueError):
    """A filter that makes no sense. Strict sandboxes refuse the request, the others ignore the filter."""


def parse_integers(node: str | Node) -> set[int]:
    try:
        return {int(value) for value in get_leaves(node)}
    except ValueError as error:
        raise FilterError("is not a whole number") from error


def filter_by_ids(column: str) -> FilterParser:
    """One id or several: `filter[x]=1`, `filter[x][]=1`, `filter[x][0]=1`."""

    def build(account: Account, node: str | Node) -> RowFilter:
        wanted = parse_integers(node)
        return lambda row: row[column] in wanted

    return build


def filter_by_texts(column: str) -> FilterParser:
    """Whole values, not parts of them."""

    def build(account: Account, node: str | Node) -> RowFilter:
        wanted = set(get_leaves(node))
        return lambda row: row[column] in wanted

    return build


def filter_by_flag(column: str) -> FilterParser:
    """1 or 0, never the words."""

    def build(account: Account, node: str | Node) -> RowFilter:
        if node not in ("0", "1"):
            raise FilterError("takes 1 or 0")
        return lambda row: bool(row[column]) == (node == "1")

    return build


def filter_by_range(column: str, scalar: str = "exact") -> FilterParser:
    """`[from]` and `[to]`, each may stand alone; a scalar is that very second, or "since" where documented."""

    def build(account: Account, node: str | Node) -> RowFilter:
        low, high = parse_range(node, scalar)

        def is_in_range(row: Row) -> bool:
            value = row[column]
            return value is not None and (low is None or low <= value) and (high is None or value <= high)

        return is_in_range

    return build


def parse_range(node: str | Node, scalar: str = "exact") -> tuple[Decimal | None, Decimal | None]:
    if isinstance(node, str):
        return _parse_decimal(node), _parse_decimal(node) if scalar == "exact" else None
    if not node.keys() <= {"from", "to"}:
        raise FilterError("takes [from] and [to]")
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
    """`filter[statuses][0][pipeline_id]` and `[status_id]`; a pair without its status says nothing and is ignored."""

    def build(account: Account, node: str | Node) -> RowFilter | None:
        whole = [pair for pair in _parse_stage_pairs(node) if "status_id" in pair]
        return (lambda row: any(_matches_stage(row, pair) for pair in whole)) if whole else None

    def _matches_stage(row: Row, pair: Mapping[str, set[int]]) -> bool:
        return row[status] in pair["status_id"] and row[pipeline] in pair.get("pipeline_id", {row[pipeline]})

    return build


def _parse_stage_pairs(node: str | Node) -> list[dict[str, set[int]]]:
    branches = [] if isinstance(node, str) else [pair for pair in node.values() if isinstance(pair, dict)]
    known = {"pipeline_id", "status_id"}
    if isinstance(node, str) or len(branches) < len(node) or any(pair.keys() - known for pair in branches):
        raise FilterError("takes [0][pipeline_id] and [0][status_id]")
    return [{key: parse_integers(part) for key, part in pair.items()} for pair in branches]


_UNFILTERABLE = ("multitext", "smart_address", "streetaddress", "legal_entity", "file", "chained_list")
_RANGED = ("numeric", "price", "monetary", "date", "date_time", "birthday")


def filter_by_custom_fields(owner: str) -> FilterParser:
    """`filter[custom_fields_values][<id>][]=` value or option id, `[from]`/`[to]` for numbers and dates."""

    def build(account: Account, node: str | Node) -> RowFilter:
        if isinstance(node, str):
            raise FilterError("takes [<field id>][]")
        tests = [_build_field_filter(account, owner, key, below) for key, below in node.items()]
        return lambda row: all(test(row) for test in tests)

    return build


def _build_field_filter(account: Account, owner: str, key: str, node: str | Node) -> RowFilter:
    fields = [field for field in account.get_definitions(owner) if str(field["id"]) == key]
    if not fields or isinstance(node, str):
        raise FilterError(f"[{key}] names no field of {owner}" if not fields else f"takes [{key}][]")
    kind, number = fields[0]["type"], fields[0]["id"]
    if kind in _UNFILTERABLE:
        raise HttpError(400, "Bad Request")  # what the service says to a field that cannot be filtered
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
    """`query`: a part of the name or of any filled field; phones are found by their digits too."""
    text = wanted.casefold()
    digits = "".join(filter(str.isdigit, wanted))

    def contains_text(row: Row) -> bool:
        filled = f"{row['name']}\n{join_value_texts(account, owner, row['values'])}".casefold()
        return text in filled or (len(digits) > 4 and digits in "".join(filter(str.isdigit, filled)))

    return contains_text


def parse_order(order: Node | str | None, allowed: tuple[str, ...], default: str) -> tuple[str, bool]:
    """Column and "descending". Only the first order counts; an unknown one, or `order=name`, means the default."""
    if isinstance(order, dict):
        for column, direction in order.items():
            if column in allowed and direction in ("asc", "desc"):
                return column, direction == "desc"
            break
    return default, False

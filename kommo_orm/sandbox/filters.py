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
from kommo_orm.sandbox.custom_field_values import plain_text
from kommo_orm.sandbox.problem_documents import Refusal
from kommo_orm.sandbox.query_string import Node, leaves
from kommo_orm.sandbox.row_store import Row

Test: TypeAlias = Callable[[Row], bool]
Filter: TypeAlias = Callable[[Account, "str | Node"], "Test | None"]


class BadFilter(ValueError):
    """A filter that makes no sense. Strict sandboxes refuse the request, the others ignore the filter."""


def integers(node: str | Node) -> set[int]:
    try:
        return {int(value) for value in leaves(node)}
    except ValueError as error:
        raise BadFilter("is not a whole number") from error


def ids(column: str) -> Filter:
    """One id or several: `filter[x]=1`, `filter[x][]=1`, `filter[x][0]=1`."""

    def build(account: Account, node: str | Node) -> Test:
        wanted = integers(node)
        return lambda row: row[column] in wanted

    return build


def texts(column: str) -> Filter:
    """Whole values, not parts of them."""

    def build(account: Account, node: str | Node) -> Test:
        wanted = set(leaves(node))
        return lambda row: row[column] in wanted

    return build


def flag(column: str) -> Filter:
    """1 or 0, never the words."""

    def build(account: Account, node: str | Node) -> Test:
        if node not in ("0", "1"):
            raise BadFilter("takes 1 or 0")
        return lambda row: bool(row[column]) == (node == "1")

    return build


def span(column: str, scalar: str = "exact") -> Filter:
    """`[from]` and `[to]`, each may stand alone; a scalar is that very second, or "since" where documented."""

    def build(account: Account, node: str | Node) -> Test:
        low, high = ends(node, scalar)

        def inside(row: Row) -> bool:
            value = row[column]
            return value is not None and (low is None or low <= value) and (high is None or value <= high)

        return inside

    return build


def ends(node: str | Node, scalar: str = "exact") -> tuple[Decimal | None, Decimal | None]:
    if isinstance(node, str):
        return _number(node), _number(node) if scalar == "exact" else None
    if not node.keys() <= {"from", "to"}:
        raise BadFilter("takes [from] and [to]")
    return _number(node.get("from")), _number(node.get("to"))


def _number(value: str | Node | None) -> Decimal | None:
    if value is None:
        return None
    try:
        number = Decimal(value if isinstance(value, str) else "")
    except InvalidOperation as error:
        raise BadFilter("is not a number") from error
    if not number.is_finite():
        raise BadFilter("is not a number")
    return number


def stages(pipeline: str = "pipeline_id", status: str = "status_id") -> Filter:
    """`filter[statuses][0][pipeline_id]` and `[status_id]`; a pair without its status says nothing and is ignored."""

    def build(account: Account, node: str | Node) -> Test | None:
        whole = [pair for pair in _pairs(node) if "status_id" in pair]
        return (lambda row: any(_at(row, pair) for pair in whole)) if whole else None

    def _at(row: Row, pair: Mapping[str, set[int]]) -> bool:
        return row[status] in pair["status_id"] and row[pipeline] in pair.get("pipeline_id", {row[pipeline]})

    return build


def _pairs(node: str | Node) -> list[dict[str, set[int]]]:
    branches = [] if isinstance(node, str) else [pair for pair in node.values() if isinstance(pair, dict)]
    known = {"pipeline_id", "status_id"}
    if isinstance(node, str) or len(branches) < len(node) or any(pair.keys() - known for pair in branches):
        raise BadFilter("takes [0][pipeline_id] and [0][status_id]")
    return [{key: integers(part) for key, part in pair.items()} for pair in branches]


_UNFILTERABLE = ("multitext", "smart_address", "streetaddress", "legal_entity", "file", "chained_list")
_RANGED = ("numeric", "price", "monetary", "date", "date_time", "birthday")


def custom(owner: str) -> Filter:
    """`filter[custom_fields_values][<id>][]=` value or option id, `[from]`/`[to]` for numbers and dates."""

    def build(account: Account, node: str | Node) -> Test:
        if isinstance(node, str):
            raise BadFilter("takes [<field id>][]")
        tests = [_custom_test(account, owner, key, below) for key, below in node.items()]
        return lambda row: all(test(row) for test in tests)

    return build


def _custom_test(account: Account, owner: str, key: str, node: str | Node) -> Test:
    fields = [field for field in account.definitions(owner) if str(field["id"]) == key]
    if not fields or isinstance(node, str):
        raise BadFilter(f"[{key}] names no field of {owner}" if not fields else f"takes [{key}][]")
    kind, number = fields[0]["type"], fields[0]["id"]
    if kind in _UNFILTERABLE:
        raise Refusal(400, "Bad Request")  # what the service says to a field that cannot be filtered
    matches = _range_test(node) if node.keys() & {"from", "to"} and kind in _RANGED else _any_test(kind, node)
    return lambda row: any(matches(value) for value in row["values"].get(number, ()))


def _range_test(node: Node) -> Test:
    low, high = ends(node)

    def inside(value: Row) -> bool:
        amount = Decimal(str(value["value"]))
        return (low is None or low <= amount) and (high is None or amount <= high)

    return inside


def _any_test(kind: str, node: Node) -> Test:
    wanted = set(leaves(node))
    if kind == "checkbox":
        return lambda value: str(int(value["value"])) in wanted
    if kind in _RANGED:
        numbers = {_number(text) for text in wanted}
        return lambda value: Decimal(str(value["value"])) in numbers
    return lambda value: str(value.get("enum_id", value.get("value"))) in wanted


def search(account: Account, owner: str, wanted: str) -> Test:
    """`query`: a part of the name or of any filled field; phones are found by their digits too."""
    text = wanted.casefold()
    digits = "".join(filter(str.isdigit, wanted))

    def found(row: Row) -> bool:
        filled = f"{row['name']}\n{plain_text(account, owner, row['values'])}".casefold()
        return text in filled or (len(digits) > 4 and digits in "".join(filter(str.isdigit, filled)))

    return found


def sorter(order: Node | str | None, allowed: tuple[str, ...], default: str) -> tuple[str, bool]:
    """Column and "descending". Only the first order counts; an unknown one, or `order=name`, means the default."""
    if isinstance(order, dict):
        for column, direction in order.items():
            if column in allowed and direction in ("asc", "desc"):
                return column, direction == "desc"
            break
    return default, False

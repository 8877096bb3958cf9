"""Customers (Kommo API v2, Customers): the only API that deletes them. While they are switched off, everything is 426.

Moments of filters are days, `DD.MM.YYYY`, in the account's zone; how the day of the next purchase is written is in no
document, so seconds do there as well. A deletion answers names under `deleted`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.filters import FilterError, FilterParser, RowFilter
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.query_string import Node
from kommo_orm.sandbox.resources.customers import CUSTOMERS, PERIODICITY
from kommo_orm.sandbox.resources.v2_deletions import delete_customer
from kommo_orm.sandbox.routing import ApiCall
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import answers, cards, lenient, listing, tags, writing
from kommo_orm.sandbox.v2.refusals import NOT_FOUND, Wrong, malformed
from kommo_orm.sandbox.v2.values import FieldCodes

UNPAID, SWITCHED_OFF = 402, 426
_LINKS = ("contacts_id", "company_id")
_DAY = "%d.%m.%Y"


def switched_on(handler: listing.Handler) -> listing.Handler:
    """The handler, closed while the account has no customers."""

    def guard(call: ApiCall) -> SandboxResponse:
        mode = call.account.customers_mode
        if mode == "unavailable":
            raise Wrong(UNPAID, "Customers are not in the plan of this account", UNPAID)
        if mode == "disabled":
            raise Wrong(SWITCHED_OFF, "Customers are switched off", SWITCHED_OFF)
        return handler(call)

    return guard


# Writing


def _period(call: ApiCall, value: Any, where: str) -> int:
    number = lenient.whole(call, value, where)
    if number and call.store.get_row("customers_periods", number) is None:
        raise malformed(where, "names no period")
    return number


_OWN: lenient.Schema = {
    **dict.fromkeys(("next_date", "next_price", "periodicity"), lenient.whole),
    "period_id": _period,
    "catalog_elements_id": cards.elements_check,
}


def _translate(call: ApiCall, clean: Row, row: Row | None) -> Row:
    if row is None and call.account.customers_mode == PERIODICITY and "next_date" not in clean:
        raise writing.general("next_date is needed where customers are kept by periods")
    return {key: clean[key] for key in ("next_date", "next_price", "periodicity") if key in clean}


def _after(call: ApiCall, row: Row, clean: Row) -> None:
    if "period_id" in clean:
        row["period_id"] = clean["period_id"]
    cards.connect_elements(call, "customers", row, clean)


WRITER = cards.Writer(CUSTOMERS, _translate, _after)
NOUN = writing.Noun(
    name="customers",
    kind="customers",
    codes=writing.Codes(empty=283, missing=NOT_FOUND),
    create={**cards.common_schema("customers", FieldCodes(204), *_LINKS, creating=True), **_OWN},
    change={**cards.common_schema("customers", FieldCodes(204), *_LINKS, creating=False), **_OWN},
    required=("name",),
    add=WRITER.add,
    update=WRITER.update,
    delete=lambda call, row: delete_customer(call.account, row["id"]),
    keys_deleted=True,
)


# Reading


def show(account: Account, row: Row, withs: frozenset[str] = frozenset()) -> Row:
    shown = cards.show_common(account, row)
    shown.update(updated_by=row["updated_by"], group_id=row["group_id"], is_deleted=False)
    shown["main_contact"] = cards.show_main_contact(account, "customers", row)
    shown["contacts"] = answers.related("contacts", cards.linked(account, "customers", row, "contacts"))
    shown["company"] = cards.show_company(account, "customers", row)
    shown["closest_task_at"] = row["closest_task_at"] or 0
    shown.update(tags=tags.show(account, row), custom_fields=cards.show_values(account, "customers", row))
    shown.update(next_price=row["next_price"], next_date=row["next_date"] or 0, period_id=row.get("period_id", 0))
    shown.update(periodicity=row["periodicity"], _links=answers.row_link("customers", row["id"]))
    return {**shown, **(cards.show_elements(account, "customers", row) if withs else {})}


def _list(call: ApiCall) -> SandboxResponse:
    rows = listing.choose(call, call.build_row_filters)
    return listing.page(call, rows, lambda row: show(call.account, row, call.withs))


def _days(account: Account, node: str | Node, keys: set[str]) -> tuple[int | None, int | None]:
    """First and last second of a span of days."""
    if isinstance(node, str) or node.keys() - keys:
        raise FilterError(f"takes {', '.join(f'[{key}]' for key in sorted(keys))}")
    low, high = (_midnight(account, node.get(key)) for key in ("from", "to"))
    return low, None if high is None else high + 24 * 3600 - 1


def _midnight(account: Account, day: str | Node | None) -> int | None:
    if day is None:
        return None
    try:
        local = datetime.strptime(day if isinstance(day, str) else "", _DAY).replace(tzinfo=account.zone)
    except ValueError as error:
        raise FilterError("takes days, DD.MM.YYYY") from error
    return int((local - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1))


def _within(column: str, low: int | None, high: int | None) -> RowFilter:
    def inside(row: Row) -> bool:
        value: int | None = row[column]
        return value is not None and (low is None or low <= value) and (high is None or value <= high)

    return inside


def _date(account: Account, node: str | Node) -> RowFilter:
    """`filter[date][type]=create|modify` says which moment is meant."""
    low, high = _days(account, node, {"type", "from", "to"})
    kind = node.get("type") if isinstance(node, dict) else None
    if kind not in ("create", "modify"):
        raise FilterError("takes [type]=create or modify")
    return _within("created_at" if kind == "create" else "updated_at", low, high)


def _next_date(account: Account, node: str | Node) -> RowFilter:
    """Days, or seconds."""
    if isinstance(node, dict) and all(isinstance(value, str) and value.isdecimal() for value in node.values()):
        return filters.filter_by_range("next_date")(account, node) or (lambda row: True)
    return _within("next_date", *_days(account, node, {"from", "to"}))


FILTERS: dict[str, FilterParser] = {
    "main_user": filters.filter_by_ids("responsible_user_id"),
    "date": _date,
    "next_date": _next_date,
}
_WITHS = frozenset({"catalog_elements_links"})
_write: Callable[[ApiCall], SandboxResponse] = writing.write(NOUN)
ROUTES = (
    listing.get(
        "/api/v2/customers",
        switched_on(_list),
        "customers",
        params=listing.WINDOW,
        withs=_WITHS,
        filters=FILTERS,
    ),
    listing.post("/api/v2/customers", switched_on(_write), "customers"),
)

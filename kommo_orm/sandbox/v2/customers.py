"""Customers (Kommo API v2, Customers): the only API that deletes them. While they are disabled, each response is 426.

Dates of filters are days, `DD.MM.YYYY`, in the account's time zone. The documents do not say how the date of the next
purchase is written, so seconds are accepted there too. The response to a deletion has names under `deleted`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.filters import FilterError, FilterParser, RowFilter
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.query_string import Node
from kommo_orm.sandbox.resources.customers import CUSTOMERS, PERIODICITY
from kommo_orm.sandbox.resources.v2_deletions import delete_customer
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import batch_writes, cards, parsers, responses, routes, row_lists, tags
from kommo_orm.sandbox.v2.custom_field_values import FieldCodes
from kommo_orm.sandbox.v2.errors import NOT_FOUND, RequestError, build_malformed_error

UNPAID, SWITCHED_OFF = 402, 426
_LINKS = ("contacts_id", "company_id")
_DAY = "%d.%m.%Y"


def require_customers(handler: routes.Handler) -> routes.Handler:
    """Wrap a handler: it refuses requests while customers are disabled."""

    def handle_if_enabled(call: ApiCall) -> SandboxResponse:
        mode = call.account.customers_mode
        if mode == "unavailable":
            raise RequestError(UNPAID, "Customers are not in the plan of this account", UNPAID)
        if mode == "disabled":
            raise RequestError(SWITCHED_OFF, "Customers are switched off", SWITCHED_OFF)
        return handler(call)

    return handle_if_enabled


# Writing


def _parse_period_id(call: ApiCall, value: Any, where: str) -> int:
    number = parsers.parse_integer(call, value, where)
    if number and call.store.get_row("customers_periods", number) is None:
        raise build_malformed_error(where, "names no period")
    return number


_OWN: parsers.Schema = {
    **dict.fromkeys(("next_date", "next_price", "periodicity"), parsers.parse_integer),
    "period_id": _parse_period_id,
    "catalog_elements_id": cards.parse_element_quantities,
}


def _translate_customer(call: ApiCall, clean: Row, row: Row | None) -> Row:
    if row is None and call.account.customers_mode == PERIODICITY and "next_date" not in clean:
        raise batch_writes.build_item_error("next_date is needed where customers are kept by periods")
    return {key: clean[key] for key in ("next_date", "next_price", "periodicity") if key in clean}


def _link_customer(call: ApiCall, row: Row, clean: Row) -> None:
    if "period_id" in clean:
        row["period_id"] = clean["period_id"]
    cards.link_elements(call, "customers", row, clean)


WRITER = cards.Writer(CUSTOMERS, _translate_customer, _link_customer)
RESOURCE = batch_writes.WritableResource(
    name="customers",
    kind="customers",
    codes=batch_writes.ResourceCodes(empty=283, missing=NOT_FOUND),
    create={**cards.build_common_schema("customers", FieldCodes(204), *_LINKS, creating=True), **_OWN},
    change={**cards.build_common_schema("customers", FieldCodes(204), *_LINKS, creating=False), **_OWN},
    required=("name",),
    add=WRITER.add_card,
    update=WRITER.update_card,
    delete=lambda call, row: delete_customer(call.account, row["id"]),
    keys_deleted=True,
)


# Reading


def render_customer(account: Account, row: Row, withs: frozenset[str] = frozenset()) -> Row:
    shown = cards.render_common_keys(account, row)
    shown.update(updated_by=row["updated_by"], group_id=row["group_id"], is_deleted=False)
    shown["main_contact"] = cards.render_main_contact(account, "customers", row)
    shown["contacts"] = responses.render_related_ids(
        "contacts", cards.find_linked_ids(account, "customers", row, "contacts")
    )
    shown["company"] = cards.render_company_link(account, "customers", row)
    shown["closest_task_at"] = row["closest_task_at"] or 0
    shown.update(
        tags=tags.render_tags(account, row), custom_fields=cards.render_custom_fields(account, "customers", row)
    )
    shown.update(next_price=row["next_price"], next_date=row["next_date"] or 0, period_id=row.get("period_id", 0))
    shown.update(periodicity=row["periodicity"], _links=responses.build_row_link("customers", row["id"]))
    return {**shown, **(cards.render_linked_elements(account, "customers", row) if withs else {})}


def _list_customers(call: ApiCall) -> SandboxResponse:
    rows = row_lists.select_rows(call, call.build_row_filters)
    return row_lists.build_page(call, rows, lambda row: render_customer(call.account, row, call.withs))


def _parse_days(account: Account, node: str | Node, keys: set[str]) -> tuple[int | None, int | None]:
    """The first and the last second of a span of days."""
    if isinstance(node, str) or node.keys() - keys:
        raise FilterError(f"accepts {', '.join(f'[{key}]' for key in sorted(keys))}")
    low, high = (_parse_midnight(account, node.get(key)) for key in ("from", "to"))
    return low, None if high is None else high + 24 * 3600 - 1


def _parse_midnight(account: Account, day: str | Node | None) -> int | None:
    if day is None:
        return None
    try:
        local = datetime.strptime(day if isinstance(day, str) else "", _DAY).replace(tzinfo=account.zone)
    except ValueError as error:
        raise FilterError("accepts days, DD.MM.YYYY") from error
    return int((local - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1))


def _filter_by_span(column: str, low: int | None, high: int | None) -> RowFilter:
    def is_inside(row: Row) -> bool:
        value: int | None = row[column]
        return value is not None and (low is None or low <= value) and (high is None or value <= high)

    return is_inside


def _parse_date_filter(account: Account, node: str | Node) -> RowFilter:
    """`filter[date][type]=create|modify` chooses the time that is compared."""
    low, high = _parse_days(account, node, {"type", "from", "to"})
    kind = node.get("type") if isinstance(node, dict) else None
    if kind not in ("create", "modify"):
        raise FilterError("accepts [type]=create or modify")
    return _filter_by_span("created_at" if kind == "create" else "updated_at", low, high)


def _parse_next_date_filter(account: Account, node: str | Node) -> RowFilter:
    """Days or seconds."""
    if isinstance(node, dict) and all(isinstance(value, str) and value.isdecimal() for value in node.values()):
        return filters.filter_by_range("next_date")(account, node) or (lambda row: True)
    return _filter_by_span("next_date", *_parse_days(account, node, {"from", "to"}))


FILTERS: dict[str, FilterParser] = {
    "main_user": filters.filter_by_ids("responsible_user_id"),
    "date": _parse_date_filter,
    "next_date": _parse_next_date_filter,
}
_WITHS = frozenset({"catalog_elements_links"})
_write: Callable[[ApiCall], SandboxResponse] = batch_writes.build_write_handler(RESOURCE)
ROUTES = (
    routes.build_get_route(
        "/api/v2/customers",
        require_customers(_list_customers),
        "customers",
        params=row_lists.WINDOW,
        withs=_WITHS,
        filters=FILTERS,
    ),
    routes.build_post_route("/api/v2/customers", require_customers(_write), "customers"),
)

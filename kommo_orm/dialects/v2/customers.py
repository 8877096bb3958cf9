"""Customers. Source: Kommo API v2, "Customers"."""

from __future__ import annotations

from dataclasses import replace

from kommo_orm.dialects.common.customer_periods import PERIODS_PATH
from kommo_orm.dialects.v2.cards import CARD, CUSTOMER, customer, encoder
from kommo_orm.dialects.v2.endpoint import AT_ONCE, WHOLE, Endpoint, Filter
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row

CUSTOMERS = Endpoint(
    "/api/v2/customers",
    replace(CARD, delete_size=AT_ONCE),
    customer,
    encoder("customers", CUSTOMER),
    filters={"id": Filter("id"), "responsible_user_id": Filter("filter[main_user]", "many")},
    includes={**dict.fromkeys(("contacts", "companies")), "catalog_elements": "catalog_elements_links"},
)


def period(row: Row, read: ReadRequest) -> Row:
    return {key: value for key, value in row.items() if key != "_links"}


PERIODS = Endpoint(PERIODS_PATH, WHOLE, period)

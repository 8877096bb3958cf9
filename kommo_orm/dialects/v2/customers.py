"""Customers. Source: Kommo API v2, "Customers"."""

from __future__ import annotations

from dataclasses import replace

from kommo_orm.dialects.v2.cards import CARD, CUSTOMER, customer, encoder
from kommo_orm.dialects.v2.route import AT_ONCE, Filter, Route

CUSTOMERS = Route(
    "/api/v2/customers",
    replace(CARD, delete_size=AT_ONCE),
    customer,
    encoder("customers", CUSTOMER),
    filters={"id": Filter("id"), "responsible_user_id": Filter("filter[main_user]", "many")},
    includes={**dict.fromkeys(("contacts", "companies")), "catalog_elements": "catalog_elements_links"},
)

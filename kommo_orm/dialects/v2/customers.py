"""Customers and their periods. Source: Kommo API v2, "Customers"."""

from __future__ import annotations

from dataclasses import replace

from kommo_orm.dialects.common.customer_periods import PERIODS_PATH
from kommo_orm.dialects.v2.cards import CARD, CUSTOMER_KEYS, decode_customer, make_card_encoder
from kommo_orm.dialects.v2.endpoint import (
    BATCH_SIZE,
    WHOLE_LIST,
    Endpoint,
    Filter,
    IncludeRules,
    ListRules,
    drop_links,
)

CUSTOMERS = Endpoint(
    "/api/v2/customers",
    replace(CARD, delete_size=BATCH_SIZE),
    decode_customer,
    make_card_encoder("customers", CUSTOMER_KEYS),
    ListRules(filters={"id": Filter("id"), "responsible_user_id": Filter("filter[main_user]", "many")}),
    IncludeRules({**dict.fromkeys(("contacts", "companies")), "catalog_elements": "catalog_elements_links"}),
)
CUSTOMER_PERIODS = Endpoint(PERIODS_PATH, WHOLE_LIST, drop_links)

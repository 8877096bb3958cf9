"""Deletions that only the older API offers: lists, their elements and customers (Kommo API v2)."""

from __future__ import annotations

from kommo_orm.sandbox import event_feed
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.webhooks import outbox


def delete_catalog(account: Account, number: int) -> None:
    """Delete a list with its elements and its fields."""
    elements = [row["id"] for row in account.store.iter_rows("catalog_elements") if row["catalog_id"] == number]
    for element in elements:
        delete_element(account, element)
    for field in account.get_definitions(f"catalogs/{number}"):
        account.store.delete_row("custom_fields", field["id"])
    account.store.delete_row("catalogs", number)
    account.clear_definition_cache()


def delete_element(account: Account, number: int) -> None:
    outbox.record_element_event(account, "delete", account.store.get_table("catalog_elements")[number])
    account.store.delete_row("catalog_elements", number)


def delete_customer(account: Account, number: int) -> None:
    """Delete a customer with its purchases."""
    bought = [row["id"] for row in account.store.iter_rows("transactions") if row["customer_id"] == number]
    for transaction in bought:
        account.store.delete_row("transactions", transaction)
    outbox.record_card_deleted(account, "customers", account.store.get_table("customers")[number])
    account.store.delete_row("customers", number)
    event_feed.record_card_deleted(account, "customers", number, account.owner_id)

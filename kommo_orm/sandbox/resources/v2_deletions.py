"""What goes with a row that is deleted by the older API, which alone can: lists, their elements, customers (Kommo API v2)."""

from __future__ import annotations

from kommo_orm.sandbox import event_feed
from kommo_orm.sandbox.account_state import Account


def delete_catalog(account: Account, number: int) -> None:
    """A list goes with its elements and its fields."""
    elements = [row["id"] for row in account.store.rows("catalog_elements") if row["catalog_id"] == number]
    for element in elements:
        account.store.remove("catalog_elements", element)
    for field in account.definitions(f"catalogs/{number}"):
        account.store.remove("custom_fields", field["id"])
    account.store.remove("catalogs", number)
    account.definitions_changed()


def delete_element(account: Account, number: int) -> None:
    account.store.remove("catalog_elements", number)


def delete_customer(account: Account, number: int) -> None:
    """A customer goes with its purchases."""
    bought = [row["id"] for row in account.store.rows("transactions") if row["customer_id"] == number]
    for transaction in bought:
        account.store.remove("transactions", transaction)
    account.store.remove("customers", number)
    event_feed.deleted(account, "customers", number, account.owner_id)

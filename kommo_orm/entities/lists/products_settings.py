"""Whether the account has its list of products: read, and switched."""

from __future__ import annotations

from typing import Any

from kommo_orm.entities.lists.catalog_lookup import forget_catalogs
from kommo_orm.entities.shared.actions import run_action
from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.errors import QueryError
from kommo_orm.fields.compound_value import Computed, part
from kommo_orm.interface.action import Action
from kommo_orm.interface.connection import Connection
from kommo_orm.transport.flow import Flow


class ProductsSettings(NestedValue):
    """Whether the list of products is switched on, and its id where the service sends it.

    Example:
        >>> Catalog.objects.products_settings()
        ProductsSettings(is_enabled=True, catalog_id=3005)

    Source: Kommo API v4, "Product settings".
    """

    is_enabled: Computed[bool] = part()
    catalog_id: Computed[int] = part()


def fetch_products_settings(connection: Connection) -> Flow[ProductsSettings]:
    """Read the settings with one request."""
    return ProductsSettings.from_raw((yield from run_action(connection, Action("read_products_settings", "catalogs"))))


def switch_products(connection: Connection, on: Any) -> Flow[ProductsSettings]:
    """Switch the list on or off. Returns the new settings."""
    if not isinstance(on, bool):
        raise QueryError(f"switch_products() takes on=True or on=False, not {on!r}")
    action = Action("switch_products", "catalogs", body={"is_enabled": on})
    answer = yield from run_action(connection, action)
    forget_catalogs(connection)
    return ProductsSettings.from_raw(answer)


__all__ = ["ProductsSettings"]

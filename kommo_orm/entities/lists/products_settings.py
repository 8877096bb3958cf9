"""Whether the account has its list of products: read, and switched."""

from __future__ import annotations

from typing import Any

from kommo_orm.entities.lists.catalog_lookup import forget_catalogs
from kommo_orm.entities.shared.actions import acted
from kommo_orm.entities.shared.nested_value import Nested
from kommo_orm.errors import QueryError
from kommo_orm.fields.compound_value import Computed, part
from kommo_orm.interface.action import Action
from kommo_orm.interface.connection import Connection
from kommo_orm.transport.flow import Flow


class ProductsSettings(Nested):
    """Whether the list of products is switched on, and, where the service tells, which list it is.

    Example:
        >>> Catalog.objects.products_settings()
        ProductsSettings(is_enabled=True, catalog_id=3005)

    Source: Kommo API v4, "Product settings".
    """

    is_enabled: Computed[bool] = part()
    catalog_id: Computed[int] = part()


def settings_of(connection: Connection) -> Flow[ProductsSettings]:
    """What is set, one request."""
    return ProductsSettings.read((yield from acted(connection, Action("read_products_settings", "catalogs"))))


def switched(connection: Connection, on: Any) -> Flow[ProductsSettings]:
    """Switch the list on or off; answers with what is set then."""
    if not isinstance(on, bool):
        raise QueryError(f"switch_products() takes on=True or on=False, not {on!r}")
    action = Action("switch_products", "catalogs", body={"is_enabled": on})
    answer = yield from acted(connection, action)
    forget_catalogs(connection)
    return ProductsSettings.read(answer)


__all__ = ["ProductsSettings", "settings_of", "switched"]

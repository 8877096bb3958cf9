"""Lists ("catalogs" in Kommo's words): products, invoices, and lists of the account's own."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Self

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.lists.catalog_lookup import forget_catalogs
from kommo_orm.entities.lists.products_settings import ProductsSettings, fetch_products_settings, switch_products
from kommo_orm.entities.shared.deletable_query import DeletableQuery
from kommo_orm.entities.shared.entity import Deletable
from kommo_orm.model.attr import Attr, Plain, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Condition, Exact
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.query.manager import Manager, require_class

if TYPE_CHECKING:
    pass

C = TypeVar("C", bound="Catalog", default="Catalog", covariant=True)

CatalogType = Literal["regular", "products", "invoices", "suppliers"]


class CatalogFilters(TypedDict, total=False):
    """Filters of lists. Source: Kommo API v4, "Lists"."""

    type: CatalogType


class CatalogOptions(TypedDict, total=False):
    """Values of a new list beside its name. The two `can_` of cards and elements are for invoices only."""

    type: CatalogType
    sort: int
    can_add_elements: bool
    can_show_in_cards: bool
    can_link_multiple: bool
    created_by: int
    updated_by: int
    created_at: datetime


class CatalogQuery(DeletableQuery[C]):
    """A query of lists."""

    _filters = CatalogFilters

    def filter(self, *conditions: Condition, **lookups: Unpack[CatalogFilters]) -> Self:
        """Lists of one type: `filter(type="products")`."""
        return self._add_conditions(conditions, lookups)

    def create(self, name: str, **options: Unpack[CatalogOptions]) -> C:
        """Create a list. An account has ten at most.

        Example:
            >>> Catalog.objects.create("Cars", can_link_multiple=False)
        """
        return self._create_object({"name": name, **options})

    async def acreate(self, name: str, **options: Unpack[CatalogOptions]) -> C:
        """`create()` for async code."""
        return await self._acreate_object({"name": name, **options})

    def products_settings(self) -> ProductsSettings:
        """Whether the account's list of products is switched on."""
        return self._require_connection().run(fetch_products_settings(self._require_connection()))

    async def aproducts_settings(self) -> ProductsSettings:
        """`products_settings()` for async code."""
        return await self._require_connection().arun(fetch_products_settings(self._require_connection()))

    def switch_products(self, *, on: bool) -> ProductsSettings:
        """Switch the account's list of products on or off. For administrators.

        Example:
            >>> Catalog.objects.switch_products(on=True)
            ProductsSettings(is_enabled=True, catalog_id=3005)
        """
        return self._require_connection().run(switch_products(self._require_connection(), on))

    async def aswitch_products(self, *, on: bool) -> ProductsSettings:
        """`switch_products()` for async code."""
        return await self._require_connection().arun(switch_products(self._require_connection(), on))


class CatalogManager(Manager):
    """`Catalog.objects`."""

    def __get__(self, instance: None, owner: type[C]) -> CatalogQuery[C]:
        return CatalogQuery(require_class(instance, owner))


class Catalog(Deletable):
    """A list. Its elements are `CatalogElement.objects.of(catalog)`. Deleting goes by API v2: v4 cannot.

    Example:
        >>> cars = Catalog.objects.create("Cars")
        >>> CatalogElement.objects.of(cars).create("Blue van")

    Source: Kommo API v4, "Lists".
    """

    __kommo_info__ = EntityInfo(kind="catalogs", required=("name",), has_custom_fields=False)

    name: Plain[str] = field()
    type: Attr[str, CatalogType, Exact[str]] = field(writable="create")
    sort: Plain[int] = field()
    can_add_elements: Plain[bool] = field()
    can_show_in_cards: Plain[bool] = field()
    can_link_multiple: Plain[bool] = field()
    can_be_deleted: ReadOnly[bool] = field()
    sdk_widget_code: ReadOnly[str | None] = field()
    created_by: Plain[int] = field()
    updated_by: Plain[int] = field()
    created_at: Plain[datetime] = field()
    updated_at: ReadOnly[datetime] = field()
    account_id: ReadOnly[int] = field()

    objects = CatalogManager()

    def _after_write(self, row: dict[str, Any]) -> None:
        """Names and ids of lists are asked again."""
        if self.__kommo_state__.connection is not None:
            forget_catalogs(self.__kommo_state__.connection)


register_class("catalogs", Catalog)
__all__ = ["Catalog", "CatalogQuery"]

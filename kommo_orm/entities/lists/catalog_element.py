"""Elements of lists: products, invoices, cars ... A class of your own can stand for one list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, get_args

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.lists.catalog_lookup import CatalogKey, OnlyOfType, find_catalog_id, get_known_catalog_id
from kommo_orm.entities.lists.element_cards import ElementCardsAttribute
from kommo_orm.entities.shared.deletable_query import DeletableQuery
from kommo_orm.entities.shared.entity import Deletable
from kommo_orm.entities.shared.parent_query import ChildQuery, require_parent_key, set_parent_keys
from kommo_orm.entities.shared.related_manager import RelatedManagerAttribute
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.fields.raw_values import is_object
from kommo_orm.interface.connection import find_connection
from kommo_orm.model.attr import Attr, Plain, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Assignment, Condition
from kommo_orm.model.connection import ModelConnection
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.parent import Parent
from kommo_orm.model.php_shapes import read_embedded
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.report import Report, describe

if TYPE_CHECKING:
    from kommo_orm.entities.customers.customer import Customer
    from kommo_orm.entities.files.attached_files import CardFiles
    from kommo_orm.entities.leads.lead import Lead
    from kommo_orm.entities.links.card_links import CardLinks
    from kommo_orm.model.model import Model

E = TypeVar("E", bound="CatalogElement", default="CatalogElement", covariant=True)

ElementInclude = Literal["invoice_link", "supplier_field_values"]
OnlyType = Literal["products", "invoices", "suppliers"]
"""Types of lists of which an account has one at most."""


class ElementFilters(TypedDict, total=False):
    """Filters of elements. Source: Kommo API v4, "List elements"."""

    id: int
    id__in: Iterable[int]


class ElementOptions(TypedDict, total=False):
    """Values of an element beside its name. Custom fields of a subclass are given to its constructor."""

    currency_id: int
    created_by: int
    updated_by: int
    created_at: datetime


class ElementChanges(TypedDict, total=False):
    """Values that many elements can be given at once."""

    name: str
    currency_id: int
    updated_by: int


class CatalogElementQuery(ChildQuery[E], DeletableQuery[E]):
    """A query of the elements of one list: `CatalogElement.objects.of(3005)`, or `Product.objects`."""

    _filters = ElementFilters
    _includes = get_args(ElementInclude)
    _is_searchable = True
    _parent_kinds = ("catalogs",)

    @property
    def _needs_parent(self) -> bool:  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]
        """A class that stands for a list has it already."""
        return self._model.__kommo_catalog__ is None

    def of(self, catalog: Model | int) -> Self:
        """The elements of a list, given as an object or by its id."""
        return self._select_parent(catalog, row=True)

    def filter(self, *conditions: Condition, **lookups: Unpack[ElementFilters]) -> Self:
        """Elements of these ids. By their fields they are found with `search()` only.

        Raises:
            QueryError: a filter by a custom field, which Kommo does not have for elements.
        """
        found = self._add_conditions(conditions, lookups)
        custom = next((condition for condition in found._conditions if condition.spec.is_custom), None)
        if custom is not None:
            raise QueryError(f"Kommo cannot filter elements by {custom.name}: use search(), or filter in Python")
        return found

    def include(self, *names: ElementInclude) -> Self:
        """Load the links of invoices and the details of suppliers."""
        return self._add_includes(names)

    def create(self, name: str, **options: Unpack[ElementOptions]) -> E:
        """Create one element and return it.

        Example:
            >>> CatalogElement.objects.of(3005).create("Blue lamp")
        """
        return self._create_object({"name": name, **options})

    async def acreate(self, name: str, **options: Unpack[ElementOptions]) -> E:
        """`create()` for async code."""
        return await self._acreate_object({"name": name, **options})

    def update(self, *assignments: Assignment, **values: Unpack[ElementChanges]) -> Report:
        """Give all elements of the query the same values, 250 a request, after all rows were read and verified.

        Example:
            >>> Product.objects.all().update(Product.price.set(5))
        """
        return self._update_rows(assignments, values)

    async def aupdate(self, *assignments: Assignment, **values: Unpack[ElementChanges]) -> Report:
        """`update()` for async code."""
        return await self._aupdate_rows(assignments, values)

    def _adopt_object(self, model: Model) -> None:
        set_parent_keys(model, catalog_id=self._parent.id if self._parent is not None else None)


class CatalogElementManager(Manager):
    """`CatalogElement.objects`."""

    def __get__(self, instance: None, owner: type[E]) -> CatalogElementQuery[E]:
        return CatalogElementQuery(require_class(instance, owner))


class CatalogElement(Deletable):
    """An element of a list. Deleting goes by API v2, 250 a request: v4 cannot.

    A subclass can stand for one list, by its id or its name, or by its type where an account has one of it
    (`catalog_type="products"`), and declare the list's custom fields:

    Example:
        >>> class Product(CatalogElement, catalog="Products"):
        ...     sku: Text = custom(code="SKU")
        ...     price: Price = custom(code="PRICE")
        >>> lamp = Product(name="Blue lamp", sku="BL-9", price=49.5)
        >>> lamp.save()
        >>> deal.catalog_elements.add(lamp, quantity=2)

    Source: Kommo API v4, "List elements".
    """

    __kommo_info__ = EntityInfo(kind="catalog_elements", required=("name",), on_request=frozenset({"invoice_link"}))
    __kommo_catalog__: ClassVar[CatalogKey | None] = None

    catalog_id: Attr[int, int] = field(place=True)
    name: Plain[str] = field()
    currency_id: Plain[int | None] = field()
    created_by: Plain[int] = field()
    updated_by: Plain[int] = field()
    created_at: Plain[datetime] = field()
    updated_at: ReadOnly[datetime] = field()
    is_deleted: ReadOnly[bool | None] = field()
    invoice_link: ReadOnly[str | None] = field()
    account_id: ReadOnly[int] = field()

    leads = ElementCardsAttribute["Lead"]("leads")
    customers = ElementCardsAttribute["Customer"]("customers")
    links = RelatedManagerAttribute["CardLinks"]("CardLinks")
    files = RelatedManagerAttribute["CardFiles"]("CardFiles")

    objects = CatalogElementManager()

    def __init_subclass__(
        cls, *, catalog: int | str | None = None, catalog_type: OnlyType | None = None, **kwargs: Any
    ) -> None:
        """`catalog` is the id or the name of the list that the class stands for, `catalog_type` its type."""
        super().__init_subclass__(**kwargs)
        if catalog_type is not None:
            if catalog is not None or catalog_type not in get_args(OnlyType):
                able = ", ".join(get_args(OnlyType))
                raise ConfigurationError(
                    f"{cls.__name__}: give either catalog= (an id or a name) or catalog_type= (one of {able})"
                )
            cls.__kommo_catalog__ = OnlyOfType(catalog_type)
        if catalog is not None:
            if isinstance(catalog, bool) or not isinstance(catalog, int | str) or not catalog:
                raise ConfigurationError(f"{cls.__name__}: catalog= is the id or the name of a list, not {catalog!r}")
            cls.__kommo_catalog__ = catalog

    @property
    def warning(self) -> str | None:
        """The warning of the last write: Kommo recomputed the totals of an invoice."""
        found = (read_embedded(self.__kommo_state__.row) or {}).get("warning")
        return str(found["message"]) if is_object(found) and found.get("message") else None

    if not TYPE_CHECKING:

        def _derive_values(self) -> None:
            if isinstance(self.__kommo_catalog__, int):
                set_parent_keys(self, catalog_id=self.__kommo_catalog__)

    # ---- where it lives
    @classmethod
    def _find_class_parent(cls, connection: ModelConnection) -> Flow[Parent | None]:
        """The list that the class stands for."""
        if cls.__kommo_catalog__ is None:
            return None
        return Parent("catalogs", (yield from find_catalog_id(find_connection(connection), cls.__kommo_catalog__)))

    def _assign_parent(self, connection: ModelConnection) -> Flow[None]:
        """Find the list by its name before the element is sent."""
        catalog = type(self).__kommo_catalog__
        if catalog is not None and getattr(self, "catalog_id", None) is None:
            set_parent_keys(self, catalog_id=(yield from find_catalog_id(find_connection(connection), catalog)))

    def _get_parent(self) -> Parent | None:
        if getattr(self, "catalog_id", None) is None:
            set_parent_keys(
                self, catalog_id=get_known_catalog_id(self.__kommo_state__.connection, type(self).__kommo_catalog__)
            )
        catalog = require_parent_key(self, "catalog_id")
        return Parent("catalogs", catalog) if catalog is not None else None

    def _get_definitions_kind(self) -> str:
        home = self._get_parent()
        if home is None:
            raise ConfigurationError(
                f"{describe(self)} needs its list: {type(self).__name__}.objects.of(3005), or catalog_id=3005"
            )
        return f"{home.kind}/{home.id}"

    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        self._get_definitions_kind()
        return body

    def _after_write(self, row: dict[str, Any]) -> None:
        if "_embedded" in row:
            self.__kommo_state__.set_in_row("_embedded", row["_embedded"])


register_class("catalog_elements", CatalogElement)
__all__ = ["CatalogElement", "CatalogElementQuery"]

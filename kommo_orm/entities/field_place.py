"""Where definitions live: under a kind of card, or under one list."""

from __future__ import annotations

from typing import Any, Generic, Self

from typing_extensions import TypeVar

from kommo_orm.entities.places import PlacedQuery, adopt, place_of
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.model.base import Model
from kommo_orm.model.parent import Parent
from kommo_orm.unit.report import describe

M = TypeVar("M", bound=Model, covariant=True)

CATALOGS = "catalogs"


class DefinitionsQuery(PlacedQuery[M], Generic[M]):
    """A query of definitions: `.of(Lead)`, `.of(catalog)`, `.of(Product)`."""

    parents = ("leads", "contacts", "companies", "customers", CATALOGS)

    def of(self, entity: type[Model] | Model) -> Self:
        """Those of a kind of card, given by its class, or of a list: a `Catalog` object, or a class with `catalog=`.

        Raises:
            QueryError: one card, or the class `Catalog`: definitions are the same for all cards of a kind.
        """
        entity = list_of(entity)
        kind = entity.__kommo_kind__
        return self._of(entity, row=kind == CATALOGS if kind in self.parents else None)

    def _adopt(self, model: Model) -> None:
        if self._parent is not None:
            adopt(model, entity_type=self._parent.kind, catalog_id=self._parent.id)


def list_of(entity: Any) -> Any:
    """The list that a class of elements stands for; anything else as it is."""
    catalog = getattr(entity, "__kommo_catalog__", None) if isinstance(entity, type) else None
    if isinstance(catalog, str):
        raise QueryError(f"{entity.__name__} names its list {catalog!r}; give the list itself: .of(Catalog(id=3005))")
    if isinstance(catalog, int):
        from kommo_orm.entities.catalog import Catalog

        return Catalog(id=catalog)
    return entity


def home_of(model: Model) -> Parent | None:
    """The parent in the address of a definition."""
    kind = place_of(model, "entity_type")
    if kind is None:
        raise ConfigurationError(f"{describe(model)}: say whose it is: {type(model).__name__}.objects.of(Lead), say")
    return Parent(kind, place_of(model, "catalog_id") if kind == CATALOGS else None)


def forget_definitions(model: Model) -> None:
    """What the account's schema remembers of this kind is out of date."""
    connection = model.__kommo_state__.connection
    home = home_of(model)
    if connection is not None and home is not None:
        connection.schema.forget(home.kind if home.id is None else f"{home.kind}/{home.id}")

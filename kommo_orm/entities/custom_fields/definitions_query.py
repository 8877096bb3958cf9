"""Where definitions live: under a kind of card, or under one list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Generic, Self

from typing_extensions import TypeVar

from kommo_orm.entities.shared.parent_query import ChildQuery, require_parent_key, set_parent_keys
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.query_compiler import find_list_parent
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.report import Report, describe

M = TypeVar("M", bound=Model, covariant=True)

CATALOGS = "catalogs"


class DefinitionsQuery(ChildQuery[M], Generic[M]):
    """A query of definitions: `.of(Lead)`, `.of(catalog)`, `.of(Product)`."""

    _parent_kinds: ClassVar[tuple[str, ...]] = ("leads", "contacts", "companies", "customers", CATALOGS)
    _list_class: type[Model] | None = None  # a class that stands for a list, which may have to be found by its name

    def of(self, entity: type[Model] | Model) -> Self:
        """Those of a kind of card, given by its class, or of a list: a `Catalog` object, or a class with `catalog=`.

        Raises:
            QueryError: one card, or the class `Catalog`: definitions are the same for all cards of a kind.
        """
        if isinstance(entity, type) and getattr(entity, "__kommo_catalog__", None) is not None:
            return self._copy_with(_list_class=entity, _parent=None, _needs_parent=False)
        kind = getattr(entity, "__kommo_kind__", None)
        if kind is None:
            raise QueryError(
                f"{self._model.__name__}.objects.of() takes the class of a card, such as of(Lead), or a list, such as "
                f"of(Catalog(id=3005)), not {entity!r}"
            )
        placed = self._select_parent(entity, row=kind == CATALOGS if kind in self._parent_kinds else None)
        return placed._copy_with(_list_class=None, _needs_parent=True)

    def _bind(self) -> BoundQuery:
        return replace(super()._bind(), home=self._list_class)

    def _adopt_object(self, model: Model) -> None:
        if self._parent is not None:
            set_parent_keys(model, entity_type=self._parent.kind, catalog_id=self._parent.id)

    # ---- writing under a list that is found by its name
    def _locate_list(self) -> Flow[Self]:
        """The same query under the list itself."""
        return self._copy_with(_parent=(yield from find_list_parent(self._bind())), _list_class=None)

    def _resolve_list(self) -> Self:
        return self if self._list_class is None else self._require_connection().run(self._locate_list())

    async def _aresolve_list(self) -> Self:
        return self if self._list_class is None else await self._require_connection().arun(self._locate_list())

    def _create_object(self, values: Mapping[str, Any]) -> M:
        return super(DefinitionsQuery, self._resolve_list())._create_object(values)

    async def _acreate_object(self, values: Mapping[str, Any]) -> M:
        return await super(DefinitionsQuery, await self._aresolve_list())._acreate_object(values)

    def bulk_create(self, objects: Iterable[Model]) -> Report:
        """Create new definitions, 250 a request at most."""
        return super(DefinitionsQuery, self._resolve_list()).bulk_create(objects)

    async def abulk_create(self, objects: Iterable[Model]) -> Report:
        """`bulk_create()` for async code."""
        return await super(DefinitionsQuery, await self._aresolve_list()).abulk_create(objects)


def get_definition_parent(model: Model) -> Parent | None:
    """The parent in the address of a definition."""
    kind = require_parent_key(model, "entity_type")
    if kind is None:
        raise ConfigurationError(f"{describe(model)} needs its entity, such as {type(model).__name__}.objects.of(Lead)")
    return Parent(kind, require_parent_key(model, "catalog_id") if kind == CATALOGS else None)


def forget_definitions(model: Model) -> None:
    """Forget the definitions of this kind, so that the account reads them again."""
    connection = model.__kommo_state__.connection
    home = get_definition_parent(model)
    if connection is not None and home is not None:
        connection.schema.forget_definitions(home.kind if home.id is None else f"{home.kind}/{home.id}")

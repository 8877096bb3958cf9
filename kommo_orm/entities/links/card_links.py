"""`lead.links`: all links of a card or a list element, as the service lists them."""

from __future__ import annotations

import builtins
from collections.abc import Iterator

from typing_extensions import Unpack

from kommo_orm.entities.links.link import Link, LinkedKind, LinkFilters, LinkQuery, get_owner_address
from kommo_orm.entities.shared.related_manager import BaseRelatedManager


class CardLinks(BaseRelatedManager):
    """The links of one object. They are read when asked for; `contacts.add()` and its like change them.

    Example:
        >>> [(link.kind, link.id, link.is_main) for link in lead.links.list()]
        [('contacts', 55, True)]
    """

    def all(self) -> LinkQuery:
        """A query of these links."""
        return LinkQuery((get_owner_address(self.owner),), self.connection)

    def filter(self, **wanted: Unpack[LinkFilters]) -> LinkQuery:
        """Those of these links that lead to a kind of rows, to one row of it, or to the elements of one list.

        Raises:
            QueryError: `to_entity_id` without `to_entity_type`, or a value that does not fit.

        Example:
            >>> lead.links.filter(to_catalog_id=3005).list()
        """
        return self.all().filter(**wanted)

    def list(self, kind: LinkedKind | None = None) -> builtins.list[Link]:
        """All links, or those to one kind (`"contacts"`). Sends a request."""
        return self._to(kind).list()

    async def alist(self, kind: LinkedKind | None = None) -> builtins.list[Link]:
        """`list()` for async code."""
        return await self._to(kind).alist()

    def _to(self, kind: LinkedKind | None) -> LinkQuery:
        return self.all() if kind is None else self.all().filter(to_entity_type=kind)

    def __iter__(self) -> Iterator[Link]:
        raise self.make_not_loaded("list()")

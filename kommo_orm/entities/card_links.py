"""`lead.links`: what a card is linked to, of all kinds at once, as the service lists it."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self, overload

from kommo_orm.entities.owned import Owned, Viewed
from kommo_orm.fields.wire import is_object
from kommo_orm.model.base import Model
from kommo_orm.model.codec import decode_decimal, decode_int
from kommo_orm.model.connection import Connection
from kommo_orm.model.parent import Parent
from kommo_orm.query.read import Read, Row
from kommo_orm.transport.flow import Flow

ONE_ANSWER = 250  # the list is not paged


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a card: to which row of which kind. The rest belongs to contacts or to list elements."""

    kind: str
    id: int
    is_main: bool | None = None
    catalog_id: int | None = None
    quantity: Decimal | None = None
    price_id: int | None = None


class CardLinks(Viewed):
    """The links of one object. They are read when asked for; `contacts.add()` and its like change them.

    Example:
        >>> lead.links.list()
        [Link(kind='contacts', id=55, is_main=True, catalog_id=None, quantity=None, price_id=None)]
    """

    def list(self, kind: str | None = None) -> builtins.list[Link]:
        """All links, or those to one kind (`"contacts"`). Talks to the service."""
        connection = self.connection
        return of_kind(connection.run(links_of(connection, self.parent)), kind)

    async def alist(self, kind: str | None = None) -> builtins.list[Link]:
        """`list()` for async code."""
        connection = self.connection
        return of_kind(await connection.arun(links_of(connection, self.parent)), kind)

    def __iter__(self) -> Iterator[Link]:
        raise self.unloaded("list()")


class LinksOf(Owned):
    """Declares `links` on a card."""

    @overload
    def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any], /) -> CardLinks: ...
    def __get__(self, instance: Any, owner: type[Any], /) -> Any:
        return self if instance is None else CardLinks(instance, self.name)


def links_of(connection: Connection, parent: Parent) -> Flow[builtins.list[Link]]:
    """The links of one card, one request."""
    read = Read("links", parent)
    answer = yield from connection.ask(connection.dialect.list_call(read, 1, ONE_ANSWER))
    return [link_of(row) for row in connection.dialect.page(read, answer).rows]


def link_of(row: Row) -> Link:
    """`metadata` may be null, absent or an empty list."""
    told = row.get("metadata")
    extra: dict[str, Any] = dict(told) if is_object(told) else {}
    main, quantity = extra.get("main_contact"), extra.get("quantity")
    return Link(
        kind=str(row["to_entity_type"]),
        id=decode_int(row["to_entity_id"]),
        is_main=None if main is None else bool(main),
        catalog_id=number_or_none(extra.get("catalog_id")),
        quantity=None if quantity is None else decode_decimal(quantity),
        price_id=number_or_none(extra.get("price_id")),
    )


def number_or_none(raw: Any) -> int | None:
    return None if raw is None else decode_int(raw)


def of_kind(links: builtins.list[Link], kind: str | None) -> builtins.list[Link]:
    return [link for link in links if kind in (None, link.kind)]

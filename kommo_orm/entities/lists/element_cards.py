"""Cards that a list element is linked to, from the element's side: `lamp.leads`.

An element's row does not have them; they are read by its links, one request an element.
Source: Kommo API v4, "Entity links".
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Generic, Self, overload

from typing_extensions import TypeVar

from kommo_orm.entities.links.link import fetch_links, get_owner_address
from kommo_orm.entities.lists.element_links import validate_quantity
from kommo_orm.interface.connection import Connection
from kommo_orm.model.arguments import validate_link_ids
from kommo_orm.model.codec import encode_decimal
from kommo_orm.model.instance_state import Unit
from kommo_orm.model.model import Model
from kommo_orm.model.pending_links import LinkMeta, PendingLink
from kommo_orm.model.related_objects import RelatedObjects
from kommo_orm.model.relation_descriptors import Related
from kommo_orm.query.relation_loader import fetch_related
from kommo_orm.transport.flow import Flow

M = TypeVar("M", bound=Model, covariant=True)


class ElementCards(RelatedObjects[M], Generic[M]):
    """`lamp.leads`: the cards that an element is linked to, each with how many of it.

    Example:
        >>> lamp.leads.add(deal, quantity=2)
        >>> lamp.save()
        >>> load([lamp], "leads")
        >>> [(deal.name, lamp.leads.quantity(deal)) for deal in lamp.leads]
        [('Office chairs', Decimal('2'))]
    """

    _load_hint = "load([...], {name!r}) reads them"

    def add(  # type: ignore[override]
        self,
        *cards: Model | int,
        quantity: Decimal | int | float | None = None,
        price_id: int | None = None,
        updated_by: int | None = None,
        main: None = None,
    ) -> None:
        """Link cards, or change how many of the element they have. Pending until `save()` or a flush."""
        exact = validate_quantity(quantity)
        meta: LinkMeta = validate_link_ids(price_id=price_id, updated_by=updated_by)
        meta |= {} if exact is None else {"quantity": exact}
        for card in cards:
            self._add_link(self._validate_target(card), dict(meta))
        self._touch_owner()

    def quantity(self, card: Model | int) -> Decimal | None:
        """How many of the element a card has, pending changes included; None if it has none."""
        pk = card if isinstance(card, int) else card.pk
        pending = self._added.find_by_pk(card) if isinstance(card, int) else self._added.find(card)
        if pending is None and (pk is None or pk in self._removed or pk not in self._get_baseline_links()):
            return None
        known: LinkMeta = {**(self._baseline or {}).get(pk or 0, {}), **(pending.meta if pending is not None else {})}
        quantity: Decimal = known.get("quantity", Decimal(1))
        return quantity

    def _build_link_meta(self, linked: PendingLink) -> LinkMeta:
        meta = {**super()._build_link_meta(linked), **self._build_catalog_meta()}
        if linked.meta.get("price_id") is not None:
            meta["price_id"] = linked.meta["price_id"]
        if linked.meta.get("quantity") is not None:
            meta["quantity"] = encode_decimal(linked.meta["quantity"])
        return meta

    def _build_unlink_meta(self, meta: LinkMeta) -> LinkMeta:
        return {**super()._build_unlink_meta(meta), **self._build_catalog_meta()}

    def _build_catalog_meta(self) -> LinkMeta:
        """The service wants the list with every link of an element."""
        return {"catalog_id": getattr(self._owner, "catalog_id", None)}


class ElementCardsAttribute(Related[M], Generic[M]):
    """Declares `leads` on a list element."""

    state_class = ElementCards

    @overload
    def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any], /) -> ElementCards[M]: ...
    def __get__(self, instance: Any, owner: type[Any], /) -> Any:
        return super().__get__(instance, owner)

    def load_rows(self, connection: Connection, owners: Sequence[Model], unit: Unit | None) -> Flow[None]:
        """Which cards are linked, and the cards themselves."""
        links = yield from fetch_links(connection, map(get_owner_address, owners), {})
        related: list[ElementCards[Any]] = [getattr(owner, self.name) for owner in owners]
        for owner, companion in zip(owners, related, strict=True):
            mine = [link for link in links if link.entity_id == owner.pk and link.kind == self.target]
            companion._replace_baseline({link.id: read_link_meta(link) for link in mine})
        yield from fetch_related(connection, related, self.target, unit)


def read_link_meta(link: Any) -> LinkMeta:
    meta: LinkMeta = {"quantity": link.quantity, "price_id": link.price_id}
    return {key: value for key, value in meta.items() if value is not None}

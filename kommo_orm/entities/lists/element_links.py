"""List elements (products) linked to a card, with the quantity that belongs to the link.

Source: Kommo API v4, "Linking elements" and "Entity links".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kommo_orm.errors import ConfigurationError, UnexpectedResponse
from kommo_orm.fields.raw_values import read_int
from kommo_orm.interface.connection import Connection
from kommo_orm.model.arguments import refuse_list_argument, validate_link_ids
from kommo_orm.model.class_registry import find_class
from kommo_orm.model.codec import clean_decimal, decode_decimal, encode_decimal
from kommo_orm.model.instance_state import Unit
from kommo_orm.model.parent import Parent
from kommo_orm.model.pending_links import LinkMeta, PendingLink
from kommo_orm.model.related_objects import RelatedObjects
from kommo_orm.model.relation_descriptors import Related
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.query.id_lookup import fetch_by_ids
from kommo_orm.transport.flow import Flow

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

LINK_KEYS = ("catalog_id", "quantity", "price_id", "updated_by")


@dataclass(frozen=True, slots=True)
class ElementLink:
    """One linked element: which, how many, and by which price field."""

    id: int | None
    catalog_id: int | None
    quantity: Decimal
    price_id: int | None = None


class ElementLinks(RelatedObjects[Any]):
    """`lead.catalog_elements`: linked list elements with their quantities.

    Example:
        >>> lead.catalog_elements.add(880, catalog_id=3005, quantity=2)
        >>> lead.catalog_elements.links
        [ElementLink(id=880, catalog_id=3005, quantity=Decimal('2'), price_id=None)]
    """

    def add(  # type: ignore[override]
        self,
        *elements: Model | int,
        quantity: Decimal | int | float | None = None,
        catalog_id: int | None = None,
        price_id: int | None = None,
        updated_by: int | None = None,
        main: None = None,
    ) -> None:
        """Link elements, or change the quantity of linked ones. Pending until `save()` or a flush.

        Args:
            elements: `CatalogElement` objects, or ids together with `catalog_id`.
            quantity: how many of each; 1 for a new link if not given.
            catalog_id: the list of the elements; objects know theirs.
            price_id: id of the price field that this link uses.
            updated_by: id of the user who is recorded as the author.
        """
        refuse_list_argument(elements, "add")
        exact, known = validate_quantity(quantity), validate_link_ids(catalog_id=catalog_id)
        for element in elements:
            target = self._validate_target(element)
            meta: LinkMeta = {} if target.is_new else known or {"catalog_id": self._require_catalog_id(target)}
            meta = {**meta, **({} if exact is None else {"quantity": exact})}
            meta |= validate_link_ids(price_id=price_id, updated_by=updated_by)
            self._add_link(target, meta)
        self._touch_owner()

    def remove(self, *elements: Model | int, catalog_id: int | None = None, updated_by: int | None = None) -> None:
        """Unlink elements. Ids whose list is not known here need `catalog_id`. Pending until `save()` or a flush."""
        validate_link_ids(catalog_id=catalog_id)
        super().remove(*elements, updated_by=updated_by)
        for target in map(self._validate_target, elements):
            if target.pk in self._removed and not self._removed[target.pk].get("catalog_id"):
                self._removed[target.pk]["catalog_id"] = catalog_id or self._require_catalog_id(target)

    def _require_catalog_id(self, target: Model) -> int:
        known = (self._baseline or {}).get(target.pk or 0, {}).get("catalog_id") or getattr(target, "catalog_id", None)
        if known is None:
            raise ConfigurationError(
                f"Cannot link element {target.pk}: its list is unknown. Name it: add({target.pk}, catalog_id=...)"
            )
        return int(known)

    @property
    def links(self) -> list[ElementLink]:
        """The links, pending changes included."""
        now: dict[int, LinkMeta] = {
            pk: dict(meta) for pk, meta in self._get_baseline_links().items() if pk not in self._removed
        }
        for linked in self._added:
            key = linked.object.pk if linked.object.pk is not None else -1 - len(now)  # a new element has no id yet
            now[key] = {**now.get(key, {}), **linked.meta}
        return [
            ElementLink(
                key if key > 0 else None,
                meta.get("catalog_id"),
                meta.get("quantity", Decimal(1)),
                meta.get("price_id"),
            )
            for key, meta in now.items()
        ]

    def quantity(self, element: Model | int) -> Decimal | None:
        """How many of an element are linked; None if it is not."""
        pk = element if isinstance(element, int) else element.pk
        return next((link.quantity for link in self.links if link.id == pk), None)

    def _build_link_meta(self, linked: PendingLink) -> LinkMeta:
        meta = {key: linked.meta[key] for key in LINK_KEYS if linked.meta.get(key) is not None}
        if meta.get("catalog_id") is None:  # the element was new when it was linked
            meta["catalog_id"] = linked.meta["catalog_id"] = getattr(linked.object, "catalog_id", None)
        if "quantity" in meta:
            meta["quantity"] = encode_decimal(meta["quantity"])
        return meta

    def _build_unlink_meta(self, meta: LinkMeta) -> LinkMeta:
        return {key: meta[key] for key in ("catalog_id", "updated_by") if meta.get(key) is not None}


def validate_quantity(quantity: Decimal | float | None) -> Decimal | None:
    """The exact quantity. Raises `ConfigurationError` for 0 or less, and for values that are no number."""
    try:
        exact = None if quantity is None else clean_decimal(quantity)
        encode_decimal(exact or Decimal(0))
    except (ValueError, ArithmeticError) as error:
        raise ConfigurationError(f"A quantity is a number: {error}") from None
    if exact is not None and exact <= 0:
        raise ConfigurationError(f"A quantity is positive, got {quantity!r}: use remove() to unlink an element")
    return exact


class ElementLinksAttribute(Related["Any"]):
    """Declares `catalog_elements` on a card."""

    state_class = ElementLinks

    def __init__(self) -> None:
        super().__init__("catalog_elements")

    if TYPE_CHECKING:

        def __get__(self, instance: Any, owner: type[Any], /) -> ElementLinks: ...  # type: ignore[override]

    def read_link_meta(self, item: dict[str, Any]) -> LinkMeta:
        """Quantity and list stand in `metadata`, or beside it."""
        metadata = item.get("metadata")
        merged = {**item, **(metadata if isinstance(metadata, dict) else {})}
        ids = {key: read_int(merged.get(key)) for key in ("catalog_id", "price_id")}
        meta: LinkMeta = {key: number for key, number in ids.items() if number is not None}
        if merged.get("quantity") is not None:
            meta["quantity"] = self._decode_quantity(item, merged["quantity"])
        return meta

    def _decode_quantity(self, item: dict[str, Any], raw: Any) -> Decimal:
        try:
            return decode_decimal(raw)
        except (ValueError, ArithmeticError) as error:
            raise UnexpectedResponse(
                f"{self.owner}.{self.name}: the quantity of element {item.get('id')} cannot be read ({error})"
            ) from None

    def load_rows(self, connection: Connection, owners: Sequence[Model], unit: Unit | None) -> Flow[None]:
        """The elements themselves, list by list."""
        wanted: dict[int, set[int]] = {}
        links: list[ElementLinks] = [getattr(owner, self.name) for owner in owners]
        for link in (link for related in links for link in related.links):
            if link.id is not None and link.catalog_id is not None:
                wanted.setdefault(link.catalog_id, set()).add(link.id)
        cls = find_class("catalog_elements")
        for catalog, ids in wanted.items():
            request = BoundQuery(cls, connection, parent=Parent("catalogs", catalog), unit=unit)
            found = yield from fetch_by_ids(request, sorted(ids))
            by_pk = {element.pk: element for element in found}
            for related in links:
                related._attach_objects(by_pk[pk] for pk in related._baseline_ids if pk in by_pk)

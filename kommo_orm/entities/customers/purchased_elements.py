"""The list elements of a purchase with their quantities. They are given once, when the purchase is created."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kommo_orm.entities.lists.element_links import ElementLinks, ElementLinksAttribute
from kommo_orm.errors import ConfigurationError
from kommo_orm.model.codec import encode_decimal
from kommo_orm.model.pending_links import LinkMeta
from kommo_orm.model.replace_relation import ReplacedObjects
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.model.model import Model


class PurchasedElements(ElementLinks, ReplacedObjects[Any]):
    """`transaction.catalog_elements`: the elements of a purchase.

    Example:
        >>> purchase = Transaction(customer_id=7, price=120)
        >>> purchase.catalog_elements.add(lamp, quantity=2)
        >>> purchase.save()
    """

    def add(  # type: ignore[override]
        self,
        *elements: Model | int,
        quantity: Decimal | int | float | None = None,
        catalog_id: int | None = None,
        price_id: None = None,
        updated_by: None = None,
        main: None = None,
    ) -> None:
        """Add elements to a new purchase; ids need their list, `catalog_id`. `quantity` is 1 if not given.

        Raises:
            ConfigurationError: the purchase is stored (it keeps its elements), or a quantity is not positive.
        """
        self._refuse_stored()
        ElementLinks.add(self, *elements, quantity=quantity, catalog_id=catalog_id)

    def remove(  # type: ignore[override]
        self, *elements: Model | int, catalog_id: int | None = None, updated_by: None = None
    ) -> None:
        """Take elements out of a new purchase."""
        self._refuse_stored()
        ElementLinks.remove(self, *elements, catalog_id=catalog_id)

    def _build_row(self, pk: int, meta: LinkMeta) -> dict[str, Any]:
        quantity = meta.get("quantity", 1)
        exact = encode_decimal(quantity) if isinstance(quantity, Decimal) else quantity  # new ones come encoded
        return {"id": pk, "metadata": {"catalog_id": meta.get("catalog_id"), "quantity": exact}}

    def _refuse_stored(self) -> None:
        if not self._owner.is_new:
            raise ConfigurationError(f"{describe(self._owner)} is stored: Kommo cannot change what was bought")


class PurchasedElementsAttribute(ElementLinksAttribute):
    """Declares `catalog_elements` on a purchase."""

    state_class = PurchasedElements

    if TYPE_CHECKING:

        def __get__(self, instance: Any, owner: type[Any], /) -> PurchasedElements: ...  # type: ignore[override]

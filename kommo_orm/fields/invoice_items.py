"""Items of an invoice."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from kommo_orm.fields.compound_kinds import ManyKind
from kommo_orm.fields.compound_value import Amount, Computed, Given, Value, Whole, Words, part
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.iterable_input import Many
from kommo_orm.model.kind import register_kind


class Discount(Value):
    """What is taken off an item: an amount of money or a percentage.

    Example:
        >>> Discount(5, "percentage")

    Source: Kommo API v4, "Custom field values".
    """

    value: Amount = part()
    type: Words = part("amount")

    if TYPE_CHECKING:

        def __init__(self, value: Decimal | float | None, type: str | None = "amount") -> None: ...

    def check_parts(self) -> None:
        if self.type not in ("amount", "percentage", None):
            raise ValueError(f"a discount is of type 'amount' or 'percentage', got {self.type!r}")


class Item(Value):
    """One line of an invoice. `product_id` is an element of the products list. The totals are Kommo's.

    Example:
        >>> Item(description="Lamp", unit_price=49.5, quantity=2, unit_type="pcs", discount=Discount(5, "percentage"))

    Source: Kommo API v4, "Custom field values".
    """

    sku: Words = part()
    description: Words = part()
    unit_price: Amount = part()
    quantity: Amount = part()
    unit_type: Words = part()
    discount: Given[Discount] = part()
    vat_rate_id: Whole = part()
    vat_rate_value: Amount = part()
    external_uid: Words = part()
    product_id: Whole = part()
    bonus_points_per_purchase: Whole = part()
    metadata: Given[dict[str, Any]] = part()
    is_discount_recalculated: Computed[bool] = part()
    is_total_sum_recalculated: Computed[bool] = part()
    total_sum: Computed[Decimal] = part()

    @classmethod
    def from_raw(cls, raw: Any) -> Self:
        item = super().from_raw(raw)
        if item.discount is not None and not item.discount.parts():  # `{"type": null, "value": null}` for none
            item.discount = None
        return item

    def check_parts(self) -> None:
        if not self.parts():
            raise ValueError("an item of an invoice needs at least a description or a product_id")
        if self.discount is not None:
            self.discount.check_parts()


class ItemsKind(ManyKind[Item]):
    types = ("items",)
    value = Item
    noun = "items"


class Items(CustomAttr[list[Item], Many[Item] | None, Unfilterable[Many[Item] | None]]):
    """The items of an invoice, a list of `Item` in their order; never None.

    Example:
        >>> class Invoice(CatalogElement, catalog="Invoices"):
        ...     items: Items = custom(code="ITEMS")
        >>> invoice.items.append(Item(description="Lamp", unit_price=49.5, quantity=2))
        >>> invoice.items[0].quantity += 1

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = ItemsKind()


register_kind(Items.kind)


__all__ = ["Discount", "Item", "Items"]

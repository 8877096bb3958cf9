"""Who pays an invoice and who is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kommo_orm.fields.compound_kinds import OneKind
from kommo_orm.fields.compound_value import Computed, Value, Whole, Words, part
from kommo_orm.model.attr import Attr
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.kind import register_kind


class PayerValue(Value):
    """The payer of an invoice: a contact or a company of the account, or a name. `type` is `legal` or `individual`.

    Example:
        >>> PayerValue(entity_id=40, entity_type="contacts", type="individual")

    Source: Kommo API v4, "Custom field values".
    """

    entity_id: Whole = part()
    entity_type: Words = part()
    type: Words = part()
    name: Words = part()
    phone: Words = part()
    email: Words = part()
    vat_id: Words = part()
    kpp: Words = part()
    tax_registration_reason_code: Words = part()
    address: Words = part()
    real_address: Words = part()
    bank_code: Words = part()
    bank_account_number: Words = part()
    director: Words = part()
    unp: Words = part()
    bin: Words = part()
    egrpou: Words = part()
    mfo: Words = part()
    oked: Words = part()

    def check_parts(self) -> None:
        if self.entity_id is None and not self.name:
            raise ValueError(f"a payer needs an entity_id with its entity_type, or a name, got {self!r}")
        if self.entity_id is not None and not self.entity_type:
            raise ValueError(
                f"a payer with an entity_id needs its entity_type, 'contacts' or 'companies', got {self!r}"
            )
        if self.entity_type not in ("contacts", "companies", None):
            raise ValueError(f"the entity_type of a payer is 'contacts' or 'companies', got {self.entity_type!r}")
        if self.type not in ("legal", "individual", None):
            raise ValueError(f"a payer is of type 'legal' or 'individual', got {self.type!r}")


class SupplierValue(Value):
    """The seller on an invoice: an element of the suppliers list. The other parts are Kommo's, shown on request.

    Example:
        >>> SupplierValue(880)

    Source: Kommo API v4, "Custom field values".
    """

    entity_id: Attr[int, int]
    name: Computed[str] = part()
    vat_id: Computed[str] = part()
    kpp: Computed[str] = part()
    tax_registration_reason_code: Computed[str] = part()
    bank_code: Computed[str] = part()
    address: Computed[str] = part()
    bank_account_number: Computed[str] = part()

    if TYPE_CHECKING:

        def __init__(self, entity_id: int) -> None: ...


class PayerKind(OneKind[PayerValue]):
    types = ("payer",)
    value = PayerValue


class SupplierKind(OneKind[SupplierValue]):
    types = ("supplier",)
    value = SupplierValue


class Payer(CustomAttr[PayerValue | None, PayerValue | None, Unfilterable[PayerValue | None]]):
    """The payer of an invoice, a `PayerValue`. In old accounts the field is a `LinkedEntity`.

    Example:
        >>> class Invoice(CatalogElement, catalog="Invoices"):
        ...     payer: Payer = custom(code="PAYER")
        >>> invoice.payer = PayerValue(entity_id=40, entity_type="contacts", type="individual")

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = PayerKind()


class Supplier(CustomAttr[SupplierValue | None, SupplierValue | None, Unfilterable[SupplierValue | None]]):
    """The seller on an invoice, a `SupplierValue`.

    Example:
        >>> class Invoice(CatalogElement, catalog="Invoices"):
        ...     supplier: Supplier = custom(code="SUPPLIER")
        >>> invoice.supplier = SupplierValue(880)

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = SupplierKind()


for annotation in (Payer, Supplier):
    register_kind(annotation.kind)


__all__ = ["Payer", "PayerValue", "Supplier", "SupplierValue"]

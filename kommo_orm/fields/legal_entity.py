"""Legal entities: who a company is to tax offices and banks."""

from __future__ import annotations

from kommo_orm.fields.compound_kinds import FirstKind, ManyKind
from kommo_orm.fields.compound_value import Value, Whole, Words, part
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.iterable_input import Many
from kommo_orm.model.kind import register_kind


class LegalEntityValue(Value):
    """A legal entity. `name` is required; `entity_type` is 1 for a person in business, 2 for a company.

    Example:
        >>> LegalEntityValue(name="Romashka LLC", entity_type=2, vat_id="77-1")

    Source: Kommo API v4, "Custom field values".
    """

    name: Words = part()
    entity_type: Whole = part()
    vat_id: Words = part()
    kpp: Words = part()
    tax_registration_reason_code: Words = part()
    address: Words = part()
    real_address: Words = part()
    bank_code: Words = part()
    bank_account_number: Words = part()
    director: Words = part()
    external_uid: Words = part()
    unp: Words = part()
    bin: Words = part()
    egrpou: Words = part()
    mfo: Words = part()
    oked: Words = part()

    def check_parts(self) -> None:
        if not (self.name or "").strip():
            raise ValueError(f"a legal entity needs a name, got {self!r}")
        if self.entity_type not in (1, 2, None):
            raise ValueError(
                f"the entity_type of a legal entity is 1 (a person in business) or 2 (a company), got {self.entity_type!r}"
            )


class LegalEntitiesKind(ManyKind[LegalEntityValue]):
    types = ("legal_entity",)
    value = LegalEntityValue
    noun = "legal entities"


class LegalEntityKind(FirstKind[LegalEntityValue]):
    many = LegalEntitiesKind()


class LegalEntity(CustomAttr[LegalEntityValue | None, LegalEntityValue | None, Unfilterable[LegalEntityValue | None]]):
    """The first legal entity of the field. Setting it replaces the first and keeps the rest; all are `LegalEntities`.

    Example:
        >>> class Firm(Company):
        ...     legal: LegalEntity = custom(559)
        >>> firm.legal = LegalEntityValue(name="Romashka LLC", entity_type=2)
        >>> firm.legal.vat_id = "77-1"

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = LegalEntityKind()


class LegalEntities(
    CustomAttr[list[LegalEntityValue], Many[LegalEntityValue] | None, Unfilterable[Many[LegalEntityValue] | None]]
):
    """All legal entities of the field, a list of `LegalEntityValue`; never None.

    Example:
        >>> class Firm(Company):
        ...     legal: LegalEntities = custom(559)
        >>> firm.legal.append(LegalEntityValue(name="Romashka LLC"))

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = LegalEntitiesKind()


register_kind(LegalEntities.kind)


__all__ = ["LegalEntities", "LegalEntity", "LegalEntityValue"]

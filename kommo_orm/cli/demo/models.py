"""The models of the demo: custom fields as typed attributes."""

from __future__ import annotations

from enum import StrEnum

from kommo_orm import Contact, Date, Lead, MultiSelect, Number, Phone, Select, custom


class Region(StrEnum):
    EU = "EU"
    US = "US"
    LATAM = "LATAM"
    APAC = "APAC"


class Deal(Lead):
    budget: Number = custom(code="BUDGET")
    source: Select = custom(name="Source")
    regions: MultiSelect[Region] = custom(code="REGIONS")
    signed: Date = custom(code="SIGNED_ON")


class Person(Contact):
    phone: Phone = custom(code="PHONE")

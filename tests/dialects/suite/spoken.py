"""The account of the suite, spoken to in each dialect; and what each of them cannot do, with the words it says so in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kommo_orm import (
    Address,
    Birthday,
    Call,
    Catalog,
    CatalogElement,
    Checkbox,
    Company,
    Contact,
    CustomField,
    Date,
    Emails,
    Kommo,
    Lead,
    LegalEntities,
    LegalEntityValue,
    LossReason,
    Messengers,
    MultiSelect,
    Note,
    Number,
    Phones,
    Pipeline,
    Radio,
    Rights,
    Role,
    SalesBot,
    Select,
    SmartAddress,
    SmartAddressValue,
    Status,
    Tag,
    Task,
    Text,
    TextArea,
    Url,
    User,
    custom,
)
from kommo_orm.sandbox import Sandbox

NOW = datetime(2026, 11, 24, tzinfo=UTC)
LATER = NOW + timedelta(days=30)


class Deal(Lead):
    """A field of each type that both APIs write."""

    remark: Text = custom(name="Remark")
    story: TextArea = custom(name="Story")
    budget: Number = custom(name="Budget")
    agreed: Checkbox = custom(name="Agreed")
    source: Select = custom(name="Source")
    size: Radio = custom(name="Size")
    regions: MultiSelect = custom(name="Regions")
    signed: Date = custom(code="SIGNED_ON")
    born: Birthday = custom(name="Born")
    site: Url = custom(name="Site")
    street: Address = custom(name="Street")
    office: SmartAddress = custom(name="Office")


class Firm(Company):
    phones: Phones = custom(code="PHONE")
    legal: LegalEntities = custom(name="Legal")


class Person(Contact):
    phones: Phones = custom(code="PHONE")
    emails: Emails = custom(code="EMAIL")
    messengers: Messengers = custom(code="IM")


OPTIONS = {"Source": ["web", "call", "fair"], "Size": ["S", "M", "L"], "Regions": ["EU", "US", "ASIA"]}


def furnished(**options: Any) -> Sandbox:
    """An account with the fields of these classes."""
    made = Sandbox(**options)
    for spec in Deal.__kommo_customs__.values():
        code = {"code": spec.code} if spec.code else {}
        name = spec.label or "Signed on"
        more: dict[str, Any] = {"enums": OPTIONS[name]} if name in OPTIONS else {}
        made.add_field("leads", name, spec.field_type, **code, **more)
    made.add_field("contacts", "IM", "multitext", code="IM", enums=["SKYPE", "ICQ", "OTHER"])
    made.add_field("companies", "Legal", "legal_entity")
    return made


@dataclass
class Spoken:
    """One account and one dialect."""

    sandbox: Sandbox
    kommo: Kommo
    dialect: str

    @property
    def sent(self) -> list[tuple[str, str, Any]]:
        """Verb, path and body of what was written."""
        return [(entry.method, entry.path, entry.json) for entry in self.sandbox.log if entry.method != "GET"]

    def written(self, kind: str) -> list[dict[str, Any]]:
        """The rows in the bodies of writes of a kind, whichever way they are wrapped."""
        bodies = [body for _, path, body in self.sent if f"/{kind}" in path]
        return [row for body in bodies for row in rows_in(body)]

    def row(self, kind: str, pk: int | None) -> dict[str, Any]:
        """A row as the account has it, in v4's form."""
        assert pk is not None
        found = self.sandbox.row(kind, pk)
        assert found is not None
        return found

    def linked(self, kind: str, pk: int | None, key: str) -> list[int]:
        return [int(one["id"]) for one in self.row(kind, pk)["_embedded"][key]]

    def forget(self) -> None:
        self.sandbox.log.clear()


def rows_in(body: Any) -> list[dict[str, Any]]:
    if isinstance(body, list):
        return body
    if {"add", "update"} & body.keys():
        return [*body.get("add", []), *body.get("update", [])]
    return [body]


# ---- what API v2 cannot do: a name, what a user would write, and a word of the sentence that refuses it
Asked = Callable[[Kommo], Any]
CANNOT: dict[str, tuple[Asked, str]] = {
    "filter leads by price": (lambda kommo: Lead.objects.filter(price__gte=5).list(), "filter leads by price__gte"),
    "filter leads by name": (lambda kommo: Lead.objects.filter(name="x").list(), "filter leads by name"),
    "filter leads by custom fields": (
        lambda kommo: Deal.objects.filter(Deal.budget >= 5).list(),
        "leads by budget__gte",
    ),
    "filter by closed stages of one pipeline": (
        lambda kommo: Lead.objects.filter(pipeline_id=1, status_id=142).list(),
        "stage 142 in one pipeline",
    ),
    "filter by pipeline alone": (lambda kommo: Lead.objects.filter(pipeline_id=1).list(), "filter leads by"),
    "filter contacts by their creation": (
        lambda kommo: Contact.objects.filter(created_at__gte=NOW).list(),
        "filter contacts by created_at__gte",
    ),
    "filter contacts by an end": (
        lambda kommo: Contact.objects.filter(updated_at__lte=NOW).list(),
        "filter contacts by updated_at__lte",
    ),
    "filter by ids and more": (
        lambda kommo: Lead.objects.filter(id=5, responsible_user_id=1).list(),
        "by ids and by responsible_user_id together",
    ),
    "search and ids": (
        lambda kommo: Lead.objects.search("x").filter(id=5).list(),
        "by ids and by the search together",
    ),
    "search lists for ids": (
        lambda kommo: CatalogElement.objects.of(5).search("x").filter(id=5).list(),
        "by ids and by the search together",
    ),
    "calls whose status is not known": (
        lambda kommo: Call.objects.create(direction="inbound", duration=1, source="x", phone="+1", call_status=8),
        "log calls of status 8; it knows 1 to 7",
    ),
    "bots": (lambda kommo: SalesBot.objects.list(), "read bots; use"),
    "order leads": (lambda kommo: Lead.objects.order_by("-updated_at").list(), "order leads by updated_at"),
    "order tasks": (lambda kommo: Task.objects.order_by("complete_till").list(), "order tasks by complete_till"),
    "bring the source of leads": (lambda kommo: Lead.objects.include("source").list(), "bring source of leads along"),
    "deleted contacts": (
        lambda kommo: Contact.objects.include("social_profiles").list(),
        "social_profiles of contacts",
    ),
    "tags by themselves": (lambda kommo: Tag.objects.of(Lead).list(), "read tags"),
    "new tags by themselves": (lambda kommo: Tag.objects.of(Lead).create("x"), "create tags"),
    "roles": (lambda kommo: Role.objects.list(), "read roles"),
    "new roles": (lambda kommo: Role(name="x", rights=Rights()).save(), "create roles"),
    "loss reasons": (lambda kommo: LossReason.objects.list(), "read loss_reasons"),
    "new stages": (lambda kommo: Status.objects.of(1).create("x", sort=5), "create statuses"),
    "new users": (lambda kommo: User.objects.create("A", "a@b.example", "Secret1x"), "create users"),
    "switching users": (lambda kommo: User.objects.deactivate(5), "deactivate users"),
    "changing definitions": (lambda kommo: rename(CustomField), "update custom_fields"),
    "pinning notes": (lambda kommo: Note(id=5, entity_type="leads").pin(), "pin notes"),
    "leads with all that belongs to them": (
        lambda kommo: Lead.objects.create_complex(Lead(name="x")),
        "create leads together with",
    ),
    "unlinking elements": (lambda kommo: unlink_element(), "unlink elements of lists"),
    "elements of contacts": (lambda kommo: element_of_contact(), "link elements of lists to contacts"),
    "lists of products": (lambda kommo: Catalog.objects.create("x", type="products"), "create lists of type products"),
    "the account's ids elsewhere": (lambda kommo: kommo.account("amojo_id"), "bring amojo_id of account along"),
    "who changed a contact": (lambda kommo: Contact(name="x", updated_by=1).save(), "write updated_by of contacts"),
    "a currency of an element": (
        lambda kommo: CatalogElement.objects.of(5).create("x", currency_id=1),
        "write currency_id of catalog_elements",
    ),
    "kinds of notes": (lambda kommo: geolocation(), "write notes of type geolocation"),
}


def rename(cls: type[CustomField]) -> None:
    field = cls(id=5, entity_type="leads")
    field.name = "Other"
    field.save()


def unlink_element() -> None:
    lead = Lead(id=5)
    lead.catalog_elements.remove(7, catalog_id=3)
    lead.save()


def element_of_contact() -> None:
    contact = Contact(id=5)
    contact.catalog_elements.add(7, catalog_id=3)
    contact.save()


def geolocation() -> None:
    from kommo_orm import Geolocation

    place = Geolocation(text="x", address="y", longitude="1", latitude="2")
    Note(params=place, entity_id=5, entity_type="leads").save()


def whole_deal() -> Deal:
    """A deal with a value in every field."""
    return Deal(
        name="Roof",
        price=1200,
        remark="first\nsecond",
        story="long",
        budget=12.5,
        agreed=True,
        source="call",
        size="L",
        regions=["EU", "ASIA"],
        signed=NOW.date(),
        born=datetime(1961, 4, 12, tzinfo=UTC).date(),
        site="https://roof.example",
        street="5 Elm st",
        office=SmartAddressValue(address_line_1="5 Elm st", city="Austin", country="US"),
    )


FIELDS = tuple(Deal.__kommo_customs__)
LEGAL = LegalEntityValue(name="Romashka LLC", entity_type=2, vat_id="77-1", external_uid="u-1")
__all__ = [
    "CANNOT",
    "FIELDS",
    "LATER",
    "LEGAL",
    "NOW",
    "Deal",
    "Firm",
    "Person",
    "Pipeline",
    "Spoken",
    "furnished",
    "whole_deal",
]

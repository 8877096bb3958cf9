"""Accepting, declining and linking of incoming leads, and what became of them.

Source: Kommo API v4, "Incoming leads".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from kommo_orm.entities.shared.actions import list_outcome_rows, run_action, run_action_on_many
from kommo_orm.errors import ConfigurationError, KommoError, QueryError
from kommo_orm.fields.raw_values import read_int
from kommo_orm.interface.action import Action
from kommo_orm.interface.connection import Connection
from kommo_orm.model.class_registry import find_class
from kommo_orm.model.codec import DATETIME
from kommo_orm.model.definition import iterate_items
from kommo_orm.model.model import Model
from kommo_orm.model.nested_create import NestedObjects
from kommo_orm.model.php_shapes import read_embedded
from kommo_orm.model.related_objects import RelatedObjects
from kommo_orm.query.arguments import validate_pk
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.report import Failed, Report, describe

if TYPE_CHECKING:
    from kommo_orm.entities.contacts.company import Company
    from kommo_orm.entities.contacts.contact import Contact
    from kommo_orm.entities.incoming.incoming_lead import IncomingLead
    from kommo_orm.entities.leads.lead import Lead

M = TypeVar("M", bound=Model)

KIND = "incoming_leads"
LINKABLE = ("leads", "customers")  # the latter on amoCRM
LEARNED = ("contacts", "companies", "leads")  # in this order: a lead settles its links to the others
LINKED = ("chats", "mail")  # categories that can be attached to something


@dataclass(frozen=True, slots=True)
class IncomingOutcome:
    """What became of one incoming lead: the real lead, contacts and companies that it left behind.

    They are the objects that the incoming lead was created with, or references that know their ids; `refresh()` reads
    them. After declining, the lead is in the trash. `raw` is what the service sent.
    """

    uid: str
    category: str | None = None
    pipeline_id: int | None = None
    created_at: datetime | None = None
    leads: tuple[Lead, ...] = ()
    contacts: tuple[Contact, ...] = ()
    companies: tuple[Company, ...] = ()
    customer_ids: tuple[int, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False, compare=False)

    @property
    def lead(self) -> Lead | None:
        """The lead; None where the service names none."""
        return self.leads[0] if self.leads else None

    @property
    def contact(self) -> Contact | None:
        """The first contact, if there is one."""
        return self.contacts[0] if self.contacts else None

    @property
    def company(self) -> Company | None:
        """The company, if there is one."""
        return self.companies[0] if self.companies else None


@dataclass
class SortingReport(Report):
    """A report of many incoming leads that were accepted or declined: `updated` are those, `outcomes` what they left."""

    outcomes: list[IncomingOutcome] = field(default_factory=list[IncomingOutcome])


# ---- flows
def accept_or_decline(
    connection: Connection, incoming: IncomingLead, verb: str, body: dict[str, Any]
) -> Flow[IncomingOutcome]:
    """Accept or decline one."""
    action = Action(verb, KIND, (require_uid(incoming),), body=body)
    outcome = yield from run_action(connection, action, takes_away=True)
    return build_outcome(connection, incoming, next(iter(list_outcome_rows(outcome)), None))


def accept_or_decline_many(
    connection: Connection, incoming: Sequence[IncomingLead], verb: str, body: dict[str, Any]
) -> Flow[SortingReport]:
    """Accept or decline many. Raises `FlushError` when some could not be."""
    by_uid = {require_uid(one): one for one in incoming}
    report = SortingReport()
    if by_uid:
        action = Action(verb, KIND, tuple(by_uid), body=body)
        parts = yield from run_action_on_many(connection, action, takes_away=True)
        report.requests = len(parts)
        for part, outcome in parts:
            record_outcome(report, connection, [by_uid[cast(str, uid)] for uid in part.ids], outcome)
    report.raise_for_failures()
    return report


def record_outcome(report: SortingReport, connection: Connection, models: Sequence[IncomingLead], outcome: Any) -> None:
    """Record the outcome of one request in the report."""
    if isinstance(outcome, KommoError):
        report.failed += [Failed(model, outcome) for model in models]
        return
    rows = list_outcome_rows(outcome)
    named = {str(row.get("uid")): row for row in rows}
    only_row = rows[0] if len(rows) == len(models) == 1 else None
    for model in models:
        report.updated.append(model)
        report.outcomes.append(build_outcome(connection, model, named.get(str(model.pk), only_row)))


def link_to_card(
    connection: Connection, incoming: IncomingLead, entity: Model, contact: Model | int | None, user_id: int | None
) -> Flow[IncomingOutcome]:
    """Link a chat or a mail to a stored card."""
    category = getattr(incoming, "category", None)
    if category is not None and category not in LINKED:
        raise QueryError(
            f"{describe(incoming)} is of category {category!r}: Kommo links chats and mails only: accept() it"
        )
    kind = getattr(type(entity), "__kommo_kind__", None)
    if kind not in LINKABLE:
        hint = ". Name the contact whose chat it is by contact=" if kind == "contacts" else ""
        raise ConfigurationError(f"An incoming lead is linked to a lead or a customer, not to {entity!r}{hint}")
    if entity.pk is None:
        raise ConfigurationError(f"{describe(entity)} is not stored yet: save() it before you link to it")
    link: dict[str, Any] = {"entity_type": kind, "entity_id": entity.pk}
    if contact is not None:
        link["metadata"] = {"contact_id": validate_pk(contact.pk if isinstance(contact, Model) else contact)}
    action = Action("link", KIND, (require_uid(incoming),), body={"link": link, **build_user_body(user_id)})
    outcome = yield from run_action(connection, action)
    return build_outcome(connection, incoming, next(iter(list_outcome_rows(outcome)), None), use_known_row=False)


# ---- what is sent
def build_user_body(user_id: int | None) -> dict[str, Any]:
    """The user who is recorded as the author; 0 is the robot."""
    if user_id is None:
        return {}
    return {"user_id": user_id if user_id == 0 and user_id is not False else validate_pk(user_id)}


def build_status_body(status_id: int | None) -> dict[str, Any]:
    """The stage that an accepted lead goes to."""
    return {} if status_id is None else {"status_id": validate_pk(status_id)}


def require_uid(incoming: IncomingLead) -> str:
    pk = incoming.pk
    if pk is None:
        raise QueryError(f"{describe(incoming)} is not stored yet: save() it first")
    return str(validate_pk(pk, str))


def convert_to_objects(cls: type[IncomingLead], given: Iterable[IncomingLead | str]) -> list[IncomingLead]:
    """Objects, or their uids, as objects."""
    if isinstance(given, str | Model) or not isinstance(given, Iterable):
        raise QueryError(
            "Give several incoming leads or uids as a list. One incoming lead has accept() and decline() itself"
        )
    return [one if isinstance(one, Model) else cls(id=validate_pk(one, str)) for one in given]


# ---- what came of it
def build_outcome(
    connection: Connection, incoming: IncomingLead, row: Mapping[str, Any] | None, *, use_known_row: bool = True
) -> IncomingOutcome:
    """Build the outcome from the answer, or from the known row where the answer was lost."""
    known = incoming.__kommo_state__.row or {}
    source: Mapping[str, Any] = row if row is not None else known if use_known_row else {}
    parts: Mapping[str, Any] = read_embedded(source) or {}
    ids = {kind: read_ids(parts.get(kind)) for kind in ("leads", "contacts", "companies", "customers")}
    made = {kind: resolve_objects(connection, incoming, kind, ids[kind]) for kind in LEARNED}
    created = source.get("created_at", known.get("created_at"))
    return IncomingOutcome(
        uid=str(incoming.pk),
        category=source.get("category") or known.get("category"),
        pipeline_id=read_int(source.get("pipeline_id")) or read_int(known.get("pipeline_id")),
        created_at=DATETIME.decode(created) if read_int(created) else None,
        leads=cast("tuple[Lead, ...]", tuple(made["leads"])),
        contacts=cast("tuple[Contact, ...]", tuple(made["contacts"])),
        companies=cast("tuple[Company, ...]", tuple(made["companies"])),
        customer_ids=ids["customers"],
        raw=dict(row or {}),
    )


def read_ids(rows: Any) -> tuple[int, ...]:
    found = (read_int(item.get("id")) for item in iterate_items(rows if isinstance(rows, dict | list) else ()))
    return tuple(pk for pk in found if pk)


def resolve_objects(connection: Connection, incoming: IncomingLead, kind: str, ids: tuple[int, ...]) -> list[Model]:
    """The loaded objects of the incoming lead, else references."""
    related = incoming.__kommo_state__.attached.get(kind)
    if isinstance(related, NestedObjects):
        related._assign_ids(ids)
    held = {one.pk: one for one in related._objects_in_memory} if isinstance(related, RelatedObjects) else {}
    return [held.get(pk) or find_class(kind).reference(pk, connection) for pk in ids]


__all__ = ["IncomingOutcome", "SortingReport"]

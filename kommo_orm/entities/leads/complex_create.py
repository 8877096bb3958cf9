"""Leads with their contact and company in one request, through the duplicate control if the account has it on.

The contact and the company of each lead are the ones its relations hold: new objects or stored ones, at most one of
each. Their ids come back into the objects. A lead for which the service found a duplicate is merged into that one.

Source: Kommo API v4, "Complex creation of leads".
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

from typing_extensions import TypeVar

from kommo_orm.entities.incoming.metadata import IncomingMetadata
from kommo_orm.errors import ConfigurationError, KommoError, QueryError, UnexpectedResponse
from kommo_orm.interface.batch import Batch, BatchItem
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.model.arguments import refuse_list_argument
from kommo_orm.model.lazy_row import FREE_VALUES
from kommo_orm.model.model import Model
from kommo_orm.model.pending_links import SentLinks
from kommo_orm.model.related_objects import RelatedObjects
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.apply_response import apply_stored_row
from kommo_orm.unit.batch_sender import BatchSender, Encoder
from kommo_orm.unit.cascade import refuse_other_account, refuse_uncertain
from kommo_orm.unit.change_set import ChangeSet, compute_change_set
from kommo_orm.unit.definition_resolver import DefinitionResolver, resolve_definitions
from kommo_orm.unit.flush import Flush
from kommo_orm.unit.flush_outcome import FlushOutcome
from kommo_orm.unit.nested_creates import build_nested_item
from kommo_orm.unit.payload import BAD_VALUE, build_payload, has_bad_text, refuse_bad_text
from kommo_orm.unit.plan import split_chunks
from kommo_orm.unit.report import DependencyFailed, Report, describe

if TYPE_CHECKING:
    from kommo_orm.entities.leads.lead import Lead

L = TypeVar("L", bound="Lead", default="Lead", covariant=True)

AT_ONCE = 50
MOST_VALUES = 40  # custom fields of one lead, contact or company
RELATIONS = {"contacts": "contact_id", "companies": "company_id"}  # and where the answer has their ids


@dataclass(frozen=True, slots=True)
class ComplexLead(Generic[L]):
    """The result for one lead. With `merged`, its id is that of an older duplicate; `refresh()` reads it."""

    lead: L
    merged: bool
    contact_id: int | None
    company_id: int | None


def create_complex_leads(
    connection: Connection, leads: Sequence[L], metadata: IncomingMetadata | None
) -> Flow[list[ComplexLead[L]]]:
    """Create the leads, fifty a request. Raises the error of a single one, `FlushError` for several."""
    refuse_list_argument(leads, "create_complex")
    flush = ComplexFlush(connection, leads, metadata)
    report = yield from flush.run()
    if len(leads) == 1:
        report.raise_single(leads[0])
    report.raise_for_failures()
    return [ComplexLead(lead, *flush.answers[id(lead)]) for lead in leads]


class ComplexFlush(Flush):
    """A flush of leads together with their contact and company."""

    def __init__(
        self, connection: Connection, leads: Iterable[Model], metadata: IncomingMetadata | None = None
    ) -> None:
        given = list(leads)
        super().__init__(connection, given, is_single=len(given) == 1)
        self.metadata = metadata
        self.answers: dict[int, tuple[bool, int | None, int | None]] = {}
        sender = ComplexSender(connection, self.outcome, 4, self._encode_again)
        self.sender, sender.answers = sender, self.answers

    def run(self) -> Flow[Report]:
        """Create the leads; answers the report."""
        started = time.monotonic()
        refuse_other_account(self.connection, self.objects)
        refuse_uncertain(self.objects)
        for lead in self.given:
            validate_complex_lead(lead)
        try:
            resolver = yield from resolve_definitions(self.connection, self.changed, refuse=self._refuse)
            items = list(self._build_items(resolver))
            batches = [Batch("complex", "leads", tuple(chunk)) for chunk in split_chunks(items, AT_ONCE)]
            yield from self.sender.send_all(batches)
            yield from self._write_links()
        finally:
            self.outcome.close_open_batches()
            self.report.seconds = time.monotonic() - started
        return self.report

    def _build_items(self, resolver: DefinitionResolver) -> Iterator[BatchItem]:
        """Encode the leads with what they carry; a bad one fails with its own error."""
        changes = {id(one.object): one for one in self.changed}
        for lead in self.given:
            try:
                self._refuse_bad_parts(lead)
                item = self._build_item(lead, changes, resolver)
                if has_bad_text((item,)):
                    refuse_bad_text(item)
                yield item
            except (KommoError, *BAD_VALUE) as error:
                self._refuse(changes[id(lead)], error)

    def _refuse_bad_parts(self, lead: Model) -> None:
        for part in (linked.object for name in RELATIONS for linked in getattr(lead, name)._links_to_add):
            if id(part) in self.outcome.bad:
                raise DependencyFailed(f"{describe(lead)} carries {describe(part)}, which cannot be sent", object=lead)

    def _build_item(self, lead: Model, changes: dict[int, ChangeSet], resolver: DefinitionResolver) -> BatchItem:
        payload = build_payload(changes[id(lead)], resolver)
        refuse_too_many_fields(lead, payload.body)
        embedded, nested = payload.body.setdefault("_embedded", {}), list[BatchItem]()
        for name in RELATIONS:
            related: RelatedObjects[Any] = getattr(lead, name)
            for linked in related._links_to_add:
                own = changes.get(id(linked.object)) or compute_change_set(linked.object)
                item = build_nested_item(name, own, resolver)
                refuse_too_many_fields(linked.object, item.body if item is not None else {})
                embedded[name] = [{"id": linked.object.pk} if item is None else item.body]
                nested += [item] if item is not None else []
                payload.extras[name] = related._take_snapshot()
        if self.metadata is not None:
            embedded["metadata"] = self.metadata.to_raw()
        if not embedded:
            del payload.body["_embedded"]
        request_id, places = self.builder.next_request_id(), tuple(payload.places)
        return BatchItem(
            lead, request_id, payload.body, None, payload.sent, places, payload.extras, nested_items=tuple(nested)
        )


class ComplexSender(BatchSender):
    """Reads the answer of a complex creation: ids of the lead, its contact and its company stand beside each other."""

    def __init__(
        self, connection: Connection, outcome: FlushOutcome, concurrency: int | None, encode_again: Encoder
    ) -> None:
        super().__init__(connection, outcome, concurrency, encode_again)
        self.answers: dict[int, tuple[bool, int | None, int | None]] = {}
        self.reread_kinds = {"leads"}  # a refused option is not tried again: the parts of a lead cannot be sent apart

    def apply_stored(self, batch: Batch, stored: Mapping[str, StoredRow]) -> None:
        """Apply the rows of created leads and of their contacts and companies."""
        for item in batch.items:
            found = stored.get(item.request_id)
            if found is None:
                self.outcome.mark_batch_unconfirmed(batch.with_items([item]), None)
                continue
            self.apply_nested(item, found.row)
            apply_stored_row(item, StoredRow(found.id), self.connection, created=True)
            ids = [read_id(found.row, key) for key in RELATIONS.values()]
            self.answers[id(item.object)] = (bool(found.row.get("merged")), ids[0], ids[1])
            self.outcome.add_saved(item.object, created=True)

    def apply_nested(self, owner: BatchItem, row: dict[str, Any]) -> None:
        """Give the new contact and the new company their ids."""
        objects = {nested.relation: nested.object for nested in owner.nested_items}
        has_both = len(objects) == len(RELATIONS)
        if has_both:
            link_contact_and_company(objects["contacts"], objects["companies"])
        for nested in owner.nested_items:
            pk = read_id(row, RELATIONS[nested.relation or ""])
            if pk is None:
                absent = f"{describe(nested.object)}: the answer does not have its id"
                self.outcome.add_failed(nested.object, UnexpectedResponse(absent))
                continue
            apply_stored_row(nested, StoredRow(pk), self.connection, created=True)
            self.outcome.add_saved(nested.object, created=True)
        if has_both:
            mark_links_stored(objects["contacts"], objects["companies"])


def validate_complex_lead(lead: Model) -> None:
    """Raise before anything is sent."""
    if not lead.is_new:
        raise QueryError(f"{describe(lead)} is stored already: create_complex() makes new leads")
    for name in RELATIONS:
        related: RelatedObjects[Any] = getattr(lead, name)
        if len(related._links_to_add) > 1:
            raise ConfigurationError(
                f"{describe(lead)}: create_complex() takes one of its {name}, not {len(related._links_to_add)}: use save()"
            )


def refuse_too_many_fields(model: Model, body: Mapping[str, Any]) -> None:
    count = len(body.get(FREE_VALUES, ()))
    if count > MOST_VALUES:
        raise ConfigurationError(
            f"{describe(model)} has {count} custom fields. create_complex() takes {MOST_VALUES}: use save()"
        )


def link_contact_and_company(contact: Model, company: Model) -> None:
    """Link the new contact and company in memory, as the service links them."""
    for one, name, other in pair_sides(contact, company):
        getattr(one, name).add(other)


def mark_links_stored(contact: Model, company: Model) -> None:
    for one, name, other in pair_sides(contact, company):
        related: RelatedObjects[Any] = getattr(one, name)
        related._mark_stored(SentLinks(tuple(linked for linked in related._links_to_add if linked.is_for(other)), {}))


def pair_sides(contact: Model, company: Model) -> tuple[tuple[Model, str, Model], tuple[Model, str, Model]]:
    return (contact, "companies", company), (company, "contacts", contact)


def read_id(row: Mapping[str, Any], key: str) -> int | None:
    found = row.get(key)
    return int(found) if found is not None else None


__all__ = ["ComplexLead"]

"""Incoming leads, calls and events: what the checkers say of them. Never run.

A line that must be an error carries `# type: ignore[code]`, with mypy's code; every other line must be none.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import assert_type

from kommo_orm import (
    Call,
    CallMetadata,
    ChatMetadata,
    Company,
    Contact,
    DeadlineChange,
    Event,
    EventType,
    FormMetadata,
    IncomingLead,
    IncomingOutcome,
    IncomingSummary,
    Kommo,
    Lead,
    LinkChange,
    Note,
    Number,
    PriceChange,
    Report,
    Session,
    SortingReport,
    StageChange,
    Task,
    UnknownChange,
    custom,
)
from kommo_orm.entities.calls.call import CallQuery
from kommo_orm.entities.events.card_events import CardEvents
from kommo_orm.entities.events.event import EventQuery
from kommo_orm.entities.incoming.incoming_lead import IncomingLeadQuery
from kommo_orm.model.model import Model
from kommo_orm.model.related_objects import RelatedObjects


class Deal(Lead):
    budget: Number = custom(551)


class Request(IncomingLead):
    """A class of the user's own."""


def incoming(deal: Deal, form: FormMetadata, moment: datetime, one: IncomingLead, kommo: Kommo) -> None:
    made = IncomingLead(source_uid="a", source_name="b", metadata=form, lead=deal, contacts=[Contact(name="Ann"), 5])
    assert_type(made, IncomingLead)
    assert_type(made.uid, str)
    assert_type(made.id, str)
    assert_type(made.pk, str | None)
    assert_type(made.source_uid, str | None)
    assert_type(made.pipeline_id, int | None)
    assert_type(made.lead, Lead | None)
    assert_type(made.contact, Contact | None)
    assert_type(made.company, Company | None)
    assert_type(made.contacts, RelatedObjects[Contact])
    assert_type(made.leads.of(Deal), RelatedObjects[Deal])
    made.lead = deal
    made.company = Company(name="x")
    made.metadata = CallMetadata(caller="+1", duration=5)
    made.uid = "x"  # type: ignore[assignment]
    made.category = "sip"  # type: ignore[assignment]
    made.lead = Company(name="x") if moment else "x"  # type: ignore[assignment]
    match made.metadata:
        case FormMetadata(form_sent_at=sent):
            assert_type(sent, datetime | None)
        case CallMetadata(duration=seconds):
            assert_type(seconds, int | None)
        case ChatMetadata():
            pass
        case _:
            assert_type(made.metadata.of_category, str)
    created = IncomingLead.objects.create(source_uid="a", source_name="b", metadata=form, lead=deal, pipeline_id=7)
    assert_type(created, IncomingLead)
    assert_type(Request.objects.create(source_uid="a", source_name="b", metadata=form), Request)
    IncomingLead.objects.create(source_uid="a", source_name="b")  # type: ignore[call-arg]
    assert_type(IncomingLead.objects.get("a91f03c4"), IncomingLead)
    IncomingLead.objects.get(5)  # type: ignore[arg-type]
    assert_type(IncomingLead.objects.in_bulk(["a"]), dict[str, IncomingLead])
    assert_type(IncomingLead.objects.filter(category="forms", uid__in=["a"]), IncomingLeadQuery[IncomingLead])
    assert_type(
        IncomingLead.objects.filter(IncomingLead.uid == "a", IncomingLead.pipeline_id == 7).first(), IncomingLead | None
    )
    IncomingLead.objects.filter(category="letters")  # type: ignore[arg-type]
    IncomingLead.objects.order_by("-created_at").include("lead", "contacts")
    IncomingLead.objects.order_by("created_at")  # type: ignore[arg-type]
    assert_type(one.accept(user_id=42, status_id=501), IncomingOutcome)
    assert_type(one.decline(user_id=42, using=kommo), IncomingOutcome)
    assert_type(one.link(deal, contact=5).lead, Lead | None)
    assert_type(one.accept().contacts, tuple[Contact, ...])
    assert_type(IncomingLead.objects.accept([one, "a91f03c4"], user_id=42), SortingReport)
    assert_type(IncomingLead.objects.decline([one]).outcomes, list[IncomingOutcome])
    assert_type(IncomingLead.objects.bulk_create([made]), Report)
    assert_type(IncomingLead.objects.summary(created_at__gte=moment, pipeline_id=7), IncomingSummary)
    assert_type(IncomingLead.objects.summary().categories["forms"], int)
    one.resolve(created_id="a91f03c4")
    one.resolve(created_id=5)  # type: ignore[arg-type]


async def incoming_async(one: IncomingLead, form: FormMetadata) -> None:
    assert_type(await one.aaccept(), IncomingOutcome)
    assert_type(await one.adecline(user_id=0), IncomingOutcome)
    assert_type(await IncomingLead.objects.aget("a"), IncomingLead)
    assert_type(await IncomingLead.objects.asummary(), IncomingSummary)
    assert_type(await IncomingLead.objects.aaccept([one]), SortingReport)
    assert_type(await IncomingLead.objects.acreate(source_uid="a", source_name="b", metadata=form), IncomingLead)


def calls(moment: datetime) -> None:
    call = Call(direction="inbound", duration=95, source="pbx", phone="+1", call_responsible="Sam", created_at=moment)
    assert_type(call, Call)
    assert_type(call.duration, int)
    assert_type(call.call_responsible, int | str)
    assert_type(call.entity, Model | None)
    assert_type(call.note, Note | None)
    assert_type(Call.objects.create(direction="outbound", duration=0, source="pbx", phone="+1", uniq="k"), Call)
    Call(direction="sideways", duration=1, source="pbx", phone="+1")  # type: ignore[arg-type]
    Call.objects.create(direction="inbound", duration=1, source="pbx")  # type: ignore[call-arg]
    call.entity_id = 5  # type: ignore[assignment]


def events(lead: Lead, contact: Contact, task: Task, moment: datetime, event: Event) -> None:
    assert_type(lead.events, CardEvents)
    assert_type(contact.events.all(), EventQuery[Event])
    assert_type(task.events.all().first(), Event | None)
    assert_type(Event.objects.get("01hz"), Event)
    assert_type(Event.objects.filter(type="lead_added", created_at__gte=moment), EventQuery[Event])
    assert_type(Event.objects.filter(status_after=(7, 142), responsible_before__in=[1, 2]).list(), list[Event])
    assert_type(Event.objects.filter(Event.type == "lead_added", Event.created_at >= moment).exists(), bool)
    assert_type(Event.objects.include("lead_name", "note"), EventQuery[Event])
    assert_type(Event.objects.types("en"), list[EventType])
    Event.objects.filter(status_after=142)  # type: ignore[arg-type]
    Event.objects.include("name")  # type: ignore[arg-type]
    Event.objects.get(5)  # type: ignore[arg-type]
    event.type = "x"  # type: ignore[assignment]
    assert_type(event.id, str)
    assert_type(event.entity, Model | None)
    assert_type(event.entity_name, str | None)
    assert_type(event.field_id, int | None)
    match event.before, event.after:
        case StageChange(id=old), StageChange(id=new, pipeline_id=pipeline):
            assert_type(old, int)
            assert_type(new, int)
            assert_type(pipeline, int | None)
        case _, PriceChange(price=price):
            assert_type(price, Decimal)
        case _, DeadlineChange(at=at):
            assert_type(at, datetime)
        case _, LinkChange(kind=kind):
            assert_type(kind, str)
        case _, UnknownChange(raw=raw):
            raw.get("x")
        case _:
            pass


def sessions(kommo: Kommo) -> None:
    with Session(kommo) as session:
        assert_type(session.query(IncomingLead).filter(category="sip"), IncomingLeadQuery[IncomingLead])
        assert_type(session.query(Request), IncomingLeadQuery[Request])
        assert_type(session.query(Event), EventQuery[Event])
        assert_type(session.query(Call), CallQuery[Call])

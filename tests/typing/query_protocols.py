"""The queries and related managers fit the protocols of `kommo_orm.query.protocols`."""

from __future__ import annotations

from kommo_orm import Contact, CustomField, Lead, LossReason, Note, Segment, Tag, Task
from kommo_orm.query.protocols import (
    CreatesRows,
    HasParent,
    IncludesRelated,
    NarrowsRows,
    OrdersRows,
    ReadsRows,
    UpdatesRows,
)


def narrows(lead: Lead) -> list[NarrowsRows]:
    return [Lead.objects, Contact.objects, Task.objects, Tag.objects, lead.notes, lead.tasks]


def orders(lead: Lead) -> list[OrdersRows]:
    return [Lead.objects, Contact.objects, CustomField.objects, Note.objects, lead.tasks]


def includes() -> list[IncludesRelated]:
    return [Lead.objects, Contact.objects, Note.objects]


def has_parent() -> list[HasParent]:
    return [Note.objects, Tag.objects, CustomField.objects]


def reads(lead: Lead) -> list[ReadsRows[object]]:
    return [Lead.objects, Tag.objects, lead.notes, lead.tasks]


def creates(lead: Lead) -> list[CreatesRows[object]]:
    return [Lead.objects, Contact.objects, Task.objects, LossReason.objects, lead.notes, lead.tasks]


def updates() -> list[UpdatesRows]:
    return [Lead.objects, Contact.objects, Segment.objects]

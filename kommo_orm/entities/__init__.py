"""The entities of an account, one file each: the model, its filters, its query and its manager.

Importing any of them brings all, and every kind of custom field: related objects and fields that no class declares need
their classes, whichever the user imported.
"""

from kommo_orm import fields as fields
from kommo_orm.entities import (
    account,
    call,
    catalog,
    catalog_element,
    company,
    contact,
    currency,
    custom_field,
    custom_field_group,
    customers,
    integration,
    invoice,
    lead,
    link,
    loss_reason,
    note,
    pipeline,
    role,
    status,
    tag,
    task,
    user,
)
from kommo_orm.entities.bots import bot
from kommo_orm.entities.chats import talk, talk_message, template
from kommo_orm.entities.events import event
from kommo_orm.entities.files import drive_file
from kommo_orm.entities.incoming import incoming_lead

__all__ = [
    "account",
    "bot",
    "call",
    "catalog",
    "catalog_element",
    "company",
    "contact",
    "currency",
    "custom_field",
    "custom_field_group",
    "customers",
    "drive_file",
    "event",
    "incoming_lead",
    "integration",
    "invoice",
    "lead",
    "link",
    "loss_reason",
    "note",
    "pipeline",
    "role",
    "status",
    "tag",
    "talk",
    "talk_message",
    "task",
    "template",
    "user",
]

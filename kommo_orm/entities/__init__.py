"""The entities of an account, one file each: the model, its filters, its query and its manager.

Importing any of them brings all, and every kind of custom field: related objects and fields that no class declares need
their classes, whichever the user imported.
"""

from kommo_orm import fields as fields
from kommo_orm.entities import (
    account,
    catalog,
    catalog_element,
    company,
    contact,
    currency,
    custom_field,
    custom_field_group,
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
from kommo_orm.entities.files import drive_file

__all__ = [
    "account",
    "bot",
    "catalog",
    "catalog_element",
    "company",
    "contact",
    "currency",
    "custom_field",
    "custom_field_group",
    "drive_file",
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

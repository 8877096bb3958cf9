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
    custom_field,
    custom_field_group,
    lead,
    loss_reason,
    note,
    pipeline,
    role,
    status,
    tag,
    task,
    user,
)

__all__ = [
    "account",
    "catalog",
    "catalog_element",
    "company",
    "contact",
    "custom_field",
    "custom_field_group",
    "lead",
    "loss_reason",
    "note",
    "pipeline",
    "role",
    "status",
    "tag",
    "task",
    "user",
]

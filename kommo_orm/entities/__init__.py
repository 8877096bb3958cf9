"""The entities of an account, one file each: the model, its filters, its query and its manager.

Importing any of them brings all, and every kind of custom field: related objects and fields that no class declares need
their classes, whichever the user imported.
"""

from kommo_orm import fields as fields
from kommo_orm.entities import company, contact, lead, loss_reason, tag

__all__ = ["company", "contact", "lead", "loss_reason", "tag"]

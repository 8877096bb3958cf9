"""The entities of an account, one file each: the model, its filters, its query and its manager.

A kind's class is imported when it is first needed: by the user, or because related objects are made of it. Every kind of
custom field comes with any entity, since fields that no class declares need theirs.
"""

from kommo_orm import fields as fields
from kommo_orm.model.class_registry import register_modules

register_modules(
    __name__,
    {
        "account": "account",
        "bots": "bots.bot",
        "calls": "call",
        "catalog_elements": "catalog_element",
        "catalogs": "catalog",
        "chat_templates": "chats.template",
        "companies": "company",
        "contacts": "contact",
        "currencies": "currency",
        "custom_field_groups": "custom_field_group",
        "custom_fields": "custom_field",
        "customer_periods": "customers.customer_period",
        "customer_statuses": "customers.customer_status",
        "customers": "customers.customer",
        "events": "events.event",
        "file_versions": "files.version",
        "files": "files.drive_file",
        "incoming_leads": "incoming.incoming_lead",
        "leads": "lead",
        "loss_reasons": "loss_reason",
        "notes": "note",
        "pipelines": "pipeline",
        "roles": "role",
        "segments": "customers.segment",
        "short_links": "integration.short_link",
        "sources": "integration.source",
        "statuses": "status",
        "tags": "tag",
        "talk_messages": "chats.talk_message",
        "talks": "chats.talk",
        "tasks": "task",
        "transactions": "customers.transaction",
        "users": "user",
        "webhooks": "integration.webhook",
        "website_buttons": "integration.website_button",
        "widgets": "integration.widget",
    },
)

"""The entities of an account, one file each: the model, its filters, its query and its manager.

A kind's class is imported when it is first needed: by the user, or because related objects are made of it. Every kind of
custom field comes with any entity, since fields that no class declares need theirs.
"""

from kommo_orm import fields as fields
from kommo_orm.model.class_registry import register_managers, register_modules

register_modules(
    __name__,
    {
        "account": "account.account",
        "bots": "bots.sales_bot",
        "calls": "calls.call",
        "catalog_elements": "lists.catalog_element",
        "catalogs": "lists.catalog",
        "chat_templates": "chats.chat_template",
        "companies": "contacts.company",
        "contacts": "contacts.contact",
        "currencies": "account.currency",
        "custom_field_groups": "custom_fields.custom_field_group",
        "custom_fields": "custom_fields.custom_field",
        "customer_periods": "customers.customer_period",
        "customer_statuses": "customers.customer_status",
        "customers": "customers.customer",
        "events": "events.event",
        "file_versions": "files.file_version",
        "files": "files.drive_file",
        "incoming_leads": "incoming.incoming_lead",
        "leads": "leads.lead",
        "loss_reasons": "leads.loss_reason",
        "notes": "notes.note",
        "pipelines": "pipelines.pipeline",
        "roles": "users.role",
        "segments": "customers.segment",
        "short_links": "integration.short_link",
        "sources": "integration.source",
        "statuses": "pipelines.status",
        "tags": "tags.tag",
        "talk_messages": "chats.talk_message",
        "talks": "chats.talk",
        "tasks": "tasks.task",
        "transactions": "customers.transaction",
        "users": "users.user",
        "webhooks": "integration.webhook",
        "website_buttons": "integration.website_button",
        "widgets": "integration.widget",
    },
)
register_managers(
    __name__,
    {
        "BonusPoints": "customers.bonus_points",
        "CardEvents": "events.card_events",
        "CardFiles": "files.attached_files",
        "CardLinks": "links.card_links",
        "CardNotes": "notes.card_notes",
        "CardTasks": "tasks.card_tasks",
        "ContactChats": "contacts.contact_chats",
        "CustomerTransactions": "customers.customer_transactions",
        "Subscriptions": "shared.subscriptions",
        "TalkMessages": "chats.talk_message",
    },
)

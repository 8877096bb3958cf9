"""The items of webhook bodies, one function for each kind of row (Kommo API v4, Webhooks).

The keys are those of recorded bodies and of the documents, older names beside newer ones. Where neither shows a key,
the item has none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.resources import tags
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.webhooks.field_values import render_field_values
from kommo_orm.sandbox.webhooks.outbox import WebhookEvent
from kommo_orm.sandbox.webhooks.unsorted_items import build_unsorted_item

ELEMENT_TYPES = {"contacts": 1, "leads": 2, "companies": 3, "customers": 12}
_ENTITY_TYPES = {"lead": 2, "customer": 12}  # of a talk
_NOTE_TYPES = {"common": 4, "attachment": 5, "call_in": 10, "call_out": 11, "sms_in": 102, "sms_out": 103}
_SYSTEM_NOTE = 25
_SERVER_OFFSET = 3 * 3600  # texts of notes are in the server's time, three hours ahead of UTC
_CARD_TYPES = {"contacts": "contact", "companies": "company"}


def build_body(account: Account, event: WebhookEvent) -> Row:
    """Build the body of a webhook with one item. The account comes first, as since 2024."""
    item = _BUILDERS[event.kind](account, event)
    links = {"self": account.origin}
    head: Row = {"subdomain": account.subdomain, "id": account.id, "_links": links}
    return {"account": head, _find_entity_key(event): {event.action: [item]}}


def _find_entity_key(event: WebhookEvent) -> str:
    """Return the first part of an envelope. Companies arrive under `contacts`."""
    kind = str(event.row["entity_type"]) if event.kind == "notes" else event.kind
    if event.kind == "talk_messages":
        return "message" if event.row["type"] == "incoming" else "outgoing_message"
    return {"companies": "contacts", "tasks": "task", "catalog_elements": "catalogs", "talks": "talk"}.get(kind, kind)


# Cards


def _build_lead_item(account: Account, event: WebhookEvent) -> Row:
    row = event.row
    if event.action == "delete":
        return {key: row[key] for key in ("id", "status_id", "pipeline_id")}
    item: Row = {"id": row["id"], "name": row["name"], "status_id": row["status_id"]}
    item |= {key: event.extra[key] for key in ("old_status_id", "old_pipeline_id") if key in event.extra}
    item |= {"price": int(row["price"]), "responsible_user_id": row["responsible_user_id"]}
    item |= {key: event.extra[key] for key in ("old_responsible_user_id",) if key in event.extra}
    item |= {**_build_older_keys(row), "pipeline_id": row["pipeline_id"], "tags": _build_tags(account, row)}
    item |= {"account_id": account.id, "loss_reason_id": row["loss_reason_id"], "group_id": row["group_id"] or None}
    return {**item, "custom_fields": render_field_values(account, "leads", row["values"]), **_build_times(row)}


def _build_older_keys(row: Row) -> Row:
    people = {"modified_user_id": row["updated_by"], "created_user_id": row["created_by"]}
    return {"last_modified": row["updated_at"], **people, "date_create": row["created_at"]}


def _build_times(row: Row) -> Row:
    return {"created_at": row["created_at"], "updated_at": row["updated_at"]}


def _build_tags(account: Account, row: Row) -> list[Row]:
    return [{"id": tag["id"], "name": tag["name"]} for tag in tags.render_card_tags(account, row)]


def _build_contact_item(account: Account, event: WebhookEvent) -> Row:
    """Build the item of a contact or a company; `type` tells which."""
    row, kind = event.row, event.kind
    if event.action == "delete":
        return {"id": row["id"], "type": _CARD_TYPES[kind]}
    item: Row = {"id": row["id"], "name": row["name"], "responsible_user_id": row["responsible_user_id"], **event.extra}
    item |= {**_build_older_keys(row), **_build_linked_keys(account, kind, row), "tags": _build_tags(account, row)}
    item |= {"account_id": account.id, "custom_fields": render_field_values(account, kind, row["values"])}
    return {**item, **_build_times(row), "type": _CARD_TYPES[kind]}


def _build_linked_keys(account: Account, kind: str, row: Row) -> Row:
    """Build the company of a contact, and the leads as a map from id to `{ID: id}`."""
    links = account.store.links
    keys: Row = {}
    if kind == "contacts":
        for (_, number), _metadata in links.find_linked((kind, row["id"]), "companies"):
            company = account.store.get_table("companies")[number]
            keys |= {"company_name": company["name"], "linked_company_id": number}
    leads = [number for (_, number), _metadata in links.find_linked((kind, row["id"]), "leads")]
    return {**keys, "linked_leads_id": {str(number): {"ID": number} for number in leads}}


def _build_customer_item(account: Account, event: WebhookEvent) -> Row:
    row = event.row
    if event.action == "delete":
        return {"id": row["id"]}
    keys = ("id", "name", "responsible_user_id", "status_id", "next_price", "next_date", "periodicity")
    item: Row = {**{key: row[key] for key in keys}, **event.extra, "tags": _build_tags(account, row)}
    item |= {"account_id": account.id, "created_by": row["created_by"], "modified_by": row["updated_by"]}
    return {**item, "custom_fields": render_field_values(account, "customers", row["values"]), **_build_times(row)}


# Notes, tasks, list elements


def _build_note_item(account: Account, event: WebhookEvent) -> Row:
    row, kind = event.row, event.row["entity_type"]
    note: Row = {"id": row["id"], "note_type": _NOTE_TYPES.get(row["note_type"], _SYSTEM_NOTE)}
    note |= {"element_type": ELEMENT_TYPES[kind], "element_id": row["entity_id"], **_build_note_content(row)}
    note |= {"catalog_id": 0, "group_id": row["group_id"] or 0, "account_id": account.id}
    note |= {"metadata": _build_note_metadata(account, row), "created_by": row["created_by"]}
    note |= {"modified_by": row["updated_by"], "main_user_id": row["responsible_user_id"]}
    times = (row["created_at"], row["updated_at"])
    note |= dict(zip(("date_create", "timestamp_x"), (format_time(at + _SERVER_OFFSET) for at in times), strict=True))
    note |= _build_times(row)
    return {"note": note, "type": _CARD_TYPES.get(kind)}


def _build_note_content(row: Row) -> Row:
    """Build the text. A file note has the name of the file, and its place as `attachement` (the service's spelling)."""
    params = row["params"]
    if row["note_type"] != "attachment":
        return {"text": params.get("text", json.dumps(params, ensure_ascii=False)), "attachement": ""}
    name = params.get("original_name") or params.get("text", "")
    place = f"drive/{params['file_uuid']}/{params.get('version_uuid') or ''}/{name}"
    return {"text": name, "attachement": place}


def _build_note_metadata(account: Account, row: Row) -> str:
    author = account.store.get_row("users", row["created_by"])
    source = {"id": row["created_by"], "author_name": author["name"] if author else "", "type": 1}
    return json.dumps({"event_source": source}, ensure_ascii=False, separators=(",", ":"))


def _build_task_item(account: Account, event: WebhookEvent) -> Row:
    row, extra = event.row, event.extra
    if event.action == "delete":
        return {"id": row["id"]}
    item: Row = {"id": row["id"], "element_id": row["entity_id"] or 0}
    item |= {"element_type": ELEMENT_TYPES.get(row["entity_type"], 0), "task_type": row["task_type_id"]}
    item |= {"date_create": format_time(row["created_at"]), "text": row["text"], "status": row["is_completed"]}
    item |= {"account_id": account.id, "created_user_id": row["created_by"]}
    item |= {"last_modified": format_time(row["updated_at"]), "responsible_user_id": row["responsible_user_id"]}
    item |= {"complete_till": format_time(row["complete_till"]), **extra}
    if event.action == "update":
        item |= {"main_user": row["responsible_user_id"], "modified_by": row["updated_by"]}
        item["result"] = {"id": row["id"], "text": row["result"]["text"]} if row["result"] else None
    return {**item, **_build_times(row), "complete_before": row["complete_till"]}


def format_time(stamp: int) -> str:
    """Format a time as tasks and notes show it; tasks in UTC."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=stamp)).strftime("%Y-%m-%d %H:%M:%S")


def _build_element_item(account: Account, event: WebhookEvent) -> Row:
    row = event.row
    head: Row = {"id": row["id"], "catalog_id": row["catalog_id"]}
    if event.action == "delete":
        return {**head, "type": "catalog"}
    people = {"created_by": row["created_by"], "modified_by": row["updated_by"]}
    item: Row = {**head, "name": row["name"], "deleted": 0, "date_create": row["created_at"]}
    item |= {"date_modify": row["updated_at"], **people}
    item["custom_fields"] = render_field_values(account, f"catalogs/{row['catalog_id']}", row["values"])
    return {**item, **_build_times(row), "type": "catalog"}


# Conversations


def _build_talk_item(account: Account, event: WebhookEvent) -> Row:
    row = event.row
    keys = ("contact_id", "chat_id", "entity_id", "entity_type", "is_in_work", "is_read", "origin")
    return {"talk_id": row["id"], **_build_times(row), "rate": row["rate"], **{key: row[key] for key in keys}}


def _build_message_item(account: Account, event: WebhookEvent) -> Row:
    """Build a message. The keys of its card are absent while the talk has none."""
    row, talk = event.row, event.extra["talk"]
    attachment = row["attachment"] or {}
    item: Row = {"id": row["uuid"], "chat_id": talk.get("chat_id"), "talk_id": row["talk_id"]}
    item |= {"contact_id": talk.get("contact_id"), "text": row["text"], "created_at": row["created_at"]}
    item |= {"message_type": attachment.get("type"), "attachment": attachment}
    if talk.get("entity_id") and talk.get("entity_type"):
        older = {"element_type": _ENTITY_TYPES[talk["entity_type"]], "entity_type": talk["entity_type"]}
        item |= {**older, "element_id": talk["entity_id"], "entity_id": talk["entity_id"]}
    return {**item, "type": row["type"], "author": row["author"], "origin": talk.get("origin")}


_BUILDERS: Mapping[str, Callable[[Account, WebhookEvent], Row]] = {
    "leads": _build_lead_item,
    "contacts": _build_contact_item,
    "companies": _build_contact_item,
    "customers": _build_customer_item,
    "notes": _build_note_item,
    "tasks": _build_task_item,
    "catalog_elements": _build_element_item,
    "talks": _build_talk_item,
    "talk_messages": _build_message_item,
    "unsorted": build_unsorted_item,
}

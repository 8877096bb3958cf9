"""The items of webhooks about incoming leads (Kommo API v4, Webhooks): where they came from, and what came with them."""

from __future__ import annotations

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.webhooks.field_values import render_field_values
from kommo_orm.sandbox.webhooks.outbox import WebhookEvent

_FORM_KEYS = {"form_id": "form_id", "form_type": "form_type", "form_name": "form_name", "form_page": "from"}


def build_unsorted_item(account: Account, event: WebhookEvent) -> Row:
    row = event.row
    if event.action == "delete":
        return _build_decision_item(event)
    item: Row = {"uid": row["uid"], "source": row["source_name"], "source_uid": row["source_uid"]}
    item |= {"source_name": row["source_name"], "category": row["category"]}
    item |= {"source_data": _build_source_data(account, row), "date_create": row["created_at"]}
    item |= {"data": _build_data(account, row), "pipeline_id": row["pipeline_id"], "account_id": account.id}
    return {**item, "request_id": 0, "lead_id": row["leads"][0], "created_at": row["created_at"]}


def _build_decision_item(event: WebhookEvent) -> Row:
    row, decision = event.row, event.extra["decision"]
    item: Row = {"action": decision, "uid": row["uid"], "category": row["category"]}
    item[f"{decision}_result"] = {"leads": event.extra["result"]}
    return {**item, "created_at": row["created_at"], "modified_user_id": event.extra["user_id"]}


def _build_source_data(account: Account, row: Row) -> Row:
    """Build the data of the source. Only forms are documented; of others it is the metadata."""
    metadata: Row = row["metadata"] or {}
    source = {"source": row["source_name"], "source_uid": row["source_uid"]}
    if row["category"] != "forms":
        return {**metadata, **source}
    item: Row = {"form_type": 1, **{new: metadata.get(old) for old, new in _FORM_KEYS.items() if old in metadata}}
    sent = metadata.get("form_sent_at", row["created_at"])
    origin = {key: metadata.get(key) for key in ("ip", "referer", "visitor_uid")}
    lead = account.store.get_table("leads")[row["leads"][0]]
    name = {"type": "text", "id": "name_2", "element_type": 2, "name": "Name", "value": lead["name"]}
    return {**item, **source, "date": sent, "origin": {"datetime": sent, **origin}, "data": {"name_2": name}}


def _build_data(account: Account, row: Row) -> Row:
    table = account.store.get_table
    leads = [_build_lead(account, table("leads")[number]) for number in row["leads"]]
    people = {
        kind: [_build_person(account, kind, table(kind)[n]) for n in row[kind]] for kind in ("contacts", "companies")
    }
    return {"leads": leads, **people}


def _build_lead(account: Account, row: Row) -> Row:
    head: Row = {"id": row["id"], "name": row["name"], "pipeline_id": row["pipeline_id"], "status_id": row["status_id"]}
    head |= {"date_create": row["created_at"], "last_modified": row["updated_at"]}
    head |= {"modified_user_id": row["updated_by"], "created_user_id": row["created_by"]}
    return {**head, "custom_fields": render_field_values(account, "leads", row["values"])}


def _build_person(account: Account, kind: str, row: Row) -> Row:
    fields = render_field_values(account, kind, row["values"])
    return {"id": row["id"], "name": row["name"], "custom_fields": fields}

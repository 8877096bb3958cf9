"""Records the events of writes (Kommo API v4, Events).

Only events that follow from a write are recorded: of cards, their links, notes, calls and tasks. The feed is read newest first. Ids
of events are texts, and entity types are singular.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.custom_field_values import render_values
from kommo_orm.sandbox.row_store import End, Row

SINGULAR = {"leads": "lead", "contacts": "contact", "companies": "company", "customers": "customer", "tasks": "task"}
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"

# changed key -> type of the event, and how a row's value is rendered
_CHANGES: Mapping[str, tuple[str, Any]] = {
    "name": ("name_field_changed", lambda row: {"name_field_value": {"name": row["name"]}}),
    "price": ("sale_field_changed", lambda row: {"sale_field_value": {"sale": int(row["price"])}}),
    "responsible_user_id": (
        "entity_responsible_changed",
        lambda row: {"responsible_user": {"id": row["responsible_user_id"]}},
    ),
}
_STAGE = ("pipeline_id", "status_id")

# type of a field -> its legacy number
FIELD_TYPES = {
    "text": 1,
    "numeric": 2,
    "checkbox": 3,
    "select": 4,
    "multiselect": 5,
    "date": 6,
    "url": 7,
    "multitext": 8,
    "textarea": 9,
    "radiobutton": 10,
    "streetaddress": 11,
    "smart_address": 13,
    "birthday": 14,
    "legal_entity": 15,
    "items": 16,
}
_NOTES = {
    "common": "common_note_added",
    "call_in": "incoming_call",
    "call_out": "outgoing_call",
    "sms_in": "incoming_sms",
    "sms_out": "outgoing_sms",
    "attachment": "attachment_note_added",
    "geolocation": "geo_note_added",
    "service_message": "service_note_added",
    "extended_service_message": "service_note_added",
    "site_visit": "site_visit_note_added",
    "targeting_in": "targeting_in_note_added",
    "targeting_out": "targeting_out_note_added",
    "message_cashier": "message_to_cashier_note_added",
}


def record_event(
    account: Account,
    kind: str,
    entity_id: int,
    entity_type: str,
    by: int,
    *,
    after: Iterable[Row] = (),
    before: Iterable[Row] = (),
    **values: Any,
) -> Row:
    """Store one event in the form in which it is read."""
    number = account.store.allocate_id("events")
    head: Row = {"id": number, "uid": values.pop("uid", None) or build_event_uid(account.now(), number), "type": kind}
    about: Row = {"entity_id": entity_id, "entity_type": entity_type, "created_by": by, "created_at": account.now()}
    changed: Row = {"value_after": list(after), "value_before": list(before)}
    return account.store.insert_row("events", {**head, **about, **changed, **values})


def build_event_uid(now: int, number: int) -> str:
    """Return 26 characters that increase with time."""
    left, text = (now << 80) + number, ""
    while len(text) < 26:
        left, digit = divmod(left, 32)
        text = _DIGITS[digit] + text
    return text


# Events of writes


def record_card_added(account: Account, kind: str, row: Row, by: int) -> None:
    """Record that a card was added. The service refers to a note of it."""
    name = SINGULAR[kind]
    note = {"note": {"id": account.store.allocate_id("event_notes")}}
    record_event(account, f"{name}_added", row["id"], name, by, after=[note])


def record_card_deleted(account: Account, kind: str, number: int, by: int) -> None:
    record_event(account, f"{SINGULAR[kind]}_deleted", number, SINGULAR[kind], by)


def record_card_restored(account: Account, kind: str, number: int, by: int) -> None:
    record_event(account, f"{SINGULAR[kind]}_restored", number, SINGULAR[kind], by)


def record_card_changes(account: Account, kind: str, before: Row, row: Row, by: int) -> None:
    """Record one event for each change of a card."""

    def record_change(event: str, after: Iterable[Row], old: Iterable[Row]) -> None:
        record_event(account, event, row["id"], SINGULAR[kind], by, after=after, before=old)

    for key, (event, value) in _CHANGES.items():
        if key in row and before.get(key) != row[key]:
            record_change(event, [value(row)], [value(before)])
    if kind == "leads" and [before[key] for key in _STAGE] != [row[key] for key in _STAGE]:
        record_change("lead_status_changed", [_render_stage(row)], [_render_stage(before)])
    if kind == "customers" and before["status_id"] != row["status_id"]:
        record_change(
            "customer_status_changed", *([{"customer_status": {"id": one["status_id"]}}] for one in (row, before))
        )
    gone, new = (set(one["tags"]) - set(other["tags"]) for one, other in ((before, row), (row, before)))
    for event, tags, is_new in (("entity_tag_added", new, True), ("entity_tag_deleted", gone, False)):
        if tags:
            changes = [{"tag": {"name": account.store.get_table("tags")[tag]["name"]}} for tag in sorted(tags)]
            record_change(event, changes if is_new else (), () if is_new else changes)
    for field_id in sorted({*before["values"], *row["values"]}):
        old, now = (one["values"].get(field_id) for one in (before, row))
        if old != now:
            record_change(
                "custom_field_value_changed",
                *(_render_changed_values(account, kind, field_id, one) for one in (now, old)),
            )


def _render_stage(row: Row) -> Row:
    return {"lead_status": {"id": row["status_id"], "pipeline_id": row["pipeline_id"]}}


def _render_changed_values(account: Account, kind: str, field_id: int, stored: Any) -> list[Row]:
    if not stored:
        return []
    items = render_values(account, kind, {field_id: stored}) or []
    return [
        {
            "custom_field_value": {
                "field_id": field_id,
                "field_type": FIELD_TYPES.get(item["field_type"], 1),
                "enum_id": value.get("enum_id"),
                "text": str(value.get("value", "")),
            }
        }
        for item in items
        for value in item["values"]
    ]


def record_link_event(account: Account, one: End, other: End, verb: str, by: int) -> None:
    """Record that two rows were `linked` or `unlinked`, in the feed of both. An element has no feed of its own."""
    for (kind, number), (target, target_id) in ((one, other), (other, one)):
        if kind not in SINGULAR:
            continue
        entity: Row = {"type": SINGULAR.get(target, "catalog_element"), "id": target_id}
        if target not in SINGULAR:
            entity["catalog_id"] = account.store.get_table(target)[target_id]["catalog_id"]
        change = [{"link": {"entity": entity}}]
        after, before = (change, []) if verb == "linked" else ([], change)
        event = f"{SINGULAR.get(target, 'entity')}_{verb}"
        record_event(account, event, number, SINGULAR[kind], by, after=after, before=before)


def record_note_added(account: Account, note: Row, by: int) -> None:
    """Record that a note was added to a card."""
    event = _NOTES.get(note["note_type"])
    name = SINGULAR.get(note["entity_type"])
    if event and name:
        record_event(account, event, note["entity_id"], name, by, after=[{"note": {"id": note["id"]}}])


def record_task_event(account: Account, task: Row, event: str, by: int) -> None:
    """Record `task_added` or `task_completed`. The entity of the event is the task itself."""
    record_event(account, event, task["id"], "task", by)

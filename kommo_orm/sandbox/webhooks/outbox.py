"""Notes what a request has changed, so that the subscribed addresses can be told when the request is over.

A resource calls a `record_*` function. An event keeps the row itself and not its content: the body shows the row as it
is at the end of the request. Nothing is noted while the account has no webhook.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kommo_orm.sandbox.row_store import End, Row

if TYPE_CHECKING:
    from kommo_orm.sandbox.account_state import Account

SINGULAR = {"leads": "lead", "contacts": "contact", "companies": "company", "customers": "customer"}
# In Kommo the change of a responsible user has an action of its own only for these kinds (Kommo API v4, Webhooks).
_WITH_RESPONSIBLE = ("leads", "customers")


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One thing that happened: a webhook that has one of `codes` in its settings gets it under `{action}`.

    `extra` holds what the row does not say: former values, or the outcome of a decision.
    """

    codes: tuple[str, ...]
    kind: str
    action: str
    row: Row
    extra: Row = field(default_factory=dict[str, object])

    @property
    def about(self) -> End:
        return self.kind, self.row["id"]


@dataclass(slots=True)
class WebhookOutbox:
    """The events of the request that is handled now, and the times of failed deliveries by the id of the webhook."""

    events: list[WebhookEvent] = field(default_factory=list[WebhookEvent])
    failures: dict[int, deque[float]] = field(default_factory=dict[int, deque[float]])

    def take_events(self) -> list[WebhookEvent]:
        found, self.events = self.events, []
        return found

    def withdraw_events(self, kind: str, number: int) -> None:
        """Forget what was noted about a row: nobody is told of cards that belong to a waiting incoming lead."""
        self.events = [event for event in self.events if event.about != (kind, number)]


def _record(account: Account, codes: tuple[str, ...], kind: str, action: str, row: Row, **extra: object) -> None:
    if account.store.get_table("webhooks"):
        account.outbox.events.append(WebhookEvent(codes, kind, action, row, extra))


# Cards


def record_card_added(account: Account, kind: str, row: Row) -> None:
    _record(account, (f"add_{SINGULAR[kind]}",), kind, "add", row)


def record_card_changed(account: Account, kind: str, before: Row, row: Row) -> None:
    """Note an update, and the change of the stage and of the responsible user that it contains."""
    word, former = SINGULAR[kind], _find_former_values(kind, before, row)
    moved = before["responsible_user_id"] != row["responsible_user_id"]
    codes = [f"update_{word}"]
    if moved and kind not in _WITH_RESPONSIBLE:
        codes.append(f"responsible_{word}")
    _record(account, tuple(codes), kind, "update", row, **former)
    if kind == "leads" and former.keys() & {"old_status_id", "old_pipeline_id"}:
        _record(account, ("status_lead",), kind, "status", row, **former)
    if moved and kind in _WITH_RESPONSIBLE:
        user = {"old_responsible_user_id": before["responsible_user_id"]}
        _record(account, (f"responsible_{word}",), kind, "responsible", row, **former, **user)


def _find_former_values(kind: str, before: Row, row: Row) -> Row:
    """Return the keys of an update that name former values. Contacts and companies always have the former user."""
    if kind in ("contacts", "companies"):
        return {"old_responsible_user_id": before["responsible_user_id"]}
    if kind != "leads" or (before["pipeline_id"], before["status_id"]) == (row["pipeline_id"], row["status_id"]):
        return {}
    former = {"old_status_id": before["status_id"]}
    if before["pipeline_id"] != row["pipeline_id"]:
        former["old_pipeline_id"] = before["pipeline_id"]
    return former


def record_card_deleted(account: Account, kind: str, row: Row) -> None:
    _record(account, (f"delete_{SINGULAR[kind]}",), kind, "delete", row)


def record_card_restored(account: Account, kind: str, row: Row) -> None:
    _record(account, (f"restore_{SINGULAR[kind]}",), kind, "restore", row)


def record_note_added(account: Account, note: Row) -> None:
    """Note a note of a card. Notes of tasks are results and have no webhook."""
    word = SINGULAR.get(note["entity_type"])
    if word is not None:
        _record(account, (f"note_{word}",), "notes", "note", note)


# Tasks and list elements


def record_task_added(account: Account, row: Row) -> None:
    _record(account, ("add_task",), "tasks", "add", row)


def record_task_changed(account: Account, before: Row, row: Row) -> None:
    """Note an update. A change of the responsible user is an update with the former user (Kommo API v4, Webhooks)."""
    extra: Row = {"old_text": before["text"]}
    if row["is_completed"] and not before["is_completed"]:
        extra["action_close"] = 1
    codes: tuple[str, ...] = ("update_task",)
    if before["responsible_user_id"] != row["responsible_user_id"]:
        extra["old_responsible_user_id"] = before["responsible_user_id"]
        codes = ("update_task", "responsible_task")
    _record(account, codes, "tasks", "update", row, **extra)


def record_task_deleted(account: Account, row: Row) -> None:
    _record(account, ("delete_task",), "tasks", "delete", row)


def record_element_event(account: Account, action: str, row: Row) -> None:
    """Note that a list element was added, updated or deleted."""
    _record(account, (f"{action}_catalog_element",), "catalog_elements", action, row)


# Conversations and incoming leads


def record_talk_event(account: Account, action: str, row: Row) -> None:
    """Note that a talk was added or updated."""
    _record(account, (f"{action}_talk",), "talks", action, row)


def record_message_added(account: Account, row: Row, talk: Row) -> None:
    """Note a message of a client or of a user. It also updates its talk."""
    code = "add_message" if row["type"] == "incoming" else "add_outgoing_message"
    _record(account, (code,), "talk_messages", "add", row, talk=talk)
    record_talk_event(account, "update", talk)


def record_unsorted_added(account: Account, row: Row) -> None:
    """Note an incoming lead. Its lead, and the people who came with it, are announced when it is accepted."""
    account.outbox.withdraw_events("leads", row["leads"][0])
    for kind in ("contacts", "companies"):
        for number in row[kind]:
            if account.store.get_table(kind)[number].get("hidden"):
                account.outbox.withdraw_events(kind, number)
    _record(account, ("add_unsorted",), "unsorted", "add", row)


def record_unsorted_decision(account: Account, row: Row, user_id: int, leads: list[int], *, accepted: bool) -> None:
    """Note that an incoming lead was accepted or declined. `leads` are the leads of the outcome."""
    decision = {"decision": "accept" if accepted else "decline", "user_id": user_id, "result": leads}
    _record(account, ("delete_unsorted",), "unsorted", "delete", row, **decision)

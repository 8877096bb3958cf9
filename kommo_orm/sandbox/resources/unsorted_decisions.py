"""Decisions about incoming leads (Kommo API v4, Incoming leads): accept, decline, or link to an existing lead."""

from __future__ import annotations

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_self_link
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import NOT_SUPPORTED_CHOICE, HttpError, build_field_error, build_not_found
from kommo_orm.sandbox.resources import cards, entity_links, leads, unsorted, web_interface
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    validate_author_id,
    validate_choice,
    validate_integer,
    validate_nested,
    validate_row_id,
)
from kommo_orm.sandbox.webhooks import outbox


def _require_unsorted(call: ApiCall) -> Row:
    row = unsorted.find_unsorted(call)
    if row is None:
        raise build_not_found("Unsorted not found")
    return row


def _validate_optional_body(call: ApiCall, schema: Schema, required: tuple[str, ...] = ()) -> Row:
    """Validate the body. It may be absent or empty (`[]`, `{}`) if no key is required."""
    if not required and call.request.body.strip() in (b"", b"[]", b"{}", b"null"):
        return {}
    validator = validate_nested(schema, required)
    return call.validate_item(lambda context, item: validator(context, item, ""))


def _get_acting_user_id(call: ApiCall, body: Row) -> int:
    return int(body.get("user_id") or 0) if "user_id" in body else int(call.user["id"])


def _record_decision(call: ApiCall, row: Row, outcome: str) -> None:
    row.update(outcome=outcome, sorted_at=call.now)
    for kind in ("contacts", "companies"):
        for number in row[kind]:
            card = call.store.get_table(kind).get(number)
            if card is not None and card.pop("hidden", False):
                card["is_unsorted"] = False
                if outcome == "declined":
                    _trash_unannounced(call, call.user["id"], kind, number)
                else:
                    outbox.record_card_added(call.account, kind, card)
            call.store.invalidate_row(kind, number)


def _trash_unannounced(call: ApiCall, who: int, kind: str, number: int) -> None:
    """Trash a card of an incoming lead. No webhook said that it was added, so none says that it was deleted."""
    web_interface.trash_card(call.account, who, kind, number)
    call.account.outbox.withdraw_events(kind, number)


def accept_unsorted(call: ApiCall) -> SandboxResponse:
    row = _require_unsorted(call)
    body = _validate_optional_body(call, {"user_id": validate_author_id, "status_id": validate_integer})
    stages = [stage["id"] for stage in call.account.get_stages(row["pipeline_id"]) if stage["type"] == 0]
    if "status_id" in body and body["status_id"] not in stages:
        raise build_field_error(NOT_SUPPORTED_CHOICE, "status_id")
    stage = body.get("status_id", call.account.find_first_stage_id(row["pipeline_id"]))
    apply_acceptance(call, row, _get_acting_user_id(call, body), (row["pipeline_id"], stage))
    return call.build_row_response(_render_decision(call, row))


def apply_acceptance(call: ApiCall, row: Row, who: int, stage: tuple[int, int]) -> None:
    """Move the lead to the given stage, and show the contact and company that came with it."""
    outbox.record_unsorted_decision(call.account, row, who, row["leads"], accepted=True)
    _record_decision(call, row, "accepted")
    pair: Row = dict(zip(("pipeline_id", "status_id"), stage, strict=True))
    for number in row["leads"]:
        lead = call.store.get_row("leads", number)
        if lead is not None:
            cards.change_card(leads.LEADS, call.account, who, lead, pair)
            call.account.outbox.withdraw_events("leads", number)
            outbox.record_card_added(call.account, "leads", lead)


def decline_unsorted(call: ApiCall) -> SandboxResponse:
    """Decline an incoming lead. Its lead is trashed. The response has a body, without companies."""
    row = _require_unsorted(call)
    body = _validate_optional_body(call, {"user_id": validate_author_id})
    apply_decline(call, row, _get_acting_user_id(call, body))
    shown = _render_decision(call, row)
    shown["_embedded"] = {key: rows for key, rows in shown["_embedded"].items() if key != "companies"}
    return call.build_row_response(shown)


def apply_decline(call: ApiCall, row: Row, who: int) -> None:
    outbox.record_unsorted_decision(call.account, row, who, row["leads"], accepted=False)
    _record_decision(call, row, "declined")
    for number in row["leads"]:
        _trash_unannounced(call, who, "leads", number)


def _render_decision(call: ApiCall, row: Row) -> Row:
    head = {key: row[key] for key in ("uid", "pipeline_id", "category", "created_at")}
    return {**head, "_embedded": unsorted.render_unsorted_cards(call.account, row)}


_LINK: Schema = {
    "link": validate_nested(
        {
            "entity_type": validate_choice("leads"),
            "entity_id": validate_row_id("leads"),
            "metadata": validate_nested({"contact_id": validate_row_id("contacts")}),
        },
        ("entity_type", "entity_id"),
    ),
    "user_id": validate_author_id,
}


def link_unsorted(call: ApiCall) -> SandboxResponse:
    """Link a chat or a mail to an existing lead. The lead that was created for it is trashed."""
    row = _require_unsorted(call)
    target = _validate_optional_body(call, _LINK, ("link",))["link"]
    if row["category"] not in ("chats", "mail"):
        raise HttpError(422, "Only chats and mails can be linked")
    who, entity_id = int(call.user["id"]), int(target["entity_id"])
    for number in row["leads"]:
        _trash_unannounced(call, who, "leads", number)
    outbox.record_unsorted_decision(call.account, row, who, [entity_id], accepted=True)
    _record_decision(call, row, "accepted")
    contact = target.get("metadata", {}).get("contact_id")
    people = [contact] if contact is not None else row["contacts"]
    for number in people:
        entity_links.link_rows(call.account, ("leads", target["entity_id"]), ("contacts", number))
    shown = {"leads": [target["entity_id"]], "contacts": people, "companies": []}
    base = call.account.build_url
    rows = {
        kind: [{"id": number, "_links": build_self_link(base(f"/api/v4/{kind}/{number}"))} for number in numbers]
        for kind, numbers in shown.items()
    }
    return call.build_row_response({"uid": row["uid"], "_embedded": rows})


_ONE = "/api/v4/leads/unsorted/{uid:text}"
ROUTES = (
    Route("POST", f"{_ONE}/accept", accept_unsorted),
    Route("DELETE", f"{_ONE}/decline", decline_unsorted),
    Route("POST", f"{_ONE}/link", link_unsorted, admin=True),
)

"""What people do to incoming leads (Kommo API v4, Incoming leads): accept, decline, link to something that is there."""

from __future__ import annotations

from kommo_orm.sandbox.hal_responses import self_link
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import NOT_SUPPORTED_CHOICE, Refusal, flawed, not_found
from kommo_orm.sandbox.resources import cards, entity_links, leads, unsorted, web_interface
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, author, choice, existing, integer, shape


def _found(call: Call) -> Row:
    row = unsorted.find(call)
    if row is None:
        raise not_found("Unsorted not found")
    return row


def _body(call: Call, schema: Schema, required: tuple[str, ...] = ()) -> Row:
    """All of it may be missing, where nothing is required."""
    if not call.request.body and not required:
        return {}
    check = shape(schema, required)
    return call.checked_item(lambda scope, item: check(scope, item, ""))


def _who(call: Call, body: Row) -> int:
    return int(body.get("user_id") or 0) if "user_id" in body else int(call.user["id"])


def _sort(call: Call, row: Row, outcome: str) -> None:
    row.update(outcome=outcome, sorted_at=call.now)
    for kind in ("contacts", "companies"):
        for number in row[kind]:
            card = call.store.table(kind).get(number)
            if card is not None and card.pop("hidden", False):
                card["is_unsorted"] = False
                if outcome == "declined":
                    web_interface.trash(call.account, call.user["id"], kind, number)
            call.store.touch(kind, number)


def accept(call: Call) -> SandboxResponse:
    row = _found(call)
    body = _body(call, {"user_id": author, "status_id": integer})
    stages = [stage["id"] for stage in call.account.stages(row["pipeline_id"]) if stage["type"] == 0]
    if "status_id" in body and body["status_id"] not in stages:
        raise flawed(NOT_SUPPORTED_CHOICE, "status_id")
    stage = body.get("status_id", call.account.first_stage(row["pipeline_id"]))
    accepted(call, row, _who(call, body), (row["pipeline_id"], stage))
    return call.one(_outcome(call, row))


def accepted(call: Call, row: Row, who: int, stage: tuple[int, int]) -> None:
    """The lead leaves the incoming stage; what came with it is seen from now on."""
    _sort(call, row, "accepted")
    pair: Row = dict(zip(("pipeline_id", "status_id"), stage, strict=True))
    for number in row["leads"]:
        lead = call.store.get("leads", number)
        if lead is not None:
            cards.update(leads.LEADS, call.account, who, lead, pair)


def decline(call: Call) -> SandboxResponse:
    """The lead goes to the trash; the answer has a body, and may leave out companies."""
    row = _found(call)
    body = _body(call, {"user_id": author})
    declined(call, row, _who(call, body))
    answered = _outcome(call, row)
    answered["_embedded"] = {key: rows for key, rows in answered["_embedded"].items() if key != "companies"}
    return call.one(answered)


def declined(call: Call, row: Row, who: int) -> None:
    _sort(call, row, "declined")
    for number in row["leads"]:
        web_interface.trash(call.account, who, "leads", number)


def _outcome(call: Call, row: Row) -> Row:
    head = {key: row[key] for key in ("uid", "pipeline_id", "category", "created_at")}
    return {**head, "_embedded": unsorted.embedded(call.account, row)}


_LINK: Schema = {
    "link": shape(
        {
            "entity_type": choice("leads"),
            "entity_id": existing("leads"),
            "metadata": shape({"contact_id": existing("contacts")}),
        },
        ("entity_type", "entity_id"),
    ),
    "user_id": author,
}


def link(call: Call) -> SandboxResponse:
    """Chats and mails join a lead that is there; the lead that was made for them goes."""
    row = _found(call)
    target = _body(call, _LINK, ("link",))["link"]
    if row["category"] not in ("chats", "mail"):
        raise Refusal(422, "Only chats and mails can be linked")
    for number in row["leads"]:
        web_interface.trash(call.account, call.user["id"], "leads", number)
    _sort(call, row, "accepted")
    contact = target.get("metadata", {}).get("contact_id")
    people = [contact] if contact is not None else row["contacts"]
    for number in people:
        entity_links.connect(call.account, ("leads", target["entity_id"]), ("contacts", number))
    shown = {"leads": [target["entity_id"]], "contacts": people, "companies": []}
    base = call.account.url
    rows = {
        kind: [{"id": number, "_links": self_link(base(f"/api/v4/{kind}/{number}"))} for number in numbers]
        for kind, numbers in shown.items()
    }
    return call.one({"uid": row["uid"], "_embedded": rows})


_ONE = "/api/v4/leads/unsorted/{uid:text}"
ROUTES = (
    Route("POST", f"{_ONE}/accept", accept),
    Route("DELETE", f"{_ONE}/decline", decline),
    Route("POST", f"{_ONE}/link", link, admin=True),
)

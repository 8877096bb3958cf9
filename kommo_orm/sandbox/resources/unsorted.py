"""Incoming leads (Kommo API v4, Incoming leads): made of forms and calls, listed newest first, counted.

Each makes a lead at once, in the incoming stage of its pipeline; new contacts and companies stay hidden until it is
accepted (`unsorted_sorting`). Chats and mails come from Kommo alone: `put` lets tests have some.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.filters import BadFilter, Filter, Test
from kommo_orm.sandbox.hal_responses import encode, link, nothing, self_link
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import INVALID_VALUE
from kommo_orm.sandbox.query_string import Node
from kommo_orm.sandbox.resources import cards, companies, contacts, entity_links, leads
from kommo_orm.sandbox.resources.cards import Card
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Check,
    Schema,
    Scope,
    array_of,
    boolean,
    examine,
    existing,
    integer,
    is_object,
    nullable,
    shape,
    text,
)

CATEGORIES = ("sip", "forms", "chats", "mail")
PARTS = ("leads", "contacts", "companies")
_CARDS: dict[str, Card] = {"leads": leads.LEADS, "contacts": contacts.CONTACTS, "companies": companies.COMPANIES}


def _text_or_number(scope: Scope, value: Any, path: str) -> Any:
    return value if isinstance(value, str) else integer(scope, value, path)


_METADATA: dict[str, Schema] = {
    "forms": {
        "form_id": _text_or_number,
        "form_name": text,
        "form_page": text,
        "form_sent_at": integer,
        "ip": text,
        "referer": text,
        "visitor_uid": text,
    },
    "sip": {
        "from": _text_or_number,
        "phone": _text_or_number,
        "call_responsible": _text_or_number,
        "called_at": integer,
        "duration": integer,
        "link": nullable(text),
        "service_code": text,
        "uniq": text,
        "is_call_event_needed": boolean,
    },
}


def _one(check: Check) -> Check:
    def checked(scope: Scope, value: Any, path: str) -> Any:
        found = array_of(check)(scope, value, path)
        if len(found) > 1:
            scope.flaw(INVALID_VALUE, path, "This collection should contain 1 element or less.")
        return found

    return checked


def _card(kind: str, schema: Schema) -> Check:
    """`{id}` of a stored card, or the keys of a new one."""

    def checked(scope: Scope, value: Any, path: str) -> Row:
        stored = is_object(value) and "id" in value
        return examine(scope, value, {"id": existing(kind)} if stored else schema, path)

    return checked


def _lead(scope: Scope, value: Any, path: str) -> Row:
    return examine(scope, value, leads.create_schema({}), path)


_EMBEDDED: Schema = {
    "leads": _one(_lead),
    "contacts": _one(_card("contacts", contacts.create_schema())),
    "companies": _one(_card("companies", companies.create_schema())),
}


def _schema(category: str) -> Schema:
    return {
        "source_uid": text,
        "source_name": text,
        "metadata": shape(_METADATA[category]),
        "pipeline_id": existing("pipelines"),
        "created_at": integer,
        "_embedded": shape(_EMBEDDED),
    }


def _check(category: str) -> Callable[[Scope, Any], Row]:
    return lambda scope, item: examine(
        scope, item, _schema(category), required=("source_uid", "source_name", "metadata")
    )


# Writing


def create_many(call: Call) -> SandboxResponse:
    made: list[Row] = []
    for clean, request_id in call.checked_items(_check(call.kind)):
        row = create(call.account, call.user["id"], call.kind, clean)
        head = {"uid": row["uid"], "account_id": call.account.id, "request_id": request_id}
        made.append({**head, "_links": self_link(_url(call.account, row)), "_embedded": embedded(call.account, row)})
    return call.whole("unsorted", made, links=False)


def create(account: Account, user_id: int, category: str, clean: Row) -> Row:
    pipeline = clean.get("pipeline_id") or account.main_pipeline()["id"]
    nested = clean.get("_embedded", {})
    lead = cards.create(leads.LEADS, account, user_id, next(iter(nested.get("leads", ())), {}))
    lead["pipeline_id"] = pipeline
    people: dict[str, list[int]] = {}
    for kind in PARTS[1:]:
        people[kind] = [_part(account, user_id, kind, given) for given in nested.get(kind, ())]
        for other in people[kind]:
            entity_links.connect(account, ("leads", lead["id"]), (kind, other))
    return _insert(account, lead, people, {**clean, "category": category})


def wait(account: Account, lead: Row, people: dict[str, list[int]], metadata: Row) -> Row:
    """An incoming lead of a complex creation: its metadata tells the category."""
    told = {key: value for key, value in metadata.items() if key != "category"}
    return _insert(account, lead, people, {"category": metadata["category"], "metadata": told})


def _insert(account: Account, lead: Row, people: dict[str, list[int]], values: Row) -> Row:
    """The lead waits in the incoming stage of its pipeline, whatever stage was asked for."""
    pipeline = lead["pipeline_id"]
    incoming = (stage["id"] for stage in account.stages(pipeline) if stage["type"] == 1)
    lead["status_id"] = next(incoming, account.first_stage(pipeline))
    account.store.touch("leads", lead["id"])
    number = account.store.new_id("unsorted")
    uid = sha256(f"{account.id}:{number}".encode()).hexdigest()[:28]
    told = {key: values.get(key) for key in ("source_uid", "source_name", "category", "metadata")}
    times = {"created_at": values.get("created_at") or account.now(), "outcome": None, "sorted_at": None}
    row: Row = {"id": number, "uid": uid, "pipeline_id": pipeline, "leads": [lead["id"]], **people}
    return account.store.insert("unsorted", {**row, **told, **times})


def _part(account: Account, user_id: int, kind: str, given: Row) -> int:
    if "id" in given:
        return int(given["id"])
    row = cards.create(_CARDS[kind], account, user_id, given)
    row.update(is_unsorted=True, hidden=True)
    return int(row["id"])


def put(account: Account, values: Row) -> int:
    """An incoming lead of any category, as Kommo itself would make it; `lead` is the lead's name."""
    category = values.pop("category", "forms")
    if category not in CATEGORIES:
        raise ValueError(f"unsorted: category is one of {', '.join(CATEGORIES)}")
    nested = {kind: [{"id": number} for number in values.pop(kind)] for kind in PARTS[1:] if kind in values}
    nested["leads"] = [{"name": values.pop("lead", "")}]
    clean = {"source_uid": None, "source_name": None, "metadata": {}, **values, "_embedded": nested}
    return int(create(account, account.owner_id, category, clean)["id"])


# Reading


def waiting(account: Account) -> list[Row]:
    return [row for row in account.store.rows("unsorted") if row["outcome"] is None]


def find(call: Call) -> Row | None:
    return next((row for row in waiting(call.account) if row["uid"] == call.places["uid"]), None)


def _url(account: Account, row: Row) -> str:
    return account.url(f"/api/v4/leads/unsorted/{row['uid']}")


def embedded(account: Account, row: Row) -> Row:
    return {
        kind: [{"id": number, "_links": self_link(account.url(f"/api/v4/{kind}/{number}"))} for number in row[kind]]
        for kind in ("contacts", "leads", "companies")
    }


def show(account: Account, row: Row) -> Row:
    head = {key: row[key] for key in ("uid", "source_uid", "source_name", "category", "pipeline_id", "created_at")}
    shown = {**head, "metadata": _metadata(row["category"], row["metadata"]), "account_id": account.id}
    return {**shown, "_links": link(_url(account, row)), "_embedded": embedded(account, row)}


def _metadata(category: str, metadata: Row) -> Row:
    """Moments of forms come back as texts; the caller of a call comes back in `phone`."""
    if category == "forms":
        sent = metadata.get("form_sent_at")
        return {
            "ip": None,
            "referer": None,
            "visitor_uid": None,
            **metadata,
            "form_sent_at": None if sent is None else str(sent),
        }
    if category == "sip":
        kept = {key: value for key, value in metadata.items() if key not in ("from", "is_call_event_needed")}
        return {**kept, "phone": metadata.get("from"), "call_responsible": metadata.get("phone")}
    return metadata


def list_unsorted(call: Call) -> SandboxResponse:
    tests = call.tests()
    rows = [row for row in waiting(call.account) if all(test(row) for test in tests)]
    rows.sort(key=lambda row: (row["created_at"], row["id"]), reverse=True)  # whatever order is asked for
    table = call.store.table("unsorted")
    return call.page("unsorted", [row["id"] for row in rows], lambda number: encode(show(call.account, table[number])))


def get_unsorted(call: Call) -> SandboxResponse:
    row = find(call)
    return nothing() if row is None else call.one(show(call.account, row))


def summary(call: Call) -> SandboxResponse:
    tests = call.tests()
    rows = [row for row in call.store.rows("unsorted") if all(test(row) for test in tests)]
    done = {name: [row for row in rows if row["outcome"] == name] for name in ("accepted", "declined")}
    spent = [row["sorted_at"] - row["created_at"] for row in rows if row["sorted_at"] is not None]
    shown: Row = {"total": len(rows), **{name: len(found) for name, found in done.items()}}
    shown["average_sort_time"] = sum(spent) // len(spent) if spent else 0
    counts = {name: {"total": sum(row["category"] == name for row in rows)} for name in CATEGORIES}
    return call.one({**shown, "categories": counts})


def _pipeline(account: Account, node: str | Node) -> Test:
    if not isinstance(node, str):
        raise BadFilter("takes one pipeline")
    wanted = filters.integers(node)
    return lambda row: row["pipeline_id"] in wanted


_FILTERS: dict[str, Filter] = {"uid": filters.texts("uid"), "pipeline_id": _pipeline}
_BASE = "/api/v4/leads/unsorted"
ROUTES = (
    Route("GET", _BASE, list_unsorted, filters={**_FILTERS, "category": filters.texts("category")}),
    Route(
        "GET",
        f"{_BASE}/summary",
        summary,
        filters={**_FILTERS, "created_at": filters.span("created_at", scalar="since")},
    ),
    Route("GET", f"{_BASE}/{{uid:text}}", get_unsorted),
    Route("POST", f"{_BASE}/forms", create_many, "forms"),
    Route("POST", f"{_BASE}/sip", create_many, "sip"),
)

"""A lead with its contact and company in one call (Kommo API v4, Complex creation of leads).

At most 50 leads, one contact and one company each, 40 custom fields an entity. The answer is a bare array whose
`request_id` is a list. New contact and company are linked to each other. Duplicate control is off: nothing merges.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.hal_responses import answer
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import INVALID_VALUE
from kommo_orm.sandbox.resources import cards, companies, contacts, entity_links, leads, unsorted
from kommo_orm.sandbox.resources.cards import Card
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Check,
    Schema,
    Scope,
    anything,
    array_of,
    boolean,
    choice,
    examine,
    existing,
    is_object,
    join,
)

MOST_LEADS = 50
MOST_VALUES = 40


def _one(kind: str, schema: Schema) -> Check:
    """At most one: `{id}` of a stored card, or the keys of a new one."""

    def check_card(scope: Scope, value: Any, path: str) -> Row:
        known: Schema = {"id": existing(kind), "is_main": boolean}
        stored = is_object(value) and "id" in value
        return examine(scope, value, known if stored else {**schema, "is_main": boolean}, path)

    def check(scope: Scope, value: Any, path: str) -> Any:
        found = array_of(check_card)(scope, value, path)
        if len(found) > 1:
            scope.flaw(INVALID_VALUE, path, "This collection should contain 1 element or less.")
        return found

    return check


def _metadata(scope: Scope, value: Any, path: str) -> Any:
    """Makes it an incoming lead: what a form or a call says, with its category."""
    if not is_object(value):
        scope.wrong_type(path, "object")
        return {}
    choice("forms", "sip")(scope, value.get("category"), join(path, "category"))
    return anything(scope, value, path)


_SCHEMA = leads.create_schema(
    {
        "contacts": _one("contacts", contacts.create_schema(MOST_VALUES)),
        "companies": _one("companies", companies.create_schema(MOST_VALUES)),
        "metadata": _metadata,
    },
    MOST_VALUES,
)


def _check(scope: Scope, item: Any) -> Row:
    clean = examine(scope, item, _SCHEMA)
    leads.settle(scope, clean, None)
    return clean


def create_complex(call: Call) -> SandboxResponse:
    checked = call.checked_items(_check, MOST_LEADS)
    return answer(200, [_create(call, clean, request_id) for clean, request_id in checked])


def _create(call: Call, clean: Row, request_id: str) -> Row:
    nested = clean.pop("_embedded", {})
    contact = _card(call, contacts.CONTACTS, nested.get("contacts"))
    company = _card(call, companies.COMPANIES, nested.get("companies"))
    kept: Row = {"_embedded": {"tags": nested["tags"]}} if "tags" in nested else {}
    lead = cards.create(leads.LEADS, call.account, call.user["id"], {**clean, **kept})
    for kind, number in (("contacts", contact), ("companies", company)):
        if number is not None:
            entity_links.connect(call.account, ("leads", lead["id"]), (kind, number))
    if contact is not None and company is not None:
        entity_links.connect(call.account, ("contacts", contact), ("companies", company))
    if "metadata" in nested:
        parts = {"contacts": contact, "companies": company}
        people = {kind: [] if number is None else [number] for kind, number in parts.items()}
        unsorted.wait(call.account, lead, people, nested["metadata"])
    found = {"id": lead["id"], "contact_id": contact, "company_id": company}
    return {**found, "request_id": [request_id], "merged": False}


def _card(call: Call, card: Card, given: list[Row] | None) -> int | None:
    """The stored card that was named, or a new one."""
    if not given:
        return None
    if "id" in given[0]:
        return int(given[0]["id"])
    return int(cards.create(card, call.account, call.user["id"], given[0])["id"])


ROUTES = (Route("POST", "/api/v4/leads/complex", create_complex),)

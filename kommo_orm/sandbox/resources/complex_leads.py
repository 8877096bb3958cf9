"""Creation of leads together with their contact and company (Kommo API v4, Complex creation of leads).

A request holds at most 50 leads, each with one contact, one company and 40 custom fields per entity. The response is a
bare array, and its `request_id` is a list. A new contact and a new company are linked to each other. With duplicates
control a lead may be merged into a stored one (`duplicate_leads.py`); without it nothing is merged.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.api_call import ApiCall, RequestId
from kommo_orm.sandbox.hal_responses import build_response
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import INVALID_VALUE
from kommo_orm.sandbox.resources import cards, companies, contacts, duplicate_leads, entity_links, leads, unsorted
from kommo_orm.sandbox.resources.cards import CardKind
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    Validator,
    accept_any,
    drop_value,
    is_object,
    join_path,
    validate_array,
    validate_boolean,
    validate_choice,
    validate_object,
    validate_row_id,
)

MOST_LEADS = 50
MOST_VALUES = 40


def _build_single_card_validator(kind: str, schema: Schema) -> Validator:
    """Accept at most one card: the `{id}` of a stored card, or the keys of a new one."""

    def validate_card(context: ValidationContext, value: Any, path: str) -> Row:
        common: Schema = {"is_main": validate_boolean, "request_id": drop_value}
        stored = is_object(value) and "id" in value
        return validate_object(
            context, value, {**common, **({"id": validate_row_id(kind)} if stored else schema)}, path
        )

    def validate_single_card(context: ValidationContext, value: Any, path: str) -> Any:
        found = validate_array(validate_card)(context, value, path)
        if len(found) > 1:
            context.add_error(INVALID_VALUE, path, "This collection should contain 1 element or less.")
        return found

    return validate_single_card


def _validate_metadata(context: ValidationContext, value: Any, path: str) -> Any:
    """Validate the metadata of a form or a call. A lead with metadata becomes an incoming lead."""
    if not is_object(value):
        context.add_type_error(path, "object")
        return {}
    validate_choice("forms", "sip")(context, value.get("category"), join_path(path, "category"))
    return accept_any(context, value, path)


_SCHEMA = leads.build_lead_schema(
    {
        "contacts": _build_single_card_validator("contacts", contacts.build_contact_schema(MOST_VALUES)),
        "companies": _build_single_card_validator("companies", companies.build_company_schema(MOST_VALUES)),
        "metadata": _validate_metadata,
    },
    MOST_VALUES,
)


def _validate_complex_lead(context: ValidationContext, item: Any) -> Row:
    clean = validate_object(context, item, _SCHEMA)
    leads.resolve_lead_stage(context, clean, None)
    return clean


def create_complex_leads(call: ApiCall) -> SandboxResponse:
    checked = call.validate_items(_validate_complex_lead, MOST_LEADS)
    found = [duplicate_leads.find_duplicate(call.account, clean) for clean, _ in checked]  # before any is inserted
    made: list[Row] = []
    for (clean, request_id), lead in zip(checked, found, strict=True):
        if lead is None:
            made.append(_insert_complex_lead(call, clean, request_id))
        else:
            duplicate_leads.add_merged_lead(call, made, lead, clean, request_id)
    return build_response(200, made)


def _insert_complex_lead(call: ApiCall, clean: Row, request_id: RequestId) -> Row:
    nested = clean.pop("_embedded", {})
    contact = _require_card_id(call, contacts.CONTACTS, nested.get("contacts"))
    company = _require_card_id(call, companies.COMPANIES, nested.get("companies"))
    kept: Row = {"_embedded": {"tags": nested["tags"]}} if "tags" in nested else {}
    lead = cards.insert_card(leads.LEADS, call.account, call.user["id"], {**clean, **kept})
    for kind, number in (("contacts", contact), ("companies", company)):
        if number is not None:
            entity_links.link_rows(call.account, ("leads", lead["id"]), (kind, number))
    if contact is not None and company is not None:
        entity_links.link_rows(call.account, ("contacts", contact), ("companies", company))
    if "metadata" in nested:
        parts = {"contacts": contact, "companies": company}
        people = {kind: [] if number is None else [number] for kind, number in parts.items()}
        unsorted.insert_complex_unsorted(call.account, lead, people, nested["metadata"])
    found = {"id": lead["id"], "contact_id": contact, "company_id": company}
    return {**found, "request_id": [request_id], "merged": False}


def _require_card_id(call: ApiCall, card: CardKind, given: list[Row] | None) -> int | None:
    """Return the id of the given card. A card without an id is created first."""
    if not given:
        return None
    if "id" in given[0]:
        return int(given[0]["id"])
    return int(cards.insert_card(card, call.account, call.user["id"], given[0])["id"])


ROUTES = (Route("POST", "/api/v4/leads/complex", create_complex_leads),)

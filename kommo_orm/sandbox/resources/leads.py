"""Leads (Kommo API v4, Leads): their price, their stage, and how they are closed and reopened.

A stage is the pair (pipeline, status), because 142 and 143 exist in every pipeline. A request cannot set the incoming
stage, even if the lead is already there. A creation can contain contacts and a company; later they change only by
links.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import LOST, WON, Account
from kommo_orm.sandbox.hal_responses import build_row_link
from kommo_orm.sandbox.problem_documents import INVALID_VALUE, NOT_SUPPORTED_CHOICE
from kommo_orm.sandbox.resources import cards, entity_links, loss_reasons, sources, tags
from kommo_orm.sandbox.resources.cards import ONLY_DELETED, CardKind
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    allow_null,
    split_words,
    validate_array,
    validate_boolean,
    validate_integer,
    validate_nested,
    validate_number,
    validate_row_id,
    validate_seconds,
    validate_text,
)

CLOSED = (WON, LOST)


def _validate_one_company(context: ValidationContext, value: Any, path: str) -> Any:
    companies = validate_array(validate_nested({"id": validate_row_id("companies")}, ("id",)))(context, value, path)
    if len(companies) > 1:
        context.add_error(INVALID_VALUE, path, "This collection should contain 1 element or less.")
    return companies


_CONTACT = validate_nested({"id": validate_row_id("contacts"), "is_main": validate_boolean}, ("id",))
_COMMON: Schema = {
    "price": validate_number,
    "status_id": validate_integer,
    "pipeline_id": validate_row_id("pipelines"),
    "loss_reason_id": allow_null(validate_row_id("loss_reasons")),
    "closed_at": allow_null(validate_seconds),
}


def build_lead_schema(embedded: Schema, most_values: int | None = None) -> Schema:
    nested = {"tags": tags.build_embedded_tags_validator("leads"), "source": sources.validate_lead_source, **embedded}
    return {
        **cards.build_common_schema("leads", most_values),
        **_COMMON,
        "visitor_uid": validate_text,
        "_embedded": validate_nested(nested),
    }


_CREATE = build_lead_schema({"contacts": validate_array(_CONTACT), "companies": _validate_one_company})
_UPDATE: Schema = {
    **cards.build_common_schema("leads"),
    **_COMMON,
    "tags_to_delete": tags.build_tags_validator("leads"),
    "_embedded": validate_nested({"tags": tags.build_embedded_tags_validator("leads")}),
}


# Stages


def resolve_lead_stage(context: ValidationContext, clean: Row, row: Row | None) -> None:
    """Replace the given pipeline and status by a valid pair."""
    if context.has_error("pipeline_id") or context.has_error("status_id") or (row is None and "id" in clean):
        return
    pair = _find_stage_pair(context.account, clean.get("pipeline_id"), clean.get("status_id"), row)
    if pair is None:
        context.add_error(NOT_SUPPORTED_CHOICE, "status_id")
    else:
        clean["pipeline_id"], clean["status_id"] = pair


def _find_stage_pair(
    account: Account, pipeline: int | None, status: int | None, row: Row | None
) -> tuple[int, int] | None:
    if status is None:
        if row is not None and pipeline in (None, row["pipeline_id"]):
            return row["pipeline_id"], row["status_id"]
        landing = pipeline or account.get_main_pipeline()["id"]
        return landing, account.find_first_stage_id(landing)
    home = pipeline or _find_pipeline_id(account, status, row)
    stage = next((stage for stage in account.get_stages(home) if stage["id"] == status), None)
    return (home, status) if stage and stage["type"] == 0 else None


def _find_pipeline_id(account: Account, status: int, row: Row | None) -> int:
    """Find the pipeline that a `status_id` without a pipeline means.

    For 142 and 143 it is the present pipeline of the lead.
    """
    if status in CLOSED:
        return int(row["pipeline_id"] if row else account.get_main_pipeline()["id"])
    owners = (row["id"] for row in account.store.iter_rows("pipelines") if status in [s["id"] for s in row["statuses"]])
    return next(owners, 0)


def fill_lead(account: Account, row: Row, clean: Row) -> None:
    if "price" not in row:
        defaults: Row = {"price": 0, "status_id": 0, "pipeline_id": 0, "loss_reason_id": None, "closed_at": None}
        row.update(defaults, name=row["name"] or f"Lead #{row['id']}")
    for key in ("price", "pipeline_id", "status_id"):
        row[key] = clean.get(key, row[key])
    _close_or_reopen(account, row, clean)
    _link_embedded(account, row, clean.get("_embedded") or {})


def _close_or_reopen(account: Account, row: Row, clean: Row) -> None:
    """Set `closed_at` in 142 and 143, and clear it in other stages. Only a lead in 143 keeps a loss reason."""
    if row["status_id"] not in CLOSED:
        row["closed_at"] = None
    elif row["closed_at"] is None or clean.get("closed_at") is not None:
        row["closed_at"] = clean.get("closed_at") or account.now()
    lost = row["status_id"] == LOST
    row["loss_reason_id"] = clean.get("loss_reason_id", row["loss_reason_id"]) if lost else None


def _link_embedded(account: Account, row: Row, nested: Row) -> None:
    if "source" in nested:
        row["source_id"] = nested["source"]
    for company in nested.get("companies", []):
        entity_links.link_rows(account, ("leads", row["id"]), ("companies", company["id"]))
    for contact in nested.get("contacts", []):
        entity_links.link_rows(account, ("leads", row["id"]), ("contacts", contact["id"]), contact)


# Rendering

_KEYS = split_words(
    "id name price responsible_user_id group_id status_id pipeline_id loss_reason_id created_by "
    "updated_by created_at updated_at closed_at closest_task_at is_deleted"
)


def render_lead(account: Account, row: Row, withs: frozenset[str]) -> Row:
    """Render a lead.

    `price` is cut to a whole number; the decimals are in `price_with_minor_units` (Kommo, since 2026).
    """
    if row["trashed"]:
        return cards.render_trashed_card(account, "leads", row, _KEYS)
    shown: Row = {key: row.get(key) for key in _KEYS}
    shown.update(price=int(row["price"]), price_with_minor_units=float(row["price"]), is_deleted=False)
    shown["custom_fields_values"] = cards.render_custom_values(account, "leads", row)
    shown.update(score=None, account_id=account.id, labor_cost=None, is_price_computed=False)
    optional: Row = {"source_id": row.get("source_id"), "is_price_modified_by_robot": False}
    shown.update({key: value for key, value in optional.items() if key in withs})
    shown["_links"] = build_row_link(account.build_url(f"/api/v4/leads/{row['id']}"))
    return {**shown, "_embedded": _render_lead_embedded(account, row, withs)}


def _render_lead_embedded(account: Account, row: Row, withs: frozenset[str]) -> Row:
    nested: Row = {
        "tags": tags.render_card_tags(account, row),
        "companies": cards.render_linked_cards(account, "leads", row, "companies"),
    }
    if "contacts" in withs:
        nested["contacts"] = cards.render_linked_cards(account, "leads", row, "contacts")
    if "catalog_elements" in withs:
        nested["catalog_elements"] = cards.render_linked_elements(account, "leads", row)
    if "loss_reason" in withs:
        nested["loss_reason"] = loss_reasons.render_lead_loss_reason(account, row["loss_reason_id"])
    if "source" in withs:
        nested["source"] = sources.render_lead_source(account, row.get("source_id"))
    return nested


LEADS = CardKind(
    kind="leads",
    create_schema=_CREATE,
    update_schema=_UPDATE,
    resolve_keys=resolve_lead_stage,
    fill_row=fill_lead,
    render_row=render_lead,
    render_created=lambda row: {"id": row["id"]},
    changed_keys=("id", "updated_at"),
    withs=frozenset(
        {
            "contacts",
            "catalog_elements",
            "loss_reason",
            "is_price_modified_by_robot",
            "source_id",
            "source",
            ONLY_DELETED,
        }
    ),
    orders=("created_at", "updated_at", "id"),
    filters={
        **cards.build_common_filters("leads"),
        "price": filters.filter_by_range("price"),
        "pipeline_id": filters.filter_by_ids("pipeline_id"),
        "statuses": filters.filter_by_stages(),
        "closed_at": filters.filter_by_range("closed_at"),
    },
)

ROUTES = cards.build_card_routes(LEADS)

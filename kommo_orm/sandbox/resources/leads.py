"""Leads (Kommo API v4, Leads): price in two forms, a stage that belongs to a pipeline, closing and reopening.

A stage is the pair (pipeline, status): 142 and 143 exist in every pipeline. The incoming stage cannot be written, not
even when the lead already is there. Contacts and a company can be given when a lead is created, later only by links.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import LOST, WON, Account
from kommo_orm.sandbox.hal_responses import link
from kommo_orm.sandbox.problem_documents import INVALID_VALUE, NOT_SUPPORTED_CHOICE
from kommo_orm.sandbox.resources import cards, entity_links, loss_reasons, sources, tags
from kommo_orm.sandbox.resources.cards import ONLY_DELETED, Card
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    Scope,
    array_of,
    boolean,
    existing,
    integer,
    nullable,
    number,
    shape,
    text,
    words,
)

CLOSED = (WON, LOST)


def _one_company(scope: Scope, value: Any, path: str) -> Any:
    companies = array_of(shape({"id": existing("companies")}, ("id",)))(scope, value, path)
    if len(companies) > 1:
        scope.flaw(INVALID_VALUE, path, "This collection should contain 1 element or less.")
    return companies


_CONTACT = shape({"id": existing("contacts"), "is_main": boolean}, ("id",))
_COMMON: Schema = {
    "price": number,
    "status_id": integer,
    "pipeline_id": existing("pipelines"),
    "loss_reason_id": nullable(existing("loss_reasons")),
    "closed_at": nullable(integer),
}


def create_schema(embedded: Schema, most_values: int | None = None) -> Schema:
    nested = {"tags": tags.embedded("leads"), "source": sources.registered, **embedded}
    return {**cards.common_schema("leads", most_values), **_COMMON, "visitor_uid": text, "_embedded": shape(nested)}


_CREATE = create_schema({"contacts": array_of(_CONTACT), "companies": _one_company})
_UPDATE: Schema = {
    **cards.common_schema("leads"),
    **_COMMON,
    "tags_to_delete": tags.references("leads"),
    "_embedded": shape({"tags": tags.embedded("leads")}),
}


# Stages


def settle(scope: Scope, clean: Row, row: Row | None) -> None:
    """Turn what was said of pipeline and stage into the pair."""
    if scope.bad("pipeline_id") or scope.bad("status_id") or (row is None and "id" in clean):
        return
    pair = _settled_stage(scope.account, clean.get("pipeline_id"), clean.get("status_id"), row)
    if pair is None:
        scope.flaw(NOT_SUPPORTED_CHOICE, "status_id")
    else:
        clean["pipeline_id"], clean["status_id"] = pair


def _settled_stage(
    account: Account, pipeline: int | None, status: int | None, row: Row | None
) -> tuple[int, int] | None:
    if status is None:
        if row is not None and pipeline in (None, row["pipeline_id"]):
            return row["pipeline_id"], row["status_id"]
        landing = pipeline or account.main_pipeline()["id"]
        return landing, account.first_stage(landing)
    home = pipeline or _home_of(account, status, row)
    stage = next((stage for stage in account.stages(home) if stage["id"] == status), None)
    return (home, status) if stage and stage["type"] == 0 else None


def _home_of(account: Account, status: int, row: Row | None) -> int:
    """The pipeline that a lone `status_id` means: its own; for 142 and 143 the one where the lead is."""
    if status in CLOSED:
        return int(row["pipeline_id"] if row else account.main_pipeline()["id"])
    owners = (row["id"] for row in account.store.rows("pipelines") if status in [s["id"] for s in row["statuses"]])
    return next(owners, 0)


def fill(account: Account, row: Row, clean: Row) -> None:
    if "price" not in row:
        defaults: Row = {"price": 0, "status_id": 0, "pipeline_id": 0, "loss_reason_id": None, "closed_at": None}
        row.update(defaults, name=row["name"] or f"Lead #{row['id']}")
    for key in ("price", "pipeline_id", "status_id"):
        row[key] = clean.get(key, row[key])
    _close_or_reopen(account, row, clean)
    _link_embedded(account, row, clean.get("_embedded") or {})


def _close_or_reopen(account: Account, row: Row, clean: Row) -> None:
    """`closed_at` is set on 142 and 143 and cleared on reopening; a loss reason lives with 143 only."""
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
        entity_links.connect(account, ("leads", row["id"]), ("companies", company["id"]))
    for contact in nested.get("contacts", []):
        entity_links.connect(account, ("leads", row["id"]), ("contacts", contact["id"]), contact)


# Showing

_KEYS = words(
    "id name price responsible_user_id group_id status_id pipeline_id loss_reason_id created_by "
    "updated_by created_at updated_at closed_at closest_task_at is_deleted"
)


def show(account: Account, row: Row, withs: frozenset[str]) -> Row:
    """A lead as lists and single reads show it; a decimal price is whole in `price` (Kommo, since 2026)."""
    if row["trashed"]:
        return cards.show_trashed(account, "leads", row, _KEYS)
    shown: Row = {key: row.get(key) for key in _KEYS}
    shown.update(price=int(row["price"]), price_with_minor_units=float(row["price"]), is_deleted=False)
    shown["custom_fields_values"] = cards.show_values(account, "leads", row)
    shown.update(score=None, account_id=account.id, labor_cost=None, is_price_computed=False)
    optional: Row = {"source_id": row.get("source_id"), "is_price_modified_by_robot": False}
    shown.update({key: value for key, value in optional.items() if key in withs})
    shown["_links"] = link(account.url(f"/api/v4/leads/{row['id']}"))
    return {**shown, "_embedded": _embedded(account, row, withs)}


def _embedded(account: Account, row: Row, withs: frozenset[str]) -> Row:
    nested: Row = {
        "tags": tags.show_attached(account, row),
        "companies": cards.embedded(account, "leads", row, "companies"),
    }
    if "contacts" in withs:
        nested["contacts"] = cards.embedded(account, "leads", row, "contacts")
    if "catalog_elements" in withs:
        nested["catalog_elements"] = cards.embedded_elements(account, "leads", row)
    if "loss_reason" in withs:
        nested["loss_reason"] = loss_reasons.embedded(account, row["loss_reason_id"])
    if "source" in withs:
        nested["source"] = sources.embedded(account, row.get("source_id"))
    return nested


LEADS = Card(
    kind="leads",
    create=_CREATE,
    update=_UPDATE,
    settle=settle,
    fill=fill,
    show=show,
    created=lambda row: {"id": row["id"]},
    changed=("id", "updated_at"),
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
        **cards.common_filters("leads"),
        "price": filters.span("price"),
        "pipeline_id": filters.ids("pipeline_id"),
        "statuses": filters.stages(),
        "closed_at": filters.span("closed_at"),
    },
)

ROUTES = cards.routes(LEADS)

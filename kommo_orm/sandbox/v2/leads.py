"""Leads (Kommo API v2, Leads): `sale` is the budget, the stage determines the pipeline, relations are nested objects."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.filters import FilterError, FilterParser, RowFilter
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.query_string import Node
from kommo_orm.sandbox.resources import entity_links
from kommo_orm.sandbox.resources import leads as v4
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import batch_writes, cards, parsers, responses, routes, row_lists, tags
from kommo_orm.sandbox.v2.custom_field_values import FieldCodes
from kommo_orm.sandbox.v2.errors import build_malformed_error
from kommo_orm.sandbox.validators import ValidationContext

_LINKS = ("contacts_id", "company_id")


def _build_id_parser(kind: str) -> parsers.Parser:
    def parse_id(call: ApiCall, value: Any, where: str) -> int:
        number = parsers.parse_integer(call, value, where)
        if call.store.get_row(kind, number) is None:
            raise build_malformed_error(where, f"names none of {kind}")
        return number

    return parse_id


def _parse_loss_reason_id(call: ApiCall, value: Any, where: str) -> int | None:
    return None if value in (None, 0, "0", "") else _build_id_parser("loss_reasons")(call, value, where)


_OWN: parsers.Schema = {
    "status_id": parsers.parse_integer,
    "pipeline_id": _build_id_parser("pipelines"),
    "sale": parsers.parse_number,
    "catalog_elements_id": cards.parse_element_quantities,
    "closed_at": parsers.parse_integer,
    "closest_task_at": parsers.ignore_value,
    "main_contact_id": _build_id_parser("contacts"),
    "loss_reason_id": _parse_loss_reason_id,
    "visitor_uid": parsers.parse_text,
}


# Writing


def _translate_lead(call: ApiCall, clean: Row, row: Row | None) -> Row:
    """Translate into keys of v4. A stage that belongs to one pipeline overrides `pipeline_id`."""
    made: Row = {key: clean[key] for key in ("closed_at", "loss_reason_id") if key in clean}
    if "sale" in clean:
        made["price"] = clean["sale"]
    stage: Row = {key: clean[key] for key in ("status_id", "pipeline_id") if key in clean}
    if stage.get("status_id", v4.CLOSED[0]) not in v4.CLOSED:
        stage.pop("pipeline_id", None)
    scope = ValidationContext(call.account, call.user["id"], call.now)
    v4.resolve_lead_stage(scope, stage, row)
    if scope.errors:
        raise batch_writes.build_item_error(f"status_id {clean.get('status_id')} is no stage that a lead can have")
    return {**made, **stage}


def _link_lead(call: ApiCall, row: Row, clean: Row) -> None:
    if "main_contact_id" in clean:
        main = ("contacts", clean["main_contact_id"])
        entity_links.link_rows(call.account, ("leads", row["id"]), main, {"is_main": True})
    cards.link_elements(call, "leads", row, clean)


# Reading


def render_lead(account: Account, row: Row, withs: frozenset[str] = frozenset()) -> Row:
    if row["trashed"]:
        return {**{key: row[key] for key in ("id", "updated_at", "updated_by")}, "is_deleted": True}
    shown = cards.render_common_keys(account, row)
    shown.update(
        status_id=row["status_id"], is_deleted=False, main_contact=cards.render_main_contact(account, "leads", row)
    )
    shown.update(group_id=row["group_id"], company=cards.render_company_link(account, "leads", row))
    shown.update(closed_at=row["closed_at"] or 0, closest_task_at=row["closest_task_at"] or 0)
    shown.update(tags=tags.render_tags(account, row), custom_fields=cards.render_custom_fields(account, "leads", row))
    shown["contacts"] = responses.render_related_ids(
        "contacts", cards.find_linked_ids(account, "leads", row, "contacts")
    )
    shown["sale"] = int(row["price"])
    shown["pipeline"] = {"id": row["pipeline_id"], "_links": responses.build_row_link("pipelines", row["pipeline_id"])}
    shown["_links"] = responses.build_row_link("leads", row["id"])
    return {**shown, **_render_requested_keys(account, row, withs)}


def _render_requested_keys(account: Account, row: Row, withs: frozenset[str]) -> Row:
    made: Row = {}
    if "is_price_modified_by_robot" in withs:
        made["is_price_modified_by_robot"] = False
    if "loss_reason_name" in withs:
        reason = account.store.get_row("loss_reasons", row["loss_reason_id"])
        made.update(loss_reason_id=row["loss_reason_id"] or 0, loss_reason_name=reason["name"] if reason else "")
    if "catalog_elements_links" in withs:
        made.update(cards.render_linked_elements(account, "leads", row))
    return made


def _list_leads(call: ApiCall) -> SandboxResponse:
    rows = (
        _find_trashed(call)
        if "only_deleted" in call.withs
        else row_lists.select_rows(call, lambda: _build_lead_filters(call))
    )
    return row_lists.build_page(call, rows, lambda row: render_lead(call.account, row, call.withs))


def _find_trashed(call: ApiCall) -> list[Row]:
    wanted = row_lists.parse_id_set(call, "id")
    rows = [row for row in call.store.iter_rows("leads") if row["trashed"]]
    return [row for row in rows if wanted is None or row["id"] in wanted]


def _build_lead_filters(call: ApiCall) -> list[RowFilter]:
    return [*cards.build_card_filters(call), *row_lists.filter_by_ids(call, "status", "status_id")]


def _parse_tasks_filter(account: Account, node: str | Node) -> RowFilter:
    """1: leads without tasks; 2: leads with open tasks."""
    if node not in ("1", "2"):
        raise FilterError("accepts 1 or 2")

    def has_tasks(row: Row) -> bool:
        tasks = [task for task in account.store.iter_rows("tasks") if _belongs_to_lead(task, row)]
        return any(not task["is_completed"] for task in tasks) if node == "2" else not tasks

    return has_tasks


def _belongs_to_lead(task: Row, lead: Row) -> bool:
    return (task["entity_type"], task["entity_id"]) == ("leads", lead["id"])


def _parse_active_filter(account: Account, node: str | Node) -> RowFilter:
    if node != "1":
        raise FilterError("accepts 1")
    return lambda row: row["status_id"] not in v4.CLOSED


FILTERS: dict[str, FilterParser] = {
    "date_create": filters.filter_by_range("created_at"),
    "date_modify": filters.filter_by_range("updated_at"),
    "tasks": _parse_tasks_filter,
    "active": _parse_active_filter,
}
WITHS = frozenset({"is_price_modified_by_robot", "loss_reason_name", "only_deleted", "catalog_elements_links"})
WRITER = cards.Writer(v4.LEADS, _translate_lead, _link_lead)
RESOURCE = batch_writes.WritableResource(
    name="leads",
    kind="leads",
    codes=batch_writes.ResourceCodes(empty=214, no_add=213, no_update=216, no_id=217, missing=282),
    create={**cards.build_common_schema("leads", FieldCodes(240), *_LINKS, creating=True), **_OWN},
    change={**cards.build_common_schema("leads", FieldCodes(240), *_LINKS, creating=False), **_OWN},
    required=("name",),
    add=WRITER.add_card,
    update=WRITER.update_card,
)
ROUTES = (
    routes.build_get_route(
        "/api/v2/leads", _list_leads, "leads", params=cards.PARAMS | {"status"}, withs=WITHS, filters=FILTERS
    ),
    routes.build_post_route("/api/v2/leads", batch_writes.build_write_handler(RESOURCE), "leads"),
)

"""Leads (Kommo API v2, Leads): `sale` is the budget, the stage decides the pipeline, and nested objects tell relations."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.filters import FilterError, FilterParser, RowFilter
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.query_string import Node
from kommo_orm.sandbox.resources import entity_links
from kommo_orm.sandbox.resources import leads as v4
from kommo_orm.sandbox.routing import ApiCall
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import answers, cards, lenient, listing, tags, writing
from kommo_orm.sandbox.v2.refusals import malformed
from kommo_orm.sandbox.v2.values import FieldCodes
from kommo_orm.sandbox.validators import ValidationContext

_LINKS = ("contacts_id", "company_id")


def _existing(kind: str) -> lenient.Check:
    def check(call: ApiCall, value: Any, where: str) -> int:
        number = lenient.whole(call, value, where)
        if call.store.get_row(kind, number) is None:
            raise malformed(where, f"names none of {kind}")
        return number

    return check


def _loss_reason(call: ApiCall, value: Any, where: str) -> int | None:
    return None if value in (None, 0, "0", "") else _existing("loss_reasons")(call, value, where)


_OWN: lenient.Schema = {
    "status_id": lenient.whole,
    "pipeline_id": _existing("pipelines"),
    "sale": lenient.amount,
    "catalog_elements_id": cards.elements_check,
    "closed_at": lenient.whole,
    "closest_task_at": lenient.dropped,
    "main_contact_id": _existing("contacts"),
    "loss_reason_id": _loss_reason,
    "visitor_uid": lenient.text,
}


# Writing


def _translate(call: ApiCall, clean: Row, row: Row | None) -> Row:
    """The keys of v4. A stage of one pipeline only says which pipeline is meant, whatever `pipeline_id` says."""
    made: Row = {key: clean[key] for key in ("closed_at", "loss_reason_id") if key in clean}
    if "sale" in clean:
        made["price"] = clean["sale"]
    stage: Row = {key: clean[key] for key in ("status_id", "pipeline_id") if key in clean}
    if stage.get("status_id", v4.CLOSED[0]) not in v4.CLOSED:
        stage.pop("pipeline_id", None)
    scope = ValidationContext(call.account, call.user["id"], call.now)
    v4.resolve_lead_stage(scope, stage, row)
    if scope.errors:
        raise writing.general(f"status_id {clean.get('status_id')} is no stage that a lead can have")
    return {**made, **stage}


def _after(call: ApiCall, row: Row, clean: Row) -> None:
    if "main_contact_id" in clean:
        main = ("contacts", clean["main_contact_id"])
        entity_links.link_rows(call.account, ("leads", row["id"]), main, {"is_main": True})
    cards.connect_elements(call, "leads", row, clean)


# Reading


def show(account: Account, row: Row, withs: frozenset[str] = frozenset()) -> Row:
    if row["trashed"]:
        return {**{key: row[key] for key in ("id", "updated_at", "updated_by")}, "is_deleted": True}
    shown = cards.show_common(account, row)
    shown.update(
        status_id=row["status_id"], is_deleted=False, main_contact=cards.show_main_contact(account, "leads", row)
    )
    shown.update(group_id=row["group_id"], company=cards.show_company(account, "leads", row))
    shown.update(closed_at=row["closed_at"] or 0, closest_task_at=row["closest_task_at"] or 0)
    shown.update(tags=tags.show(account, row), custom_fields=cards.show_values(account, "leads", row))
    shown["contacts"] = answers.related("contacts", cards.linked(account, "leads", row, "contacts"))
    shown["sale"] = int(row["price"])
    shown["pipeline"] = {"id": row["pipeline_id"], "_links": answers.row_link("pipelines", row["pipeline_id"])}
    shown["_links"] = answers.row_link("leads", row["id"])
    return {**shown, **_on_request(account, row, withs)}


def _on_request(account: Account, row: Row, withs: frozenset[str]) -> Row:
    made: Row = {}
    if "is_price_modified_by_robot" in withs:
        made["is_price_modified_by_robot"] = False
    if "loss_reason_name" in withs:
        reason = account.store.get_row("loss_reasons", row["loss_reason_id"])
        made.update(loss_reason_id=row["loss_reason_id"] or 0, loss_reason_name=reason["name"] if reason else "")
    if "catalog_elements_links" in withs:
        made.update(cards.show_elements(account, "leads", row))
    return made


def _list(call: ApiCall) -> SandboxResponse:
    rows = _trash(call) if "only_deleted" in call.withs else listing.choose(call, lambda: _tests(call))
    return listing.page(call, rows, lambda row: show(call.account, row, call.withs))


def _trash(call: ApiCall) -> list[Row]:
    wanted = listing.numbers(call, "id")
    rows = [row for row in call.store.iter_rows("leads") if row["trashed"]]
    return [row for row in rows if wanted is None or row["id"] in wanted]


def _tests(call: ApiCall) -> list[RowFilter]:
    return [*cards.tests(call), *listing.one_of(call, "status", "status_id")]


def _tasks(account: Account, node: str | Node) -> RowFilter:
    """1: without tasks; 2: with open ones."""
    if node not in ("1", "2"):
        raise FilterError("takes 1 or 2")

    def has_open(row: Row) -> bool:
        tasks = [task for task in account.store.iter_rows("tasks") if _is_on(task, row)]
        return any(not task["is_completed"] for task in tasks) if node == "2" else not tasks

    return has_open


def _is_on(task: Row, lead: Row) -> bool:
    return (task["entity_type"], task["entity_id"]) == ("leads", lead["id"])


def _active(account: Account, node: str | Node) -> RowFilter:
    if node != "1":
        raise FilterError("takes 1")
    return lambda row: row["status_id"] not in v4.CLOSED


FILTERS: dict[str, FilterParser] = {
    "date_create": filters.filter_by_range("created_at"),
    "date_modify": filters.filter_by_range("updated_at"),
    "tasks": _tasks,
    "active": _active,
}
WITHS = frozenset({"is_price_modified_by_robot", "loss_reason_name", "only_deleted", "catalog_elements_links"})
WRITER = cards.Writer(v4.LEADS, _translate, _after)
NOUN = writing.Noun(
    name="leads",
    kind="leads",
    codes=writing.Codes(empty=214, no_add=213, no_update=216, no_id=217, missing=282),
    create={**cards.common_schema("leads", FieldCodes(240), *_LINKS, creating=True), **_OWN},
    change={**cards.common_schema("leads", FieldCodes(240), *_LINKS, creating=False), **_OWN},
    required=("name",),
    add=WRITER.add,
    update=WRITER.update,
)
ROUTES = (
    listing.get("/api/v2/leads", _list, "leads", params=cards.PARAMS | {"status"}, withs=WITHS, filters=FILTERS),
    listing.post("/api/v2/leads", writing.write(NOUN), "leads"),
)

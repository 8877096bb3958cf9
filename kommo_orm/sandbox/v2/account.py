"""The account (Kommo API v2, Account): one object; users, fields, pipelines and types only on request.

Everything that has an id is an object keyed by it, as the live service sends it. The documents print a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import responses
from kommo_orm.sandbox.v2.custom_field_values import NUMBERS
from kommo_orm.sandbox.v2.errors import catch_request_errors

NOTE_TYPES: Mapping[int, str] = {
    1: "DEAL_CREATED",
    2: "CONTACT_CREATED",
    3: "DEAL_STATUS_CHANGED",
    4: "COMMON",
    5: "ATTACHEMENT",
    6: "CALL",
    7: "MAIL_MESSAGE",
    8: "MAIL_MESSAGE_ATTACHMENT",
    9: "EXTERNAL_ATTACH",
    10: "CALL_IN",
    11: "CALL_OUT",
    12: "COMPANY_CREATED",
    13: "TASK_RESULT",
    17: "CHAT",
    25: "SYSTEM",
    99: "MAX_SYSTEM",
    101: "DROPBOX",
    102: "SMS_IN",
    103: "SMS_OUT",
}
DATES: Row = {"date": "d.m.Y", "time": "H:i", "date_time": "d.m.Y H:i", "time_full": "H:i:s"}


def _get_account(call: ApiCall) -> SandboxResponse:
    account = call.account
    shown: Row = {"id": account.id, "name": account.name, "subdomain": account.subdomain, "currency": "EUR"}
    shown.update(
        timezone=account.timezone, timezone_offset=account.format_utc_offset(), language="en", date_pattern=DATES
    )
    shown["current_user"] = call.user["id"]
    nested = {word: PARTS[word](call) for word in PARTS if word in call.withs}
    shown["_links"] = responses.build_link(call.request.url)
    return responses.build_reply(call, {**shown, "_embedded": nested} if nested else shown)


# Users


def _render_users(call: ApiCall) -> Row:
    """Users without a licence are shown only with `free_users=Y`."""
    free = call.query.get_text("free_users") == "Y"
    rows = [row for row in call.store.iter_rows("users") if free or not row["rights"]["is_free"]]
    return {str(row["id"]): _render_user(row) for row in rows}


def _render_user(row: Row) -> Row:
    rights: Row = row["rights"]
    shown: Row = {"id": row["id"], "name": row["name"], "last_name": "", "login": row["email"]}
    shown.update(language=row["lang"], phone_number=row["phone_number"] or "", group_id=rights["group_id"] or 0)
    shown.update({key: rights[key] for key in ("is_active", "is_free", "is_admin")})
    return {**shown, "rights": render_rights(rights)}


def render_rights(rights: Row) -> Row:
    """The rights of v4, under the names of v2."""
    access = {"mail": rights["mail_access"], "incoming_leads": True, "catalogs": rights["catalog_access"]}
    shown: Row = {name: "A" if is_granted else "D" for name, is_granted in access.items()}
    for kind, word in (("leads", "lead"), ("contacts", "contact"), ("companies", "company")):
        for action in ("add", "view", "edit", "delete", "export"):
            shown[f"{word}_{action}"] = rights[kind][action]
    return shown


# Fields

_OWNERS = ("leads", "contacts", "companies", "customers")


def _render_fields(call: ApiCall) -> Row:
    shown: Row = {kind: _render_definitions(call.account, kind) for kind in _OWNERS}
    lists = {
        str(row["id"]): _render_definitions(call.account, f"catalogs/{row['id']}")
        for row in call.store.iter_rows("catalogs")
    }
    return {**shown, "catalogs": lists}


def _render_definitions(account: Account, owner: str) -> Row:
    return {str(row["id"]): _render_field(row) for row in account.get_definitions(owner)}


def _render_field(row: Row) -> Row:
    shown: Row = {"id": row["id"], "name": row["name"], "field_type": NUMBERS[row["type"]], "sort": row["sort"]}
    shown.update(code=row["code"] or "", is_multiple=row["type"] == "multitext", is_system=row["is_predefined"])
    shown["is_editable"] = not row["is_computed"]
    options: list[Row] = (row["nested"] if row["type"] == "category" else row["enums"]) or []
    if options and row["type"] != "smart_address":
        shown["enums"] = {str(option["id"]): option["value"] for option in options}
    return shown


# Pipelines and types


def render_stages(account: Account, pipeline_id: int, flag: Callable[[Row], Row]) -> Row:
    """Stages keyed by id. `flag` adds the key that says whether a stage can be edited: routes name it differently."""
    shown: Row = {}
    for stage in account.get_stages(pipeline_id):
        kept = {key: stage[key] for key in ("id", "name", "color", "sort")}
        shown[str(stage["id"])] = {**kept, **flag(stage)}
    return shown


def _render_pipelines(call: ApiCall) -> Row:
    shown: Row = {}
    for row in call.account.get_pipelines():
        kept = {key: row[key] for key in ("id", "name", "sort", "is_main")}
        within = render_stages(call.account, row["id"], lambda stage: {"editable": _render_flag(stage["is_editable"])})
        shown[str(row["id"])] = {**kept, "statuses": within}
    return shown


def _render_flag(value: object) -> str:
    return "Y" if value else "N"


def _render_groups(call: ApiCall) -> list[Row]:
    return [{"id": group["id"], "name": group["name"]} for group in call.account.groups]


def _render_note_types(call: ApiCall) -> list[Row]:
    return [
        {"id": number, "name": "", "code": code, "editable": _render_flag(code == "COMMON")}
        for number, code in NOTE_TYPES.items()
    ]


def _render_task_types(call: ApiCall) -> list[Row]:
    return [{"id": row["id"], "name": row["name"]} for row in call.account.task_types]


PARTS: Mapping[str, Callable[[ApiCall], Any]] = {
    "custom_fields": _render_fields,
    "users": _render_users,
    "pipelines": _render_pipelines,
    "groups": _render_groups,
    "note_types": _render_note_types,
    "task_types": _render_task_types,
}
ROUTES = (
    Route(
        "GET",
        "/api/v2/account",
        catch_request_errors(_get_account),
        withs=frozenset(PARTS),
        params=frozenset({"free_users", "with"}),
        common=frozenset(),
    ),
)

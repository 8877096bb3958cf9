"""Fills a new account with exported definitions, with the same ids (see `definition_export.py`)."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.definition_export import VERSION
from kommo_orm.sandbox.resources import field_definitions, user_rights
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import is_object

Definitions = Mapping[str, Any]
_USER: Row = {"lang": "en", "uuid": None, "amojo_id": None, "user_rank": "newbie"}
_RIGHTS: Row = {"is_admin": False, "is_free": False, "is_active": True, "group_id": None, "role_id": None}
_PIPELINE: Row = {"sort": 1, "is_main": False, "is_unsorted_on": True, "is_archive": False}
_STAGE: Row = {"sort": 10, "is_editable": True, "color": "#fffeb2", "type": 0}
_CATALOG: Row = {"sort": 10, "type": "regular", "can_add_elements": True, "can_show_in_cards": True}
_CATALOG |= {"can_link_multiple": True, "can_be_deleted": True, "sdk_widget_code": None}
_SOURCE: Row = {"pipeline_id": None, "external_id": None, "default": False, "origin_code": None}
_STATUS: Row = {"sort": 10, "is_default": False, "conditions": [], "color": "#fffeb2", "type": 0}
_SEGMENT: Row = {"color": "10599d", "available_products_price_types": None}


def load_definitions(source: Definitions | str | Path) -> Definitions:
    """Return definitions: the given ones, or those of a file. Raises `ValueError` if they are none."""
    where = "The definitions" if is_object(source) else f"{source}"
    try:
        found: Any = source if is_object(source) else json.loads(Path(str(source)).read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{where} is no JSON: {error}. Write it with kommo-orm sandbox --dump") from error
    if not is_object(found) or found.get("version") != VERSION or not is_object(found.get("account")):
        raise ValueError(f"{where} has no definitions of version {VERSION}. Write it with kommo-orm sandbox --dump")
    return found


def fill_from_definitions(account: Account, definitions: Definitions) -> None:
    """Replace the content of a new account by definitions. What they do not have stays as in a new account."""
    definitions = copy.deepcopy(definitions)
    account.is_copied = True
    _set_account(account, definitions)
    _fill_users(account, definitions)
    _fill_pipelines(account, definitions)
    for kind, blank in _PLAIN_KINDS.items():
        _fill_table(account, kind, definitions, blank)
    for row in account.store.iter_rows("sources"):
        row["services"] = [{**one, "params": one.get("params") or {}} for one in row.get("services") or []]
    for row in account.store.iter_rows("segments"):
        row["values"] = {}
    _fill_custom_fields(account, definitions)
    _fill_groups(account, definitions)
    _fill_tags(account, definitions)
    account.clear_definition_cache()


_PLAIN_KINDS = {
    "loss_reasons": {"sort": 1},
    "sources": _SOURCE,
    "catalogs": _CATALOG,
    "customer_statuses": _STATUS,
    "segments": _SEGMENT,
}
_WITH_TIMES = ("loss_reasons", "catalogs", "segments")
_HIDDEN_KEYS = {"segments": ("customers_count", "custom_fields_values")}


def _replace_rows(account: Account, kind: str, rows: Iterable[Row]) -> None:
    account.store.get_table(kind).clear()
    for row in rows:
        account.store.insert_row(kind, row)


def _fill_table(account: Account, kind: str, definitions: Definitions, blank: Row) -> None:
    """Fill one table. A kind that the definitions skipped keeps the rows of a new account."""
    if not definitions.get(kind):
        return
    now = account.now()
    times: Row = {"created_at": now, "updated_at": now} if kind in _WITH_TIMES else {}
    people: Row = dict.fromkeys(("created_by", "updated_by"), account.owner_id) if kind == "catalogs" else {}
    rows = ({**times, **people, **blank, **row} for row in definitions[kind])
    hidden = _HIDDEN_KEYS.get(kind, ())
    _replace_rows(account, kind, ({key: row[key] for key in row if key not in hidden} for row in rows))


# Users


def _set_account(account: Account, definitions: Definitions) -> None:
    about: Row = definitions["account"]
    account.name = about.get("name") or account.name
    account.settings = {key: value for key, value in about.items() if key in _SETTINGS and value is not None}
    account.groups = list(definitions.get("users_groups") or account.groups)
    account.task_types = list(definitions.get("task_types") or account.task_types)


_SETTINGS = ("country", "currency", "currency_symbol", "language", "is_unsorted_on", "is_loss_reason_enabled")


def _fill_users(account: Account, definitions: Definitions) -> None:
    """Insert users and roles. The owner is the user of the token that read the definitions."""
    _replace_rows(account, "roles", definitions.get("roles") or ())
    owner = definitions["account"].get("current_user_id")
    users = definitions.get("users") or ()
    if not users and owner:
        first = next(account.store.iter_rows("users"))
        users = [{**first, "id": owner}]
    if not users:
        return
    _replace_rows(account, "users", map(_build_user, users))
    table = account.store.get_table("users")
    account.owner_id = owner if owner in table else _find_administrator(table.values())
    rights = table[account.owner_id]["rights"]
    table[account.owner_id]["rights"] = {**user_rights.EVERYTHING, **rights, "is_admin": True, "is_active": True}


def _build_user(row: Row) -> Row:
    """Build a user. The e-mail is made up, and the phone is left out."""
    rights = {**user_rights.DENIED, **_RIGHTS, **(row.get("rights") or {})}
    hidden: Row = {"phone_number": None, "email": row.get("email") or f"user{row['id']}@sandbox.example"}
    return {"name": f"User {row['id']}", **_USER, **row, **hidden, "rights": rights}


def _find_administrator(users: Iterable[Row]) -> int:
    found = sorted(users, key=lambda row: (not row["rights"]["is_admin"], row["id"]))
    return int(found[0]["id"])


# Pipelines


def _fill_pipelines(account: Account, definitions: Definitions) -> None:
    pipelines: list[Row] = list(definitions.get("pipelines") or ())
    if not pipelines:
        return
    _replace_rows(account, "pipelines", map(_build_pipeline, pipelines))
    if not any(row["is_main"] for row in account.store.iter_rows("pipelines")):
        account.get_pipelines()[0]["is_main"] = True
    stages = {stage["id"] for row in account.store.iter_rows("pipelines") for stage in row["statuses"]}
    _replace_rows(account, "statuses", ({"id": number} for number in stages))  # reserves the ids


def _build_pipeline(row: Row) -> Row:
    stages = [{**_STAGE, **stage, "pipeline_id": row["id"]} for stage in row.get("statuses", ())]
    return {**_PIPELINE, **row, "statuses": [{**stage, "descriptions": []} for stage in stages]}


# Custom fields


def _fill_custom_fields(account: Account, definitions: Definitions) -> None:
    """Replace the fields of each owner that the definitions have, also by none."""
    owners: Mapping[str, list[Row]] = definitions.get("custom_fields") or {}
    kept = [row for row in account.store.iter_rows("custom_fields") if row["owner"] not in owners]
    fields = [field_definitions.build_stored_field(owner, row) for owner, rows in owners.items() for row in rows]
    _replace_rows(account, "custom_fields", [*kept, *fields])
    for kind, key in (("enums", "enums"), ("nodes", "nested")):  # reserves the ids of options
        _reserve_ids(account, kind, (option["id"] for field in fields for option in field[key] or ()))


def _reserve_ids(account: Account, kind: str, numbers: Iterable[int]) -> None:
    for number in numbers:
        account.store.insert_row(kind, {"id": number})


def _fill_groups(account: Account, definitions: Definitions) -> None:
    """Insert groups of fields. Every account has the predefined group of the name `default`."""
    allocate: Callable[[str], int] = account.store.allocate_id
    owners: Mapping[str, list[Row]] = definitions.get("custom_field_groups") or {}
    for owner, rows in owners.items():
        for row in rows:
            if row["id"] == "default":
                continue
            number = allocate("custom_field_groups")
            head: Row = {"number": number, "is_predefined": False, "sort": 2}
            kept: Row = {key: row[key] for key in ("id", "name", "is_predefined", "sort") if key in row}
            account.store.get_table("custom_field_groups")[number] = {**head, **kept, "entity_type": owner}


def _fill_tags(account: Account, definitions: Definitions) -> None:
    owners: Mapping[str, list[Row]] = definitions.get("tags") or {}
    rows = ({"color": None, **row, "entity": owner} for owner, found in owners.items() for row in found)
    for row in rows:
        account.store.insert_row("tags", row)

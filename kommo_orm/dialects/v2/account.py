"""The account, and what is read with it: users, groups, types of tasks, definitions of custom fields.

Source: Kommo API v2, "Account".
"""

from __future__ import annotations

from typing import Any, cast

from kommo_orm.dialects.common.response_body import get_embedded
from kommo_orm.dialects.v2.custom_fields import decode_definition
from kommo_orm.dialects.v2.endpoint import WHOLE_LIST, Endpoint, Filter, IncludeRules, ListRules
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import MutableRow
from kommo_orm.model.definition import iterate_items

ACCOUNT_PATH = "/api/v2/account"
INCLUDES = {"users_groups": "groups", "task_types": "task_types", "datetime_settings": None}
RIGHTS = ("view", "edit", "add", "delete", "export")
CARDS = {"lead": "leads", "contact": "contacts", "company": "companies"}


# ---- the account itself
def decode_account(row: MutableRow, read: ReadRequest) -> MutableRow:
    """The canonical row of the account."""
    own = ("_links", "_embedded", "date_pattern", "current_user")
    account = {key: value for key, value in row.items() if key not in own}
    if "current_user" in row:
        account["current_user_id"] = row["current_user"]
    account["datetime_settings"] = _decode_datetime_settings(row)
    if "users_groups" in read.includes:
        account["users_groups"] = list(iterate_items(get_embedded(row).get("groups")))
    if "task_types" in read.includes:
        account["task_types"] = list(iterate_items(get_embedded(row).get("task_types")))
    return account


def _decode_datetime_settings(row: MutableRow) -> MutableRow:
    """Patterns of dates and the time zone are keys of the account itself here."""
    raw: Any = row.get("date_pattern")
    patterns: MutableRow = cast("MutableRow", raw) if isinstance(raw, dict) else {}
    settings = {
        "date_pattern": patterns.get("date_time"),
        "date_format": patterns.get("date"),
        "time_format": patterns.get("time_full"),
        "short_time_pattern": patterns.get("time"),
        "timezone": row.get("timezone"),
        "timezone_offset": row.get("timezone_offset"),
    }
    return {key: value for key, value in settings.items() if value is not None}


def find_account(body: Any, read: ReadRequest) -> Any:
    """The body itself is the only row."""
    return [body]


# ---- users
def find_users(body: Any, read: ReadRequest) -> Any:
    """The users, each with its group."""
    embedded = get_embedded(body)
    groups = {group.get("id"): group for group in iterate_items(embedded.get("groups"))}
    return [{**row, "group": groups.get(row.get("group_id"))} for row in iterate_items(embedded.get("users"))]


USER_FLAGS = ("is_active", "is_free", "is_admin", "group_id")
USER_KEYS = frozenset((*USER_FLAGS, "rights", "last_name", "login", "language", "group", "_links"))


def decode_user(row: MutableRow, read: ReadRequest) -> MutableRow:
    """The canonical row of a user."""
    user = {key: value for key, value in row.items() if key not in USER_KEYS}
    user["name"] = " ".join(str(part) for part in (row.get("name"), row.get("last_name")) if part)
    user |= {"email": row.get("login"), "lang": row.get("language")}
    user["rights"] = {**decode_rights(row.get("rights")), **{key: row.get(key) for key in USER_FLAGS if key in row}}
    if "group" in read.includes:
        user["_embedded"] = {"groups": [row["group"]] if row.get("group") else []}
    return user


def decode_rights(raw: Any) -> MutableRow:
    """Rights such as `lead_add`, grouped by card; the others keep their names."""
    left: MutableRow = dict(cast("MutableRow", raw)) if isinstance(raw, dict) else {}
    rights: MutableRow = {}
    for one, many in CARDS.items():
        rights[many] = {right: left.pop(f"{one}_{right}") for right in RIGHTS if f"{one}_{right}" in left}
    for own, canonical in (("mail", "mail_access"), ("catalogs", "catalog_access")):
        if own in left:
            letter = left.pop(own)
            rights[canonical] = letter != "D" if isinstance(letter, str) else bool(letter)
    return {**left, **rights}


# ---- definitions
def find_definitions(body: Any, read: ReadRequest) -> Any:
    """The definitions of one kind of card, or of one list."""
    parent = read.parent
    by_kind: Any = get_embedded(body).get("custom_fields")
    if parent is None or not isinstance(by_kind, dict):
        return []
    definitions = cast("MutableRow", by_kind).get(parent.kind)
    if parent.id is not None:
        definitions = cast("MutableRow", definitions).get(str(parent.id)) if isinstance(definitions, dict) else None
    return list(iterate_items(definitions))


ACCOUNT = Endpoint(ACCOUNT_PATH, WHOLE_LIST, decode_account, includes=IncludeRules(INCLUDES), find_rows=find_account)
USERS = Endpoint(
    ACCOUNT_PATH,
    Capabilities(is_paged=False, reads_single_rows=False, create_size=0, update_size=0, is_ordered=False),
    decode_user,
    lists=ListRules(filters={"id": Filter("")}),
    includes=IncludeRules({"group": "groups", "phone_number": None}, always=("users",)),
    find_rows=find_users,
)
CUSTOM_FIELDS = Endpoint(
    ACCOUNT_PATH,
    Capabilities(
        is_paged=False,
        reads_single_rows=False,
        create_size=250,
        update_size=0,
        delete_size=250,
        is_ordered=False,
    ),
    decode_definition,
    lists=ListRules(filters={"id": Filter(""), "type": Filter("")}),
    includes=IncludeRules(always=("custom_fields",)),
    find_rows=find_definitions,
)

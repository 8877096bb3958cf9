"""The account, and what comes with it only: users, groups, types of tasks, definitions of custom fields.

Source: Kommo API v2, "Account".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from kommo_orm.dialects.v2.custom_fields import definition
from kommo_orm.dialects.v2.endpoint import WHOLE, Endpoint, Filter, unable
from kommo_orm.errors import QueryError
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import Row
from kommo_orm.model.definition import iterate_items

PATH = "/api/v2/account"
INCLUDES = {"users_groups": "groups", "task_types": "task_types", "datetime_settings": None}
LETTERS = ("view", "edit", "add", "delete", "export")
CARDS = {"lead": "leads", "contact": "contacts", "company": "companies"}


def inside(body: Any, key: str) -> Any:
    """A part that the account was asked for."""
    embedded = body.get("_embedded") if isinstance(body, dict) else None
    return embedded.get(key) if isinstance(embedded, dict) else None


# ---- the account itself
def account(row: Row, read: ReadRequest) -> Row:
    """Patterns of dates and the zone stand in the row itself here."""
    made = {
        key: told for key, told in row.items() if key not in ("_links", "_embedded", "date_pattern", "current_user")
    }
    if "current_user" in row:
        made["current_user_id"] = row["current_user"]
    made["datetime_settings"] = settings(row)
    if "users_groups" in read.includes:
        made["users_groups"] = list(iterate_items(inside(row, "groups")))
    if "task_types" in read.includes:
        made["task_types"] = list(iterate_items(inside(row, "task_types")))
    return made


def settings(row: Row) -> Row:
    raw: Any = row.get("date_pattern")
    patterns: Row = cast("Row", raw) if isinstance(raw, dict) else {}
    told = {
        "date_pattern": patterns.get("date_time"),
        "date_format": patterns.get("date"),
        "time_format": patterns.get("time_full"),
        "short_time_pattern": patterns.get("time"),
        "timezone": row.get("timezone"),
        "timezone_offset": row.get("timezone_offset"),
    }
    return {key: value for key, value in told.items() if value is not None}


def the_account(body: Any, read: ReadRequest) -> Any:
    return [body]


# ---- users
def users(body: Any, read: ReadRequest) -> Any:
    groups = {group.get("id"): group for group in iterate_items(inside(body, "groups"))}
    return [{**row, "group": groups.get(row.get("group_id"))} for row in iterate_items(inside(body, "users"))]


def user(row: Row, read: ReadRequest) -> Row:
    own = (
        "rights",
        "last_name",
        "login",
        "language",
        "is_active",
        "is_free",
        "is_admin",
        "group",
        "group_id",
        "_links",
    )
    made = {key: told for key, told in row.items() if key not in own}
    made["name"] = " ".join(str(part) for part in (row.get("name"), row.get("last_name")) if part)
    made |= {"email": row.get("login"), "lang": row.get("language")}
    flags = {key: row.get(key) for key in ("is_active", "is_free", "is_admin", "group_id") if key in row}
    made["rights"] = {**rights(row.get("rights")), **flags}
    if "group" in read.includes:
        made["_embedded"] = {"groups": [row["group"]] if row.get("group") else []}
    return made


def rights(raw: Any) -> Row:
    """`lead_add` and its like by card; the rest keeps its name."""
    told: Row = dict(cast("Row", raw)) if isinstance(raw, dict) else {}
    made: Row = {}
    for one, many in CARDS.items():
        made[many] = {letter: told.pop(f"{one}_{letter}") for letter in LETTERS if f"{one}_{letter}" in told}
    for own, canonical in (("mail", "mail_access"), ("catalogs", "catalog_access")):
        if own in told:
            letter = told.pop(own)
            made[canonical] = letter != "D" if isinstance(letter, str) else bool(letter)
    return {**told, **made}


# ---- definitions
def definitions(body: Any, read: ReadRequest) -> Any:
    """Those of one kind of card, or of one list."""
    parent = read.parent
    whole: Any = inside(body, "custom_fields")
    if parent is None or not isinstance(whole, dict):
        return []
    known = cast("Row", whole).get(parent.kind)
    if parent.id is not None:
        known = cast("Row", known).get(str(parent.id)) if isinstance(known, dict) else None
    return list(iterate_items(known))


def with_words(read: ReadRequest, endpoint: Endpoint) -> Iterable[str]:
    """The service's words for what comes along. Raises `QueryError` for what v2 cannot bring."""
    for name in sorted(read.includes):
        if name not in endpoint.includes:
            raise QueryError(unable(f"bring {name} of {read.kind} along", _able(endpoint)))
        word = endpoint.includes[name]
        if word is not None:
            yield word


def _able(endpoint: Endpoint) -> str:
    return f"it can include {', '.join(endpoint.includes) or 'nothing'}"


ACCOUNT = Endpoint(PATH, WHOLE, account, includes=INCLUDES, rows=the_account)
USERS = Endpoint(
    PATH,
    Capabilities(is_paged=False, reads_single_rows=False, create_size=0, update_size=0, is_ordered=False),
    user,
    includes={"group": "groups", "phone_number": None},
    always_with=("users",),
    filters={"id": Filter("")},
    rows=users,
)
FIELDS = Endpoint(
    PATH,
    Capabilities(
        is_paged=False, reads_single_rows=False, create_size=250, update_size=0, delete_size=250, is_ordered=False
    ),
    definition,
    always_with=("custom_fields",),
    filters={"id": Filter(""), "type": Filter("")},
    rows=definitions,
)

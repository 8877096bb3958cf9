"""Users (Kommo API v4, Users). Only administrators may use them. The API cannot change or delete a user."""

from __future__ import annotations

import re
from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_empty_response, build_row_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import (
    INVALID_VALUE,
    NOT_SUPPORTED_CHOICE,
    NOT_UNIQUE,
    HttpError,
    build_not_found,
)
from kommo_orm.sandbox.resources import user_rights
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    allow_null,
    join_path,
    split_words,
    validate_boolean,
    validate_choice,
    validate_integer,
    validate_nested,
    validate_object,
    validate_row_id,
    validate_text,
)

MOST_USERS = 10  # in a request
WITHS = frozenset(split_words("role group uuid amojo_id user_rank phone_number"))


# Reading


def render_user(account: Account, row: Row, withs: frozenset[str] = frozenset()) -> Row:
    kept = {key: row[key] for key in ("id", "name", "email", "lang", "rights")}
    kept.update({key: row[key] for key in ("uuid", "amojo_id", "user_rank", "phone_number") if key in withs})
    nested: Row = {}
    if "role" in withs:
        nested["roles"] = _render_roles(account, row)
    if "group" in withs:
        nested["groups"] = [group for group in account.groups if group["id"] == (row["rights"]["group_id"] or 0)]
    # The link of a user ends with a slash.
    shown = {**kept, "_links": build_row_link(account.build_url(f"/api/v4/users/{row['id']}/"))}
    return {**shown, "_embedded": nested} if nested else shown


def _render_roles(account: Account, row: Row) -> list[Row]:
    role = account.store.get_row("roles", row["rights"]["role_id"])
    if role is None:
        return []
    return [
        {
            "id": role["id"],
            "name": role["name"],
            "_links": build_row_link(account.build_url(f"/api/v4/roles/{role['id']}")),
        }
    ]


def list_users(call: ApiCall) -> SandboxResponse:
    table = call.store.get_table("users")
    return call.build_page_response(
        "users", list(table), lambda n: encode_json(render_user(call.account, table[n], call.withs)), counts=True
    )


def get_user(call: ApiCall) -> SandboxResponse:
    row = call.store.get_row("users", call.get_path_id())
    if row is None:
        raise build_not_found("User not found")
    return call.build_row_response(render_user(call.account, row, call.withs))


# Writing


def _validate_user_name(context: ValidationContext, value: Any, path: str) -> Any:
    validate_text(context, value, path)
    if isinstance(value, str) and (not value.strip() or len(value) > 50):
        context.add_error(INVALID_VALUE, path)
    return value


def _validate_password(context: ValidationContext, value: Any, path: str) -> Any:
    """Require six characters, with a digit, an upper-case and a lower-case letter."""
    validate_text(context, value, path)
    patterns = (r".{6,}", r".*\d", r".*[A-Z]", r".*[a-z]")
    if isinstance(value, str) and not all(re.match(pattern, value) for pattern in patterns):
        context.add_error(INVALID_VALUE, path)
    return value


def _validate_group_id(context: ValidationContext, value: Any, path: str) -> Any:
    if value not in [group["id"] for group in context.account.groups]:
        context.add_error(NOT_SUPPORTED_CHOICE, path)
    return value


_RIGHTS: Schema = {
    **user_rights.SCHEMA,
    "role_id": allow_null(validate_row_id("roles")),
    "group_id": allow_null(_validate_group_id),
    "is_free": validate_boolean,
}
_SCHEMA: Schema = {
    "name": _validate_user_name,
    "email": validate_text,
    "password": _validate_password,
    "lang": validate_choice("ru", "en", "es", "pt", "id", "tr"),
    "rights": validate_nested(_RIGHTS),
}


def _validate_new_user(context: ValidationContext, item: Any) -> Row:
    clean = validate_object(context, item, _SCHEMA, required=("name", "email", "password"))
    if clean.get("email") in [row["email"] for row in context.account.store.iter_rows("users")]:
        context.add_error(NOT_UNIQUE, join_path("", "email"))
    return clean


def create_users(call: ApiCall) -> SandboxResponse:
    checked = call.validate_items(_validate_new_user, MOST_USERS)
    made = [(insert_user(call.account, clean), name) for clean, name in checked]
    return call.build_list_response(
        "users", [{**render_user(call.account, row), "request_id": name} for row, name in made], status=201
    )


def insert_user(account: Account, clean: Row) -> Row:
    """Store a new user. Without rights everything is denied; the rights of a role replace given rights."""
    number = account.store.allocate_id("users")
    given = clean.get("rights", {})
    role = account.store.get_row("roles", given.get("role_id"))
    own: Row = {"is_admin": False, "is_free": False, "is_active": True, "group_id": None, "role_id": None}
    granted: Row = {**user_rights.DENIED, **own, **given, **_get_role_rights(role)}
    unique = f"5b0e7c1a-0000-4000-8000-{number:012d}"
    hidden: Row = {"uuid": unique, "amojo_id": unique, "user_rank": "newbie", "phone_number": None}
    row: Row = {"id": number, "name": clean["name"], "email": clean["email"], "lang": clean.get("lang", "en")}
    return account.store.insert_row("users", {**row, "rights": granted, **hidden})


def _get_role_rights(role: Row | None) -> Row:
    shared: Row = role["rights"] if role else {}
    return shared


def _set_active(call: ApiCall, *, active: bool) -> list[Row]:
    checked = call.validate_items(
        lambda context, item: validate_object(context, item, {"id": validate_integer}, required=("id",)), MOST_USERS
    )
    numbers = [clean["id"] for clean, _ in checked]
    unknown = [str(number) for number in numbers if call.store.get_row("users", number) is None]
    if unknown:
        raise HttpError(400, f"User(s) {', '.join(unknown)} are not associated with provided account.")
    rows = [call.store.get_table("users")[number] for number in numbers]
    if any(row["rights"]["is_admin"] for row in rows):
        raise HttpError(403, "Administrators can not be changed")
    for row in rows:
        row["rights"] = {**row["rights"], "is_active": active}
    return rows


def activate_users(call: ApiCall) -> SandboxResponse:
    _set_active(call, active=True)
    return SandboxResponse(202, {"content-type": "text/html; charset=utf-8"})


def deactivate_users(call: ApiCall) -> SandboxResponse:
    _set_active(call, active=False)
    return build_empty_response()


ROUTES = (
    Route("GET", "/api/v4/users", list_users, withs=WITHS, admin=True),
    Route("GET", "/api/v4/users/{id}", get_user, withs=WITHS, admin=True),
    Route("POST", "/api/v4/users", create_users, admin=True),
    Route("POST", "/api/v4/users/activate", activate_users, admin=True),
    Route("POST", "/api/v4/users/deactivate", deactivate_users, admin=True),
)

"""Users (Kommo API v4, Users): for administrators. There is no way to change or delete one."""

from __future__ import annotations

import re
from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.hal_responses import encode, link, nothing
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import INVALID_VALUE, NOT_SUPPORTED_CHOICE, NOT_UNIQUE, Refusal, not_found
from kommo_orm.sandbox.resources import user_rights
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    Scope,
    boolean,
    choice,
    examine,
    existing,
    integer,
    join,
    nullable,
    shape,
    text,
    words,
)

MOST_USERS = 10  # a call
WITHS = frozenset(words("role group uuid amojo_id user_rank phone_number"))


# Reading


def show(account: Account, row: Row, withs: frozenset[str] = frozenset()) -> Row:
    kept = {key: row[key] for key in ("id", "name", "email", "lang", "rights")}
    kept.update({key: row[key] for key in ("uuid", "amojo_id", "user_rank", "phone_number") if key in withs})
    nested: Row = {}
    if "role" in withs:
        nested["roles"] = _roles(account, row)
    if "group" in withs:
        nested["groups"] = [group for group in account.groups if group["id"] == (row["rights"]["group_id"] or 0)]
    # The service puts a slash before the query of a user's link.
    shown = {**kept, "_links": link(account.url(f"/api/v4/users/{row['id']}/"))}
    return {**shown, "_embedded": nested} if nested else shown


def _roles(account: Account, row: Row) -> list[Row]:
    role = account.store.get("roles", row["rights"]["role_id"])
    if role is None:
        return []
    return [{"id": role["id"], "name": role["name"], "_links": link(account.url(f"/api/v4/roles/{role['id']}"))}]


def list_users(call: Call) -> SandboxResponse:
    table = call.store.table("users")
    return call.page("users", list(table), lambda n: encode(show(call.account, table[n], call.withs)), counts=True)


def get_user(call: Call) -> SandboxResponse:
    row = call.store.get("users", call.number())
    if row is None:
        raise not_found("User not found")
    return call.one(show(call.account, row, call.withs))


# Writing


def _name(scope: Scope, value: Any, path: str) -> Any:
    text(scope, value, path)
    if isinstance(value, str) and (not value.strip() or len(value) > 50):
        scope.flaw(INVALID_VALUE, path)
    return value


def _password(scope: Scope, value: Any, path: str) -> Any:
    """Six characters at least, with a digit, an upper and a lower case letter."""
    text(scope, value, path)
    patterns = (r".{6,}", r".*\d", r".*[A-Z]", r".*[a-z]")
    if isinstance(value, str) and not all(re.match(pattern, value) for pattern in patterns):
        scope.flaw(INVALID_VALUE, path)
    return value


def _group(scope: Scope, value: Any, path: str) -> Any:
    if value not in [group["id"] for group in scope.account.groups]:
        scope.flaw(NOT_SUPPORTED_CHOICE, path)
    return value


_RIGHTS: Schema = {
    **user_rights.SCHEMA,
    "role_id": nullable(existing("roles")),
    "group_id": nullable(_group),
    "is_free": boolean,
}
_SCHEMA: Schema = {
    "name": _name,
    "email": text,
    "password": _password,
    "lang": choice("ru", "en", "es", "pt", "id", "tr"),
    "rights": shape(_RIGHTS),
}


def _check(scope: Scope, item: Any) -> Row:
    clean = examine(scope, item, _SCHEMA, required=("name", "email", "password"))
    if clean.get("email") in [row["email"] for row in scope.account.store.rows("users")]:
        scope.flaw(NOT_UNIQUE, join("", "email"))
    return clean


def create_users(call: Call) -> SandboxResponse:
    checked = call.checked_items(_check, MOST_USERS)
    made = [(create(call.account, clean), name) for clean, name in checked]
    return call.whole("users", [{**show(call.account, row), "request_id": name} for row, name in made], status=201)


def create(account: Account, clean: Row) -> Row:
    """Without rights everything is denied; a role's rights replace given ones."""
    number = account.store.new_id("users")
    given = clean.get("rights", {})
    role = account.store.get("roles", given.get("role_id"))
    own: Row = {"is_admin": False, "is_free": False, "is_active": True, "group_id": None, "role_id": None}
    granted: Row = {**user_rights.DENIED, **own, **given, **_rights_of(role)}
    unique = f"5b0e7c1a-0000-4000-8000-{number:012d}"
    hidden: Row = {"uuid": unique, "amojo_id": unique, "user_rank": "newbie", "phone_number": None}
    row: Row = {"id": number, "name": clean["name"], "email": clean["email"], "lang": clean.get("lang", "en")}
    return account.store.insert("users", {**row, "rights": granted, **hidden})


def _rights_of(role: Row | None) -> Row:
    shared: Row = role["rights"] if role else {}
    return shared


def _switch(call: Call, *, active: bool) -> list[Row]:
    checked = call.checked_items(
        lambda scope, item: examine(scope, item, {"id": integer}, required=("id",)), MOST_USERS
    )
    numbers = [clean["id"] for clean, _ in checked]
    unknown = [str(number) for number in numbers if call.store.get("users", number) is None]
    if unknown:
        raise Refusal(400, f"User(s) {', '.join(unknown)} are not associated with provided account.")
    rows = [call.store.table("users")[number] for number in numbers]
    if any(row["rights"]["is_admin"] for row in rows):
        raise Refusal(403, "Administrators can not be changed")
    for row in rows:
        row["rights"] = {**row["rights"], "is_active": active}
    return rows


def activate(call: Call) -> SandboxResponse:
    _switch(call, active=True)
    return SandboxResponse(202, {"content-type": "text/html; charset=utf-8"})


def deactivate(call: Call) -> SandboxResponse:
    _switch(call, active=False)
    return nothing()


ROUTES = (
    Route("GET", "/api/v4/users", list_users, withs=WITHS, admin=True),
    Route("GET", "/api/v4/users/{id}", get_user, withs=WITHS, admin=True),
    Route("POST", "/api/v4/users", create_users, admin=True),
    Route("POST", "/api/v4/users/activate", activate, admin=True),
    Route("POST", "/api/v4/users/deactivate", deactivate, admin=True),
)

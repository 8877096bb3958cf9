"""Bonus points of customers (Kommo API v4, Bonus points): earned or redeemed, one at a time; the answer is the balance."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, FIELD_NOT_EXPECTED, INVALID_VALUE
from kommo_orm.sandbox.resources.customers import guarded
from kommo_orm.sandbox.routing import Call, Route, required_place
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, Scope, examine, integer, is_int

_SCHEMA: Schema = {"earn": integer, "redeem": integer}


def change_points(call: Call) -> SandboxResponse:
    row = required_place(call, "customers")
    clean = call.checked_item(lambda scope, item: _check(scope, item, row["bonus_points"]))
    row["bonus_points"] += clean.get("earn", 0) - clean.get("redeem", 0)
    return call.one({"bonus_points": row["bonus_points"]})


def _check(scope: Scope, item: Any, balance: int) -> Row:
    """Exactly one of the two; nobody redeems more than there is."""
    clean = examine(scope, item, _SCHEMA)
    if len(clean) == 2:
        scope.flaw(FIELD_NOT_EXPECTED, "redeem")
    elif not clean:
        scope.flaw(FIELD_MISSING, "earn")
    for key, value in clean.items():
        if is_int(value) and (value <= 0 or (key == "redeem" and value > balance)):
            scope.flaw(INVALID_VALUE, key)
    return clean


ROUTES = (guarded(Route("POST", "/api/v4/customers/{id}/bonus_points", change_points)),)

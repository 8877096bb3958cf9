"""Bonus points of customers (Kommo API v4, Bonus points).

A request earns or redeems points of one customer. The response holds the new balance.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.api_call import ApiCall, require_path_row
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, FIELD_NOT_EXPECTED, INVALID_VALUE
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import Schema, ValidationContext, is_int, validate_integer, validate_object

_SCHEMA: Schema = {"earn": validate_integer, "redeem": validate_integer}


def change_points(call: ApiCall) -> SandboxResponse:
    row = require_path_row(call, "customers")
    clean = call.validate_item(lambda context, item: _validate_points(context, item, row["bonus_points"]))
    row["bonus_points"] += clean.get("earn", 0) - clean.get("redeem", 0)
    return call.build_row_response({"bonus_points": row["bonus_points"]})


def _validate_points(context: ValidationContext, item: Any, balance: int) -> Row:
    """Require exactly one of `earn` and `redeem`, and refuse to redeem more than the balance."""
    clean = validate_object(context, item, _SCHEMA)
    if len(clean) == 2:
        context.add_error(FIELD_NOT_EXPECTED, "redeem")
    elif not clean:
        context.add_error(FIELD_MISSING, "earn")
    for key, value in clean.items():
        if is_int(value) and (value <= 0 or (key == "redeem" and value > balance)):
            context.add_error(INVALID_VALUE, key)
    return clean


ROUTES = (Route("POST", "/api/v4/customers/{id}/bonus_points", change_points),)

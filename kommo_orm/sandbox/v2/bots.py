"""Starts salesbots (Kommo API v2, Salesbot): many runs in one request, entity types by number."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import bots as v4
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import parsers, request_bodies, responses, routes
from kommo_orm.sandbox.v2.errors import RequestError, build_malformed_error
from kommo_orm.sandbox.validators import is_array

_KINDS = {1: "contacts", 2: "leads"}
_SCHEMA: parsers.Schema = {
    "bot_id": parsers.parse_integer,
    "entity_id": parsers.parse_integer,
    "entity_type": parsers.build_choice_parser(*_KINDS),
}


def _run_bots(call: ApiCall) -> SandboxResponse:
    given = request_bodies.parse_body(call)
    if not is_array(given) or not given:
        raise RequestError(400, "An array of runs is expected")
    if len(given) > v4.MOST_RUNS:
        raise RequestError(400, f"At most {v4.MOST_RUNS} runs in a request")
    runs = [_parse_run(call, one, f"run/{at}") for at, one in enumerate(given)]
    for run in runs:
        v4.record_bot_run(call.account, run)
    return responses.build_reply(call, {"success": True}, 202)


def _parse_run(call: ApiCall, one: Any, where: str) -> Row:
    clean = parsers.parse_keys(call, one, _SCHEMA, where, _SCHEMA)
    run = {**clean, "entity_type": _KINDS[clean["entity_type"]]}
    if call.store.get_row("bots", run["bot_id"]) is None:
        raise build_malformed_error(f"{where}/bot_id", "names no bot")
    if call.store.get_row(run["entity_type"], run["entity_id"]) is None:
        raise build_malformed_error(f"{where}/entity_id", f"names none of {run['entity_type']}")
    return run


ROUTES = (routes.build_post_route("/api/v2/salesbot/run", _run_bots),)

"""Runs of salesbots (Kommo API v2, Salesbot): many at once, entities by number; the older twin of v4's route."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.resources import bots as v4
from kommo_orm.sandbox.routing import ApiCall
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import answers, bodies, lenient, listing
from kommo_orm.sandbox.v2.refusals import Wrong, malformed
from kommo_orm.sandbox.validators import is_array

_KINDS = {1: "contacts", 2: "leads"}
_SCHEMA: lenient.Schema = {"bot_id": lenient.whole, "entity_id": lenient.whole, "entity_type": lenient.choice(*_KINDS)}


def _run(call: ApiCall) -> SandboxResponse:
    given = bodies.content(call)
    if not is_array(given) or not given:
        raise Wrong(400, "An array of runs is expected")
    if len(given) > v4.MOST_RUNS:
        raise Wrong(400, f"At most {v4.MOST_RUNS} runs in a request")
    runs = [_checked(call, one, f"run/{at}") for at, one in enumerate(given)]
    for run in runs:
        v4.record_bot_run(call.account, run)
    return answers.reply(call, {"success": True}, 202)


def _checked(call: ApiCall, one: Any, where: str) -> Row:
    clean = lenient.examine(call, one, _SCHEMA, where, _SCHEMA)
    run = {**clean, "entity_type": _KINDS[clean["entity_type"]]}
    if call.store.get_row("bots", run["bot_id"]) is None:
        raise malformed(f"{where}/bot_id", "names no bot")
    if call.store.get_row(run["entity_type"], run["entity_id"]) is None:
        raise malformed(f"{where}/entity_id", f"names none of {run['entity_type']}")
    return run


ROUTES = (listing.post("/api/v2/salesbot/run", _run),)

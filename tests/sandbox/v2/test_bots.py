from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.v2.api_v2_client import LEADS, ApiV2Client, get_error_code, get_sandbox_detail

RUN = "/api/v2/salesbot/run"


def test_runs_are_accepted(api: ApiV2Client, sandbox: Sandbox) -> None:
    bot, lead = sandbox.add("bots", name="Hi")["id"], api.add(LEADS, name="Pump")
    run = {"bot_id": bot, "entity_id": lead, "entity_type": 2}
    response = api.post(RUN, [run])
    assert (response.status, response.json()) == (202, {"success": True})
    fields = [(f"0[{key}]", str(value)) for key, value in run.items()]
    assert api.form(RUN, *fields).status == 202
    [noted] = sandbox.account.store.iter_rows("bot_runs")
    assert (noted["bot_id"], noted["entity_type"], noted["entity_id"]) == (bot, "leads", lead)


@pytest.mark.parametrize("change", [{"bot_id": 7}, {"entity_id": 7}, {"entity_type": 3}, {"entity_type": "leads"}])
def test_wrong_runs_are_refused(api: ApiV2Client, sandbox: Sandbox, change: Any) -> None:
    bot, lead = sandbox.add("bots", name="Hi")["id"], api.add(LEADS, name="Pump")
    run = {"bot_id": bot, "entity_id": lead, "entity_type": 2}
    assert get_error_code(api.post(RUN, [{**run, **change}])) == "400"
    assert get_error_code(api.post(RUN, run)) == get_error_code(api.post(RUN, [run] * 101)) == "400"
    assert "name" in get_sandbox_detail(api.post(RUN, [{**run, "name": "x"}]))

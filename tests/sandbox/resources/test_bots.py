from __future__ import annotations

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient, validation_error, validation_errors


def test_a_number_as_entity_type_gives_two_errors(api: ApiClient, sandbox: Sandbox) -> None:
    bot, lead = sandbox.add("bots")["id"], sandbox.add("leads", name="x")["id"]
    refused = validation_errors(api.post(f"/api/v4/bots/{bot}/run", {"entity_id": lead, "entity_type": 2}))
    assert [code for _, code, _ in refused] == ["InvalidType", "NotSupportedChoice"]
    answer = api.post(f"/api/v4/bots/{bot}/run", {"entity_id": lead, "entity_type": "leads"})
    assert (answer.status, answer.text, answer.headers["content-type"][:9]) == (202, "Accepted", "text/html")


def test_invalid_runs_and_more_than_a_hundred_are_refused(api: ApiClient, sandbox: Sandbox) -> None:
    bot, lead = sandbox.add("bots")["id"], sandbox.add("leads", name="x")["id"]
    run = {"bot_id": bot, "entity_id": lead, "entity_type": "leads"}
    assert api.post("/api/v4/bots/run", [run]).status == 202
    assert api.post("/api/v4/bots/run", [run] * 101).status == 422
    assert validation_error(api.post("/api/v4/bots/run", [{**run, "bot_id": 9}])) == ("NotSupportedChoice", "bot_id")
    assert (
        validation_error(api.post(f"/api/v4/bots/{bot}/stop", {"entity_id": 5, "entity_type": "contacts"}))[1]
        == "entity_type"
    )
    assert [api.post(f"/api/v4/bots/9/{verb}", run).status for verb in ("run", "stop")] == [404, 404]
    assert api.get("/api/v4/bots/9").status == 204

from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from kommo_orm.sandbox.webhooks.delivery import Delivery
from tests.sandbox.api_client import NOW, ApiClient, Clock
from tests.sandbox.webhooks.form_decoder import Recorder

HOOKS = "/api/v4/webhooks"


def minutes(delivery: Delivery) -> list[float]:
    """When the attempts were made, in minutes after the first one."""
    return [(attempt.at - delivery.attempts[0].at) / 60 for attempt in delivery.attempts]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, [0]),
        (299, [0]),
        (302, [0, 5, 20]),
        (404, [0, 5, 20]),
        (0, [0, 5, 20]),
        (499, [0, 5, 20, 35, 95]),
        (500, [0, 5, 20, 35, 95]),
        (599, [0, 5, 20, 35, 95]),
    ],
)
def test_a_webhook_is_repeated_as_documented(sandbox: Sandbox, status: int, expected: list[float]):
    recorder = Recorder(sandbox, "add_lead")
    recorder.status = status
    sandbox.add("leads")
    [delivery] = sandbox.deliveries
    sandbox.deliver(within=24 * 3600)
    assert minutes(delivery) == expected
    assert len(recorder.calls) == len(expected)
    assert delivery.state == ("delivered" if status < 300 and status else "failed")


def test_a_moved_clock_makes_the_next_attempt_due(sandbox: Sandbox, clock: Clock):
    recorder = Recorder(sandbox, "add_lead")
    recorder.status = 500
    sandbox.add("leads")
    [delivery] = sandbox.deliveries
    clock.now += 299
    assert sandbox.deliver() == []
    assert (delivery.state, delivery.due) == ("waiting", NOW + 300)
    clock.now += 1
    recorder.status = 204
    assert sandbox.deliver() == [delivery]
    assert [attempt.status for attempt in delivery.attempts] == [500, 204]
    assert delivery.state == "delivered"
    assert recorder.calls[0] == recorder.calls[1]


def test_more_than_a_hundred_failures_within_two_hours_disable_a_webhook(
    sandbox: Sandbox, api: ApiClient, clock: Clock
):
    recorder = Recorder(sandbox, "add_lead")
    recorder.status = 404
    for _ in range(100):
        sandbox.add("leads")
    assert sandbox.rows("webhooks")[0]["disabled"] is False
    sandbox.add("leads")
    assert sandbox.rows("webhooks")[0]["disabled"] is True
    assert {delivery.state for delivery in sandbox.deliveries} == {"dropped"}
    recorder.status = 200
    sandbox.add("leads")
    assert len(recorder.calls) == 101
    assert sandbox.deliver(within=3600) == []


def test_subscribing_again_enables_a_webhook_and_forgets_its_failures(sandbox: Sandbox, api: ApiClient):
    recorder = Recorder(sandbox)
    hook = {"destination": "https://a.example/in", "settings": ["add_lead"]}
    api.post(HOOKS, hook)
    recorder.status = 404
    for _ in range(101):
        sandbox.add("leads")
    assert api.get(HOOKS).json()["_embedded"]["webhooks"][0]["disabled"] is True
    assert api.post(HOOKS, hook).json()["disabled"] is False
    sandbox.add("leads")
    assert api.get(HOOKS).json()["_embedded"]["webhooks"][0]["disabled"] is False
    assert sandbox.deliveries[-1].state == "waiting"


def test_failures_that_are_older_than_two_hours_do_not_count(sandbox: Sandbox, clock: Clock):
    recorder = Recorder(sandbox, "add_lead")
    recorder.status = 404
    for _ in range(60):
        sandbox.add("leads")
    sandbox.deliver(within=24 * 3600)  # 180 failures in 20 minutes would disable it
    assert sandbox.rows("webhooks")[0]["disabled"] is True
    sandbox.reset()
    sandbox.deliver_to(recorder.receive, events=["add_lead"])
    for _ in range(3):
        for _ in range(33):
            sandbox.add("leads")
        clock.now += 2 * 3600 + 1
        sandbox.deliver()
    assert sandbox.rows("webhooks")[0]["disabled"] is False


def test_a_removed_webhook_gets_nothing_more(sandbox: Sandbox, api: ApiClient):
    recorder = Recorder(sandbox)
    api.post(HOOKS, {"destination": "https://a.example/in", "settings": ["add_lead"]})
    recorder.status = 500
    sandbox.add("leads")
    api.request("DELETE", HOOKS, {"destination": "https://a.example/in"})
    assert sandbox.deliver(within=3600) == []
    assert [delivery.state for delivery in sandbox.deliveries] == ["dropped"]


def test_each_row_and_each_address_has_a_webhook_of_its_own(sandbox: Sandbox, api: ApiClient):
    recorder = Recorder(sandbox)
    api.post(HOOKS, {"destination": "https://a.example/one?t=s", "settings": ["add_lead", "update_lead"], "sort": 2})
    api.post(HOOKS, {"destination": "https://a.example/two", "settings": ["add_lead"], "sort": 1})
    api.post("/api/v4/leads", [{"name": "a"}, {"name": "b"}])
    found = [
        (path, form["leads"]["add"][0]["name"])
        for (path, _, _), form in zip(recorder.calls, recorder.forms, strict=True)
    ]
    assert found == [("/two", "a"), ("/one?t=s", "a"), ("/two", "b"), ("/one?t=s", "b")]
    assert all(len(form["leads"]["add"]) == 1 for form in recorder.forms)


def test_nothing_changes_and_nothing_is_refused_without_a_webhook(sandbox: Sandbox, api: ApiClient):
    recorder = Recorder(sandbox, "add_lead", "update_lead")
    lead = sandbox.add("leads", name="Roof")["id"]
    api.patch(f"/api/v4/leads/{lead}", {"name": "Roof"})
    assert api.post("/api/v4/leads", [{"name": "a"}, {"price": "x"}]).status == 400
    assert recorder.envelopes == [("leads", "add")]


def test_a_delivery_prints_as_a_line(sandbox: Sandbox):
    recorder = Recorder(sandbox, "add_lead")
    recorder.status = 500
    sandbox.add("leads")
    assert str(sandbox.deliveries[0]) == "add_lead -> https://receiver.example/webhook: waiting (500)"

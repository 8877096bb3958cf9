from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import ApiClient
from tests.sandbox.webhooks.form_decoder import Recorder, decode_form


def test_a_receiver_may_write_and_its_webhooks_follow(sandbox: Sandbox):
    order: list[str] = []

    def receive(path: str, headers: dict[str, str], body: bytes) -> None:
        [name] = decode_form(body)["leads"]["add"]
        order.append(f"begin {name['name']}")
        if name["name"] == "first":
            sandbox.add("leads", name="second")
            assert sandbox.deliver() == []
        order.append(f"end {name['name']}")

    sandbox.deliver_to(receive, events=["add_lead"])
    sandbox.add("leads", name="first")
    assert order == ["begin first", "end first", "begin second", "end second"]


def test_a_receiver_that_causes_what_it_is_told_is_stopped(sandbox: Sandbox):
    lead = sandbox.add("leads", price=0)["id"]

    def receive(path: str, headers: dict[str, str], body: bytes) -> None:
        [item] = decode_form(body)["leads"]["update"]
        sandbox.change("leads", lead, price=int(item["price"]) + 1)

    sandbox.deliver_to(receive, events=["update_lead"])
    with pytest.raises(RuntimeError, match="runs in a circle: 50 webhooks in a row"):
        sandbox.change("leads", lead, price=1)


def test_planned_failures_come_in_place_of_the_receivers_answer(sandbox: Sandbox):
    recorder = Recorder(sandbox, "add_lead")
    sandbox.fail_deliveries(503, times=2)
    sandbox.add("leads")
    [delivery] = sandbox.deliveries
    assert recorder.calls == []
    sandbox.deliver(within=3600)
    assert [attempt.status for attempt in delivery.attempts] == [503, 503, 200]
    assert len(recorder.calls) == 1


def test_a_lost_answer_makes_a_duplicate(sandbox: Sandbox):
    recorder = Recorder(sandbox, "add_lead")
    sandbox.fail_deliveries(0, received=True)
    sandbox.add("leads")
    sandbox.deliver(within=300)
    assert recorder.calls[0] == recorder.calls[1]
    assert [attempt.status for attempt in sandbox.deliveries[0].attempts] == [0, 200]
    sandbox.fail_deliveries(times=None)
    sandbox.add("leads")
    sandbox.reset()
    sandbox.deliver_to(recorder.receive, events=["add_lead"])
    sandbox.add("leads")
    assert [str(delivery.state) for delivery in sandbox.deliveries] == ["delivered"]


def test_webhooks_can_wait_for_the_test(sandbox: Sandbox):
    recorder = Recorder(sandbox)
    sandbox.deliver_to(recorder.receive, events=["add_lead"], at_once=False)
    sandbox.add("leads")
    assert (recorder.calls, sandbox.deliveries[0].state) == ([], "waiting")
    assert sandbox.deliver() == sandbox.deliveries
    assert len(recorder.calls) == 1


def test_webhooks_wait_for_a_receiver(sandbox: Sandbox, api: ApiClient):
    api.post("/api/v4/webhooks", {"destination": "https://my.app/in", "settings": ["add_lead"]})
    sandbox.add("leads", name="Roof")
    assert sandbox.deliver() == []
    [delivery] = sandbox.deliveries
    assert (delivery.state, delivery.form["leads"]["add"][0]["name"]) == ("waiting", "Roof")
    recorder = Recorder(sandbox)
    assert (len(recorder.calls), delivery.state) == (1, "delivered")
    sandbox.deliver_to(None)
    sandbox.add("leads")
    assert sandbox.deliveries[1].state == "waiting"


async def test_async_code_can_deliver_by_itself(sandbox: Sandbox):
    recorder = Recorder(sandbox)
    sandbox.deliver_to(recorder.receive, events=["add_lead"], at_once=False)
    async with sandbox.connect() as kommo:
        await asyncio.gather(*(kommo.arequest("POST", "/api/v4/leads", json=[{}]) for _ in range(5)))
    assert len(await sandbox.adeliver()) == 5


def test_many_threads_lose_no_webhook(sandbox: Sandbox):
    recorder = Recorder(sandbox, "add_lead")

    def write() -> None:
        for _ in range(20):
            sandbox.add("leads")

    threads = [threading.Thread(target=write) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sandbox.deliver()
    names = [form["leads"]["add"][0]["id"] for form in recorder.forms]
    assert len(names) == len(set(names)) == 100


def test_a_reset_while_a_webhook_is_delivered_leaves_the_new_account_alone(sandbox: Sandbox):
    def receive(path: str, headers: dict[str, str], body: bytes) -> int:
        sandbox.reset()
        sandbox.add("leads")
        return 500

    sandbox.deliver_to(receive, events=["add_lead"])
    sandbox.add("leads")
    assert sandbox.deliveries == []
    assert sandbox.deliver(within=3600) == []


def test_the_library_is_told_what_it_has_saved(sandbox: Sandbox):
    from kommo_orm import Lead, Webhook

    got: list[Any] = []
    with sandbox.connect():
        sandbox.deliver_to(lambda path, headers, body: got.append(decode_form(body)))
        Webhook.objects.subscribe("https://my.app/in", ["add_lead", "status_lead"])
        lead = Lead(name="Roof")
        lead.save()
        lead.win()
    assert [next(iter(form["leads"])) for form in got] == ["add", "status"]
    assert got[1]["leads"]["status"][0]["status_id"] == "142"

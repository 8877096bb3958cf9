from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import Clock
from tests.sandbox.webhooks.form_decoder import decode_form

NAME = "kommo-sandbox-webhooks"


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within ten seconds"
        time.sleep(0.005)


def post(url: str, path: str, json: Any, token: str = "sandbox-token") -> httpx.Response:
    return httpx.post(f"{url}{path}", json=json, headers={"authorization": f"Bearer {token}"})


def count_threads() -> int:
    return sum(thread.name == NAME for thread in threading.enumerate())


def test_a_served_account_sends_to_a_subscribed_address_of_this_machine(clock: Clock):
    """Two sandboxes: one is the account, the log of the other is the receiver."""
    account, receiver = Sandbox(clock=clock), Sandbox()
    with receiver.serve() as other, account.serve() as server:
        hook = {"destination": f"{other.url}/in?t=s3", "settings": ["add_lead"]}
        assert post(server.url, "/api/v4/webhooks", hook).status_code == 200
        assert post(server.url, "/api/v4/leads", [{"name": "Roof"}]).status_code == 200
        wait_until(lambda: bool(account.deliveries and account.deliveries[0].attempts))
        [entry] = receiver.requests("POST", "/in")
        assert (entry.query, entry.status) == ("t=s3", 404)
        assert decode_form(entry.request.body)["leads"]["add"][0]["name"] == "Roof"
        clock.now += 300  # the thread looks at the clock of the account
        wait_until(lambda: len(account.deliveries[0].attempts) == 2)


def test_a_slow_receiver_does_not_hold_the_request(clock: Clock):
    account, release, entered = Sandbox(clock=clock), threading.Event(), threading.Event()

    def receive(path: str, headers: dict[str, str], body: bytes) -> int:
        entered.set()
        release.wait(10)
        return 200

    account.deliver_to(receive, events=["add_lead"])
    with account.serve() as server:
        assert post(server.url, "/api/v4/leads", [{"name": "Roof"}]).status_code == 200
        assert entered.wait(10)
        assert account.deliveries[0].attempts == []
        release.set()
        account.deliver()  # waits for the thread
        assert len(account.deliveries[0].attempts) == 1


def test_other_addresses_get_nothing(clock: Clock):
    account = Sandbox(clock=clock)
    with account.serve() as server:
        post(server.url, "/api/v4/webhooks", {"destination": "https://hook.example/in", "settings": ["add_lead"]})
        post(server.url, "/api/v4/leads", [{"name": "Roof"}])
        account.deliver()
        assert [delivery.state for delivery in account.deliveries] == ["waiting"]


def test_the_thread_ends_with_the_server(sandbox: Sandbox):
    before = count_threads()
    with sandbox.serve(), sandbox.serve():
        assert count_threads() == before + 2
    assert count_threads() == before

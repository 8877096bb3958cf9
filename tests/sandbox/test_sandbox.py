from __future__ import annotations

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import CONTACTS, LEADS, NOW, ApiClient, Clock


def test_every_response_has_its_own_request_id(api: ApiClient) -> None:
    ids = {api.get(path).headers["x-request-id"] for path in ("/api/v4/account", LEADS, "/nowhere")}
    assert len(ids) == 3
    assert all(len(request_id) == 32 for request_id in ids)


def test_change_updates_a_row_outside_of_the_log(sandbox: Sandbox, api: ApiClient, clock: Clock) -> None:
    lead = api.create(LEADS, {"price": 5})
    clock.now += 60
    assert sandbox.change("leads", lead, price=7)["updated_at"] == NOW + 60
    assert [entry.method for entry in sandbox.log] == ["POST"]


def test_rows_returns_copies(sandbox: Sandbox, api: ApiClient) -> None:
    lead = api.create(LEADS, {"name": "A"})
    sandbox.rows("leads")[0]["name"] = "B"
    assert api.get(f"{LEADS}/{lead}").json()["name"] == "A"
    assert sandbox.row("leads", 5) is None


def test_trash_needs_an_existing_row(sandbox: Sandbox, api: ApiClient) -> None:
    contact = sandbox.add("contacts", name="Ann")["id"]
    sandbox.trash("contacts", contact)
    with pytest.raises(KeyError):
        sandbox.trash("contacts", contact)
    assert api.get(CONTACTS).status == 204


def test_the_log_keeps_every_request(sandbox: Sandbox, api: ApiClient) -> None:
    api.post(LEADS, [{"name": "A"}])
    api.get(f"{LEADS}?limit=5")
    api.get("/nowhere")
    [posted] = sandbox.requests("POST", LEADS)
    assert (posted.json, posted.status, posted.at, posted.bytes_in) == ([{"name": "A"}], 200, NOW, 15)
    assert str(sandbox.log[1]) == f"GET {LEADS}?limit=5 -> 200"
    assert [entry.status for entry in sandbox.requests("GET")] == [200, 404]
    sandbox.log.clear()
    assert sandbox.requests() == []


def test_reset_starts_a_new_account(sandbox: Sandbox, api: ApiClient) -> None:
    sandbox.seed(leads=5)
    sandbox.faults.next(status=500)
    sandbox.reset()
    assert api.get(LEADS).status == 204
    assert len(sandbox.log) == 1
    assert api.create(LEADS, {}) == 1001


def test_first_id_is_the_first_id_of_each_kind(clock: Clock) -> None:
    api = ApiClient(Sandbox(first_id=142, clock=clock))
    assert api.create(LEADS, {}) == 142
    ids = [row["id"] for row in api.rows(f"{LEADS}/pipelines")[0]["_embedded"]["statuses"]]
    assert len(set(ids)) == len(ids)


def test_connect_gives_a_client_of_the_library(sandbox: Sandbox) -> None:
    with sandbox.connect() as kommo:
        assert kommo.request("GET", "/api/v4/account").json()["subdomain"] == "sandbox"
    [entry] = sandbox.requests("GET", "/api/v4/account")
    assert entry.status == 200

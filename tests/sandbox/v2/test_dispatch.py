"""Faults, log, rate limit, hosts and server of the sandbox serve API v2, too."""

from __future__ import annotations

import httpx
import pytest

from kommo_orm.sandbox import Sandbox, SandboxRequest
from kommo_orm.sandbox.resources import ROUTES as V4_ROUTES
from kommo_orm.sandbox.v2 import ROUTES
from tests.sandbox.api_client import Clock
from tests.sandbox.v2.api_v2_client import LEADS, ApiV2Client

UNCONFIRMED = ("/api/v2/widgets/list", "/api/v2/transactions/comment")


def test_faults_and_the_log_include_v2(api: ApiV2Client, sandbox: Sandbox) -> None:
    sandbox.faults.next(status=504, method="POST", path="/api/v2/*", applied=True)
    assert api.post(LEADS, {"add": [{"name": "Pump"}]}).status == 504
    assert len(api.items(LEADS)) == 1
    [entry] = sandbox.requests("POST", LEADS)
    assert (entry.status, entry.json) == (504, {"add": [{"name": "Pump"}]})


def test_the_rate_limit_counts_both_apis(clock: Clock) -> None:
    api = ApiV2Client(Sandbox(rate_limit=2, clock=clock))
    statuses = [api.get(path).status for path in (LEADS, "/api/v4/leads", LEADS)]
    assert statuses == [204, 204, 429]


def test_the_token_is_refused_on_another_host(api: ApiV2Client, sandbox: Sandbox) -> None:
    request = SandboxRequest.of("GET", f"https://other.kommo.com{LEADS}", token=sandbox.token)
    assert sandbox.handle(request).status == 401


def test_writes_of_v2_are_in_the_events(api: ApiV2Client) -> None:
    number = api.add(LEADS, name="Pump")
    api.write(LEADS, update=[{"id": number, "updated_at": 2_000_000_000, "sale": 5}])
    kinds = [row["type"] for row in api.rows("/api/v4/events")]
    assert sorted(kinds) == ["lead_added", "sale_field_changed"]


def test_a_seeded_account_is_read_by_v2(api: ApiV2Client, sandbox: Sandbox) -> None:
    counts = sandbox.seed(leads=40)
    for kind in ("leads", "contacts", "companies", "tasks"):
        assert len(api.items(f"/api/v2/{kind}?limit_rows=500")) == counts[kind]


def test_a_login_session_works_over_http(sandbox: Sandbox) -> None:
    with sandbox.serve() as server, httpx.Client(base_url=server.url) as client:
        fields = {"USER_LOGIN": sandbox.login, "USER_HASH": sandbox.api_key}
        assert client.post("/private/api/auth.php?type=json", data=fields).json()["response"]["auth"] is True
        assert client.get("/api/v2/account").json()["subdomain"] == "sandbox"
        assert client.get("/api/v4/account").status_code == 200


@pytest.mark.parametrize("path", UNCONFIRMED)
def test_undocumented_routes_are_not_served(api: ApiV2Client, path: str) -> None:
    assert api.post(path, {}).status == 501


def test_no_route_is_served_twice() -> None:
    served = [(route.method, route.path) for route in (*V4_ROUTES, *ROUTES)]
    assert len(served) == len(set(served))

"""The ledger is true: it has every endpoint of the API, and the names in it exist and reach their endpoints."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from kommo_orm import Kommo
from tests.api_coverage.ledger import (
    RAW_REQUEST,
    ROOT,
    SAME_ENDPOINT,
    Endpoint,
    Entry,
    endpoints,
    entries,
    is_a_test,
    is_served,
    nearest,
    resolve_path,
    result_of,
)
from tests.api_coverage.page import PAGE, page

COVERED = [endpoint for endpoint in endpoints() if endpoint.id in entries() and not entries()[endpoint.id].reason]
covered = pytest.mark.parametrize("endpoint", COVERED, ids=lambda endpoint: endpoint.id)


def test_every_endpoint_has_an_entry() -> None:
    assert [endpoint.id for endpoint in endpoints() if endpoint.id not in entries()] == []


def test_an_entry_is_complete_or_has_a_reason() -> None:
    complete = {
        name: bool(entry.model and entry.sync and entry.asynchronous and entry.test)
        for name, entry in entries().items()
    }
    assert {name for name, entry in entries().items() if complete[name] == bool(entry.reason)} == set()


@covered
def test_what_it_names_exists(endpoint: Endpoint) -> None:
    entry = entries()[endpoint.id]
    assert inspect.isclass(resolve_path(entry.model))
    assert callable(resolve_path(entry.sync))
    assert is_asynchronous(entry)
    assert is_a_test(entry.test), entry.test


@covered
def test_the_async_twin_has_the_same_signature(endpoint: Endpoint) -> None:
    entry = entries()[endpoint.id]
    names = [path.rpartition(":")[2].rpartition(".") for path in (entry.sync, entry.asynchronous)]
    assert (names[1][0], names[1][2]) == (names[0][0], f"a{names[0][2]}")
    sync, twin = (inspect.unwrap(resolve_path(path)) for path in (entry.sync, entry.asynchronous))
    assert not inspect.iscoroutinefunction(sync)
    assert inspect.signature(twin).parameters == inspect.signature(sync).parameters
    assert result_of(entry.asynchronous) == result_of(entry.sync)


def is_asynchronous(entry: Entry) -> bool:
    found = inspect.unwrap(resolve_path(entry.asynchronous))
    return inspect.iscoroutinefunction(found) or "AsyncIterator" in str(inspect.signature(found).return_annotation)


@covered
def test_the_sandbox_serves_it(endpoint: Endpoint) -> None:
    assert is_served(endpoint), f"{endpoint.method} {endpoint.path}"


def test_a_request_belongs_to_the_most_specific_endpoint() -> None:
    found = {path: [endpoint.id for endpoint in nearest("GET", f"/api/v4/leads/{path}")] for path in ("5", "pipelines")}
    assert found == {"5": ["L02"], "pipelines": ["P01"]}


# ---- endpoints that the library does not have, and the reasons
GIVEN = [endpoint for endpoint in endpoints() if endpoint.id in entries() and entries()[endpoint.id].reason]


@pytest.mark.parametrize("endpoint", GIVEN, ids=lambda endpoint: endpoint.id)
def test_a_reason_is_sound(endpoint: Endpoint) -> None:
    """A public and confirmed endpoint is covered by itself or by one that does the same, or it is no request of ours."""
    reason = entries()[endpoint.id].reason
    if twin := SAME_ENDPOINT.search(reason):
        assert not entries()[twin[1]].reason, f"{twin[1]} is not covered itself"
    elif endpoint.evidence == "confirmed":
        assert reason.startswith(("the service calls you", "a page for the browser"))
        assert not is_served(endpoint)


@pytest.mark.parametrize(
    "endpoint", [one for one in GIVEN if RAW_REQUEST.match(entries()[one.id].reason)], ids=lambda endpoint: endpoint.id
)
def test_raw_requests_reach_it(endpoint: Endpoint) -> None:
    how = RAW_REQUEST.match(entries()[endpoint.id].reason)
    assert how is not None
    path = endpoint.path.replace("{amomail}", "https://amomail.amocrm.ru").replace("{entity}", "leads")
    path = path.replace("{", "").replace("}", "")
    seen: list[httpx.Request] = []

    def answered(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    with Kommo("acme", token="t", transport=httpx.MockTransport(answered), rate=None) as kommo:
        kommo.ajax(path) if how[1] == "ajax" else kommo.request(endpoint.method, path)
    assert seen[0].method == endpoint.method
    assert str(seen[0].url).endswith(path)
    assert ("X-Requested-With" in seen[0].headers) == (how[1] == "ajax")


@pytest.mark.slow
def test_the_named_tests_reach_their_endpoints(tmp_path: Path) -> None:
    nodes = sorted({entries()[endpoint.id].test for endpoint in COVERED})
    reached = reached_by(nodes, tmp_path / "reached.jsonl")
    missed = [
        f"{endpoint.id}: {entries()[endpoint.id].test}" for endpoint in COVERED if not is_reached(endpoint, reached)
    ]
    assert missed == []


def is_reached(endpoint: Endpoint, reached: list[list[str]]) -> bool:
    test = entries()[endpoint.id].test
    return any(node.startswith(test) and endpoint.is_reached_by(method, path) for node, method, path in reached)


def reached_by(nodes: list[str], file: Path) -> list[list[str]]:
    """Run the tests apart and answer which test reached what."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "tests.api_coverage.recording",
        f"--reached={file}",
        "--no-cov",
    ]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COV_"))}
    ran = subprocess.run([*command, *nodes], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-3000:]
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.api_coverage"

"""The ledger tells the truth: nothing of the API is missing from it, and what it names is there and does what it says."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kommo_orm.sandbox.door import ROUTER
from kommo_orm.sandbox.problems import Refusal
from tests.api_coverage.ledger import ROOT, SAMPLES, Endpoint, Entry, endpoints, entries, is_a_test, resolved
from tests.api_coverage.page import PAGE, page

COVERED = [endpoint for endpoint in endpoints() if endpoint.id in entries() and not entries()[endpoint.id].reason]
covered = pytest.mark.parametrize("endpoint", COVERED, ids=lambda endpoint: endpoint.id)


def test_every_endpoint_is_told_of() -> None:
    assert [endpoint.id for endpoint in endpoints() if endpoint.id not in entries()] == []


def test_an_entry_is_whole_or_gives_its_reason() -> None:
    whole = {
        name: bool(told.model and told.sync and told.asynchronous and told.test) for name, told in entries().items()
    }
    assert {name for name, told in entries().items() if whole[name] == bool(told.reason)} == set()


@covered
def test_what_it_names_exists(endpoint: Endpoint) -> None:
    entry = entries()[endpoint.id]
    assert inspect.isclass(resolved(entry.model))
    assert callable(resolved(entry.sync))
    assert is_asynchronous(entry)
    assert is_a_test(entry.test), entry.test


def is_asynchronous(entry: Entry) -> bool:
    found = inspect.unwrap(resolved(entry.asynchronous))
    return inspect.iscoroutinefunction(found) or "AsyncIterator" in str(inspect.signature(found).return_annotation)


@covered
def test_the_sandbox_serves_it(endpoint: Endpoint) -> None:
    assert any(served(endpoint, sample) for sample in ("1", "abc")), f"{endpoint.method} {endpoint.path}"


def served(endpoint: Endpoint, sample: str) -> bool:
    path = endpoint.local_path
    for name in (part.partition("}")[0] for part in path.split("{")[1:]):
        path = path.replace(f"{{{name}}}", SAMPLES.get(name, sample))
    try:
        ROUTER.find(endpoint.method, path)
    except Refusal:
        return False
    return True


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

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import httpx
import pytest

from kommo_orm import Kommo, Lead, NotConnected, Number, custom
from kommo_orm.model import connection
from kommo_orm.sandbox import Sandbox

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent


class Deal(Lead):
    budget: Number = custom(name="Budget")


# ---- the fixtures, in this run


def test_kommo_is_connected_and_active(kommo: Kommo, kommo_sandbox: Sandbox) -> None:
    Lead(name="Office chairs", price=1200).save()
    assert [row["name"] for row in kommo_sandbox.rows("leads")] == ["Office chairs"]
    assert kommo.request("GET", "/api/v4/account").status == 200


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_new_account(kommo_sandbox: Sandbox, turn: int) -> None:
    assert kommo_sandbox.rows("leads") == []
    kommo_sandbox.add("leads", name="Roof")


def test_kommo_sandbox_alone_opens_no_client(kommo_sandbox: Sandbox) -> None:
    with pytest.raises(NotConnected):
        Lead.objects.first()


def test_the_account_refuses_a_typo_in_process_and_over_http(kommo_sandbox: Sandbox) -> None:
    with kommo_sandbox.serve() as server:
        for client in (
            httpx.Client(base_url=server.url),
            httpx.Client(base_url="https://sandbox.kommo.com", transport=kommo_sandbox.transport),
        ):
            with client:
                headers = {"Authorization": f"Bearer {kommo_sandbox.token}"}
                assert client.get("/api/v4/leads?order[naem]=asc", headers=headers).status_code == 400


def test_fields_of_models_can_be_defined(kommo: Kommo, kommo_sandbox: Sandbox) -> None:
    kommo_sandbox.define(Deal)
    deal = Deal(name="Roof", budget=500)
    deal.save()
    assert Deal.objects.get(deal.id).budget == 500


def test_threads_find_the_account_too(kommo: Kommo) -> None:
    found: list[Lead | None] = []
    thread = Thread(target=lambda: found.append(Lead.objects.first()))
    thread.start()
    thread.join()
    assert found == [None]


async def test_async_tests_find_the_account(kommo: Kommo, kommo_sandbox: Sandbox) -> None:
    await Lead(name="Office chairs").asave()
    assert [lead.name async for lead in Lead.objects] == ["Office chairs"]
    assert len(kommo_sandbox.rows("leads")) == 1


@pytest.fixture(scope="module")
async def something_awaited() -> int:
    """Starts the event loop of this module, and the task that tests run in, before their own fixtures."""
    return 1


async def test_a_task_started_before_the_fixture_finds_the_account(something_awaited: int, kommo: Kommo) -> None:
    assert await Lead.objects.afirst() is None


@pytest.fixture
def activated() -> Iterator[Kommo]:
    """The account that an application has activated; nothing listens there."""
    with Kommo("acme", token="real", base_url="http://127.0.0.1:9").activate() as real:
        connection.in_use.set(None)
        yield real
        assert connection.find_connection() is real


def test_the_active_account_of_the_application_is_replaced_and_restored(activated: Kommo, kommo: Kommo) -> None:
    assert connection.find_connection() is kommo
    assert Lead.objects.first() is None


# ---- in a project of a user


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return pytester


def run(project: pytest.Pytester, source: str) -> pytest.RunResult:
    """By name, and not by the entry point, which is there only where the package is installed."""
    project.makepyfile(source)
    own = ("-p", "no:kommo_orm", "-p", "kommo_orm.pytest_plugin", "-p", "no:cacheprovider", "-W", "error")
    return project.runpytest_subprocess(*own)


def test_the_account_is_closed_after_the_test(project: pytest.Pytester) -> None:
    found = run(
        project,
        """
        import pytest
        from kommo_orm import Lead, NotConnected

        kept = []

        def test_it_is_open(kommo):
            kept.append(kommo)
            assert not kommo.closed and Lead.objects.first() is None

        def test_it_is_closed():
            assert kept[0].closed
            with pytest.raises(NotConnected):
                Lead.objects.first()
        """,
    )
    found.assert_outcomes(passed=2)


def test_async_tests_need_no_further_setup(project: pytest.Pytester) -> None:
    found = run(
        project,
        """
        import pytest
        from kommo_orm import Lead

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.anyio
        async def test_an_empty_account(kommo):
            assert await Lead.objects.afirst() is None
            await Lead.objects.acreate(name="Roof")
        """,
    )
    found.assert_outcomes(passed=1)


def test_tests_without_the_fixtures_do_not_import_the_library(project: pytest.Pytester) -> None:
    found = run(
        project,
        """
        import sys

        def test_nothing_of_the_library_is_imported():
            imported = {name for name in sys.modules if name.partition(".")[0] in {"kommo_orm", "pydantic", "httpx"}}
            assert imported == {"kommo_orm", "kommo_orm.pytest_plugin"}
        """,
    )
    found.assert_outcomes(passed=1)


def test_importing_the_plugin_does_not_import_the_library() -> None:
    code = "import sys, kommo_orm.pytest_plugin; print(*sorted(name for name in sys.modules if 'kommo_orm' in name))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["kommo_orm", "kommo_orm.pytest_plugin"]

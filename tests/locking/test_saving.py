"""Saves, flushes and deletions of an account with locks: one writer an object, and nothing unlocked."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kommo_orm import (
    Accounts,
    CatalogElement,
    ConfigurationError,
    FileLocks,
    Kommo,
    Lead,
    LockName,
    LockTimeout,
    OAuth,
    QueryError,
    Session,
    unofficial,
)
from kommo_orm.errors import BadRequest
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, bodies, furnished, sent


@pytest.fixture
def sandbox() -> Sandbox:
    return furnished()


@pytest.fixture
def locks(tmp_path: Path) -> FileLocks:
    return FileLocks(tmp_path, timeout=0.1)


@pytest.fixture
def kommo(sandbox: Sandbox, locks: FileLocks) -> Iterator[Kommo]:
    with sandbox.connect(locks=locks) as kommo:
        yield kommo


@pytest.fixture
def lead(sandbox: Sandbox, kommo: Kommo) -> Lead:
    found = Lead.objects.get(sandbox.add("leads", name="Roof")["id"])
    sandbox.log.clear()
    return found


def lock_of(lead: Lead, kind: str = "leads") -> LockName:
    return LockName("sandbox.kommo.com", kind, str(lead.id))


class Elsewhere:
    """Somebody else holds the lock of an object."""

    def __init__(self, locks: FileLocks, *names: LockName) -> None:
        self.locks, self.names = locks, names

    def __enter__(self) -> None:
        assert self.locks.take(self.names, "somebody else") == len(self.names)

    def __exit__(self, *_: object) -> None:
        self.locks.free(self.names, "somebody else")


# ---- saving


def test_a_save_waits_and_then_gives_up_with_nothing_sent(lead: Lead, locks: FileLocks, sandbox: Sandbox) -> None:
    lead.price = 5
    with Elsewhere(locks, lock_of(lead)):
        began = time.monotonic()
        with pytest.raises(
            LockTimeout, match=rf"Lead {lead.id} of sandbox.kommo.com is locked by somebody else"
        ) as late:
            lead.save()
        assert 0.1 <= time.monotonic() - began < 8
    assert re.search(r"Waited \d\.\d s for it; nothing was sent", str(late.value))
    assert (late.value.object, late.value.holder) == (lead, "somebody else")
    assert late.value.waited >= 0.1
    assert not sandbox.log
    assert lead.changes.keys() == {"price"}
    lead.save()
    assert bodies(sandbox) == [{"price": 5}]


def test_a_save_goes_on_when_the_lock_comes_free(sandbox: Sandbox, tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    with sandbox.connect(locks=locks):
        lead = Lead.objects.get(sandbox.add("leads", name="Roof")["id"])
        lead.price = 5
        name = lock_of(lead)
        locks.take([name], "other")
        threading.Timer(0.1, lambda: locks.free([name], "other")).start()
        lead.save()
    assert bodies(sandbox) == [{"price": 5}]


def test_the_lock_is_held_while_the_request_is_under_way(
    lead: Lead, locks: FileLocks, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    handle = sandbox.transport._handle

    def looked(request: Any) -> Any:
        taken.append(locks.take([lock_of(lead)], "spy"))
        locks.free([lock_of(lead)], "spy")
        return handle(request)

    monkeypatch.setattr(sandbox.transport, "_handle", looked)
    lead.price = 5
    lead.save()
    assert taken == [0]
    assert locks.take([lock_of(lead)], "after") == 1
    locks.free([lock_of(lead)], "after")


def test_classes_of_one_kind_share_their_locks(lead: Lead, kommo: Kommo, locks: FileLocks) -> None:
    deal = Deal.objects.get(lead.id)
    deal.price = 5
    with Elsewhere(locks, lock_of(lead)), pytest.raises(LockTimeout, match=f"Deal {lead.id}"):
        deal.save()


def test_new_objects_and_unchanged_ones_need_no_lock(lead: Lead, locks: FileLocks, sandbox: Sandbox) -> None:
    with Elsewhere(locks, lock_of(lead)):
        lead.save()
        Lead(name="New").save()
    assert [(verb, body[0]["name"]) for verb, _, body in sent(sandbox)] == [("POST", "New")]


def test_bad_input_is_refused_before_anybody_waits(lead: Lead, locks: FileLocks, kommo: Kommo) -> None:
    deal = Deal(id=lead.id, source="nowhere")
    with Elsewhere(locks, lock_of(lead)), pytest.raises(ConfigurationError, match="nowhere"):
        deal.save()


def test_a_refused_save_frees_its_lock(lead: Lead, locks: FileLocks) -> None:
    lead.responsible_user_id = 999
    with pytest.raises(BadRequest):
        lead.save()
    with Elsewhere(locks, lock_of(lead)):
        pass


def test_a_flush_takes_all_its_locks_or_sends_nothing(
    lead: Lead, kommo: Kommo, locks: FileLocks, sandbox: Sandbox
) -> None:
    other = Lead.objects.get(sandbox.add("leads", name="Wall")["id"])
    sandbox.log.clear()
    session = Session(kommo)
    session.add(lead, other, Lead(name="New"))
    lead.price = other.price = 5
    with Elsewhere(locks, lock_of(other)), pytest.raises(LockTimeout, match=f"Lead {other.id}"):
        session.flush()
    assert not sent(sandbox)
    assert session.dirty == [lead, other]
    assert len(session.new) == 1
    with Elsewhere(locks, lock_of(lead), lock_of(other)):
        pass
    assert len(session.flush().updated) == 2


def test_deletions_are_locked_too(kommo: Kommo, locks: FileLocks, sandbox: Sandbox) -> None:
    products = sandbox.add("catalogs", name="Products")["id"]
    element = CatalogElement.objects.of(products).get(
        sandbox.add("catalog_elements", catalog_id=products, name="Desk")["id"]
    )
    with Elsewhere(locks, LockName("sandbox.kommo.com", "catalog_elements", str(element.id))):
        with pytest.raises(LockTimeout):
            element.delete()
    element.delete()
    assert not sandbox.rows("catalog_elements")


def test_the_trash_is_locked_too(lead: Lead, locks: FileLocks, sandbox: Sandbox) -> None:
    with Elsewhere(locks, lock_of(lead)), pytest.raises(LockTimeout):
        unofficial.trash([lead])
    assert not sandbox.log
    unofficial.trash([lead])


def test_writing_through_a_query_is_locked(lead: Lead, locks: FileLocks, sandbox: Sandbox) -> None:
    with Elsewhere(locks, lock_of(lead)), pytest.raises(LockTimeout):
        Lead.objects.all().update(price=5)
    assert not sent(sandbox)


async def test_async_saves_are_locked_and_the_loop_goes_on(sandbox: Sandbox, tmp_path: Path) -> None:
    locks = FileLocks(tmp_path, timeout=5)
    async with sandbox.connect(locks=locks):
        lead = await Lead.objects.aget(sandbox.add("leads", name="Roof")["id"])
        lead.price = 5
        ticks = 0
        with Elsewhere(locks, lock_of(lead)):
            saving = asyncio.create_task(lead.asave())
            for _ in range(10):
                await asyncio.sleep(0.01)
                ticks += 1
            assert not sent(sandbox)
        await saving
    assert ticks == 10
    assert bodies(sandbox) == [{"price": 5}]


async def test_a_cancelled_wait_leaves_nothing_behind(sandbox: Sandbox, tmp_path: Path) -> None:
    locks = FileLocks(tmp_path, timeout=5)
    async with sandbox.connect(locks=locks):
        leads = [await Lead.objects.aget(sandbox.add("leads", name=name)["id"]) for name in ("Roof", "Wall")]
        for lead in leads:
            lead.price = 5
        with Elsewhere(locks, lock_of(leads[1])):
            saving = asyncio.create_task(Lead.objects.abulk_update(leads))
            await asyncio.sleep(0.05)
            saving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await saving
        with Elsewhere(locks, *map(lock_of, leads)):
            pass
    assert not sent(sandbox)


# ---- sections


def added(kommo: Kommo, pk: int, tag: str) -> None:
    with kommo.use():
        lead = Lead.objects.get(pk)
        with kommo.lock(lead):
            lead.refresh()
            lead.tags.add(tag)
            lead.save()


def tags_of(sandbox: Sandbox, pk: int) -> set[str]:
    row = sandbox.row("leads", pk)
    assert row is not None
    return {tag["name"] for tag in row["_embedded"]["tags"]}


def test_threads_exclude_each_other(sandbox: Sandbox, tmp_path: Path) -> None:
    pk = sandbox.add("leads", name="Roof")["id"]
    with sandbox.connect(locks=FileLocks(tmp_path)) as kommo:
        threads = [threading.Thread(target=added, args=(kommo, pk, f"tag {number}")) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert tags_of(sandbox, pk) == {f"tag {number}" for number in range(16)}


async def test_tasks_exclude_each_other(sandbox: Sandbox, tmp_path: Path) -> None:
    pk = sandbox.add("leads", name="Roof")["id"]
    async with sandbox.connect(locks=FileLocks(tmp_path)) as kommo:

        async def add(tag: str) -> None:
            lead = await Lead.objects.aget(pk)
            async with kommo.lock(lead):
                await lead.arefresh()
                lead.tags.add(tag)
                await lead.asave()

        await asyncio.gather(*(add(f"tag {number}") for number in range(16)))
    assert tags_of(sandbox, pk) == {f"tag {number}" for number in range(16)}


def test_saves_inside_a_section_go_through(lead: Lead, kommo: Kommo, sandbox: Sandbox, locks: FileLocks) -> None:
    other = Lead.objects.get(sandbox.add("leads", name="Wall")["id"])
    with kommo.lock(lead, other):
        lead.price = 5
        lead.save()
        with kommo.lock(lead), Session(kommo) as session:
            session.add(lead, other)
            lead.price = other.price = 6
    assert len(bodies(sandbox)) == 2


def test_a_section_holds_until_its_end_also_by_an_error(lead: Lead, kommo: Kommo, locks: FileLocks) -> None:
    with pytest.raises(ZeroDivisionError), kommo.lock(lead):
        assert locks.take([lock_of(lead)], "other") == 0
        locks.free([lock_of(lead)], "other")
        lead.price = 5
        lead.save()
        assert locks.take([lock_of(lead)], "other") == 0, "the save has not given it back"
        locks.free([lock_of(lead)], "other")
        raise ZeroDivisionError
    with Elsewhere(locks, lock_of(lead)):
        pass


def test_a_section_is_its_thread_s_own(lead: Lead, kommo: Kommo, sandbox: Sandbox) -> None:
    errors: list[BaseException] = []

    def save() -> None:
        try:
            lead.save()
        except LockTimeout as error:
            errors.append(error)

    with kommo.lock(lead):
        lead.price = 5
        thread = threading.Thread(target=save)
        thread.start()
        thread.join()
    assert len(errors) == 1
    assert "MainThread in process" in str(errors[0])
    assert not sent(sandbox)


async def test_a_section_is_its_task_s_own(lead: Lead, kommo: Kommo, sandbox: Sandbox) -> None:
    lead.price = 5
    async with kommo.lock(lead):
        with pytest.raises(LockTimeout):
            await asyncio.create_task(lead.asave())
        await lead.asave()
    assert bodies(sandbox) == [{"price": 5}]


async def test_a_plain_with_serves_async_code_of_the_same_task(lead: Lead, kommo: Kommo, sandbox: Sandbox) -> None:
    with kommo.lock(lead):
        lead.price = 5
        await lead.asave()
        lead.price = 6
        lead.save()
    assert bodies(sandbox) == [{"price": 5}, {"price": 6}]


def test_a_section_that_cannot_begin_holds_nothing(
    lead: Lead, kommo: Kommo, locks: FileLocks, sandbox: Sandbox
) -> None:
    other = Lead.objects.get(sandbox.add("leads", name="Wall")["id"])
    section = kommo.lock(other, lead)
    with Elsewhere(locks, lock_of(other)):
        with pytest.raises(LockTimeout), section:
            raise AssertionError
    with Elsewhere(locks, lock_of(lead)):
        pass
    with section, pytest.raises(ConfigurationError, match="open already"), section:
        raise AssertionError
    assert repr(section) == f"<lock of Lead {other.id}, Lead {lead.id}>"


def test_a_key_locks_what_has_no_object_yet(lead: Lead, kommo: Kommo, locks: FileLocks) -> None:
    section = kommo.lock("phone:+1555000100", lead)
    with section, kommo.lock("phone:+1555000100"):
        assert locks.holder(LockName("sandbox.kommo.com", "keys", "phone:+1555000100"))
        assert elsewhere(lambda: take(kommo, "phone:+1555000101")) is None
        error = elsewhere(lambda: take(kommo, "phone:+1555000100"))
        assert isinstance(error, LockTimeout)
        assert error.object == "phone:+1555000100"
        assert "The key 'phone:+1555000100' of sandbox.kommo.com is locked by" in str(error)
    assert elsewhere(lambda: take(kommo, "phone:+1555000100")) is None
    assert repr(section) == f"<lock of Lead {lead.id}, The key 'phone:+1555000100'>"


async def test_a_key_locks_in_async_code_too(kommo: Kommo) -> None:
    async with kommo.lock("import"):
        assert isinstance(elsewhere(lambda: take(kommo, "import")), LockTimeout)
    assert elsewhere(lambda: take(kommo, "import")) is None


def take(kommo: Kommo, key: str) -> None:
    with kommo.lock(key):
        pass


def elsewhere(call: Callable[[], None]) -> BaseException | None:
    """What another thread meets when it does this."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).exception()


def test_what_cannot_be_locked(lead: Lead, kommo: Kommo, sandbox: Sandbox) -> None:
    with pytest.raises(QueryError, match="is new"):
        kommo.lock(Lead(name="New"))
    with pytest.raises(QueryError, match="needs the objects"):
        kommo.lock()
    for given in (5, "", " ", None, Lead):
        with pytest.raises(QueryError, match="takes stored objects and keys"):
            kommo.lock(given)  # type: ignore[arg-type]
    with Sandbox(subdomain="beta").connect() as beta:
        with pytest.raises(ConfigurationError, match="beta.kommo.com has no locks"):
            beta.lock(lead)
    with Sandbox(subdomain="beta").connect(locks=kommo.locks) as beta:
        with pytest.raises(ConfigurationError, match="belongs to account sandbox"):
            beta.lock(lead)


@pytest.mark.parametrize(
    "given", [object(), "locks", threading.Lock(), FileLocks], ids=["object", "text", "lock", "class"]
)
def test_what_are_no_locks_is_refused_at_once(given: Any) -> None:
    with pytest.raises(ConfigurationError, match="locks= takes an object with timeout, take, free and holder"):
        Kommo("acme", token="x", locks=given)


def test_a_closed_account_still_gives_its_locks_back(sandbox: Sandbox, locks: FileLocks) -> None:
    kommo = sandbox.connect(locks=locks)
    lead = Lead.objects.using(kommo).get(sandbox.add("leads", name="Roof")["id"])
    with kommo.lock(lead):
        kommo.close()
    with Elsewhere(locks, lock_of(lead)):
        pass


async def test_a_closed_account_still_gives_its_locks_back_async(sandbox: Sandbox, locks: FileLocks) -> None:
    kommo = sandbox.connect(locks=locks)
    lead = await Lead.objects.using(kommo).aget(sandbox.add("leads", name="Roof")["id"])
    async with kommo.lock(lead):
        await kommo.aclose()
    with Elsewhere(locks, lock_of(lead)):
        pass


def test_accounts_share_locks(locks: FileLocks) -> None:
    with Accounts(oauth=OAuth("id", "s3cr3t-s3cr3t", "https://example.org"), locks=locks) as accounts:
        assert accounts["acme"].locks is locks


# ---- order


class Noted(FileLocks):
    """Writes down what it is asked for."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, **options)
        self.asked: list[list[tuple[str, str]]] = []

    def take(self, names: Sequence[LockName], owner: str) -> int:
        self.asked.append([name[1:] for name in names])
        return super().take(names, owner)


def test_locks_are_taken_by_kind_and_id_whatever_the_order_of_the_objects(sandbox: Sandbox, tmp_path: Path) -> None:
    noted = Noted(tmp_path)
    with sandbox.connect(locks=noted) as kommo:
        with kommo.lock(Lead(id=10), CatalogElement(id=5, catalog_id=3), Lead(id=9), Lead(id=100)):
            pass
        Lead.objects.bulk_update([])
    assert noted.asked == [[("catalog_elements", "5"), ("leads", "9"), ("leads", "10"), ("leads", "100")]]


def test_locks_are_asked_for_250_at_once(sandbox: Sandbox, tmp_path: Path) -> None:
    noted = Noted(tmp_path)
    with sandbox.connect(locks=noted) as kommo, kommo.lock(*(Lead(id=pk) for pk in range(1, 601))):
        pass
    assert [len(asked) for asked in noted.asked] == [250, 250, 100]


def test_two_flushes_of_the_same_objects_cannot_wait_for_each_other(sandbox: Sandbox, tmp_path: Path) -> None:
    ids = [sandbox.add("leads", name=f"Lead {number}")["id"] for number in range(20)]
    with sandbox.connect(locks=FileLocks(tmp_path, timeout=5)) as kommo:

        def write(order: Callable[[list[Lead]], list[Lead]], price: int) -> None:
            for _ in range(5):
                leads = order([Lead(id=pk, price=price) for pk in ids])
                Lead.objects.using(kommo).bulk_update(leads)

        threads = [
            threading.Thread(target=write, args=(list, 1)),
            threading.Thread(target=write, args=(lambda leads: leads[::-1], 2)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(bodies(sandbox)) == 10


# ---- processes

WRITER = """
import sys
from kommo_orm import FileLocks, Kommo, Lead

url, folder, who, pk = sys.argv[1:]
with Kommo("acme", token="sandbox-token", base_url=url, rate=None, locks=FileLocks(folder)) as kommo:
    lead = Lead.objects.get(int(pk))
    for number in range(100):
        with kommo.lock(lead):
            lead.refresh()
            lead.tags.add(f"{who} {number}")
            lead.save()
"""
DYING = """
import os, signal, sys
from kommo_orm import FileLocks, Kommo, Lead

url, folder, pk = sys.argv[1:]
kommo = Kommo("acme", token="sandbox-token", base_url=url, rate=None, locks=FileLocks(folder))
with kommo.lock(Lead(id=int(pk))):
    print("ready", flush=True)
    sys.stdin.readline()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def begun(code: str, *arguments: object) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_two_processes_lose_no_change(sandbox: Sandbox, tmp_path: Path) -> None:
    pk = sandbox.add("leads", name="Roof")["id"]
    with sandbox.serve() as server:
        processes = [begun(WRITER, server.url, tmp_path, who, pk) for who in ("one", "two")]
        told = [process.communicate(timeout=60)[1] for process in processes]
    assert told == ["", ""]
    assert tags_of(sandbox, pk) == {f"{who} {number}" for who in ("one", "two") for number in range(100)}
    assert len(sent(sandbox)) == 200


@pytest.mark.slow
def test_a_process_that_dies_in_a_section_keeps_nobody_out(sandbox: Sandbox, tmp_path: Path) -> None:
    pk = sandbox.add("leads", name="Roof")["id"]
    with sandbox.serve() as server:
        process = begun(DYING, server.url, tmp_path, pk)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        options: dict[str, Any] = {"token": "sandbox-token", "base_url": server.url, "rate": None}
        with Kommo("acme", locks=FileLocks(tmp_path, timeout=0), **options):
            with pytest.raises(LockTimeout, match=f"process {process.pid}" if sys.platform == "linux" else "process"):
                Lead(id=pk, price=5).save()
            process.communicate("\n")
            Lead(id=pk, price=5).save()
    assert bodies(sandbox) == [{"price": 5}]

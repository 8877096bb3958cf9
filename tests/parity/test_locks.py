"""Locks: one writer of an object at a time, and never a save without the lock."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from kommo_orm import BadRequest, FileLocks, Lead, LockTimeout, Session
from kommo_orm.sandbox import Sandbox
from tests.account import sent
from tests.parity.ledger import proves


@proves(61, 64, "B9", "B32")
def test_a_save_holds_the_lock_of_its_object_in_its_account(tmp_path: Path) -> None:
    acme, globex = Sandbox(subdomain="acme"), Sandbox(subdomain="globex")
    locks = FileLocks(tmp_path / "locks", timeout=0)
    with acme.connect(locks=locks) as one, globex.connect(locks=locks) as other:
        mine, theirs = Lead.objects.using(one).create(name="a"), Lead.objects.using(other).create(name="b")
        assert mine.id == theirs.id
        mine.name, theirs.name = "a2", "b2"
        with held_elsewhere(lambda: one.lock(mine)):
            theirs.save()  # the same number in another account is another object
            with pytest.raises(LockTimeout):
                mine.save()
    assert any("acme" in path.name for path in (tmp_path / "locks").iterdir())
    assert [row["name"] for row in globex.rows("leads")] == ["b2"]


@proves(61, 62, "B7")
def test_without_its_lock_nothing_is_saved(tmp_path: Path) -> None:
    sandbox = Sandbox()
    with sandbox.connect(locks=FileLocks(tmp_path, timeout=0.1)) as kommo:
        lead = Lead.objects.using(kommo).create(name="a")
        lead.name = "b"
        before = len(sent(sandbox))
        with held_elsewhere(lambda: kommo.lock(Lead(id=lead.id))):
            for save in (lead.save, lambda: flush(lead)):
                with pytest.raises(LockTimeout, match=f"{lead.id}"):
                    save()
        assert len(sent(sandbox)) == before
        lead.save()
    assert sandbox.rows("leads")[0]["name"] == "b"


@contextmanager
def held_elsewhere(lock: Callable[[], AbstractContextManager[object]]) -> Iterator[None]:
    """Another thread holds the lock meanwhile."""
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with lock():
            inside.set()
            leave.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    assert inside.wait(30)
    try:
        yield
    finally:
        leave.set()
        holder.join()


def flush(lead: Lead) -> None:
    with Session(lead.__kommo_state__.connection) as session:
        session.add(lead)


@proves(63)
def test_a_lock_is_waited_for(tmp_path: Path) -> None:
    sandbox = Sandbox()
    with sandbox.connect(locks=FileLocks(tmp_path, timeout=60)) as kommo:
        lead = Lead.objects.using(kommo).create(name="a")
        lead.name = "b"
        with held_elsewhere(lambda: kommo.lock(Lead(id=lead.id))):
            saving = threading.Thread(target=lead.save)
            saving.start()
            saving.join(0.2)
            assert saving.is_alive()
            assert [row["name"] for row in sandbox.rows("leads")] == ["a"]
        saving.join(60)
    assert [row["name"] for row in sandbox.rows("leads")] == ["b"]


@proves(65, "B8")
def test_lock_files_are_never_deleted(tmp_path: Path) -> None:
    sandbox = Sandbox()
    with sandbox.connect(locks=FileLocks(tmp_path)) as kommo:
        lead = Lead.objects.using(kommo).create(name="a")
        found = []
        for name in ("b", "c"):
            lead.name = name
            lead.save()
            found.append({(path.name, path.stat().st_ino) for path in tmp_path.iterdir()})
    assert found[0] == found[1] != set()


@proves(66, "B10")
def test_a_lock_is_free_after_an_error(tmp_path: Path) -> None:
    sandbox = Sandbox()
    with sandbox.connect(locks=FileLocks(tmp_path, timeout=0)) as kommo:
        lead = Lead.objects.using(kommo).create(name="a")
        lead.pipeline_id = 999_999
        for _ in range(2):
            with pytest.raises(BadRequest):
                lead.save()
        lead.revert()
        lead.name = "b"
        sandbox.faults.next(when=lambda _: bool(1 / 0))  # something unforeseen, in the middle of it
        with pytest.raises(ZeroDivisionError):
            lead.save()
        sandbox.faults.clear()
        with pytest.raises(ZeroDivisionError), kommo.lock(lead):
            raise ZeroDivisionError
        with held_elsewhere(lambda: kommo.lock(lead)):  # anybody can have it
            pass
        lead.save()
    assert [row["name"] for row in sandbox.rows("leads")] == ["b"]


HOLDER = """
import sys, os
from kommo_orm import FileLocks, Lead
from kommo_orm.sandbox import Sandbox
with Sandbox().connect(locks=FileLocks(sys.argv[1])) as kommo, kommo.lock(Lead(id=int(sys.argv[2]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@proves(61, 66)
@pytest.mark.skipif(os.name != "posix", reason="killed by a signal")
def test_a_lock_excludes_other_processes_and_ends_with_its_process(tmp_path: Path) -> None:
    sandbox = Sandbox()
    with sandbox.connect(locks=FileLocks(tmp_path, timeout=0.1)) as kommo:
        lead = Lead.objects.using(kommo).create(name="a")
        lead.name = "b"
        command = [sys.executable, "-c", HOLDER, str(tmp_path), str(lead.id)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "held\n"
            with pytest.raises(LockTimeout):
                lead.save()
            other.kill()
        lead.save()
    assert sandbox.rows("leads")[0]["name"] == "b"

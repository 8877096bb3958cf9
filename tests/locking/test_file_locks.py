"""Locks in files: one holder a name, in this process and among others, freed by whoever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kommo_orm.errors import ConfigurationError
from kommo_orm.locking import FileLocks, LockName, Locks, byte_locks, file_locks

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and signals")


def name(pk: int | str = 5, kind: str = "leads", account: str = "acme.kommo.com") -> LockName:
    return LockName(account, kind, str(pk))


def run(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Another process, which says a line when it is ready."""
    words = [sys.executable, "-c", code, *map(str, arguments)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


HOLDER = """
import sys
from kommo_orm.locking import FileLocks, LockName
locks = FileLocks(sys.argv[1])
assert locks.take([LockName("acme.kommo.com", "leads", "5")], "other") == 1
print("ready", flush=True)
sys.stdin.read()
"""

TAKER = """
import sys
from kommo_orm.locking import FileLocks, LockName
print(FileLocks(sys.argv[1]).take([LockName("acme.kommo.com", "leads", "5")], "other"))
"""


def finished(process: subprocess.Popen[str]) -> None:
    process.communicate("")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0


def test_one_owner_a_name(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    assert isinstance(locks, Locks)
    assert locks.take([name(), name(6)], "one") == 2
    assert locks.take([name(7), name(), name(6)], "two") == 1
    assert FileLocks(tmp_path).take([name()], "two") == 0
    assert locks.holder(name()) == "one"
    locks.free([name(7), name()], "two")  # gives back its own, and nobody else's
    assert locks.take([name()], "three") == 0
    locks.free([name(), name(6)], "one")
    locks.free([name()], "three")
    assert locks.take([name(), name(6), name(7)], "four") == 3
    locks.free([name(), name(6), name(7)], "four")


@pytest.mark.parametrize("other", [name(6), name(kind="contacts"), name(account="beta.kommo.com"), name("5 in 7")])
def test_other_objects_are_free(tmp_path: Path, other: LockName) -> None:
    locks = FileLocks(tmp_path)
    assert locks.take([name()], "one") == 1
    assert locks.take([other], "two") == 1
    locks.free([name()], "one")
    locks.free([other], "two")


def test_whoever_waits_is_next(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    locks.take([name()], "first")
    assert locks.take([name()], "waiting") == 0
    locks.free([name()], "first")
    assert locks.take([name()], "first") == 0, "the one that waits goes first"
    assert locks.take([name()], "waiting") == 1
    locks.free([name()], "waiting")
    assert locks.take([name()], "first") == 1
    locks.free([name()], "first")


def test_whoever_gives_up_waiting_leaves_its_place(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    locks.take([name()], "first")
    locks.take([name()], "impatient")
    locks.free([name()], "impatient")
    locks.free([name()], "first")
    assert locks.take([name()], "later") == 1
    locks.free([name()], "later")


def test_another_process_is_kept_out_and_blamed(tmp_path: Path) -> None:
    process = run(HOLDER, tmp_path)
    locks = FileLocks(tmp_path)
    assert locks.take([name()], "me") == 0
    if sys.platform == "linux":
        assert locks.holder(name()) == f"process {process.pid}"
    finished(process)
    assert locks.take([name()], "me") == 1
    locks.free([name()], "me")
    assert locks.holder(name()) == ""


def test_a_process_that_dies_frees_what_it_held(tmp_path: Path) -> None:
    process = run(HOLDER, tmp_path)
    locks = FileLocks(tmp_path)
    assert locks.take([name()], "me") == 0
    process.send_signal(signal.SIGKILL)
    finished(process)
    assert locks.take([name()], "me") == 1
    locks.free([name()], "me")


def test_a_started_process_inherits_nothing(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    locks.take([name()], "me")
    process = run("print('ready', flush=True); import sys; sys.stdin.read()")
    locks.free([name()], "me")
    assert run_and_take(tmp_path)
    finished(process)


def run_and_take(folder: Path) -> bool:
    told = subprocess.run([sys.executable, "-c", TAKER, str(folder)], capture_output=True, text=True, check=True)
    return told.stdout == "1\n"


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_forked_child_holds_nothing_and_frees_nothing(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    locks.take([name()], "me")
    child = os.fork()
    if child == 0:
        locks.free([name()], "me")  # as the end of a `with` would
        os._exit(0 if locks.take([name()], "me") == 0 and locks.take([name(6)], "me") == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not run_and_take(tmp_path), "the parent has it still"
    locks.free([name()], "me")
    assert run_and_take(tmp_path)


def test_thousands_of_locks_need_few_files_and_leave_none_open(tmp_path: Path) -> None:
    locks, before = FileLocks(tmp_path), open_files()
    names = [name(pk) for pk in range(10**7, 10**7 + 3 * 5000, 3)]
    began = time.process_time()
    assert locks.take(names, "me") == 5000
    used = time.process_time() - began
    assert open_files() - before <= 16
    assert len(list(tmp_path.iterdir())) <= 16
    locks.free(names, "me")
    assert open_files() == before
    assert not file_locks._files
    assert used < 2
    assert len(list(tmp_path.iterdir())) <= 16, "lock files are never deleted"


@pytest.mark.parametrize("account", ["acme.kommo.com", "../../etc/passwd", "a/b\\c:d", "ä" * 300, "localhost:8000"])
def test_files_are_named_after_the_account_and_stay_in_the_folder(tmp_path: Path, account: str) -> None:
    locks = FileLocks(tmp_path / "locks")
    assert locks.take([name(account=account)], "me") == 1
    (file,) = [found for found in tmp_path.rglob("*") if found.is_file()]
    assert file.parent == tmp_path / "locks"
    assert file.name.endswith(".leads.05.lock")
    assert file.name.startswith("acme.kommo.com." if account == "acme.kommo.com" else "")
    assert len(file.name) < 200
    assert file.stat().st_size == 0
    locks.free([name(account=account)], "me")


def test_objects_that_share_a_place_do_not_lock_each_other_out_of_one_flush(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(byte_locks, "MAX_OFFSET", 2)
    locks = FileLocks(tmp_path)
    assert locks.take([name("a"), name("b")], "me") == 2
    locks.free([name("a")], "me")
    assert locks.take([name("a")], "other") == 0, "the other one is held still"
    locks.free([name("a")], "other")
    locks.free([name("b")], "me")
    assert locks.take([name("a")], "other") == 1
    locks.free([name("a")], "other")


def test_a_folder_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ConfigurationError, match="cannot be locked in the folder .* Nothing was sent"):
            FileLocks(folder).take([name()], "me")


def test_locks_that_the_system_refuses_are_no_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, offset: int) -> bool:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(byte_locks, "lock_byte", refuse)
    with pytest.raises(ConfigurationError, match="No locks available"):
        FileLocks(tmp_path).take([name()], "me")
    assert not file_locks._files


def test_the_same_folder_is_the_same_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    here = FileLocks("locks", timeout=5)
    assert here == FileLocks(tmp_path / "locks")
    assert hash(here) == hash(FileLocks(tmp_path / "locks"))
    assert here != FileLocks(tmp_path / "others")
    assert repr(here) == "FileLocks('locks', timeout=5)"
    assert (here.folder, here.timeout) == (Path("locks"), 5)
    here.take([name()], "me")
    monkeypatch.chdir("/")
    here.free([name()], "me")
    assert FileLocks(tmp_path / "locks").take([name()], "other") == 1
    FileLocks(tmp_path / "locks").free([name()], "other")


@pytest.mark.parametrize("timeout", [-1, True, float("nan")])
def test_a_timeout_is_a_number_of_seconds(timeout: float) -> None:
    with pytest.raises(ConfigurationError, match="give a number of seconds"):
        FileLocks("locks", timeout=timeout)

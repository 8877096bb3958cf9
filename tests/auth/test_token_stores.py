from __future__ import annotations

import json
import multiprocessing
import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from kommo_orm.auth import FileTokenStore, MemoryTokenStore, Tokens, TokenStore
from kommo_orm.errors import LockTimeout, TokenStoreError

TOKENS = Tokens("access-value", "refresh-value", datetime(2030, 1, 1, tzinfo=UTC), "acme.kommo.com")
POSIX = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> TokenStore:
    return MemoryTokenStore() if request.param == "memory" else FileTokenStore(tmp_path / "tokens")


def test_load_returns_saved_tokens(store: TokenStore) -> None:
    assert isinstance(store, TokenStore)
    assert store.load("acme") is None
    store.save("acme", TOKENS)
    assert store.load("acme") == TOKENS


def test_subdomain_and_host_are_one_account(store: TokenStore) -> None:
    store.save("acme", TOKENS)
    assert store.load("acme.kommo.com") == TOKENS
    assert store.load("acme.amocrm.ru") is None


def test_deleting_twice_does_nothing(store: TokenStore) -> None:
    store.save("acme", TOKENS)
    store.delete("acme.kommo.com")
    store.delete("acme")
    assert store.load("acme") is None


def test_a_lock_has_one_holder_at_a_time(store: TokenStore) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(5):
            with store.lock("acme"):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_lock_can_be_released_in_another_thread(store: TokenStore) -> None:
    lock = store.lock("acme")
    lock.__enter__()
    thread = threading.Thread(target=lock.__exit__, args=(None, None, None))
    thread.start()
    thread.join()
    with store.lock("acme"):
        pass


def test_stores_print_without_secrets(store: TokenStore) -> None:
    store.save("acme", TOKENS)
    assert "value" not in repr(store)


@POSIX
def test_token_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path / "a" / "tokens")
    before = os.umask(0)
    try:
        with store.lock("acme"):
            store.save("acme", TOKENS)
    finally:
        os.umask(before)
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in store.folder.iterdir()}
    assert modes["acme.kommo.com.json"] == 0o600
    assert all(mode == 0o600 for mode in modes.values())


def test_a_save_replaces_the_file_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileTokenStore(tmp_path)
    store.save("acme", TOKENS)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TokenStoreError, match="No space left"):
        store.save("acme", Tokens("new-access", "new-refresh", None, "acme.kommo.com"))
    monkeypatch.undo()
    assert store.load("acme") == TOKENS
    assert [path.name for path in tmp_path.iterdir()] == ["acme.kommo.com.json"]


BROKEN = {
    "empty": b"",
    "half": b'{"access_token": "access-value", "refr',
    "a list": b'["access-value"]',
    "no text": b'{"access_token": 5, "refresh_token": "access-value", "expires_at": null, "account": "a"}',
    "no date": b'{"access_token": "access-value", "refresh_token": "r", "expires_at": "x", "account": "a"}',
    "no zone": b'{"access_token": "access-value", "refresh_token": "r", "expires_at": "2030-01-01", "account": "a"}',
    "bytes": b"\xff\xfeaccess-value",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_the_error_of_a_broken_file_names_and_does_not_quote_it(tmp_path: Path, content: bytes) -> None:
    store = FileTokenStore(tmp_path)
    (tmp_path / "acme.kommo.com.json").write_bytes(content)
    with pytest.raises(TokenStoreError) as caught:
        store.load("acme")
    assert "acme.kommo.com.json" in str(caught.value)
    assert "access-value" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_an_impossible_folder_raises_token_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = FileTokenStore(tmp_path / "file")
    with pytest.raises(TokenStoreError):
        store.save("acme", TOKENS)
    with pytest.raises(TokenStoreError):
        store.load("acme")
    with pytest.raises(TokenStoreError), store.lock("acme"):
        pass


def test_names_cannot_leave_the_folder(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path / "tokens")
    store.save("../../evil/name", TOKENS)
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "tokens"]
    assert store.load("../../evil/name") == TOKENS


def test_waiting_too_long_for_a_lock_raises(tmp_path: Path) -> None:
    with FileTokenStore(tmp_path).lock("acme"), pytest.raises(LockTimeout, match="acme"):
        with FileTokenStore(tmp_path, timeout=0.05).lock("acme"):
            pass


def test_the_default_folder_belongs_to_the_user() -> None:
    assert FileTokenStore().folder == platformdirs.user_data_path("kommo_orm") / "tokens"


def _hold(folder: Path, inside: Any, leave: Any) -> None:
    with FileTokenStore(folder).lock("acme"):
        inside.set()
        leave.wait(10)


def test_a_lock_holds_between_processes(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    inside, leave = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(tmp_path, inside, leave))
    process.start()
    try:
        assert inside.wait(20)
        with pytest.raises(LockTimeout), FileTokenStore(tmp_path, timeout=0.05).lock("acme"):
            pass
    finally:
        leave.set()
        process.join(20)
    with FileTokenStore(tmp_path, timeout=5).lock("acme"):
        pass


def test_the_file_is_plain_json(tmp_path: Path) -> None:
    FileTokenStore(tmp_path).save("acme", TOKENS)
    values = json.loads((tmp_path / "acme.kommo.com.json").read_bytes())
    assert values["refresh_token"] == "refresh-value"

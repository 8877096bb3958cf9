"""OAuth 2.0: from a code to tokens that renew themselves, also when several processes share them."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE

import pytest

import kommo_orm
from kommo_orm import (
    ConfigurationError,
    FileTokenStore,
    Kommo,
    Lead,
    MemoryTokenStore,
    OAuth,
    Tokens,
    TokenStore,
    TokenStoreError,
    Unauthorized,
)
from kommo_orm.sandbox import Sandbox
from tests.parity.ledger import proves


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(subdomain="acme")


def connected(sandbox: Sandbox, store: TokenStore, secret: str | None = None) -> Kommo:
    """The account as an integration sees it."""
    oauth = OAuth(sandbox.client_id, secret or sandbox.client_secret, sandbox.redirect_uri)
    return Kommo("acme", oauth=oauth, tokens=store, transport=sandbox.transport, rate=None, backoff=0)


@proves(15, "R1")
def test_a_code_becomes_tokens_with_their_end(sandbox: Sandbox) -> None:
    store = MemoryTokenStore()
    with connected(sandbox, store) as kommo:
        tokens = kommo.authorize(sandbox.authorization_code())
        assert kommo.account().name
    assert tokens.expires_at is not None
    assert tokens.expires_at > datetime.now(UTC) + timedelta(hours=23)
    assert store.load("acme") == tokens


@proves(16, 21, "R1")
def test_later_the_stored_tokens_are_enough_and_settings_win_over_them(sandbox: Sandbox) -> None:
    store = MemoryTokenStore()
    with connected(sandbox, store) as kommo:
        kommo.authorize(sandbox.authorization_code())
    with connected(sandbox, store) as again:
        assert again.account().name
        sandbox.expire_access_token()
    with connected(sandbox, store, secret="rotated") as wrong, pytest.raises(Unauthorized):
        wrong.account()  # the secret that is given counts, and nothing stored beside the tokens
    with connected(sandbox, store) as right:
        assert right.account().name  # and the refresh token was not spent on it


@proves(16, 22, 38)
def test_an_account_without_tokens_raises_unauthorized(sandbox: Sandbox) -> None:
    store = MemoryTokenStore()
    assert store.load("acme") is None
    with connected(sandbox, store) as kommo, pytest.raises(Unauthorized, match="authorize"):
        kommo.account()
    assert sandbox.requests(path="/api/v4/account") == []


@proves(17)
def test_a_long_lived_token_needs_nothing_else(sandbox: Sandbox) -> None:
    with Kommo("acme", token=sandbox.token, transport=sandbox.transport) as kommo:
        assert kommo.account().name
    assert sandbox.log[-1].status == 200


@proves(18)
def test_the_token_goes_to_the_account_only(sandbox: Sandbox) -> None:
    store = MemoryTokenStore()
    with connected(sandbox, store) as kommo:
        first = kommo.authorize(sandbox.authorization_code())
        sandbox.expire_access_token()
        kommo.account()
        with pytest.raises(ConfigurationError, match="not an address of Kommo"):
            kommo.request("GET", "https://kommo.com.example.org/api/v4/leads")
    fresh = store.load("acme")
    assert fresh is not None
    sent_tokens = [(entry.path, entry.request.headers.get("authorization")) for entry in sandbox.log]
    assert sent_tokens == [
        ("/oauth2/access_token", None),
        ("/api/v4/account", f"Bearer {first.access}"),
        ("/oauth2/access_token", None),
        ("/api/v4/account", f"Bearer {fresh.access}"),
    ]


@proves(19)
def test_a_token_is_renewed_before_it_ends(sandbox: Sandbox) -> None:
    store = MemoryTokenStore()
    with connected(sandbox, store) as kommo:
        tokens = kommo.authorize(sandbox.authorization_code())
    store.save("acme", replace(tokens, expires_at=datetime.now(UTC) + timedelta(seconds=50)))
    with connected(sandbox, store) as later:
        later.account()
    assert [(entry.path, entry.status) for entry in sandbox.log][1:] == [
        ("/oauth2/access_token", 200),
        ("/api/v4/account", 200),
    ]


@proves(19, "R1")
def test_an_ended_token_is_renewed_and_the_request_repeated(sandbox: Sandbox) -> None:
    store = MemoryTokenStore()
    with connected(sandbox, store) as kommo:
        first = kommo.authorize(sandbox.authorization_code())
        sandbox.expire_access_token()
        assert list(Lead.objects.using(kommo)) == []
    assert store.load("acme") != first
    asked = [(entry.path, entry.status) for entry in sandbox.log][1:]
    assert asked == [("/api/v4/leads", 401), ("/oauth2/access_token", 200), ("/api/v4/leads", 204)]


@proves(20, "B11")
def test_after_a_renewal_that_failed_the_next_request_renews(sandbox: Sandbox) -> None:
    store = MemoryTokenStore()
    with connected(sandbox, store) as kommo:
        kommo.authorize(sandbox.authorization_code())
        sandbox.expire_access_token()
        for _ in range(2):
            sandbox.faults.next(status=400, path="/oauth2/access_token")
            with pytest.raises(Unauthorized):
                kommo.account()
        assert kommo.account().name


@proves(20, "B11")
def test_a_failed_renewal_hinders_no_later_one_and_no_other_account(sandbox: Sandbox) -> None:
    store, other = MemoryTokenStore(), Sandbox(subdomain="globex")
    with connected(sandbox, store) as kommo:
        good = kommo.authorize(sandbox.authorization_code())
        sandbox.revoke_tokens()
        with pytest.raises(Unauthorized):
            kommo.account()
        with other.connect() as globex:
            assert globex.account().name
        store.save("acme", good)
        kommo.authorize(sandbox.authorization_code())
        sandbox.expire_access_token()
        assert kommo.account().name  # renewed once more, in the same process


@proves(19, "B13")
def test_many_workers_spend_a_refresh_token_once(sandbox: Sandbox, tmp_path: Path) -> None:
    with connected(sandbox, FileTokenStore(tmp_path)) as kommo:
        kommo.authorize(sandbox.authorization_code())
    sandbox.expire_access_token()
    workers = [connected(sandbox, FileTokenStore(tmp_path)) for _ in range(8)]
    names: list[str] = []
    threads = [threading.Thread(target=lambda each=worker: names.append(each.account().name)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names) == len(workers)
    assert len(sandbox.requests("POST", "/oauth2/access_token")) == 2  # the code, and one refresh


WORKER = """
import sys
from kommo_orm import FileTokenStore, Kommo, OAuth
url, folder, *integration = sys.argv[1:]
with Kommo("acme", oauth=OAuth(*integration), tokens=FileTokenStore(folder), base_url=url) as kommo:
    print("ready", flush=True)
    sys.stdin.readline()
    print(kommo.account().subdomain)
"""


@proves(19, "B13")
def test_many_processes_spend_a_refresh_token_once(tmp_path: Path) -> None:
    sandbox = Sandbox(subdomain="acme", latency=0.3)  # long enough for all to meet
    integration = (sandbox.client_id, sandbox.client_secret, sandbox.redirect_uri)
    with sandbox.serve() as server:
        options = {"oauth": OAuth(*integration), "tokens": FileTokenStore(tmp_path), "base_url": server.url}
        with Kommo("acme", **options) as kommo:  # type: ignore[arg-type]
            kommo.authorize(sandbox.authorization_code())
        sandbox.expire_access_token()
        command = [sys.executable, "-c", WORKER, server.url, str(tmp_path), *integration]
        workers = [subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) for _ in range(3)]
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
        assert [worker.communicate(timeout=60)[0] for worker in workers] == ["acme\n"] * len(workers)
    assert len(sandbox.requests("POST", "/oauth2/access_token")) == 2


@proves(23)
def test_the_current_domain_of_an_account_is_read(sandbox: Sandbox) -> None:
    with sandbox.connect() as kommo:
        found = kommo.current_domain()
        assert (found.id, found.subdomain, found.domain) == (kommo.account().id, "acme", "acme.kommo.com")


@proves(23)
def test_a_renamed_account_is_found_again_when_its_token_is_renewed(sandbox: Sandbox) -> None:
    store = MemoryTokenStore()
    with connected(sandbox, store) as kommo:
        tokens = kommo.authorize(sandbox.authorization_code())
        store.save("acme", replace(tokens, expires_at=datetime.now(UTC)))
    sandbox.rename("acme-new")
    with connected(sandbox, store) as again:
        assert again.account().subdomain == "acme-new"
    found = store.load("acme")
    assert found is not None
    assert found.account == "acme-new.kommo.com"


class Database:
    """A store of one's own: a table of tokens by account."""

    def __init__(self, path: Path) -> None:
        self.rows = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.rows.execute("create table tokens (account text primary key, value text)")
        self.locked = 0

    def load(self, account: str) -> Tokens | None:
        row = self.rows.execute("select value from tokens where account = ?", [account]).fetchone()
        return None if row is None else Tokens.from_dict(json.loads(row[0]))

    def save(self, account: str, tokens: Tokens) -> None:
        self.rows.execute("replace into tokens values (?, ?)", [account, json.dumps(tokens.to_dict())])

    def delete(self, account: str) -> None:
        self.rows.execute("delete from tokens where account = ?", [account])

    def lock(self, account: str) -> AbstractContextManager[object]:
        self.locked += 1
        return threading.Lock()


@proves(21, 24, "R1")
def test_a_store_is_any_object_with_four_methods(sandbox: Sandbox, tmp_path: Path) -> None:
    mine = Database(tmp_path / "mine.db")
    assert isinstance(mine, TokenStore)
    assert not isinstance(object(), TokenStore)
    with connected(sandbox, mine) as kommo:
        first = kommo.authorize(sandbox.authorization_code())
    sandbox.expire_access_token()
    with connected(sandbox, mine) as later:
        assert later.account().name
    renewed = mine.load("acme.kommo.com")
    assert renewed is not None
    assert renewed.refresh != first.refresh
    assert mine.locked == 2  # while the code was spent, and while the refresh token was
    mine.delete("acme.kommo.com")
    mine.rows.close()


TOKENS = Tokens("access-value", "refresh-value", datetime(2030, 1, 1, tzinfo=UTC), "acme.kommo.com")


@proves(25, 26, "B27", "B32")
def test_token_files_are_in_the_given_folder_and_private(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path / "deep" / "tokens")
    store.save("acme", TOKENS)
    (file,) = store.folder.glob("*.json")
    assert file.name == "acme.kommo.com.json"
    assert file.stat().st_mode & 0o077 == 0
    assert store.folder.stat().st_mode & 0o077 == 0
    package = Path(kommo_orm.__file__).parent
    assert package not in FileTokenStore().folder.parents  # the user's data folder, never the library's own


@proves(26)
def test_a_crafted_name_stays_in_the_folder(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path / "tokens")
    store.save("../../etc/passwd", TOKENS)
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "tokens"]


@proves(27, 28)
def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileTokenStore(tmp_path)
    store.save("acme", TOKENS)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(TokenStoreError, match="No space"):
        store.save("acme", Tokens("other", "other", None, "acme.kommo.com"))
    assert store.load("acme") == TOKENS
    assert [path.name for path in tmp_path.iterdir()] == ["acme.kommo.com.json"]


@proves(28, 29, 30, "B27")
def test_the_error_of_a_broken_file_hides_its_content(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path)
    (tmp_path / "acme.kommo.com.json").write_text('{"access_token": "very-secret"')
    with pytest.raises(TokenStoreError) as caught:
        store.load("acme")
    assert "very-secret" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)

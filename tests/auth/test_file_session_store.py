"""Sessions of a login in files."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from kommo_orm import (
    ConfigurationError,
    TokenStoreError,
)
from kommo_orm.sandbox import Sandbox
from tests.auth.login_service import (
    LOGIN_PATH,
    OWNER,
    build_login,
    connect,
    count_logins,
)


def test_a_session_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    sandbox = Sandbox()
    folder = tmp_path / "sessions"
    for _ in range(2):
        with connect(sandbox, build_login(sandbox, folder=folder)) as kommo:
            kommo.request("GET", "/api/v4/account")
    assert count_logins(sandbox) == 1, "the second one found the session of the first"
    (file,) = folder.glob("*.json")
    assert file.name == "sandbox.kommo.com.session.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sandbox.api_key not in file.read_text()


def test_the_session_of_another_process_is_used(tmp_path: Path) -> None:
    sandbox = Sandbox()
    with (
        connect(sandbox, build_login(sandbox, folder=tmp_path)) as one,
        connect(sandbox, build_login(sandbox, folder=tmp_path)) as two,
    ):
        one.request("GET", "/api/v4/account")
        two.request("GET", "/api/v4/account")
        sandbox.end_sessions()
        one.request("GET", "/api/v4/account")
        two.request("GET", "/api/v4/account")
    assert count_logins(sandbox) == 2


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"login": "eve@example.com", "until": 9e9, "cookies": "session_id=x"}', '{"login": 5}']
)
def test_an_unusable_session_file_is_replaced(tmp_path: Path, content: str) -> None:
    sandbox = Sandbox()
    file = tmp_path / "sandbox.kommo.com.session.json"
    file.write_text(content)
    with connect(sandbox, build_login(sandbox, folder=tmp_path)) as kommo:
        kommo.request("GET", "/api/v4/account")
    assert json.loads(file.read_text())["login"] == OWNER


def test_an_expired_session_file_is_not_used(tmp_path: Path) -> None:
    sandbox = Sandbox()
    file = tmp_path / "sandbox.kommo.com.session.json"
    for _ in range(2):
        with connect(sandbox, build_login(sandbox, folder=tmp_path)) as kommo:
            kommo.request("GET", "/api/v4/account")
        file.write_text(json.dumps(json.loads(file.read_text()) | {"until": 5}))
    assert [entry.path for entry in sandbox.log] == [LOGIN_PATH, "/api/v4/account"] * 2


def test_an_unusable_folder_raises(tmp_path: Path) -> None:
    sandbox = Sandbox()
    (tmp_path / "file").write_text("")
    with connect(sandbox, build_login(sandbox, folder=tmp_path / "file")) as kommo:
        with pytest.raises((TokenStoreError, ConfigurationError)):
            kommo.request("GET", "/api/v4/account")
    blocked = tmp_path / "sandbox.kommo.com.session.json"
    blocked.mkdir()
    with connect(sandbox, build_login(sandbox, folder=tmp_path)) as kommo:
        with pytest.raises(TokenStoreError, match="cannot be read"):
            kommo.request("GET", "/api/v4/account")

"""A store of the user's own: what fails in it is a `TokenStoreError` that names the step and has the cause."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest

from kommo_orm import FileTokenStore, Kommo, Lead, OAuth, Tokens
from kommo_orm.auth.user_token_store import UserTokenStore
from kommo_orm.errors import ConfigurationError, LockTimeout, TokenStoreError
from kommo_orm.sandbox import Sandbox

OAUTH = OAuth("id", "s3cr3t", "https://example.org/kommo")
TOKENS = Tokens("access-5512", "refresh-5512", datetime(2030, 1, 1, tzinfo=UTC), "acme.kommo.com")


class OwnStore:
    """A store with one step that the test replaces."""

    def __init__(self, **steps: Callable[..., Any]) -> None:
        self.steps = steps
        self.saved: list[Tokens] = []

    def load(self, account: str) -> Tokens | None:
        return self._run("load", TOKENS)

    def save(self, account: str, tokens: Tokens) -> None:
        self._run("save", None)
        self.saved.append(tokens)

    def delete(self, account: str) -> None:
        self._run("delete", None)

    def lock(self, account: str) -> AbstractContextManager[object]:
        return self._run("lock", threading.Lock())

    def _run(self, step: str, usual: Any) -> Any:
        return self.steps[step]() if step in self.steps else usual


class BadLock:
    def __enter__(self) -> None:
        raise ConnectionError("redis is down")

    def __exit__(self, *_: object) -> None: ...


def fail() -> Any:
    raise ConnectionError("redis is down: refresh-5512")


CALLS: dict[str, Callable[[UserTokenStore], Any]] = {
    "load": lambda store: store.load("acme.kommo.com"),
    "save": lambda store: store.save("acme.kommo.com", TOKENS),
    "delete": lambda store: store.delete("acme.kommo.com"),
    "lock": lambda store: store.lock("acme.kommo.com").__enter__(),
}


@pytest.mark.parametrize("step", CALLS)
def test_a_step_that_fails_is_named_with_its_cause_and_without_secrets(step: str) -> None:
    with pytest.raises(TokenStoreError) as caught:
        CALLS[step](UserTokenStore(OwnStore(**{step: fail})))
    assert f"OwnStore.{step}('acme.kommo.com') failed: ConnectionError: redis is down" in str(caught.value)
    assert "refresh-5512" not in str(caught.value)
    assert isinstance(caught.value.__cause__, ConnectionError)


def test_a_lock_that_cannot_be_entered_is_an_error_of_the_store() -> None:
    with pytest.raises(TokenStoreError, match=r"OwnStore.lock\(.*failed: ConnectionError"):
        CALLS["lock"](UserTokenStore(OwnStore(lock=BadLock)))


def test_what_fails_inside_of_the_lock_is_no_error_of_the_store() -> None:
    with pytest.raises(ValueError, match="mine"), UserTokenStore(OwnStore()).lock("acme.kommo.com"):
        raise ValueError("mine")


def test_errors_of_the_library_pass() -> None:
    def wait_too_long() -> Any:
        raise LockTimeout("waited")

    with pytest.raises(LockTimeout):
        CALLS["lock"](UserTokenStore(OwnStore(lock=wait_too_long)))


async def load_later() -> None: ...


@pytest.mark.parametrize(
    ("given", "named"), [(TOKENS.to_dict, "dict"), (lambda: "x", "str"), (load_later, "coroutine")]
)
def test_a_store_that_loads_something_else_is_refused(given: Callable[[], Any], named: str) -> None:
    with pytest.raises(TokenStoreError, match=f"returned a {named}; it is an ordinary function and returns Tokens"):
        UserTokenStore(OwnStore(load=given)).load("acme.kommo.com")


def test_a_lock_that_is_none_is_refused() -> None:
    with pytest.raises(TokenStoreError, match="returned a NoneType; it returns a context manager"):
        UserTokenStore(OwnStore(lock=lambda: None)).lock("acme.kommo.com")


async def test_requests_meet_these_errors() -> None:
    with Sandbox().serve() as server:
        with Kommo("acme", oauth=OAUTH, tokens=OwnStore(load=fail), base_url=server.url) as kommo:
            with pytest.raises(TokenStoreError, match="OwnStore.load"):
                Lead.objects.using(kommo).first()
            with pytest.raises(TokenStoreError, match="OwnStore.load"):
                await Lead.objects.using(kommo).afirst()
            await kommo.aclose()


@pytest.mark.parametrize("given", [object(), {}, "folder", FileTokenStore])
def test_what_is_no_store_is_refused_at_once(given: Any) -> None:
    with pytest.raises(
        ConfigurationError, match="tokens= takes a token store, an object with load, save, delete and lock"
    ):
        Kommo("acme", oauth=OAUTH, tokens=given)

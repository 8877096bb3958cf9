"""Locks and stale checks, as users write them. Never run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, assert_type

from kommo_orm import FileLocks, Kommo, Lead, LockName, Locks, LockTimeout, Session, StaleObject


class OwnLocks:
    """Any object with these will do."""

    timeout = 5.0

    def take(self, names: Sequence[LockName], owner: str) -> int:
        return len(names)

    def free(self, names: Sequence[LockName], owner: str) -> None: ...

    def holder(self, name: LockName) -> str:
        return name.account


def locks(lead: Lead) -> None:
    kommo = Kommo("acme", token="...", locks=FileLocks("locks", timeout=5))
    Kommo("acme", token="...", locks=OwnLocks())
    Kommo("acme", token="...", locks="locks")  # type: ignore[arg-type]
    assert_type(kommo.locks, Locks | None)
    with kommo.lock(lead), kommo.lock(lead, Lead(id=7)):
        lead.save()
    with kommo.lock("phone:+1555000100", lead):
        lead.save()
    kommo.lock(5)  # type: ignore[arg-type]
    try:
        lead.save(if_unmodified=True)
    except LockTimeout as error:
        assert_type((error.holder, error.waited, error.object), tuple[str, float, Any])
    except StaleObject as error:
        assert_type((error.stored, error.stored_at, error.loaded_at), tuple[Any, datetime | None, datetime | None])


async def async_locks(kommo: Kommo, lead: Lead) -> None:
    async with kommo.lock(lead):
        await lead.asave()


def stale(kommo: Kommo) -> None:
    assert_type(kommo.session(check_stale=True), Session)
    Session(kommo, check_stale="yes")  # type: ignore[arg-type]

"""The account: one request, everything typed, whatever its page leaves out."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from kommo_orm import Kommo, NotLoaded, QueryError
from kommo_orm.entities.account.account import Account, AccountInclude, DatetimeSettings, fetch_account
from kommo_orm.model.assignment import ReadOnlyField
from kommo_orm.sandbox import Sandbox

SHORT: dict[str, Any] = {"id": 31500077, "name": "Blue Fern", "subdomain": "bluefern", "currency": "EUR"}


def test_a_short_answer_reads():
    account = Account.hydrate([{**SHORT, "created_at": "1739794993", "mobile_feature_version": 0, "new": True}])[0]
    assert (account.name, account.currency, account.mobile_feature_version) == ("Blue Fern", "EUR", 0)
    assert account.extra == {"new": True}


def test_everything_comes_with_one_request(kommo: Kommo, sandbox: Sandbox):
    account = kommo.run(fetch_account(kommo))
    (entry,) = sandbox.requests()
    assert set(entry.query.removeprefix("with=").replace("%2C", ",").split(",")) == set(get_args(AccountInclude))
    assert [(one.id, one.code) for one in account.task_types] == [(1, "FOLLOW_UP"), (2, "MEETING")]
    assert [(group.id, group.uuid) for group in account.users_groups] == [(0, None)]
    assert account.datetime_settings.timezone == "Europe/Lisbon"
    assert account.amojo_rights.can_direct is True
    assert account.is_api_filter_enabled is True
    assert account.invoices_settings is not None
    assert account.entity_names is not None
    found = account.task_type("MEETING")
    assert found is not None
    assert found.id == 2
    assert account.task_type("Nothing") is None


def test_a_part_that_was_not_requested_names_the_method_that_reads_it(kommo: Kommo, sandbox: Sandbox):
    account = kommo.run(fetch_account(kommo, []))
    assert sandbox.requests()[0].query == ""
    assert account.current_user_id == sandbox.users[0]["id"]
    with pytest.raises(NotLoaded, match=r"account\('task_types'\)"):
        account.task_types  # noqa: B018


def test_kommo_account_reads_it(kommo: Kommo):
    assert kommo.account("task_types").task_types[0].code == "FOLLOW_UP"


def test_a_misspelt_key_and_empty_lists_read():
    read = DatetimeSettings.from_raw({"date_formant": "d.m.Y", "timezone": None})
    assert (read.date_format, read.timezone) == ("d.m.Y", None)
    account = Account.hydrate([{**SHORT, "task_types": None, "users_groups": {"0": {"id": "7", "name": "A"}}}])[0]
    assert account.task_types == []
    assert [group.id for group in account.users_groups] == [7]


def test_nothing_of_it_can_be_set():
    account = Account.hydrate([dict(SHORT)])[0]
    with pytest.raises(ReadOnlyField):
        account.name = "Other"  # type: ignore[assignment]
    assert not hasattr(account, "save")


async def test_async(kommo: Kommo):
    assert (await kommo.arun(fetch_account(kommo, ["version"]))).version is not None


def test_an_unknown_part_is_refused_before_anything_is_asked(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(QueryError, match="An account has no 'task_type'. Did you mean 'task_types'?"):
        kommo.account("task_type")  # type: ignore[arg-type]
    assert sandbox.log == []

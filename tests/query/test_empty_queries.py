"""Queries that find nothing, as is clear without a request: one of no values, and `none()`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kommo_orm import Contact, Kommo, Lead, NotFound, Pipeline, QueryError, Session, Task
from kommo_orm.sandbox import Sandbox
from tests.account import Deal

EMPTY: dict[str, Callable[[], Any]] = {
    "id__in": lambda: Lead.objects.filter(id__in=[]),
    "generator": lambda: Lead.objects.filter(id__in=(pk for pk in ())),
    "in_": lambda: Lead.objects.filter(Lead.id.in_()),
    "in_ of a list": lambda: Lead.objects.filter(Lead.id.in_([])),
    "custom": lambda: Deal.objects.filter(Deal.source.in_([])),
    "custom lookup": lambda: Deal.objects.filter(source__in=[]),
    "status__in": lambda: Lead.objects.filter(status__in=[]),
    "lead_status__in": lambda: Task.objects.filter(lead_status__in=[]),
    "beside others": lambda: Contact.objects.filter(id__in=set(), updated_by__in=[5]).search("Ann").order_by("id"),
    "none": lambda: Lead.objects.none(),
    "none of what has no ids": lambda: Pipeline.objects.none(),
    "a limit after it": lambda: Lead.objects.none().limit(5),
    "none in between": lambda: Lead.objects.filter(price=5).none().filter(name="x").include("contacts"),
}


@pytest.fixture(autouse=True)
def rows(kommo: Kommo, sandbox: Sandbox) -> None:
    for kind in ("leads", "contacts"):
        sandbox.add(kind, name="Roof")


@pytest.mark.parametrize("make", EMPTY.values(), ids=EMPTY)
async def test_nothing_is_found_without_a_request(make: Callable[[], Any], sandbox: Sandbox) -> None:
    query = make()
    assert list(query) == query.list() == list(query.iterate()) == list(query.pages()) == query.limit(3).list() == []
    assert (query.first(), query.exists(), query.get_or_none(1001), query.in_bulk([1001])) == (None, False, None, {})
    assert (query.page(2).items, query.page(2).number, query.page(1).has_next) == ([], 2, False)
    assert await query.alist() == [one async for one in query] == [page async for page in query.apages()] == []
    assert (await query.afirst(), await query.aexists(), await query.aget_or_none(1001)) == (None, False, None)
    for read in (query.one, lambda: query.get(1001)):
        with pytest.raises(NotFound):
            read()
    assert not sandbox.requests()


def test_writing_to_none_of_them_writes_nothing(kommo: Kommo, sandbox: Sandbox) -> None:
    report = Lead.objects.filter(id__in=[]).update(price=5)
    assert (report.updated, report.requests) == ([], 0)
    assert Lead.objects.none().update(price=5).requests == 0
    assert not sandbox.requests()


def test_in_a_session_and_by_find(kommo: Kommo, sandbox: Sandbox) -> None:
    with Session(kommo) as session:
        assert session.query(Lead).filter(id__in=[]).list() == []
    assert Contact.objects.none().find(phone="+1 555 000") == []
    assert not sandbox.requests()


def test_values_are_still_checked() -> None:
    for make in (
        lambda: Lead.objects.filter(id__in=["x"]),
        lambda: Lead.objects.filter(id__in="5"),
        lambda: Lead.id.in_(["x"]),
    ):  # type: ignore[arg-type, list-item]
        with pytest.raises(QueryError):
            make()


def test_a_list_of_values_may_be_given_as_one(kommo: Kommo) -> None:
    [lead] = Lead.objects.list()
    assert (
        Lead.objects.filter(Lead.id.in_([lead.id])).list() == Lead.objects.filter(Lead.id.in_(lead.id)).list() == [lead]
    )


def test_the_repr_says_so() -> None:
    assert repr(Lead.objects.none()) == "<Lead query none>"

"""Filters with more values than one request takes are read in parts, and give one list."""

from __future__ import annotations

import random
from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest

from kommo_orm import FilterIgnored, Kommo, Lead, MultiSelect, QueryError, Session, custom
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, furnished

COUNT = 700


class Coded(Lead):
    codes: MultiSelect = custom(9000)


@pytest.fixture
def sandbox() -> Sandbox:
    return furnished()


@pytest.fixture
def kommo(sandbox: Sandbox) -> Iterator[Kommo]:
    with sandbox.connect() as connected:
        yield connected


@pytest.fixture
def ids(sandbox: Sandbox) -> list[int]:
    contact = sandbox.add("contacts", name="Ann")["id"]
    made = [
        sandbox.add("leads", name=f"Lead {number % 300}", price=number, _embedded={"contacts": [{"id": contact}]})
        for number in range(COUNT)
    ]
    sandbox.log.clear()
    return [row["id"] for row in made]


def count_lists(sandbox: Sandbox, path: str = "/leads") -> int:
    return len([entry for entry in sandbox.log if entry.method == "GET" and entry.path.endswith(path)])


def test_many_ids_are_read_in_parts_and_come_in_the_order_of_ids(
    kommo: Kommo, sandbox: Sandbox, ids: list[int]
) -> None:
    wanted = [*ids, *ids[:50], *range(10**8, 10**8 + 100)]  # some twice, some that are not there
    random.Random(1).shuffle(wanted)
    assert [lead.id for lead in Lead.objects.filter(id__in=wanted)] == ids
    assert count_lists(sandbox) == 4  # 800 different ids
    sandbox.log.clear()
    assert [lead.id for lead in Lead.objects.filter(Lead.id.in_(*wanted)).order_by("-id")] == ids[::-1]
    assert count_lists(sandbox) == 4


async def test_many_ids_are_read_in_parts_in_async_code(kommo: Kommo, sandbox: Sandbox, ids: list[int]) -> None:
    assert [lead.id async for lead in Lead.objects.filter(id__in=ids[::-1])] == ids
    assert await Lead.objects.filter(id__in=ids).aexists()
    assert len(await Lead.objects.filter(id__in=ids).limit(300).alist()) == 300


def test_each_address_is_short(kommo: Kommo, sandbox: Sandbox, ids: list[int]) -> None:
    list(Lead.objects.filter(id__in=ids))
    names = [f"{'long name ' * 20}{number}" for number in range(100)]
    list(Lead.objects.filter(name__in=names))
    assert all(len(entry.query) < 12_000 for entry in sandbox.log)
    asked = [value for entry in sandbox.log for name, value in parse_qsl(entry.query) if "name" in name]
    assert sorted(asked) == sorted(names)


def test_a_limit_asks_for_no_more_parts_than_it_needs(kommo: Kommo, sandbox: Sandbox, ids: list[int]) -> None:
    assert [lead.id for lead in Lead.objects.filter(id__in=ids).limit(10)] == ids[:10]
    assert count_lists(sandbox) == 1
    sandbox.log.clear()
    assert [lead.id for lead in Lead.objects.filter(id__in=ids)[:300]] == ids[:300]
    assert count_lists(sandbox) == 2
    sandbox.log.clear()
    found = Lead.objects.filter(id__in=[*range(1, 600), *ids]).first()  # the first parts find nothing
    assert found is not None
    assert found.id == ids[0]
    assert Lead.objects.filter(id__in=ids).limit(0).list() == []
    with pytest.raises(QueryError, match="finds more than one"):
        Lead.objects.filter(id__in=ids).one()


def test_other_filters_and_includes_go_along(kommo: Kommo, sandbox: Sandbox, ids: list[int]) -> None:
    found = Lead.objects.filter(id__in=ids, price__gte=200).include("contacts").list()
    assert [lead.id for lead in found] == ids[200:]
    assert {lead.contacts[0].name for lead in found} == {"Ann"}
    assert count_lists(sandbox, "/contacts") == 3  # one for each part


def test_rows_of_all_parts_are_verified(kommo: Kommo, sandbox: Sandbox, ids: list[int]) -> None:
    sandbox.account.filters_enabled = False
    with pytest.raises(FilterIgnored):
        list(Lead.objects.filter(id__in=ids[300:]))


def test_in_a_session_one_row_is_one_object(kommo: Kommo, ids: list[int]) -> None:
    session = Session(kommo)
    first = session.query(Lead).filter(id__in=ids).list()
    again = session.query(Lead).filter(id__in=ids).list()
    assert all(one is other for one, other in zip(first, again, strict=True))


def test_updates_reach_all_rows(kommo: Kommo, sandbox: Sandbox, ids: list[int]) -> None:
    report = Lead.objects.filter(id__in=ids).update(price=7)
    assert len(report.updated) == COUNT
    assert {row["price"] for row in sandbox.rows("leads")} == {7}


def test_other_fields_are_read_part_by_part(kommo: Kommo, sandbox: Sandbox, ids: list[int]) -> None:
    """A part may have many pages: those of the first 250 names come before those of the others."""
    names = [f"Lead {number}" for number in range(300)]
    found = Lead.objects.filter(name__in=names).list()
    assert sorted(lead.id for lead in found) == ids
    assert {lead.name for lead in found[:600]} == set(names[:250])
    assert len(Lead.objects.filter(name__in=names).limit(650).list()) == 650


def test_a_row_that_is_in_several_parts_comes_once(kommo: Kommo, sandbox: Sandbox) -> None:
    sandbox.add_field("leads", "Codes", "multiselect", enums=[f"Code {number}" for number in range(300)], id=9000)
    row = sandbox.add(
        "leads",
        name="Both",
        custom_fields_values=[{"field_id": 9000, "values": [{"value": "Code 0"}, {"value": "Code 299"}]}],
    )
    wanted = [f"Code {number}" for number in range(300)]
    assert [lead.id for lead in Coded.objects.filter(Coded.codes.in_(*wanted))] == [row["id"]]
    assert [lead.id for lead in Coded.objects.filter(Coded.codes.in_(*wanted)).limit(5)] == [row["id"]]
    assert list(Coded.objects.filter(Coded.codes.in_(*wanted)).in_bulk([row["id"]])) == [row["id"]]


def test_a_loop_that_saves_misses_nothing(kommo: Kommo, sandbox: Sandbox, ids: list[int]) -> None:
    met = []
    for lead in Lead.objects.filter(id__in=ids, price__lte=COUNT):
        met.append(lead.id)
        if lead.id % 50 == 0:
            lead.price = COUNT + 5  # leaves the filter
            lead.save()
    assert met == ids


def test_an_order_that_the_parts_do_not_have_together_is_refused(kommo: Kommo) -> None:
    names = [str(number) for number in range(300)]
    for query in (
        Lead.objects.filter(id__in=range(1, 300)).order_by("updated_at"),
        Lead.objects.filter(name__in=names).order_by("id"),
    ):
        with pytest.raises(QueryError, match="in parts of 250, which cannot be ordered by .* Leave order_by"):
            list(query)


def test_a_page_by_its_number_is_refused(kommo: Kommo) -> None:
    with pytest.raises(QueryError, match=r"page\(\) reads one page of one request, .* it takes 2"):
        Lead.objects.filter(id__in=range(1, 300)).page(1)


def test_a_filter_that_fits_is_one_request_in_any_order(kommo: Kommo, sandbox: Sandbox, ids: list[int]) -> None:
    found = Deal.objects.filter(id__in=[*ids[:250], *ids[:10]][:250]).order_by("-updated_at").list()
    assert len(found) == 250
    assert count_lists(sandbox) == 1

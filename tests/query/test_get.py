"""`get()`: by an id, or by filters that find one row."""

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm import Kommo, Lead, MultipleFound, NotFound, Pipeline, QueryError
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, asked


@pytest.fixture
def leads(kommo: Kommo, sandbox: Sandbox) -> list[Lead]:
    for name, budget in (("Roof", 5), ("Wall", 6), ("Wall", 7)):
        Deal(name=name, budget=budget).save()
    sandbox.log.clear()
    return Lead.objects.order_by("id").list()


async def test_an_id_by_name_reads_one_row_by_its_address(leads: list[Lead], sandbox: Sandbox) -> None:
    pk = leads[0].id
    sandbox.log.clear()
    for read in (
        lambda: Lead.objects.get(pk),
        lambda: Lead.objects.get(id=pk),
        lambda: Lead.objects.get(pk=pk),
        lambda: Lead.objects.get(Lead.id == pk),
        lambda: Lead.objects.get_or_none(id=pk),
    ):
        assert read() == leads[0]
    assert await Lead.objects.aget(id=pk) == await Lead.objects.aget_or_none(pk) == leads[0]
    assert set(asked(sandbox)) == {f"/api/v4/leads/{pk}"}


async def test_filters_find_the_only_row(leads: list[Lead], sandbox: Sandbox) -> None:
    assert Lead.objects.get(name="Roof") == leads[0]
    assert Deal.objects.get(Deal.budget == 7).id == leads[2].id
    assert Deal.objects.get(Deal.budget == 7, name="Wall").id == leads[2].id
    assert Lead.objects.filter(name="Wall").get(id=leads[1].id) == leads[1]
    assert Lead.objects.get(id=leads[0].id, name="Roof") == leads[0]
    assert await Lead.objects.aget(name="Roof") == leads[0]
    assert await Deal.objects.aget_or_none(Deal.budget == 5) is not None


async def test_none_and_several_are_told(leads: list[Lead]) -> None:
    with pytest.raises(NotFound, match="finds nothing"):
        Lead.objects.get(name="Floor")
    with pytest.raises(NotFound):
        Lead.objects.get(id=leads[0].id, name="Wall")
    assert Lead.objects.get_or_none(name="Floor") is None
    assert await Lead.objects.aget_or_none(name="Floor") is None
    for read in (
        lambda: Lead.objects.get(name="Wall"),
        lambda: Lead.objects.get_or_none(name="Wall"),
        Lead.objects.one,
    ):
        with pytest.raises(MultipleFound, match="finds more than one; add filters, or use first"):
            read()
    with pytest.raises(MultipleFound):
        await Lead.objects.aget(name="Wall")
    assert issubclass(MultipleFound, QueryError)


@pytest.mark.parametrize(
    ("given", "lookups", "words"),
    [
        ((), {}, "takes an id, or filters that find one row"),
        ((5, 6), {}, "takes one id, or filters"),
        ((5,), {"name": "x"}, "takes one id, or filters"),
        ((None,), {}, "not None: a new object has none"),
        ((), {"id": None}, "not None: a new object has none"),
        (("5",), {}, "an id is a positive whole number"),
        ((), {"id": 0}, "an id is a positive whole number"),
        ((), {"nmae": "x"}, 'unknown filter "nmae" of Lead; did you mean "name"'),
    ],
)
async def test_other_arguments_are_refused_before_a_request(
    kommo: Kommo, sandbox: Sandbox, given: tuple[Any, ...], lookups: dict[str, Any], words: str
) -> None:
    for read in (Lead.objects.get, Lead.objects.get_or_none):
        with pytest.raises(QueryError, match=words):
            read(*given, **lookups)
    with pytest.raises(QueryError, match=words):
        await Lead.objects.aget(*given, **lookups)
    assert not sandbox.requests()


def test_kinds_that_are_not_filtered_are_read_by_id_too(kommo: Kommo) -> None:
    [pipeline] = Pipeline.objects.list()
    assert Pipeline.objects.get(id=pipeline.id) == pipeline

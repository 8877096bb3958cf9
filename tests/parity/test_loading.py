"""Loading: pages, everything, and nothing twice."""

from __future__ import annotations

import pytest

from kommo_orm import (
    Catalog,
    CatalogElement,
    Company,
    Contact,
    FilterIgnored,
    Kommo,
    Lead,
    Note,
    QueryError,
    Task,
    UnexpectedResponse,
)
from kommo_orm.sandbox import Sandbox
from tests.account import asked
from tests.parity.ledger import proves


@proves(107, "R2")
def test_lists_are_models_and_nothing_is_an_empty_list(sandbox: Sandbox, kommo: Kommo) -> None:
    assert [cls.objects.using(kommo).list() for cls in (Lead, Contact, Company, Task)] == [[], [], [], []]
    assert Note.objects.using(kommo).of(Lead).list() == []
    sandbox.seed(leads=3, contacts=2, companies=1)
    for cls, count in ((Lead, 3), (Contact, 2), (Company, 1)):
        found = cls.objects.using(kommo).list()
        assert len(found) == count
        assert all(isinstance(one, cls) for one in found)


@proves(107, "R2")
def test_a_filter_finds_its_rows(sandbox: Sandbox, kommo: Kommo) -> None:
    for price in (100, 200, 300):
        sandbox.add("leads", name=f"Roof of {price}", price=price)
    leads = Lead.objects.using(kommo)
    assert [lead.price for lead in leads.filter(price__gte=200).order_by("id")] == [200, 300]
    assert [lead.price for lead in leads.filter(name="Roof of 100")] == [100]
    assert [lead.name for lead in leads.search("of 300")] == ["Roof of 300"]


@proves(107, "R2")
def test_filters_are_checked_and_verified() -> None:
    sandbox = Sandbox(filters_enabled=False)
    sandbox.seed(leads=3, contacts=0, companies=0)
    with sandbox.connect() as kommo:
        with pytest.raises(QueryError, match="prise"):
            Lead.objects.using(kommo).filter(prise=5)  # type: ignore[call-arg]
        with pytest.raises(FilterIgnored):
            Lead.objects.using(kommo).filter(name="no such lead").list()


@proves(108, 116, "B16")
def test_lists_and_elements_end(sandbox: Sandbox, kommo: Kommo) -> None:
    catalog = Catalog.objects.using(kommo).create("Cars")
    for number in range(5):
        sandbox.add("catalog_elements", catalog_id=catalog.id, name=f"Car {number}")
    assert [one.name for one in Catalog.objects.using(kommo).list()] == ["Cars"]
    names = [one.name for page in CatalogElement.objects.using(kommo).of(catalog).pages() for one in page]
    assert sorted(names) == [f"Car {number}" for number in range(5)]
    with sandbox.connect(page_size=2) as other:
        pages = CatalogElement.objects.using(other).of(catalog).pages()
        assert [len(page) for page in pages] == [2, 2, 1]
    sandbox.faults.next(status=200, body={"_page": 1, "_links": {}, "_embedded": {"elements": []}})
    assert CatalogElement.objects.using(kommo).of(catalog).list() == []


@proves(116, "B16")
def test_endless_pages_raise_an_error(sandbox: Sandbox, kommo: Kommo) -> None:
    """Empty pages that name a next one, always."""
    catalog = Catalog.objects.using(kommo).create("Cars")
    endless = {"_links": {"next": {"href": "https://x"}}, "_embedded": {"elements": []}}
    sandbox.faults.next(status=200, body=endless, times=None)
    with pytest.raises(UnexpectedResponse, match="no end"):
        CatalogElement.objects.using(kommo).of(catalog).list()


@proves(114, "R2")
def test_everything_is_streamed_as_objects_each_once() -> None:
    sandbox = Sandbox()
    sandbox.seed(leads=600, contacts=0, companies=0)
    with sandbox.connect() as kommo:
        seen = []
        for lead in Lead.objects.using(kommo).iterate():
            lead.name = f"{lead.name}!"
            lead.save()
            seen.append(lead.id)
        assert len(seen) == len(set(seen)) == 600
        sizes = [len(page) for page in Lead.objects.using(kommo).pages()]
    assert sizes == [250, 250, 100]


@proves(114)
def test_a_full_last_page_costs_no_further_request(sandbox: Sandbox, kommo: Kommo) -> None:
    sandbox.seed(leads=250, contacts=0, companies=0)
    assert len(Lead.objects.using(kommo).list()) == 250
    assert asked(sandbox) == ["/api/v4/leads"]

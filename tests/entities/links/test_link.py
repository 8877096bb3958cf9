"""Links as the service lists them: of one row, of many at once, of list elements."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kommo_orm import (
    Catalog,
    CatalogElement,
    Company,
    ConfigurationError,
    Contact,
    Kommo,
    Lead,
    Link,
    NotLoaded,
    QueryError,
    Session,
    Task,
    aload,
    load,
)
from kommo_orm.entities.links.link import parse_link
from kommo_orm.sandbox import Sandbox
from tests.account import asked, sent


@pytest.fixture
def goods(kommo: Kommo) -> Catalog:
    return Catalog.objects.create("Goods")


@pytest.fixture
def lamp(goods: Catalog) -> CatalogElement:
    return CatalogElement.objects.of(goods).create("Lamp")


@pytest.fixture
def leads(kommo: Kommo, lamp: CatalogElement, sandbox: Sandbox) -> list[Lead]:
    """Two with a contact each, the first with two lamps, and one with nothing."""
    made = []
    for name in ("Ann", "Ben"):
        lead = Lead(name=f"Deal of {name}")
        lead.contacts.add(Contact(name=name), main=True)
        lead.save()
        made.append(lead)
    made[0].catalog_elements.add(lamp, quantity=2)
    made[0].save()
    made.append(Lead.objects.create(name="Alone"))
    sandbox.log.clear()
    return made


def query_of(sandbox: Sandbox) -> list[tuple[str, str]]:
    return [(entry.path, entry.query) for entry in sandbox.log if entry.method == "GET"]


def test_links_of_many_leads_are_one_request(leads: list[Lead], lamp: CatalogElement, sandbox: Sandbox):
    found = Link.objects.of(*leads).by_owner()
    assert asked(sandbox) == ["/api/v4/leads/links"]
    assert list(found) == [lead.id for lead in leads]
    first, second, third = (found[lead.id] for lead in leads)
    assert {link.kind for link in first} == {"contacts", "catalog_elements"}
    element = next(link for link in first if link.kind == "catalog_elements")
    assert (element.id, element.quantity, element.catalog_id) == (lamp.id, Decimal(2), lamp.catalog_id)
    assert [(link.entity_type, link.entity_id, link.is_main) for link in second] == [("leads", leads[1].id, True)]
    assert third == []


def test_links_of_ids_need_their_kind(leads: list[Lead], sandbox: Sandbox):
    ids = [lead.id for lead in leads]
    assert len(Link.objects.of(kind=Lead, ids=ids).list()) == 3
    assert len(Link.objects.of(kind=Lead, ids=[ids[0]]).list()) == 2
    assert asked(sandbox) == ["/api/v4/leads/links", f"/api/v4/leads/{ids[0]}/links"]
    with pytest.raises(QueryError, match="goes together with kind=Lead"):
        Link.objects.of(ids=[5])
    with pytest.raises(QueryError, match="given as objects"):
        Link.objects.of(kind=CatalogElement, ids=[5])
    with pytest.raises(QueryError, match="positive whole number"):
        Link.objects.of(kind=Lead, ids=[0])


def test_filters_are_sent_and_applied_again_here(leads: list[Lead], lamp: CatalogElement, sandbox: Sandbox):
    links = Link.objects.of(*leads)
    ann = next(link.id for link in links if link.kind == "contacts")
    sandbox.log.clear()
    assert {link.kind for link in links.filter(to_entity_type="contacts")} == {"contacts"}
    assert "to_entity_type" not in sandbox.log[-1].query, "alone the service ignores it"
    assert [link.id for link in links.filter(to_entity_type="contacts", to_entity_id=ann)] == [ann]
    assert "to_entity_type" in sandbox.log[-1].query
    assert [link.id for link in links.filter(to_catalog_id=lamp.catalog_id or 0)] == [lamp.id]
    assert [link.id for link in leads[0].links.all().filter(to_catalog_id=lamp.catalog_id or 0)] == [lamp.id]
    with pytest.raises(QueryError, match="goes together with to_entity_type"):
        links.filter(to_entity_id=5)
    with pytest.raises(QueryError, match="not to 'lead'"):
        links.filter(to_entity_type="lead")  # type: ignore[arg-type]


def test_what_has_links(leads: list[Lead]):
    for wrong, told in (
        ((), "takes objects of one kind"),
        ((leads[0], Contact(id=5)), "takes objects of one kind"),
        ((Lead(name="New"),), "save\\(\\) it first"),
        ((5,), "takes objects, not 5"),
    ):
        with pytest.raises(QueryError, match=told):
            Link.objects.of(*wrong)
    assert "links of leads" in repr(Link.objects.of(*leads))


async def test_links_in_async_code(leads: list[Lead], kommo: Kommo):
    links = Link.objects.of(*leads).using(kommo)
    assert await links.alist() == [link async for link in links]
    assert {pk: len(found) for pk, found in (await links.aby_owner()).items()} == {
        lead.id: count for lead, count in zip(leads, (2, 1, 0), strict=True)
    }
    assert [link.kind for link in await leads[1].links.alist("contacts")] == ["contacts"]


def test_two_hundred_and_fifty_owners_a_request(kommo: Kommo, sandbox: Sandbox):
    report = Lead.objects.bulk_create(Lead(name=f"Deal {number}") for number in range(260))
    sandbox.log.clear()
    assert Link.objects.of(*report.created).list() == []
    assert asked(sandbox) == ["/api/v4/leads/links", "/api/v4/leads/links"]


def test_links_of_contacts_and_companies_are_made_in_one_request(kommo: Kommo, sandbox: Sandbox):
    olive = Company.objects.create(name="Olive")
    people = [Contact.objects.create(name=name) for name in ("Ann", "Ben")]
    sandbox.log.clear()
    with Session(kommo) as session:
        session.add(*people)
        for person in people:
            person.companies.add(olive)
    assert [path for _, path, _ in sent(sandbox)] == ["/api/v4/contacts/link"]
    assert len(Link.objects.of(olive).filter(to_entity_type="contacts").list()) == 2
    with Session(kommo) as session:
        session.add(*people)
        for person in people:
            person.companies.remove(olive)
    assert [path for _, path, _ in sent(sandbox)][1:] == ["/api/v4/contacts/unlink"]
    assert Link.objects.of(olive).list() == []


@pytest.mark.parametrize("metadata", [None, [], {}, "absent"])
def test_odd_rows_read(metadata: Any):
    row = {"to_entity_id": "55", "to_entity_type": "contacts", "metadata": metadata, "sort": 3}
    if metadata == "absent":
        del row["metadata"]
    link = parse_link(row)
    assert (link.id, link.is_main, link.entity_id, link.extra) == (55, None, None, {"sort": 3})
    told = parse_link({**row, "metadata": {"quantity": 1.0, "catalog_id": 9, "price_id": 7, "colour": "red"}})
    assert (told.quantity, told.price_id, told.extra["colour"]) == (Decimal("1.0"), 7, "red")


# ---- from the element's side
def test_an_element_lists_its_links(leads: list[Lead], lamp: CatalogElement, sandbox: Sandbox):
    [link] = lamp.links.list()
    assert asked(sandbox) == [f"/api/v4/catalogs/{lamp.catalog_id}/elements/{lamp.id}/links"]
    assert (link.kind, link.id, link.entity_type, link.entity_id) == (
        "leads", leads[0].id, "catalog_elements", lamp.id,
    )  # fmt: skip
    chair = CatalogElement.objects.of(lamp.catalog_id or 0).create("Chair")
    sandbox.log.clear()
    assert list(Link.objects.of(lamp, chair).by_owner()) == [lamp.id, chair.id]
    assert len(asked(sandbox)) == 2, "the service has no list for many elements"
    with pytest.raises(NotLoaded, match=r"links\.list\(\)"):
        iter(lamp.links)


def test_an_element_links_leads_and_unlinks_them(leads: list[Lead], lamp: CatalogElement, sandbox: Sandbox):
    alone, lamp = leads[2], CatalogElement.objects.of(lamp.catalog_id or 0).get(lamp.id)
    with pytest.raises(NotLoaded, match=r"load\(\[\.\.\.\], 'leads'\)"):
        list(lamp.leads)
    lamp.leads.add(alone, quantity=3)
    assert lamp.leads.quantity(alone) == 3
    assert lamp.changes["leads"] == ((), (alone.id,))
    sandbox.log.clear()
    lamp.save()
    base = f"/api/v4/catalogs/{lamp.catalog_id}/elements/{lamp.id}"
    row = {"to_entity_id": alone.id, "to_entity_type": "leads"}
    assert sent(sandbox) == [
        ("POST", f"{base}/link", [{**row, "metadata": {"catalog_id": lamp.catalog_id, "quantity": 3}}])
    ]
    load([lamp], "leads")
    assert {(lead.id, lamp.leads.quantity(lead)) for lead in lamp.leads} == {(leads[0].id, 2), (alone.id, 3)}
    lamp.leads.remove(alone)
    assert lamp.leads.quantity(alone) is None
    lamp.save()
    assert sent(sandbox)[-1] == ("POST", f"{base}/unlink", [{**row, "metadata": {"catalog_id": lamp.catalog_id}}])
    assert [link.id for link in lamp.links.list()] == [leads[0].id]


async def test_elements_load_their_leads_in_async_code(leads: list[Lead], lamp: CatalogElement):
    await aload([lamp], "leads")
    assert [lead.name for lead in lamp.leads] == ["Deal of Ann"]
    assert lamp.leads.ids == (leads[0].id,)


def test_two_elements_are_two_requests(leads: list[Lead], lamp: CatalogElement, kommo: Kommo, sandbox: Sandbox):
    chair = CatalogElement.objects.of(lamp.catalog_id or 0).create("Chair")
    sandbox.log.clear()
    with Session(kommo) as session:
        session.add(lamp, chair)
        lamp.leads.add(leads[1], price_id=None)
        chair.leads.add(leads[1], quantity=Decimal("1.5"))
        assert len(session.plan()) == 2
    assert len(sent(sandbox)) == 2
    load([leads[1]], "contacts")
    fresh = Lead.objects.include("catalog_elements").get(leads[1].id)
    assert {link.id: link.quantity for link in fresh.catalog_elements.links} == {
        lamp.id: Decimal(1), chair.id: Decimal("1.5"),
    }  # fmt: skip


def test_a_new_element_can_have_leads(leads: list[Lead], goods: Catalog):
    stool = CatalogElement(name="Stool", catalog_id=goods.id)
    stool.leads.add(leads[1])
    stool.save()
    assert [link.id for link in stool.links.list()] == [leads[1].id]


def test_tasks_have_no_links(kommo: Kommo):
    assert not hasattr(Task(id=5), "links")


def test_the_older_api_has_fewer_words_for_links(sandbox: Sandbox):
    with sandbox.connect(dialect="v2", backoff=0) as kommo:
        ann = Contact.objects.using(kommo).get(sandbox.add("contacts", name="Ann")["id"])
        lead = Lead.objects.using(kommo).get(sandbox.add("leads", name="Roof")["id"])
        ann.leads.add(lead, main=True)
        with pytest.raises(ConfigurationError, match="make one of the contacts the main one of leads"):
            ann.save()
        ann.revert()
        ann.leads.add(lead, updated_by=5)
        with pytest.raises(ConfigurationError, match="say who makes a link"):
            ann.save()
        lead.contacts.add(ann, main=True)
        lead.save()
        sandbox.log.clear()
        found = Link.objects.of(lead, Lead(id=sandbox.add("leads", name="Other")["id"])).using(kommo).list()
        assert [(link.kind, link.id, link.entity_id, link.is_main) for link in found] == [
            ("contacts", ann.id, lead.id, True)
        ]
        assert len(sandbox.requests("GET")) == 2, "one card a request"


def test_links_of_a_given_account(kommo: Kommo, sandbox: Sandbox):
    lead, contact = sandbox.add("leads", name="Roof")["id"], sandbox.add("contacts", name="Ann")["id"]

    made = Lead.objects.get(lead)
    made.contacts.add(contact)
    made.save()
    with Sandbox(subdomain="beta").connect() as beta:
        assert [link.id for link in Link.objects.using(kommo).of(kind=Lead, ids=[lead]).list()] == [contact]
        assert Link.objects.using(beta).of(kind=Lead, ids=[lead]).list() == []
        with kommo.session() as session:
            assert [link.id for link in Link.objects.using(session).of(Lead(id=lead))] == [contact]
        with pytest.raises(ConfigurationError, match="cannot be asked for in beta.kommo.com"):
            Link.objects.using(beta).of(made)

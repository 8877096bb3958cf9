"""Each test uses the library once, and estimates what a naive client would have sent."""

from __future__ import annotations

import pytest

from kommo_orm import Company, Contact, Kommo, Lead
from kommo_orm.cli.demo.cost import Cost
from kommo_orm.cli.demo.naive_client import NaiveClient
from kommo_orm.sandbox import Sandbox


@pytest.fixture
def seeded(kommo_sandbox: Sandbox, kommo: Kommo) -> Sandbox:
    kommo_sandbox.seed(leads=30)
    return kommo_sandbox


def estimate_cost(sandbox: Sandbox, *unchanged: tuple[str, int]) -> Cost:
    return NaiveClient(sandbox).estimate_cost(sandbox.log, unchanged)


def test_a_list_costs_as_many_pages_as_ours(seeded: Sandbox) -> None:
    Lead.objects.list()
    assert estimate_cost(seeded) == Cost(1, 0)


def test_related_objects_cost_one_request_each(seeded: Sandbox) -> None:
    leads = Lead.objects.include("contacts").list()
    people = {person for lead in leads for person in lead.contacts.ids}
    assert len(seeded.log) == 2
    assert estimate_cost(seeded).requests == 1 + len(people)


def test_definitions_time_zone_and_empty_pages_cost_nothing(seeded: Sandbox, kommo: Kommo) -> None:
    kommo.request("GET", "/api/v4/leads/custom_fields")
    kommo.request("GET", "/api/v4/account")
    kommo.request("GET", "/api/v4/leads", params={"page": 5})
    assert seeded.log[-1].status == 204
    assert estimate_cost(seeded) == Cost()


def test_a_save_costs_a_patch_with_all_fields(seeded: Sandbox) -> None:
    lead = Lead.objects.get(seeded.rows("leads")[0]["id"])
    seeded.log.clear()
    lead.name = "Roof"
    lead.save()
    found = estimate_cost(seeded)
    assert found.requests == 1
    assert found.sent > 10 * seeded.log[0].bytes_in


def test_a_batch_update_costs_one_patch_an_object(seeded: Sandbox) -> None:
    Lead.objects.all().update(price=5)
    assert estimate_cost(seeded).requests == 1 + 30
    assert len(seeded.log) == 2


def test_a_save_without_a_change_costs_a_patch(seeded: Sandbox) -> None:
    number = seeded.rows("leads")[0]["id"]
    once, twice = estimate_cost(seeded, ("leads", number)), estimate_cost(seeded, ("leads", number), ("leads", number))
    assert (once.requests, twice) == (1, once + once)
    assert once.sent > 100


def test_objects_and_links_cost_one_request_each(seeded: Sandbox) -> None:
    lead = Lead(name="Roof")
    lead.company = Company(name="Olive")
    lead.contacts.add(Contact(name="Ann"), main=True)
    lead.save()
    assert [entry.method for entry in seeded.log] == ["POST"] * 3
    found = estimate_cost(seeded)
    assert found.requests == 3 + 2
    assert found.sent > 0


def test_each_link_of_a_batch_costs_one_request(seeded: Sandbox) -> None:
    lead = Lead.objects.first()
    assert lead is not None
    people = [Contact(name=f"Guest {number}") for number in range(7)]
    Contact.objects.bulk_create(people)
    lead.contacts.add(*people)
    seeded.log.clear()
    lead.save()
    assert estimate_cost(seeded).requests == 7


def test_time_is_requests_by_the_allowed_rate() -> None:
    assert Cost(70).seconds == 10
    assert Cost(1, 2) + Cost(3, 4) == Cost(4, 6)

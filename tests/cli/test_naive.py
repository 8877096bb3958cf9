"""Each test does one thing with the library and counts what a naive client would have sent for it."""

from __future__ import annotations

import pytest

from kommo_orm import Company, Contact, Kommo, Lead
from kommo_orm.cli.demo.cost import Cost
from kommo_orm.cli.demo.naive import Naive
from kommo_orm.sandbox import Sandbox


@pytest.fixture
def seeded(kommo_sandbox: Sandbox, kommo: Kommo) -> Sandbox:
    kommo_sandbox.seed(leads=30)
    return kommo_sandbox


def naive(sandbox: Sandbox, *unchanged: tuple[str, int]) -> Cost:
    return Naive(sandbox).cost(sandbox.log, unchanged)


def test_a_list_is_read_in_as_many_pages(seeded: Sandbox) -> None:
    Lead.objects.list()
    assert naive(seeded) == Cost(1, 0)


def test_related_objects_are_read_one_by_one(seeded: Sandbox) -> None:
    leads = Lead.objects.include("contacts").list()
    people = {person for lead in leads for person in lead.contacts.ids}
    assert len(seeded.log) == 2
    assert naive(seeded).requests == 1 + len(people)


def test_definitions_and_the_zone_are_known_to_it_and_pages_that_are_not_there_not_asked(
    seeded: Sandbox, kommo: Kommo
) -> None:
    kommo.request("GET", "/api/v4/leads/custom_fields")
    kommo.request("GET", "/api/v4/account")
    kommo.request("GET", "/api/v4/leads", params={"page": 5})
    assert seeded.log[-1].status == 204
    assert naive(seeded) == Cost()


def test_a_save_is_a_patch_of_the_whole_object(seeded: Sandbox) -> None:
    lead = Lead.objects.get(seeded.rows("leads")[0]["id"])
    seeded.log.clear()
    lead.name = "Roof"
    lead.save()
    found = naive(seeded)
    assert found.requests == 1
    assert found.sent > 10 * seeded.log[0].bytes_in


def test_many_saves_are_many_patches(seeded: Sandbox) -> None:
    Lead.objects.all().update(price=5)
    assert naive(seeded).requests == 1 + 30
    assert len(seeded.log) == 2


def test_a_save_without_a_change_is_a_patch_too(seeded: Sandbox) -> None:
    number = seeded.rows("leads")[0]["id"]
    once, twice = naive(seeded, ("leads", number)), naive(seeded, ("leads", number), ("leads", number))
    assert (once.requests, twice) == (1, once + once)
    assert once.sent > 100


def test_objects_and_links_are_created_one_by_one(seeded: Sandbox) -> None:
    lead = Lead(name="Roof")
    lead.company = Company(name="Olive")
    lead.contacts.add(Contact(name="Ann"), main=True)
    lead.save()
    assert [entry.method for entry in seeded.log] == ["POST"] * 3
    found = naive(seeded)
    assert found.requests == 3 + 2
    assert found.sent > 0


def test_many_created_objects_and_links_count_each(seeded: Sandbox) -> None:
    lead = Lead.objects.first()
    assert lead is not None
    people = [Contact(name=f"Guest {number}") for number in range(7)]
    Contact.objects.bulk_create(people)
    lead.contacts.add(*people)
    seeded.log.clear()
    lead.save()
    assert naive(seeded).requests == 7


def test_time_follows_from_the_pace() -> None:
    assert Cost(70).seconds == 10
    assert Cost(1, 2) + Cost(3, 4) == Cost(4, 6)

"""`ChangeSet`: what one object has to write, as one value."""

from __future__ import annotations

import pytest

from kommo_orm import Company, Contact, Kommo, Lead, SaveResult
from kommo_orm.sandbox import Sandbox
from kommo_orm.unit.change_set import compute_change_set
from kommo_orm.unit.flush import Flush
from tests.account import Deal, bodies


@pytest.fixture
def deal(kommo: Kommo, sandbox: Sandbox) -> Deal:
    return Deal.objects.get(sandbox.add("leads", name="Roof", price=1)["id"])


def test_it_names_what_changed(deal: Deal):
    deal.price += 1
    deal.tags.add("vip")
    changes = compute_change_set(deal)
    assert changes.names == ("price", "tags")
    assert changes.verb == "update"
    assert str(changes) == f"update Deal {deal.id}: price, tags"


def test_an_unchanged_object_has_nothing_to_write(deal: Deal):
    assert deal.price == 1
    changes = compute_change_set(deal)
    assert not changes
    assert str(changes).endswith("nothing")


def test_a_new_object_is_created_even_without_values():
    changes = compute_change_set(Lead())
    assert changes
    assert changes.verb == "create"


def test_links_alone_are_no_body(deal: Deal):
    deal.contacts.add(5)
    changes = compute_change_set(deal)
    assert changes
    assert not changes.has_body


def test_what_is_computed_when_a_flush_is_made_is_what_it_sends(deal: Deal, kommo: Kommo, sandbox: Sandbox):
    deal.price = 5
    flush = Flush(kommo, [deal])
    deal.price = 7
    kommo.run(flush.run())
    assert bodies(sandbox, "PATCH")[-1]["price"] == 5
    assert deal.changes["price"][1] == 7  # the later change is pending


def test_an_object_is_encoded_once(deal: Deal, kommo: Kommo, monkeypatch: pytest.MonkeyPatch):
    from kommo_orm.unit import batch_builder

    encoded: list[object] = []
    build = batch_builder.build_payload
    monkeypatch.setattr(
        batch_builder, "build_payload", lambda changes, *args: (encoded.append(changes), build(changes, *args))[1]
    )
    deal.price += 1
    deal.save()
    assert len(encoded) == 1


def test_it_is_encoded_again_only_where_an_id_came_in_between(kommo: Kommo, monkeypatch: pytest.MonkeyPatch):
    from kommo_orm.unit import batch_builder

    encoded: list[str] = []
    build = batch_builder.build_payload
    monkeypatch.setattr(
        batch_builder, "build_payload", lambda changes, *args: (encoded.append(changes.kind), build(changes, *args))[1]
    )
    lead = Lead(name="New")
    lead.company = Company(name="Olive")
    lead.save()
    assert sorted(encoded) == ["companies", "leads", "leads"]


class TestSaveResult:
    def test_a_creation(self, kommo: Kommo):
        lead = Lead(name="New")
        assert lead.save() == SaveResult(created=True, updated=False, fields=("name",))

    def test_a_change(self, deal: Deal):
        deal.price += 1
        deal.contacts.add(Contact(name="Ann"))
        result = deal.save()
        assert result == SaveResult(created=False, updated=True, fields=("price", "contacts"))
        assert result

    def test_nothing_to_do_is_false(self, deal: Deal):
        assert not deal.save()
        assert deal.save() == SaveResult(created=False, updated=False)

    def test_what_was_withheld_is_not_named(self, deal: Deal):
        deal.price, deal.name = deal.price + 1, "Other"
        assert deal.save(only=["price"]).fields == ("price",)

    async def test_async_code_gets_it_too(self, sandbox: Sandbox):
        async with sandbox.connect():
            assert (await Lead(name="New").asave()).created

"""Relations that the owner's body carries whole: what is sent, settled, in doubt."""

from __future__ import annotations

import pytest

from kommo_orm import ConfigurationError, Contact, Customer, Kommo, NotLoaded, Segment, Session, TransportError
from kommo_orm.errors import FlushError
from kommo_orm.model.replace_relation import ReplacedObjects
from kommo_orm.sandbox import Sandbox
from tests.account import bodies


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(customers_mode="segments")


@pytest.fixture
def shop(kommo: Kommo, sandbox: Sandbox) -> Customer:
    one = sandbox.add("segments", name="One", id=1)["id"]
    return Customer.objects.get(sandbox.add("customers", name="Shop", segments=[one])["id"])


def read(*ids: int) -> Customer:
    return Customer.hydrate([{"id": 5, "_embedded": {"segments": [{"id": pk} for pk in ids]}}])[0]


def test_the_set_is_sent_whole_and_each_once():
    customer = read(1, 2)
    segments = customer.segments
    assert isinstance(segments, ReplacedObjects)
    segments.add(3, Segment(id=2))
    assert customer.to_payload() == {"_embedded": {"segments": [{"id": 1}, {"id": 2}, {"id": 3}]}}
    segments.remove(1, 3)
    assert customer.to_payload() == {"_embedded": {"segments": [{"id": 2}]}}
    segments.add(1)
    assert (customer.changes, customer.to_payload()) == ({}, {})


def test_only_segments_are_segments():
    with pytest.raises(ConfigurationError, match="links segments"):
        read().segments.add(Contact(id=5))
    with pytest.raises(ConfigurationError, match="no main one"):
        read().segments.add(5, main=True)


def test_a_set_that_was_not_told_cannot_be_changed():
    [customer] = Customer.hydrate([{"id": 5}])
    with pytest.raises(NotLoaded, match="refresh"):
        customer.segments.set([1])


def test_it_goes_along_with_tags_that_are_cleared(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    shop.tags.clear()
    reference = Customer(id=shop.id)
    reference.tags.clear()
    shop.segments.clear()
    shop.save()
    reference.save()
    assert bodies(sandbox) == [{"_embedded": {"segments": []}}, {"_embedded": {"tags": None}}]


def test_a_new_member_that_fails_waits(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    fresh = Segment(name="Fresh")
    shop.segments.add(fresh, Segment.objects.create("Two"))
    sandbox.faults.next(
        method="POST", path="/api/v4/customers/segments", status=400, body={"title": "no", "status": 400}
    )
    with Session(kommo) as session:
        session.add(shop)
        with pytest.raises(FlushError):
            session.flush()
        assert shop.changes["segments"][1][-1] is fresh
        session.flush()
    assert bodies(sandbox)[-1] == {"_embedded": {"segments": [{"id": pk} for pk in shop.segments.ids]}}
    shop.refresh()
    assert fresh.pk in shop.segments.ids


def test_a_lost_answer_leaves_a_doubt(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    two = Segment.objects.create("Two")
    shop.segments.add(two)
    sandbox.faults.next(method="PATCH", drop_after=True, times=9)
    with pytest.raises(TransportError):
        shop.save()
    sandbox.faults.clear()
    shop.segments.remove(two)
    assert shop.changes != {}
    shop.save()
    shop.refresh()
    assert shop.segments.ids == (1,)


def test_a_bad_member_is_named(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    from kommo_orm import BadRequest

    shop.segments.add(999)
    with pytest.raises(BadRequest) as caught:
        shop.save()
    assert [item.field for item in caught.value.items] == ["segments"]
    assert shop.changes == {"segments": ((1,), (1, 999))}

"""The unit of work: one row is one object, and whoever may have changed is held."""

from __future__ import annotations

import gc
import sys
import weakref
from types import FrameType
from typing import Any

import pytest

from kommo_orm import ConfigurationError, Contact, Kommo, Lead, Session
from kommo_orm.entities.custom_fields.custom_field_group import CustomFieldGroup
from kommo_orm.entities.pipelines.status import Status
from kommo_orm.sandbox import Sandbox
from kommo_orm.unit.unit_of_work import is_older
from tests.account import Caller, Deal, bodies, value_in


@pytest.fixture
def session(kommo: Kommo) -> Session:
    return Session(kommo)


def test_a_list_that_was_read_is_watched_on_after_a_flush(session: Session, sandbox: Sandbox):
    """Nobody is told when a list changes in place: whoever holds one stays in sight."""
    pk = sandbox.add("leads", name="Roof")["id"]
    deal = session.get(Deal, pk)
    regions = deal.regions
    regions.append("EU")
    session.flush()
    regions.append("US")
    session.flush()
    del deal
    gc.collect()
    regions.append("ASIA")
    session.flush()
    assert value_in(sandbox, "leads", pk, "Regions") == ["EU", "US", "ASIA"]


def test_so_is_one_that_a_new_object_was_made_with(session: Session, sandbox: Sandbox):
    deal = Deal(name="Roof", regions=["EU"])
    deal.custom_fields["Colour"] = ["red"]
    session.add(deal)
    session.flush()
    deal.regions.append("US")
    deal.custom_fields["Colour"].append("blue")
    session.commit()
    assert value_in(sandbox, "leads", deal.id, "Regions") == ["EU", "US"]
    assert value_in(sandbox, "leads", deal.id, "Colour") == ["red", "blue"]


def test_parts_of_values_are_watched_too(session: Session, sandbox: Sandbox):
    caller = Caller(name="Ann", phones=["+1"])
    caller.save()
    phone = session.get(Caller, caller.id).phones[0]
    gc.collect()
    phone.value = "+2"
    session.commit()
    assert value_in(sandbox, "contacts", caller.id, "Phone") == ["+2"]


def test_objects_without_lists_go_when_nobody_holds_them(session: Session, sandbox: Sandbox):
    lead = session.get(Lead, sandbox.add("leads", name="Roof")["id"])
    lead.name = "Wall"
    held = weakref.ref(lead)
    session.flush()
    del lead
    session.report.updated.clear()
    gc.collect()
    assert held() is None


def test_a_page_asked_ahead_of_a_save_does_not_bring_old_values_back():
    assert is_older({"updated_at": 1}, {"updated_at": 2})
    assert not is_older({"updated_at": 2}, {"updated_at": 2})
    assert not is_older({"updated_at": None}, {"updated_at": 2})
    assert not is_older({}, {"updated_at": 2})
    assert not is_older({"updated_at": 3}, {})


def test_an_older_row_leaves_a_saved_object_as_it_is(session: Session, kommo: Kommo, sandbox: Sandbox):
    lead = session.get(Lead, sandbox.add("leads", name="Roof")["id"])
    lead.name = "Wall"
    session.flush()
    old = {"id": lead.id, "name": "Roof", "updated_at": lead.raw["updated_at"] - 5}
    assert session.unit.admit_rows(Lead, [old], kommo, frozenset()) == [lead]
    assert lead.name == "Wall"


def test_rows_with_ids_that_are_texts_have_their_place(session: Session, sandbox: Sandbox):
    [*groups] = session.query(CustomFieldGroup).of(Lead)
    again = session.query(CustomFieldGroup).of(Lead).list()
    assert groups
    assert all(one is other for one, other in zip(groups, again, strict=True))


def test_stages_of_different_pipelines_are_different_objects(session: Session, sandbox: Sandbox):
    second = sandbox.add("pipelines", name="Second", sort=20, is_main=False, is_unsorted_on=False)["id"]
    first = sandbox.rows("pipelines")[0]["id"]
    won = [next(stage for stage in session.query(Status).of(pk) if stage.id == 142) for pk in (first, second)]
    assert won[0] is not won[1]
    assert [stage.pipeline_id for stage in won] == [first, second]


def test_an_uncertain_object_of_a_save_outside_joins_no_session(kommo: Kommo, sandbox: Sandbox):
    contact = Contact(name="Ann")
    sandbox.faults.next(method="POST", drop_after=True)
    with pytest.raises(Exception, match="Nobody knows"):
        contact.save()
    assert Session(kommo).uncertain == []
    contact.resolve(drop=True)


@pytest.mark.parametrize("change", ["undone", "reverted", "rolled back"])
def test_an_undone_change_is_not_sent(session: Session, sandbox: Sandbox, change: str):
    deal: Any = session.get(Deal, sandbox.add("leads", name="Roof")["id"])
    deal.name = "Wall"
    deal.regions.append("EU")
    if change == "undone":
        deal.name = "Roof"
        deal.regions.clear()
    elif change == "reverted":
        deal.revert()
    else:
        session.rollback()
    session.commit()
    assert bodies(sandbox) == []


def test_one_save_costs_the_same_beside_many_pending_objects(kommo: Kommo, sandbox: Sandbox):
    def count_calls(pending: int) -> int:
        with Session(kommo) as session:
            lead = session.get(Lead, sandbox.add("leads", name="Roof", price=1)["id"])
            session.add(*(Lead(name=f"L{number}") for number in range(pending)))
            lead.price = 5
            calls = 0

            def note(_frame: FrameType, event: str, _: object) -> None:
                nonlocal calls
                calls += event == "call"

            sys.setprofile(note)
            try:
                lead.save()
            finally:
                sys.setprofile(None)
            session.rollback()
        return calls

    count_calls(1)
    assert count_calls(300) <= count_calls(3) + 20


def test_twins_are_found_among_the_classes_of_their_kind(kommo: Kommo, sandbox: Sandbox):
    pk = sandbox.add("leads", name="Roof", price=1)["id"]
    with Session(kommo) as session:
        one, other = session.get(Lead, pk), session.get(Deal, pk)
        one.price, other.name = 5, "Other"
        with pytest.raises(ConfigurationError, match="same row"):
            one.save()
        session.rollback()

"""Many objects at once: of all kinds, in order, none lost."""

from __future__ import annotations

import pytest

from kommo_orm import (
    Catalog,
    CatalogElement,
    Company,
    ConfigurationError,
    Contact,
    FlushError,
    Kommo,
    KommoError,
    Lead,
    QueryError,
    Session,
)
from kommo_orm.sandbox import Sandbox
from tests.account import sent
from tests.parity.ledger import proves


@proves(117, "B4", "R7")
def test_mixed_objects_are_saved_together_and_know_their_ids(sandbox: Sandbox, kommo: Kommo) -> None:
    old = Lead.objects.using(kommo).get(sandbox.add("leads", name="Old")["id"])
    lead, contact, company = Lead(name="New"), Contact(name="Ann"), Company(name="Romashka")
    old.name = "Old, changed"
    with Session(kommo) as session:
        session.add(old, lead, contact, company)
    report = session.report
    assert {one.id for one in (lead, contact, company)} == {one.id for one in report.created}
    assert report.updated == [old]
    assert len(sent(sandbox)) == 4
    lead.name = "New, changed"
    with Session(kommo) as again:
        again.add(old, lead, contact, company)
    assert (again.report.created, again.report.updated) == ([], [lead])
    assert [len(sandbox.rows(kind)) for kind in ("leads", "contacts", "companies")] == [2, 1, 1]


@proves(117, "B14")
@pytest.mark.parametrize("body", ["{}", '{"_embedded": {"leads": null}}', '{"_embedded": {"leads": []}}', "[]", ""])
def test_an_answer_without_rows_breaks_nothing_and_loses_nothing(sandbox: Sandbox, kommo: Kommo, body: str) -> None:
    lead = Lead(name="New")
    sandbox.faults.next(status=200, path="/api/v4/leads", body=body)
    with pytest.raises(FlushError) as caught, Session(kommo) as session:
        session.add(lead)
    assert caught.value.report.uncertain == [lead]  # nobody knows, and it is not created twice
    with pytest.raises(KommoError):
        lead.save()
    assert len(sent(sandbox)) == 1


@proves(118, "R7")
def test_batches_hold_250_and_a_lost_one_loses_no_other(sandbox: Sandbox, kommo: Kommo) -> None:
    sandbox.faults.next(
        status=403, body={"title": "Forbidden"}, path="/api/v4/leads", when=lambda request: b"lead 250" in request.body
    )
    leads = [Lead(name=f"lead {number}") for number in range(600)]
    with pytest.raises(FlushError) as caught, Session(kommo) as session:
        session.add(*leads)
    report = caught.value.report
    assert len(report.created) == 350
    assert {failed.object.name for failed in report.failed} == {f"lead {number}" for number in range(250, 500)}
    assert all(lead.is_new == (250 <= number < 500) for number, lead in enumerate(leads))
    assert sorted(len(body) for _, _, body in sent(sandbox)) == [100, 250, 250]


@proves(118, "R7")
def test_many_of_one_kind_are_created_and_changed_by_few_requests(sandbox: Sandbox, kommo: Kommo) -> None:
    leads = [Lead(name=f"lead {number}") for number in range(300)]
    Lead.objects.using(kommo).bulk_create(leads)
    for lead in leads:
        lead.price = lead.pk
    Lead.objects.using(kommo).bulk_update(leads)
    assert [(verb, len(body)) for verb, _, body in sent(sandbox)] == [
        ("POST", 250),
        ("POST", 50),
        ("PATCH", 250),
        ("PATCH", 50),
    ]
    assert all(row["price"] == row["id"] for row in sandbox.rows("leads"))


@proves(119, "R6")
def test_lists_and_elements_are_deleted_together(sandbox: Sandbox, kommo: Kommo) -> None:
    cars = Catalog.objects.using(kommo).create("Cars")
    for number in range(300):
        sandbox.add("catalog_elements", catalog_id=cars.id, name=f"Car {number}")
    elements = CatalogElement.objects.using(kommo).of(cars).list()
    sandbox.log.clear()
    with Session(kommo) as session:
        session.delete(*elements)
    assert len(session.report.deleted) == 300
    assert [len(body["delete"]) for _, _, body in sent(sandbox)] == [250, 50]
    assert sandbox.rows("catalog_elements") == []
    CatalogElement.objects.using(kommo).of(cars).bulk_create([CatalogElement(name=name) for name in "abc"])
    CatalogElement.objects.using(kommo).of(cars).all().delete()
    assert sandbox.rows("catalog_elements") == []


@proves(119)
def test_what_cannot_be_deleted_is_refused_before_anything_is_sent(sandbox: Sandbox, kommo: Kommo) -> None:
    lead = Lead.objects.using(kommo).get(sandbox.add("leads", name="Roof")["id"])
    with pytest.raises((QueryError, ConfigurationError, AttributeError)), Session(kommo) as session:
        session.delete(lead)
    assert not hasattr(lead, "delete")
    assert sent(sandbox) == []

"""Writing through a query: all rows are read and verified, then written in batches. Without a filter it needs `all()`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from kommo_orm import BadRequest, Contact, FlushError, Kommo, Lead, LossReason, QueryError, Report, Session
from kommo_orm.sandbox import Sandbox
from tests.account import BUDGET, Caller, Deal, Person, bodies, sent, value_in


@pytest.fixture
def thousand(kommo: Kommo, sandbox: Sandbox) -> Sandbox:
    for number in range(1000):
        sandbox.add("leads", name="Roof" if number % 2 else "Wall", price=number)
    return sandbox


def test_a_thousand_leads_are_four_writes(thousand: Sandbox):
    report = Lead.objects.all().update(responsible_user_id=1001, price=7)
    assert isinstance(report, Report)
    assert (len(report.updated), report.requests) == (1000, 4)
    assert [len(body) for body in bodies(thousand)] == [250] * 4
    assert {frozenset(item) for body in bodies(thousand) for item in body} == {
        frozenset({"id", "responsible_user_id", "price"})
    }
    assert all(row["price"] == 7 for row in thousand.rows("leads"))


def test_only_what_the_filter_finds_is_written(thousand: Sandbox):
    report = Lead.objects.filter(Lead.price <= 9, name="Roof").update(price=0)
    assert len(report.updated) == 5
    assert sum(row["price"] == 0 for row in thousand.rows("leads")) == 6


def test_expressions_assign_custom_fields(kommo: Kommo, sandbox: Sandbox):
    pks = [sandbox.add("leads", name=str(number))["id"] for number in range(3)]
    Deal.objects.filter(id__in=pks).update(
        Deal.budget.set(500), Deal.regions.set(["EU"]), Deal.source.set("web"), name="x"
    )
    for pk in pks:
        assert (value_in(sandbox, "leads", pk, "Budget"), value_in(sandbox, "leads", pk, "Regions")) == (
            ["500"],
            ["EU"],
        )
    assert len(bodies(sandbox)) == 1
    Deal.objects.filter(id__in=pks[:2]).update(Deal.budget.set(None))
    assert bodies(sandbox)[-1][0]["custom_fields_values"] == [{"field_id": BUDGET, "values": None}]


def test_the_first_phone_of_all_is_replaced_and_the_others_stay(kommo: Kommo, sandbox: Sandbox):
    caller = Caller(name="Ann", phones=["+1", "+2"])
    caller.save()
    Person.objects.filter(id=caller.id).update(Person.phone.set("+9"))
    assert value_in(sandbox, "contacts", caller.id, "Phone") == ["+9", "+2"]


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (
            lambda: Lead.objects.update(price=5),
            r"This would write every Lead of the account. Filter first, or say Lead.objects.all\(\)",
        ),
        (lambda: LossReason.objects.delete(), r"This would write every LossReason of the account"),
        (lambda: Lead.objects.all().update(), r"update\(\) needs at least one value"),
        (lambda: Lead.objects.all().update(5), r"update\(\) takes assignments such as Lead.name.set\('x'\), not 5"),
    ],
    ids=range(4),
)
def test_what_could_write_everything_or_nothing_is_refused(
    kommo: Kommo, sandbox: Sandbox, write: Callable[[], Any], sentence: str
):
    sandbox.add("leads", name="Roof")
    with pytest.raises(QueryError, match=sentence):
        write()
    assert len(sandbox.log) == 0


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"prise": 5}, "did you mean 'price'"),
        ({"price": "five"}, "expected a number"),
        ({"updated_at": 5}, "is set by Kommo and read-only"),
    ],
    ids=repr,
)
def test_wrong_values_are_refused_before_anything_is_read(
    kommo: Kommo, sandbox: Sandbox, values: dict[str, Any], sentence: str
):
    with pytest.raises(ValidationError, match=sentence):
        Lead.objects.all().update(**values)
    assert len(sandbox.log) == 0


def test_a_limit_is_a_limit_for_writing_too(thousand: Sandbox):
    report = Lead.objects.limit(10).update(price=99999)
    assert len(report.updated) == 10
    assert sum(row["price"] == 99999 for row in thousand.rows("leads")) == 10


def test_an_update_that_moves_rows_out_of_the_filter_writes_all_of_them(thousand: Sandbox):
    report = Lead.objects.filter(name="Roof").update(name="Door")
    assert len(report.updated) == 500
    assert not Lead.objects.filter(name="Roof").exists()


def test_failures_of_an_update_are_told_per_object(kommo: Kommo, sandbox: Sandbox):
    for number in range(3):
        sandbox.add("leads", name=str(number))
    with pytest.raises(FlushError) as failed:
        Lead.objects.all().update(responsible_user_id=999)
    assert [type(one.error) for one in failed.value.report.failed] == [BadRequest] * 3


def test_create_makes_one_and_answers_with_it(kommo: Kommo, sandbox: Sandbox):
    lead = Lead.objects.create(name="Roof", price=5)
    assert lead.id == sandbox.rows("leads")[0]["id"]
    with pytest.raises(BadRequest, match="responsible_user_id"):
        Lead.objects.create(name="Roof", responsible_user_id=999)
    with pytest.raises(ValidationError, match="did you mean 'price'"):
        Lead.objects.create(prise=5)  # type: ignore[call-arg]
    assert len(sandbox.rows("leads")) == 1


def test_bulk_create_takes_new_objects_and_what_they_need(kommo: Kommo, sandbox: Sandbox):
    leads = [Lead(name=str(number)) for number in range(3)]
    leads[0].contacts.add(Contact(name="Ann"))
    report = Lead.objects.bulk_create(leads)
    assert [type(model) for model in report.created] == [Contact, Lead, Lead, Lead]
    assert [path for _, path, _ in sent(sandbox)] == ["/api/v4/contacts", "/api/v4/leads"]
    with pytest.raises(QueryError, match=rf"Lead {leads[0].id} is stored already: bulk_update\(\) saves changes"):
        Lead.objects.bulk_create(leads)
    with pytest.raises(QueryError, match="Lead.objects takes Lead objects, not Contact"):
        Lead.objects.bulk_create([Contact(name="x")])


def test_bulk_update_takes_stored_ones(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(QueryError, match=r"A new Lead cannot be updated: bulk_create\(\) creates it"):
        Lead.objects.bulk_update([Lead(name="x")])
    pk = sandbox.add("leads", name="Roof")["id"]
    report = Lead.objects.bulk_update([Deal(id=pk, budget=5), Lead(id=pk)])
    assert len(report.updated) == 1


def test_rows_are_deleted_through_a_query(kommo: Kommo, sandbox: Sandbox):
    before = len(sandbox.rows("loss_reasons"))
    for name in "abc":
        LossReason.objects.create(name)
    report = LossReason.objects.all().delete()
    assert len(report.deleted) == before + 3
    assert sandbox.rows("loss_reasons") == []
    assert not hasattr(Lead.objects, "delete")


def test_objects_of_a_session_are_written_through_it(kommo: Kommo, sandbox: Sandbox):
    session = Session(kommo)
    lead = session.get(Lead, sandbox.add("leads", name="Roof")["id"])
    lead.price = 5
    Lead.objects.bulk_update([lead])
    assert session.dirty == []
    session.commit()
    assert len(bodies(sandbox)) == 1

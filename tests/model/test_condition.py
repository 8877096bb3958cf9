"""Expressions of the class: conditions where Kommo can filter, sentences where it cannot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count

import pytest

from kommo_orm import Contact, Lead, QueryError
from kommo_orm.model.condition import Assignment, Condition
from tests.account import Deal, Person

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (lambda: Lead.id == 5, "id=5"),
        (lambda: Lead.id.in_(1, 2), "id__in=(1, 2)"),
        (lambda: Lead.price == 5, "price=Decimal('5')"),
        (lambda: Lead.price >= 5.5, "price__gte=Decimal('5.5')"),
        (lambda: Lead.price <= 5, "price__lte=Decimal('5')"),
        (lambda: Lead.price >= 5, "price__gte=Decimal('5')"),
        (lambda: 5 <= Lead.price, "price__gte=Decimal('5')"),
        (lambda: Lead.price.between(1, 5), "price__range=(Decimal('1'), Decimal('5'))"),
        (lambda: Lead.name == "Roof", "name='Roof'"),
        (lambda: Lead.updated_at >= NOW, f"updated_at__gte={NOW!r}"),
        (lambda: Deal.budget == 5, "budget=Decimal('5')"),
        (lambda: Deal.source == "web", "source=Option('web')"),
        (lambda: Deal.source.in_("web", "call"), "source__in=(Option('web'), Option('call'))"),
        (lambda: Deal.remark == "x", "remark='x'"),
        (lambda: Deal.signed >= date(2026, 1, 1), "signed__gte=datetime.date(2026, 1, 1)"),
    ],
    ids=count(),
)
def test_a_comparison_is_a_value_that_prints(made: Callable[[], Condition], shown: str):
    assert isinstance(made(), Condition)
    assert str(made()) == shown


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: Lead.id != 5, r"Kommo cannot filter by `id != ...`. Read the wider list and skip rows in Python"),
        (lambda: Lead.price != 5, "cannot filter by `price != ...`"),
        (lambda: Lead.price > 5, r"Kommo's ranges include their ends: write `price >= ...` instead of `price > ...`"),
        (lambda: Lead.price < 5, "write `price <= ...` instead"),
        (lambda: Lead.created_at == NOW, "Kommo finds created_at by ranges only"),
        (lambda: Lead.created_at != NOW, "Kommo finds created_at by ranges only"),
        (
            lambda: 1 <= Lead.price <= 5,
            r"has no truth value.*write `.between\(low, high\)` instead of a chained comparison",
        ),
        (lambda: (Lead.id == 1) and (Lead.id == 2), r"Pass several conditions to filter\(\) instead of `and`"),
        (lambda: not (Lead.id == 1), "has no truth value"),
        (lambda: (Lead.id == 1) | (Lead.id == 2), r"Kommo has no `or` between filters. Use `field__in=\[...\]`"),
        (lambda: (Lead.id == 1) & (Lead.id == 2), r"Pass the conditions to filter\(\) side by side"),
        (lambda: ~(Lead.id == 1), "Kommo cannot filter by what a row is not"),
        (lambda: 5 in [Lead.id], "has no truth value"),
        (lambda: Lead.status_id == 5, "Kommo cannot filter by Lead.status_id"),
        (lambda: Lead.score == 5, "Kommo cannot filter by Lead.score"),
        (lambda: Lead.score != 5, "Kommo cannot filter by Lead.score"),
        (lambda: Lead.score >= 5, "Kommo cannot filter by Lead.score"),
        (lambda: Lead.score.in_(5), "Kommo cannot filter by Lead.score"),
        (lambda: Person.phone == "+1", r"Kommo cannot filter by Person.phone. .*search\("),
        (lambda: Contact.first_name == "Ann", "Kommo cannot filter by Contact.first_name"),
        (lambda: Lead.id == "5", "Cannot filter Lead by id: expected a whole number, got '5'"),
        (lambda: Lead.name == None, "Kommo cannot search for empty values"),  # noqa: E711
        (lambda: Deal.remark == None, "Kommo cannot search for empty values"),  # noqa: E711
        (lambda: Deal.budget >= "x", "Cannot filter Deal by budget: expected a number"),
        (lambda: Lead.created_at >= datetime(2026, 1, 1), "has no time zone"),  # noqa: DTZ001
        (lambda: Lead.price.between(1, "x"), "Cannot filter Lead by price"),
    ],
    ids=count(),
)
def test_what_kommo_cannot_answer_is_refused_in_a_sentence(wrong: Callable[[], object], sentence: str):
    with pytest.raises(QueryError, match=sentence):
        wrong()


def test_an_expression_cannot_be_a_key():
    with pytest.raises(TypeError, match="unhashable"):
        {Lead.id: 1}  # noqa: B018


def test_set_makes_an_assignment_for_update():
    made = Deal.budget.set(500)
    assert isinstance(made, Assignment)
    assert (made.spec.name, made.value) == ("budget", 500)
    assert Lead.price.set(Decimal("1.5")).value == Decimal("1.5")

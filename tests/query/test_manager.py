"""The `objects` of a class: each entity's own, and those of query classes that users write."""

from __future__ import annotations

from typing import Self

import pytest

from kommo_orm import Kommo, Lead, LeadQuery, Number, Session, custom
from kommo_orm.sandbox import Sandbox


class DealQuery(LeadQuery["Deal"]):
    def rich(self) -> Self:
        return self.filter(price__gte=1000)


class Deal(Lead):
    budget: Number = custom(551)

    objects = DealQuery.manager()


class BigDeal(Deal):
    pass


def test_a_model_answers_with_queries_of_its_own_class() -> None:
    assert type(Deal.objects) is type(Deal.objects.rich()) is type(Deal.objects.filter(price=5).all()) is DealQuery
    assert type(Lead.objects) is LeadQuery


def test_subclasses_inherit_the_query_class_and_read_objects_of_their_own(kommo: Kommo, sandbox: Sandbox) -> None:
    Lead.objects.create(name="rich", price=5000)
    Lead.objects.create(name="poor", price=5)
    assert [type(deal) for deal in Deal.objects.rich()] == [Deal]
    assert [(type(deal), deal.name) for deal in BigDeal.objects.rich()] == [(BigDeal, "rich")]


def test_a_session_queries_with_the_class_too(kommo: Kommo, sandbox: Sandbox) -> None:
    Lead.objects.create(name="rich", price=5000)
    with Session(kommo) as session:
        query = session.query(Deal).rich()
        assert type(query) is DealQuery
        [deal] = query
        deal.price += 1
    assert Lead.objects.get(deal.id).price == 5001


def test_objects_belong_to_the_class_and_not_to_an_object_of_it() -> None:
    with pytest.raises(AttributeError, match=r"Deal\.objects belongs to the class, not to an object of it"):
        Deal(name="x").objects  # type: ignore[arg-type]  # noqa: B018
    with pytest.raises(AttributeError, match=r"Lead\.objects belongs to the class"):
        Lead(name="x").objects  # type: ignore[arg-type]  # noqa: B018


def test_completion_of_a_query_offers_what_a_user_may_call_and_nothing_else() -> None:
    offered = {name for name in dir(Deal.objects) if not name.startswith("_")}
    assert offered == {
        *(
            "all",
            "none",
            "apply",
            "search",
            "using",
            "changed_since",
            "limit",
            "deleted",
            "filter",
            "order_by",
            "include",
            "manager",
            "rich",
        ),
        *("get", "get_or_none", "one", "first", "iterate", "pages", "page", "list", "exists", "in_bulk", "count"),
        *("aget", "aget_or_none", "aone", "afirst", "aiterate", "apages", "apage", "alist", "aexists", "ain_bulk"),
        *("create", "create_complex", "bulk_create", "bulk_update", "update"),
        *("acreate", "acreate_complex", "abulk_create", "abulk_update", "aupdate"),
    }

"""Absent is not null: reading what a row does not carry raises `NotLoaded`, which names the cure."""

from __future__ import annotations

import warnings
from typing import Any

import pydantic
import pytest
from pydantic import ValidationError

from kommo_orm import (
    Catalog,
    ChatTemplate,
    Contact,
    CustomField,
    Kommo,
    Lead,
    Model,
    NotLoaded,
    QueryError,
    ShortLink,
    Task,
)
from kommo_orm.errors import KommoError
from kommo_orm.model.attr import Attr
from kommo_orm.model.condition import Exact
from kommo_orm.model.field_options import field
from kommo_orm.model.field_values import get_values
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, asked


def test_a_new_object_says_set_it_or_save_it():
    with pytest.raises(NotLoaded, match="Lead.price has no value yet: the object is new. Set it, or save"):
        Lead(name="Roof").price  # noqa: B018
    with pytest.raises(NotLoaded, match="Deal.budget has no value yet"):
        Deal(name="Roof").budget  # noqa: B018
    with pytest.raises(NotLoaded, match="Lead.id has no value yet"):
        Lead(name="Roof").id  # noqa: B018


def test_a_reference_says_refresh_or_get():
    with pytest.raises(
        NotLoaded, match=r"Lead.price was not loaded: the object is a reference to row 5. Call refresh\(\) or get\(5\)"
    ):
        Lead(id=5).price  # noqa: B018


def test_what_comes_on_request_says_include(kommo: Kommo, sandbox: Sandbox):
    pk = sandbox.add("leads", name="Roof")["id"]
    lead = Lead.objects.get(pk)
    with pytest.raises(
        NotLoaded, match=r"Lead.source_id comes on request only: add .include\('source_id'\) to the query"
    ):
        lead.source_id  # noqa: B018
    with pytest.raises(NotLoaded, match=r"add .include\('is_price_modified_by_robot'\)"):
        lead.is_price_modified_by_robot  # noqa: B018
    included = Lead.objects.include("source_id", "is_price_modified_by_robot").get(pk)
    assert included.source_id is None
    assert included.is_price_modified_by_robot is False


def test_what_a_creation_did_not_answer_says_refresh(kommo: Kommo):
    lead = Lead(name="Roof")
    lead.save()
    assert lead.name == "Roof"
    with pytest.raises(NotLoaded, match=rf"Lead.price is not in Kommo's row {lead.id}. Call refresh\(\)"):
        lead.price  # noqa: B018
    lead.refresh()
    assert lead.price == 0


def test_a_row_in_the_trash_says_so(kommo: Kommo, sandbox: Sandbox):
    for kind, cls in (("leads", Deal), ("contacts", Contact)):
        pk = sandbox.add(kind, name="Roof")["id"]
        sandbox.trash(kind, pk)
        row = cls.objects.deleted().filter(id=pk).one()
        assert row.id == pk
        assert row.updated_at is not None
        with pytest.raises(
            NotLoaded,
            match=rf"{cls.__name__}.name is null in Kommo's row {pk}. Rows in the trash carry",
        ):
            row.name  # noqa: B018
    deal = Deal.objects.deleted().first()
    assert deal is not None
    assert deal.is_deleted is True


def test_not_loaded_is_an_attribute_error_so_that_hasattr_and_getattr_work():
    assert issubclass(NotLoaded, AttributeError)
    assert issubclass(NotLoaded, KommoError)
    assert not hasattr(Lead(id=5), "price")
    assert getattr(Lead(id=5), "price", None) is None


def test_reading_never_talks(kommo: Kommo, sandbox: Sandbox):
    lead = Lead.objects.get(sandbox.add("leads", name="Roof")["id"])
    before = len(asked(sandbox))
    for name in [*Lead.model_fields, "contacts", "company", "tags", "catalog_elements", "loss_reason", "custom_fields"]:
        getattr(lead, name, None)
        repr(lead)
    assert len(asked(sandbox)) == before


def test_a_class_attribute_is_an_expression_and_prints_its_name():
    assert repr(Lead.price) == "<Lead.price>"
    assert repr(Deal.budget) == "<Deal.budget>"


def test_a_value_is_decoded_once(kommo: Kommo, sandbox: Sandbox):
    deal = Deal.objects.get(sandbox.add("leads", name="Roof")["id"])
    assert "regions" not in get_values(deal)
    assert deal.regions is deal.regions
    assert "regions" in vars(deal)


# ---- one of some values
CHOSEN: list[tuple[type[Model], str, str, str]] = [
    (Catalog, "type", "bogus", "suppliers"),
    (CustomField, "type", "bogus", "text"),
    (CustomField, "remind", "hourly", "week"),
    (ChatTemplate, "type", "viber", "waba"),
    (ShortLink, "entity_type", "leads", "contacts"),
]


@pytest.mark.parametrize(("cls", "name", "wrong", "right"), CHOSEN)
def test_a_field_of_some_values_takes_no_other_and_reads_any(cls: Any, name: str, wrong: str, right: str):
    with pytest.raises(ValidationError, match=f"expected one of .*got '{wrong}'"):
        cls(**{name: wrong})
    model = cls(**{name: right})
    with pytest.raises(ValidationError, match=f"got '{wrong}'"):
        setattr(model, name, wrong)
    read = cls.hydrate([{"id": 5, name: wrong}])[0]
    assert getattr(read, name) == wrong
    assert not read.has_changes


def test_a_filter_of_some_values_takes_no_other(kommo: Kommo, sandbox: Sandbox):
    sandbox.log.clear()
    for ask in (
        lambda: Catalog.objects.filter(type="bogus"),  # type: ignore[typeddict-item]
        lambda: Catalog.objects.filter(Catalog.type == "product"),
        lambda: Catalog.objects.apply({"type": "bogus"}),
        lambda: Task.objects.filter(entity_type="lead", entity_id=5),  # type: ignore[typeddict-item]
    ):
        with pytest.raises(QueryError, match="bogus|did you mean 'products'|did you mean 'leads'"):
            ask()
    assert not sandbox.log


NEWEST_PYDANTIC = (2, 14)  # the newest release that the test below has been run with


def test_a_field_that_is_declared_anew_draws_no_warning_from_pydantic() -> None:
    release = tuple(int(part) for part in pydantic.VERSION.split(".")[:2])
    assert release <= NEWEST_PYDANTIC, "run this test with the new pydantic, then raise NEWEST_PYDANTIC"
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        class Renamed(Lead):
            price: Attr[int, int, Exact[int]] = field()

    assert str(Renamed.price == 5) == "price=5"
    assert str(Lead.price == 5) == "price=Decimal('5')"

"""Segments: one object a write, colours without `#`, custom fields of their own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from kommo_orm import (
    BadRequest,
    ConfigurationError,
    Customer,
    CustomField,
    Kommo,
    NotFound,
    Number,
    QueryError,
    Segment,
    custom,
)
from kommo_orm.sandbox import Sandbox
from tests.account import bodies, sent

SEGMENTS = "/api/v4/customers/segments"
FIELDS = f"{SEGMENTS}/custom_fields"


class Club(Segment):
    discount: Number = custom(name="Discount")


def test_one_object_is_sent_and_answered_whole(kommo: Kommo, sandbox: Sandbox):
    vip = Segment.objects.create("VIP", color="2176ff", available_products_price_types=[])
    assert sent(sandbox) == [
        ("POST", SEGMENTS, {"name": "VIP", "color": "2176ff", "available_products_price_types": []})
    ]
    assert (vip.customers_count, vip.color, vip.changes) == (0, "2176ff", {})
    vip.name = "Very important"
    vip.save()
    assert bodies(sandbox) == [{"name": "Very important"}]
    Customer.objects.create(name="a")
    shop = Customer.objects.list()[0]
    shop.segments.add(vip)
    shop.save()
    assert Segment.objects.get(vip.id).customers_count == 1
    vip.delete()
    assert sent(sandbox)[-1][:2] == ("DELETE", f"{SEGMENTS}/{vip.id}")
    with pytest.raises(NotFound):
        Segment.objects.get(vip.id)
    shop.refresh()
    assert shop.segments.ids == ()


def test_many_are_written_one_by_one(kommo: Kommo, sandbox: Sandbox):
    report = Segment.objects.bulk_create([Segment(name=name) for name in "abc"])
    assert (len(report.created), report.requests) == (3, 3)
    assert all(isinstance(body, dict) for body in bodies(sandbox, "POST"))
    report = Segment.objects.all().update(color="dd1c1a")
    assert (len(report.updated), {segment.color for segment in Segment.objects}) == (3, {"dd1c1a"})
    with pytest.raises(QueryError, match="cannot list Segment by ids"):
        Segment.objects.in_bulk([1])
    assert len(Segment.objects.all().delete().deleted) == 3


def test_a_colour_is_one_of_the_palette(kommo: Kommo):
    assert Segment(name="x", color="#2176FF").color == "2176ff"  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="no colour that a segment"):
        Segment(name="x", color="ffffff")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="without name"):
        Segment(color="2176ff").save()


@pytest.mark.parametrize("nothing", [None, [], {}, False], ids=repr)
def test_odd_rows_read(nothing: Any):
    row = {"id": 5, "name": "x", "color": "odd", "available_products_price_types": nothing, "customers_count": None}
    [segment] = Segment.hydrate([{**row, "custom_fields_values": nothing}])
    assert (segment.color, segment.available_products_price_types, segment.customers_count) == ("odd", [], None)
    assert len(segment.custom_fields) == 0


def test_their_fields_are_defined(kommo: Kommo, sandbox: Sandbox):
    made = CustomField.objects.of(Segment).create("Discount", "numeric")
    assert sent(sandbox)[0][:2] == ("POST", FIELDS)
    assert made.entity_type == "segments"
    made.name = "Rebate"
    made.save()
    assert sent(sandbox)[1][:2] == ("PATCH", f"{FIELDS}/{made.id}")
    other = CustomField.objects.of(Segment).create("Other", "text")
    made.name, other.name = "Discount", "Another"
    CustomField.objects.of(Segment).bulk_update([made, other])
    assert sent(sandbox)[3][:2] == ("PATCH", FIELDS)
    assert [field.name for field in CustomField.objects.of(Segment)] == ["Discount", "Another"]
    assert CustomField.objects.of(Segment).get(made.id).name == "Discount"
    other.delete()
    assert sent(sandbox)[4][:2] == ("DELETE", f"{FIELDS}/{other.id}")


def test_their_values_are_written(kommo: Kommo, sandbox: Sandbox):
    sandbox.define(Club)
    club = Club(name="Regulars", discount=5)
    club.save()
    assert bodies(sandbox, "POST")[-1]["custom_fields_values"][0]["values"] == [{"value": "5"}]
    club.discount = 7
    club.save()
    assert [one.discount for one in Club.objects] == [Decimal(7)]
    assert kommo.check(Club) == []


def test_customers_by_periods_have_no_segments(kommo: Kommo):
    Customer.objects.enable("periodicity")
    with pytest.raises(BadRequest, match="periodicity"):
        Segment.objects.list()


async def test_async(kommo: Kommo):
    segment = await Segment.objects.acreate("VIP")
    assert len((await Segment.objects.all().aupdate(name="x")).updated) == 1
    assert (await Segment.objects.aget(segment.id)).name == "x"
    await segment.adelete()
    assert await Segment.objects.alist() == []

"""A computed field that reads what the row does not carry is absent in dumps."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import BaseModel, TypeAdapter, computed_field

from kommo_orm import Lead
from kommo_orm.errors import KommoError


class Deal(Lead):
    @computed_field
    @property
    def double(self) -> int:
        return int(self.price * 2)

    @computed_field
    @property
    def title(self) -> str:
        return self.name.upper()


class Box(BaseModel):
    deal: Deal


def test_what_cannot_be_computed_is_absent() -> None:
    deal = Deal(name="x")
    assert deal.model_dump() == {"name": "x", "title": "X"}
    assert deal.model_dump_json() == '{"name":"x","title":"X"}'
    assert TypeAdapter(list[Deal]).dump_json([deal]) == b'[{"name":"x","title":"X"}]'
    assert Box(deal=deal).model_dump() == {"deal": {"name": "x", "title": "X"}}
    assert Deal().model_dump(mode="json") == {}


def test_what_can_be_computed_is_there() -> None:
    deal = Deal(name="x", price=4)
    assert deal.model_dump() == {"name": "x", "price": Decimal(4), "double": 8, "title": "X"}
    assert Deal.hydrate([{"id": 5, "name": "y", "price": 3}])[0].model_dump(mode="json", include={"id", "double"}) == {
        "id": 5,
        "double": 6,
    }


def test_includes_and_excludes_hold() -> None:
    deal = Deal(name="x")
    assert deal.model_dump(exclude={"title"}) == {"name": "x"}
    assert deal.model_dump(exclude={"title": True}) == {"name": "x"}
    assert deal.model_dump(include={"title", "double"}) == {"title": "X"}
    assert Box(deal=deal).model_dump(exclude={"deal": {"title"}}) == {"deal": {"name": "x"}}


def test_other_errors_are_raised() -> None:
    class Broken(Lead):
        @computed_field
        @property
        def wrong(self) -> int:
            raise KeyError("mine")

    with pytest.raises(Exception, match="mine") as caught:
        Broken(name="x").model_dump()
    assert not isinstance(caught.value, KommoError)

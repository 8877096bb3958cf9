"""Values that come as text are read when an object is made: forms, CSV files, bodies of requests."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError, model_validator

from kommo_orm import Checkbox, DateTime, Kommo, custom
from tests.account import Deal as Plain


class Deal(Plain):
    at: DateTime = custom(9001)
    vip: Checkbox = custom(9002)


class Checked(Deal):
    @model_validator(mode="after")
    def accept(self) -> Checked:
        return self


TEXTS: list[tuple[str, str, Any]] = [
    ("price", "10.5", Decimal("10.5")),
    ("pipeline_id", "7", 7),
    ("created_at", "2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
    ("budget", "5.00", Decimal("5.00")),
    ("signed", "2026-03-01", date(2026, 3, 1)),
    ("at", "2026-03-01T12:00:00+02:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
    ("vip", "true", True),
    ("vip", "no", False),
]
WAYS = {
    "constructor": lambda cls, values: cls(**values),
    "model_validate": lambda cls, values: cls.model_validate(values),
    "model_validate_json": lambda cls, values: cls.model_validate_json(json.dumps(values)),
    "model_validate_strings": lambda cls, values: cls.model_validate_strings(values),
    "TypeAdapter": lambda cls, values: TypeAdapter(cls).validate_python(values),
}


@pytest.mark.parametrize("cls", [Deal, Checked])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(("name", "text", "value"), TEXTS)
def test_a_text_is_read_as_the_value_it_stands_for(cls: Any, way: Any, name: str, text: str, value: Any) -> None:
    assert getattr(way(cls, {name: text}), name) == value


@pytest.mark.parametrize("cls", [Deal, Checked])
@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("price", "much", "expected a number, got 'much'"),
        ("price", "-5", "a price is not negative"),
        ("created_at", "2026-03-01T10:00:00", "has no time zone"),
        ("signed", "tomorrow", "expected a date"),
        ("vip", "perhaps", "expected True or False"),
        ("regions", "EU", "expected several"),
    ],
)
def test_other_texts_are_refused_in_a_sentence(cls: Any, name: str, text: str, sentence: str) -> None:
    for way in (WAYS["constructor"], WAYS["model_validate"]):
        with pytest.raises(ValidationError, match=sentence):
            way(cls, {name: text})


def test_the_own_json_of_an_object_is_a_body(kommo: Kommo) -> None:
    deal = Deal(
        name="Roof", price=Decimal("10.50"), budget=5, signed=date(2026, 3, 1), at=datetime(2026, 3, 1, tzinfo=UTC)
    )
    body = json.loads(deal.model_dump_json())
    assert Deal.model_validate(body) == deal


@pytest.mark.parametrize(("name", "text"), [("price", "10.5"), ("signed", "2026-03-01"), ("vip", "true")])
def test_an_assignment_takes_the_value_itself(name: str, text: str) -> None:
    with pytest.raises(ValidationError):
        setattr(Deal(), name, text)

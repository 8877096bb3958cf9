"""Every plain value of the public face can be pickled and deep-copied: for queues, caches, other processes."""

from __future__ import annotations

import copy
import dataclasses
import enum
import inspect
import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

import kommo_orm
from kommo_orm import Contact, Lead, Model
from kommo_orm.entities.shared.nested_value import is_nested_type
from kommo_orm.fields.compound_value import Value
from kommo_orm.unit.plan import Plan

WHEN = datetime(2026, 5, 4, tzinfo=UTC)
RAW = {"id": 5, "new": [1]}


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


WAYS = pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])


def public(wanted: Callable[[Any], bool]) -> dict[str, Any]:
    found = {name: getattr(kommo_orm, name) for name in kommo_orm.__all__}
    return {name: cls for name, cls in found.items() if inspect.isclass(cls) and wanted(cls)}


VALUES = public(lambda cls: issubclass(cls, Value))
ERRORS = public(lambda cls: issubclass(cls, kommo_orm.KommoError))
QUESTIONS = (kommo_orm.Condition, kommo_orm.Assignment)  # they hold a field of a class, and belong to this process


def is_plain(cls: Any) -> bool:
    other = cls in QUESTIONS or issubclass(cls, enum.Enum | BaseException)
    return not other and (dataclasses.is_dataclass(cls) or hasattr(cls, "_fields"))


PLAIN = public(is_plain)


# ---- values with parts
OF_TYPE: dict[Any, Any] = {int: 7, str: "x", bool: True, datetime: WHEN, Decimal: Decimal(5), date: date(2026, 5, 4)}


def sample(cls: type[Value]) -> Value:
    """One with every part filled that can be, and with something that no part takes."""
    parts = {name: part_of(part.codec) for name, part in cls.__parts__.items()}
    made = cast(Any, cls).model_construct(**parts)
    made._extra = copy.deepcopy(RAW)
    return cast(Value, made)


def part_of(codec: Any) -> Any:
    if is_nested_type(codec.python):
        return sample(codec.python)
    return codec.empty() if codec.empty is not None else OF_TYPE.get(codec.python)


@WAYS
@pytest.mark.parametrize("cls", VALUES.values(), ids=list(VALUES))
def test_values_of_several_parts(cls: type[Value], copied: Callable[[Value], Value]) -> None:
    value = sample(cls)
    twin = copied(value)
    assert type(twin) is cls
    assert twin == value
    assert twin is not value
    assert (vars(twin), twin.extra) == (vars(value), RAW)


# ---- all others: a sample from what each field is said to be
GIVEN: dict[str, Any] = {
    "Plan": lambda: Plan(()),
    "Tokens": lambda: kommo_orm.Tokens("a", "r", WHEN, "acme.kommo.com"),
    "ChatQuote": lambda: kommo_orm.ChatQuote(id="m-1"),
    "ComplexLead": lambda: kommo_orm.ComplexLead(Lead(id=5), False, 7, None),
    "Mismatch": lambda: kommo_orm.Mismatch(Lead, "price", "missing", "gone"),
    "IncomingOutcome": lambda: kommo_orm.IncomingOutcome("u", leads=(Lead(id=5),), contacts=(Contact(id=7),), raw=RAW),
    "IncomingSummary": lambda: kommo_orm.IncomingSummary.from_raw({"total": 5, "categories": {"forms": {"total": 2}}}),
    "ItemError": lambda: kommo_orm.ItemError(Lead(id=5), "price", "NotSupportedChoice", "no"),
    "Report": lambda: kommo_orm.Report(created=[Lead(id=5)]),
    "SortingReport": lambda: kommo_orm.SortingReport(outcomes=[kommo_orm.IncomingOutcome("u")]),
}


def make_sample(cls: Any) -> Any:
    if cls.__name__ in GIVEN:
        return GIVEN[cls.__name__]()
    names = [name for name, one in inspect.signature(cls).parameters.items() if one.default is inspect.Parameter.empty]
    return cls(**dict.fromkeys(names, "x"))


@WAYS
@pytest.mark.parametrize("cls", PLAIN.values(), ids=list(PLAIN))
def test_plain_values(cls: Any, copied: Callable[[Any], Any]) -> None:
    value = make_sample(cls)
    twin = copied(value)
    assert type(twin) is cls
    assert repr(twin) == repr(value)
    assert twin == value


@WAYS
@pytest.mark.parametrize("cls", ERRORS.values(), ids=list(ERRORS))
def test_errors(cls: type[kommo_orm.KommoError], copied: Callable[[Any], Any]) -> None:
    error = cls("Nothing came of it.")
    twin = copied(error)
    assert type(twin) is cls
    assert (str(twin), vars(twin)) == (str(error), vars(error))


def test_read_params_of_unknown_types_keep_their_type() -> None:
    note = kommo_orm.Note.hydrate([{"id": 5, "note_type": "brand_new", "params": {"a": 1}}])[0]
    incoming = kommo_orm.IncomingLead.hydrate([{"id": "u", "category": "brand_new", "metadata": {"a": 1}}])[0]
    assert [pickled(one) for one in (note.params.note_type, incoming.metadata.of_category)] == ["brand_new"] * 2
    assert (pickled(note.params).note_type, pickled(incoming.metadata).of_category) == ("brand_new", "brand_new")


MODELS = public(lambda cls: issubclass(cls, Model) and cls is not Model)


@WAYS
@pytest.mark.parametrize("cls", MODELS.values(), ids=list(MODELS))
def test_rows(cls: type[Model], copied: Callable[[Any], Any]) -> None:
    [row] = cls.hydrate([{"id": 5, "name": "x", "_embedded": []}])
    twin = copied(row)
    assert (type(twin), twin.raw, twin.extra) == (cls, row.raw, row.extra)

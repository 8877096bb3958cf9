"""Recorded rows with odd values of PHP in every place: each is read, printed and dumped, and only errors of the library come."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import pytest
from pydantic import ValidationError

from kommo_orm import (
    CatalogElement,
    CustomField,
    CustomFieldGroup,
    KommoError,
    Link,
    Note,
    QueryError,
    Status,
    Tag,
    Task,
    UnexpectedResponse,
)
from kommo_orm.model.definition import parse_definitions
from kommo_orm.model.model import Model
from tests.entities.test_odd_answers import places
from tests.entities.test_recorded import CASES, Case, Row

# `1e400` is how JSON's `1e400` is read: infinity. A lone surrogate comes as `"\ud800"`.
ODD: list[Any] = [
    *(None, True, False, "", " ", "0", "null", "x", "\x00", "\ud800"),
    *(0, -1, -(10**12), 10**30, "1e400", json.loads("1e400"), json.loads("NaN"), 1.5),
    *([], [[]], [None], {}, {"0": {"id": 1}}, {"id": []}, {"id": {"id": "x"}}),
]
EVERY = 7  # of how many odd rows one is tried, so that each place and each odd value comes up


def repr_of_type(value: object) -> str:
    return type(value).__name__


def odd_rows(row: Row) -> Iterator[Row]:
    """The row with one value made odd."""
    for path in places(row):
        for odd in ODD if path else []:
            changed = copy.deepcopy(row)
            within: Any = changed
            for key in path[:-1]:
                within = within[key]
            within[path[-1]] = odd
            yield changed


def attributes_of(model: Model) -> list[str]:
    """What can be read of an object without a request: fields, relations, and the properties of its class."""
    info = type(model).__kommo_info__
    computed = [
        name
        for parent in type(model).__mro__
        for name, value in vars(parent).items()
        if isinstance(value, property) and not name.startswith("_")
    ]
    return [*dict.fromkeys([*info.fields, *info.attached, *computed, "entity"])]


def read_all(model: Model) -> None:
    for name in attributes_of(model):
        with suppress(KommoError):
            found = getattr(model, name, None)
            repr(found)
            for part in ("ids", "links", "main", "names", "value", "text", "entity"):
                with suppress(KommoError):
                    getattr(found, part, None)
            if isinstance(found, Iterable) and not hasattr(type(found), "iterate"):
                with suppress(KommoError):
                    repr([*found])
    with suppress(KommoError):
        for field in model.custom_fields:
            with suppress(KommoError):
                repr((field.id, field.name, field.code, field.type, field.value))


STEPS: dict[str, Callable[[Model], object]] = {
    "read": read_all,
    "printed": repr,
    "dumped": lambda model: model.model_dump(),
    "dumped as JSON values": lambda model: model.model_dump(mode="json"),
    "changes": lambda model: (model.has_changes, model.changes),
    "extra": lambda model: repr((model.extra, model.raw)),
    "compared": lambda model: model == copy.deepcopy(model),
    "pickled": lambda model: repr(pickle.loads(pickle.dumps(model))),
    "cloned": lambda model: model.clone(),
}


def find_faults(case: Case) -> Iterator[str]:
    """What is raised that is no error of the library."""
    for row in islice(odd_rows(case.rows()[0]), 0, None, EVERY):
        for step, take in STEPS.items():
            with suppress(KommoError):
                [model] = case.model.hydrate([row])
                try:
                    take(model)
                except (KommoError, ValidationError):  # a copy of an odd value may be refused
                    continue
                except Exception as error:  # noqa: BLE001  # any other one is what is looked for
                    yield f"{step}: {type(error).__name__}: {error}"[:300]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
def test_an_odd_value_raises_nothing_but_errors_of_the_library(case: Case) -> None:
    assert sorted(set(find_faults(case))) == []


def test_odd_definitions_are_left_out_or_read() -> None:
    case = next(case for case in CASES if case.file == "custom_fields/1.json")
    for row in odd_rows(case.rows()[0]):
        for definition in parse_definitions([row]):
            repr((definition, definition.describe_nearest("x")))


def test_a_task_of_an_unknown_kind_says_so() -> None:
    [task] = Task.hydrate([{"id": 7, "entity_type": "spaceships", "entity_id": 5}])
    with pytest.raises(
        UnexpectedResponse, match="Task 7 belongs to 'spaceships' 5, a kind of row that this version does not"
    ):
        _ = task.entity
    assert (task.entity_type, task.entity_id) == ("spaceships", 5)


@pytest.mark.parametrize("given", [3005, "leads", None, [], {}, object(), 5.5, True], ids=repr_of_type)
@pytest.mark.parametrize("model", [CustomField, CustomFieldGroup, Note, Tag, Status, CatalogElement, Link])
def test_an_odd_parent_is_refused_or_taken(model: Any, given: Any) -> None:
    with suppress(KommoError):
        repr(model.objects.of(given))


@pytest.mark.parametrize("given", [3005, "leads", None])
def test_of_says_what_it_takes(given: Any) -> None:
    with pytest.raises(QueryError, match=r"takes the class of a card, such as of\(Lead\), or a list"):
        CustomField.objects.of(given)

"""What is public is a promise: `kommo_orm.__all__`, and nothing else."""

from __future__ import annotations

import ast
import copy
import dataclasses
import pickle
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import kommo_orm
from kommo_orm.entities.shared.nested_value import NestedValue

SOURCE = ast.parse(Path(kommo_orm.__file__).read_text())
PROMISED = Path(__file__).with_name("public_names.txt").read_text().split()


def modules_for_checkers() -> list[str]:
    """The modules whose names a checker takes over: `from kommo_orm.fields import *`."""
    block = next(node for node in SOURCE.body if isinstance(node, ast.If))
    return [f"{node.module}" for node in block.body if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"]


def test_the_public_names_are_the_promised_ones() -> None:
    assert sorted(kommo_orm.__all__) == sorted(PROMISED), "public names changed: CHANGELOG, then tests/public_names.txt"
    assert len(set(kommo_orm.__all__)) == len(kommo_orm.__all__)


def test_checkers_and_the_interpreter_see_the_same_modules() -> None:
    assert sorted(modules_for_checkers()) == sorted(kommo_orm._EXPORTS)


@pytest.mark.parametrize("place", sorted(kommo_orm._EXPORTS))
def test_every_module_defines_the_public_names_that_the_table_gives_it(place: str) -> None:
    module = import_module(place)
    names = kommo_orm._EXPORTS[place].split()
    assert sorted(module.__all__) == sorted(names)
    assert all(getattr(kommo_orm, name) is getattr(module, name) for name in names)


@pytest.mark.parametrize("place", ["kommo_orm.notes", "kommo_orm.events", "kommo_orm.chats"])
def test_the_parts_of_values_live_in_modules_of_their_own_and_are_the_same_in_the_package(place: str) -> None:
    assert kommo_orm._EXPORTS[place]
    assert all(name in kommo_orm.__all__ for name in import_module(place).__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Laed"):
        kommo_orm.Laed  # noqa: B018
    assert "Lead" in dir(kommo_orm)


def test_importing_the_package_imports_neither_pydantic_nor_httpx() -> None:
    code = "import sys, kommo_orm; print({'pydantic', 'httpx'} & sys.modules.keys())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"


def ran(code: str) -> str:
    """What a new process prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_one_entity_brings_every_kind_of_field_and_no_entity_that_it_does_not_need() -> None:
    code = (
        "import sys; from kommo_orm import Lead; from kommo_orm.model.kind import KINDS; "
        "print('multitext' in KINDS, [one for one in ('customers.customer', 'contacts.contact', 'chats.talk', 'integration.webhook') "
        "if f'kommo_orm.entities.{one}' in sys.modules])"
    )
    assert ran(code) == "True []"


def test_the_class_of_every_kind_is_found_when_it_is_needed() -> None:
    code = (
        "from kommo_orm import Lead; from kommo_orm.model import class_registry as registry; "
        "print([kind for kind in registry._PLACES if registry.find_class(kind).__kommo_kind__ != kind], len(registry._PLACES))"
    )
    files = (Path(kommo_orm.__file__).parent / "entities").rglob("*.py")
    kinds = set(re.findall(r'^register_class\("(\w+)"', "\n".join(file.read_text() for file in files), re.MULTILINE))
    assert ran(code) == f"[] {len(kinds)}"


# ---- values go through queues and caches
BOUND = {
    "Assignment",
    "Condition",
    "Plan",
}  # hold a field's own description: they belong to the class, not to a message


def plain_values() -> list[type[Any]]:
    """The public classes that are values: they have parts, and neither an account nor an identity."""
    classes = [one for name in kommo_orm.__all__ if isinstance(one := getattr(kommo_orm, name), type)]
    named = (kommo_orm.Value, kommo_orm.StageId, kommo_orm.Failed)
    found = [one for one in classes if dataclasses.is_dataclass(one) or issubclass(one, named)]
    return [one for one in found if one.__name__ not in BOUND and one is not kommo_orm.Value]


EXAMPLES = {
    "ChatQuote": kommo_orm.ChatQuote(msgid="m-1"),
    "Tokens": kommo_orm.Tokens("access-to-copy", "refresh-to-copy", None, "acme.kommo.com"),
    "IncomingSummary": kommo_orm.IncomingSummary.from_raw({"total": 1, "categories": {"sip": {"total": 1}}}),
}


def made(cls: Any) -> Any:
    """A value of a class, with an unknown key where it keeps those."""
    if cls.__name__ in EXAMPLES:
        return EXAMPLES[cls.__name__]
    if issubclass(cls, NestedValue):
        return cls.from_raw({"new": {"deep": [1]}})
    if dataclasses.is_dataclass(cls):
        needed = [one for one in dataclasses.fields(cls) if one.default is one.default_factory is dataclasses.MISSING]
        return cls(**{one.name: f"some {one.name}" for one in needed})
    if issubclass(cls, kommo_orm.Value):
        return cls.model_construct(**dict.fromkeys(cls.model_fields))
    return cls(*"12")


@pytest.mark.parametrize("cls", plain_values(), ids=lambda cls: cls.__name__)
def test_a_plain_value_is_copied_and_pickled_with_all_parts(cls: Any) -> None:
    value = made(cls)
    for twin in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert type(twin) is cls
        assert twin == value
        assert repr(twin) == repr(value)
        assert getattr(twin, "extra", None) == getattr(value, "extra", None)


def test_an_option_is_copied_and_pickled_with_all_parts() -> None:
    option = kommo_orm.Option("web", 5, "WEB")
    for twin in (copy.copy(option), copy.deepcopy(option), pickle.loads(pickle.dumps(option))):
        assert (str(twin), twin.id, twin.code, type(twin)) == ("web", 5, "WEB", kommo_orm.Option)

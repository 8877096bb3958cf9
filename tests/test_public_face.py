"""What is public is a promise: `kommo_orm.__all__`, and nothing else."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import kommo_orm

SOURCE = ast.parse(Path(kommo_orm.__file__).read_text())
PROMISED = Path(__file__).with_name("public_names.txt").read_text().split()


def names_for_checkers() -> list[str]:
    block = next(node for node in SOURCE.body if isinstance(node, ast.If))
    return [alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names]


def test_every_public_name_is_promised_and_every_promise_is_kept() -> None:
    assert sorted(kommo_orm.__all__) == sorted(PROMISED), "public names changed: CHANGELOG, then tests/public_names.txt"


def test_checkers_and_the_interpreter_see_the_same_names() -> None:
    assert sorted(names_for_checkers()) == sorted(kommo_orm.__all__)
    assert sorted(kommo_orm._PLACE_OF) == sorted(kommo_orm.__all__)


@pytest.mark.parametrize("place", sorted(kommo_orm._PLACES))
def test_every_name_is_where_the_table_says(place: str) -> None:
    module = import_module(place)
    assert all(getattr(kommo_orm, name) is getattr(module, name) for name in kommo_orm._PLACES[place])


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Laed"):
        kommo_orm.Laed  # noqa: B018
    assert "Lead" in dir(kommo_orm)


def test_importing_the_package_imports_neither_pydantic_nor_httpx() -> None:
    code = "import sys, kommo_orm; print({'pydantic', 'httpx'} & sys.modules.keys())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"


def test_one_entity_brings_all_of_them_and_every_kind_of_field() -> None:
    code = (
        "from kommo_orm.entities.lead import Lead; from kommo_orm.model.registry import class_of; "
        "from kommo_orm.model.kind import KINDS; print(class_of('contacts').__name__, 'multitext' in KINDS)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "Contact True"

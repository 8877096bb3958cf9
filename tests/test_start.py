"""A program starts quickly: it imports what it uses, and what it did not import yet is found when it is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import kommo_orm
from kommo_orm import auth, fields, locking
from kommo_orm.entities.shared.related_manager import BaseRelatedManager
from kommo_orm.model import class_registry
from kommo_orm.model.kind import KINDS

ROOT = Path(__file__).parents[1]

# A program that names the two and sends a query. These may be lowered, and raised with a reason alone.
MODULES_OF_THE_LIBRARY = 164
MODULES_BESIDE_PYDANTIC_AND_HTTPX = 20


def run_python(code: str) -> str:
    """What a new interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


FIRST_QUERY = """
import httpx
from kommo_orm import Kommo, Lead, Number, Select, Text, custom

class Deal(Lead):
    source: Text = custom(1)
    budget: Number = custom(2)
    kind: Select = custom(3)

row = {"id": 1, "name": "Oak", "custom_fields_values": [{"field_id": 1, "field_type": "text", "values": [{"value": "web"}]}]}
answer = httpx.MockTransport(lambda _: httpx.Response(200, json={"_embedded": {"leads": [row]}}))
with Kommo("acme", token="t", transport=answer):
    [deal] = Deal.objects.filter(Deal.id.in_(1)).list()
    assert (deal.name, deal.source) == ("Oak", "web")
"""


def list_modules(code: str) -> set[str]:
    return set(run_python(f"{code}\nimport sys\nprint(*sys.modules)").split())


def test_the_first_query_imports_few_modules() -> None:
    base = list_modules(
        "import httpx, pydantic\n"
        "class Deal(pydantic.BaseModel):\n"
        "    name: str\n"
        "Deal.model_validate({'name': 'Oak'})\n"
        "httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))).get('https://acme.kommo.com')"
    )
    more = list_modules(FIRST_QUERY) - base
    own = {name for name in more if name.split(".")[0] == "kommo_orm"}
    assert len(own) <= MODULES_OF_THE_LIBRARY, f"{len(own)} modules"
    assert len(more - own) <= MODULES_BESIDE_PYDANTIC_AND_HTTPX, sorted(more - own)


def test_naming_an_entity_imports_neither_other_entities_nor_the_unit_of_work() -> None:
    names = list_modules("from kommo_orm import Kommo, Lead")
    areas = {name.split(".")[2] for name in names if name.startswith("kommo_orm.entities.")}
    assert areas <= {"leads", "lists", "pipelines", "shared"}
    absent = {"kommo_orm.unit.flush", "kommo_orm.auth.oauth", "kommo_orm.locking.file_locks", "kommo_orm.fields.payer"}
    assert not names & absent
    assert not names & {"asyncio", "difflib", "filelock", "tenacity"}


def test_the_help_of_the_command_imports_nothing_of_the_library() -> None:
    code = "import sys\nfrom kommo_orm.cli.app import app\ntry:\n    app(['--help'])\nexcept SystemExit:\n    print()\nprint(*sys.modules)"
    names = set(run_python(code).splitlines()[-1].split())
    own = {name for name in names if name.startswith("kommo_orm.")}
    assert own == {"kommo_orm.cli", "kommo_orm.cli.app"}
    assert not names & {"httpx", "pydantic", "msgspec"}


# ---- what was not imported yet
@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="each module has a process of its own")
def test_every_public_name_works_where_no_other_was_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.use_public_names"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("package", [kommo_orm, auth, fields, locking], ids=lambda package: package.__name__)
def test_a_package_offers_the_names_of_its_modules(package: object) -> None:
    namespace = vars(package)
    for module, names in namespace["_EXPORTS"].items():
        assert sorted(names.split()) == sorted(import_module(module).__all__)
    assert set(namespace["__all__"]) <= set(dir(package))


def test_the_help_of_the_package_shows_its_classes() -> None:
    text = run_python(
        "from kommo_orm import Lead\nimport pydoc, kommo_orm\nprint(pydoc.plain(pydoc.render_doc(kommo_orm)))"
    )
    assert "class Note(" in text
    assert "class Birthday(" in text


def test_all_names_are_imported_by_a_star() -> None:
    assert run_python("from kommo_orm import *\nprint(Lead.__name__, Birthday.__name__, FileLocks.__name__)") == (
        "Lead Birthday FileLocks"
    )


def test_a_class_is_found_by_its_kind_though_only_leads_were_imported() -> None:
    code = "from kommo_orm import Lead\nfrom kommo_orm.model.class_registry import find_class\nprint(find_class('contacts').__name__)"
    assert run_python(code) == "Contact"


def test_a_relation_and_an_undeclared_field_work_in_a_program_that_imported_leads_alone() -> None:
    code = (
        "from kommo_orm import Birthday, Lead, Text, custom\n"
        "from kommo_orm.sandbox import Sandbox\n"
        "class Deal(Lead):\n"
        "    source: Text = custom(name='Source')\n"
        "    born: Birthday = custom(name='Born')\n"
        "sandbox = Sandbox()\n"
        "sandbox.define(Deal)\n"
        "with sandbox.connect():\n"
        "    deal = Deal(source='web', name='Oak')\n"
        "    deal.save()\n"
        "    deal.notes.create('Called back')\n"
        "    lead = Lead.objects.include('contacts').get(deal.id)\n"
        "    print(lead.custom_fields['Source'], [note.text for note in lead.notes.list()], list(lead.contacts))"
    )
    assert run_python(code) == "web ['Called back'] []"


@pytest.mark.parametrize("name", class_registry._MANAGERS)
def test_the_table_of_related_managers_names_their_modules(name: str) -> None:
    assert issubclass(class_registry.find_manager(name), BaseRelatedManager)


@pytest.mark.parametrize("field_type", sorted(KINDS._modules))
def test_the_table_of_kinds_names_the_module_of_each_type(field_type: str) -> None:
    kind = KINDS[field_type]
    assert kind.field_type == field_type
    assert type(kind).__module__ == KINDS._modules[field_type]


def test_every_kind_is_in_the_table_of_kinds() -> None:
    assert set(KINDS) == set(KINDS._modules)

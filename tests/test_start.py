"""A program starts quickly: it imports what it uses, and what it did not import yet is found when it is needed."""

from __future__ import annotations

import subprocess
import sys

# A program that names the two and sends a query. These may be lowered, and raised with a reason alone.
MODULES_OF_THE_LIBRARY = 165
MODULES_BESIDE_PYDANTIC_AND_HTTPX = 20


def run_python(code: str) -> str:
    """What a new interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
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

"""Each step of "Where to add things" (docs/architecture.md) that somebody may forget has a test here that fails."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

import kommo_orm
import kommo_orm.entities  # fills the registry of kinds
from kommo_orm.dialects.v2.registry import ENDPOINTS as V2_ENDPOINTS
from kommo_orm.dialects.v4.registry import ENDPOINTS as V4_ENDPOINTS
from kommo_orm.model import class_registry
from kommo_orm.model.kind import KINDS as FIELD_KINDS
from kommo_orm.sandbox import v2 as sandbox_v2
from kommo_orm.sandbox.custom_field_values import CODECS
from kommo_orm.sandbox.dispatch import ROUTER
from kommo_orm.sandbox.problem_documents import HttpError
from kommo_orm.sandbox.resources import ROUTES as SANDBOX_ROUTES
from kommo_orm.sandbox.routing import Route
from kommo_orm.unit.plan import RANKS
from tests.api_coverage.ledger import nearest
from tests.house.source_code import PACKAGE, ROOT

HAS_NO_ENDPOINT_IN_V2 = {
    "chat_templates": "API v2 is older than chats",
    "currencies": "the documents of API v2 name none",
    "custom_field_groups": "API v2 has no groups of fields",
    "customer_statuses": "API v2 reads periods of customers, and no statuses",
    "events": "API v2 has no feed of events",
    "file_versions": "API v2 is older than the drive",
    "files": "API v2 is older than the drive",
    "loss_reasons": "API v2 does not list loss reasons",
    "roles": "API v2 does not list roles",
    "segments": "API v2 has no segments",
    "short_links": "API v2 has no short links",
    "sources": "API v2 has no sources",
    "tags": "API v2 writes tags with their owner only",
    "talk_messages": "API v2 is older than talks",
    "talks": "API v2 is older than talks",
    "website_buttons": "API v2 has no buttons",
}
IS_NEVER_SAVED = {
    "account": "is read only",
    "bots": "are read and started",
    "currencies": "are read only",
    "customer_periods": "are replaced all together by an action",
    "events": "are read only",
    "file_versions": "are made by uploads",
    "talk_messages": "are read only",
    "talks": "are closed by an action",
}
HAS_NO_LEDGER_LINE = {
    "/api/v4/tasks/{id}": "kommo_orm.unofficial deletes tasks by it; no document names it",
    "/ajax/": "routes of Kommo's web interface (kommo_orm.unofficial); no document names them",
}
HAS_NO_CODEC = {"org_legal_name": "an old type that the library only reads"}

KINDS = sorted(class_registry._PLACES)
each_kind = pytest.mark.parametrize("kind", KINDS)


# ---- an entity
@each_kind
def test_every_entity_is_exported(kind: str) -> None:
    name = class_registry.find_class(kind).__name__
    assert name in kommo_orm.__all__, f"export {name} in kommo_orm/__init__.py and tests/public_names.txt"


def test_every_entity_is_registered() -> None:
    """A class of `entities/` with a manager stands in the table of `entities/__init__.py`."""
    registered = {class_registry.find_class(kind).__name__ for kind in KINDS}
    public = {name: getattr(kommo_orm, name) for name in kommo_orm.__all__}
    models = {name for name, value in public.items() if isinstance(value, type) and "objects" in vars(value)}
    missing = models - registered - {"Link"}  # a link is a pair of rows: it has no kind of its own
    assert not missing, f"add {missing} to the table of kommo_orm/entities/__init__.py"


@each_kind
def test_every_entity_has_an_endpoint_in_v4(kind: str) -> None:
    assert kind in V4_ENDPOINTS, f"add {kind} to the table of kommo_orm/dialects/v4"


@each_kind
def test_every_entity_has_an_endpoint_in_v2_or_a_reason(kind: str) -> None:
    assert (kind in V2_ENDPOINTS) != (kind in HAS_NO_ENDPOINT_IN_V2), (
        f"add {kind} to the table of kommo_orm/dialects/v2, or its reason to HAS_NO_ENDPOINT_IN_V2 ({__file__})"
    )


@each_kind
def test_every_entity_has_a_rank_or_is_never_saved(kind: str) -> None:
    assert (kind in RANKS) != (kind in IS_NEVER_SAVED), f"give {kind} its rank in kommo_orm/unit/plan.py"


@each_kind
def test_every_entity_has_a_sandbox_resource(kind: str) -> None:
    path = fill_path(V4_ENDPOINTS[kind].path)
    assert any(
        is_served(method, path) for path in (path, f"{path}/1") for method in ("GET", "POST", "PATCH", "DELETE")
    ), f"add {path} to a file of kommo_orm/sandbox/resources"


@each_kind
def test_every_entity_is_in_the_guide(kind: str) -> None:
    name = class_registry.find_class(kind).__name__
    pages = [page for page in (ROOT / "docs").glob("*.md") if page.name not in {"api-coverage.md", "architecture.md"}]
    assert any(f"`{name}" in page.read_text(encoding="utf-8") for page in pages), f"describe `{name}` in docs/"


def fill_path(path: str) -> str:
    """A path with its places filled: `/api/v4/leads/notes` of `/api/v4/{kind}/notes`."""
    path = path.replace("{parent}", "/api/v4/leads/1").replace("{kind}", "leads")
    return re.sub(r"\{\w+(:text)?\}", "1", path)


def is_served(method: str, path: str) -> bool:
    try:
        ROUTER.find_route(method, path)
    except HttpError:
        return False
    return True


# ---- a kind of custom field
@pytest.mark.parametrize("kind", sorted(FIELD_KINDS.keys() - HAS_NO_CODEC.keys()))
def test_every_kind_of_field_has_a_sandbox_codec(kind: str) -> None:
    assert kind in CODECS, f"add {kind} to the table of kommo_orm/sandbox/custom_field_values.py"


@pytest.mark.parametrize("kind", sorted(CODECS))
def test_every_codec_of_the_sandbox_has_a_kind_of_field(kind: str) -> None:
    assert kind in FIELD_KINDS, f"add {kind} to a file of kommo_orm/fields"


# ---- an endpoint
@pytest.mark.parametrize(
    "route", [*SANDBOX_ROUTES, *sandbox_v2.ROUTES], ids=lambda route: f"{route.method} {route.path}"
)
def test_every_route_of_the_sandbox_is_in_the_ledger(route: Route) -> None:
    method, path = route.method, route.path
    if any(path.startswith(known) for known in HAS_NO_LEDGER_LINE):
        return
    assert nearest(method, fill_path(path)), f"add {method} {path} to tests/api_coverage/endpoints.tsv and a *.toml"


@each_kind
def test_every_endpoint_of_v4_is_in_the_ledger(kind: str) -> None:
    path = fill_path(V4_ENDPOINTS[kind].path)
    found = [nearest(method, one) for one in (path, f"{path}/1") for method in ("GET", "POST", "PATCH", "DELETE")]
    assert any(found), f"add {path} to tests/api_coverage/endpoints.tsv and a *.toml"


# ---- what the page says
def rows_of_the_page() -> Iterator[str]:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    yield from text.partition("## Where to add things")[2].partition("\n## ")[0].splitlines()


def test_every_file_that_the_page_names_exists() -> None:
    names = {name for row in rows_of_the_page() for name in re.findall(r"`([\w/]+(?:\.\w+|/))", row) if "/" in name}
    missing = [name for name in names if not (ROOT / name).exists() and not (PACKAGE / name).exists()]
    assert not missing, f"docs/architecture.md, Where to add things: {missing}"

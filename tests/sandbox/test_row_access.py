from __future__ import annotations

from typing import Any

import pytest

from kommo_orm.sandbox import Sandbox
from tests.sandbox.api_client import NOW


def test_add_accepts_an_id_tags_links_and_read_only_keys(sandbox: Sandbox) -> None:
    ann = sandbox.add("contacts", name="Ann", id=77)
    firm = sandbox.add("companies", name="Fern")
    lead = sandbox.add("leads", id=5, tags=["vip"], contacts=[77], company=firm["id"], closest_task_at=NOW)
    assert (ann["id"], lead["id"], lead["closest_task_at"]) == (77, 5, NOW)
    assert [tag["name"] for tag in lead["_embedded"]["tags"]] == ["vip"]
    assert [row["id"] for row in lead["_embedded"]["contacts"]] == [77]
    assert [row["id"] for row in lead["_embedded"]["companies"]] == [firm["id"]]


def test_add_refuses_what_the_service_refuses(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="FieldNotExpected"):
        sandbox.add("leads", id=5, prise=1)
    with pytest.raises(KeyError, match="no kind 'lead'. Did you mean leads"):
        sandbox.add("lead")
    assert sandbox.add("leads")["id"] != 5
    sandbox.add("leads", id=5)
    with pytest.raises(ValueError, match="there already"):
        sandbox.add("leads", id=5)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("tasks", {}),
        ("users", {"name": "Ann", "is_admin": True}),
        ("roles", {"name": "Heads"}),
        ("loss_reasons", {"name": "Dear"}),
        ("pipelines", {"name": "Second"}),
        ("statuses", {"name": "Stage", "pipeline_id": 1001}),
        ("catalogs", {"name": "Cars"}),
        ("tags", {"name": "vip", "entity_type": "contacts"}),
    ],
)
def test_every_kind_can_be_added_and_read(sandbox: Sandbox, kind: str, values: dict[str, Any]) -> None:
    made = sandbox.add(kind, **values)
    assert sandbox.row(kind, made["id"]) == made
    assert made in sandbox.rows(kind)

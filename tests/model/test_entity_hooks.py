"""The steps that an entity may do in its own way have a default that suits an ordinary one."""

from __future__ import annotations

import inspect

import pytest

import kommo_orm
from kommo_orm import Lead, Model
from kommo_orm.model.entity_hooks import EntityHooks

HOOKS = [
    name for name, value in vars(EntityHooks).items() if inspect.isfunction(value) or isinstance(value, classmethod)
]


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_is_protected_and_explained(name: str) -> None:
    assert name.startswith("_")
    assert inspect.getdoc(getattr(EntityHooks, name))


def test_the_defaults_change_nothing() -> None:
    lead = Lead.hydrate([{"id": 5, "name": "Roof"}])[0]
    body, row = {"name": "Roof"}, {"id": 5}
    assert Model._get_parent(lead) is None
    assert Model._finish_payload(lead, body, creating=True) is body
    assert Model._complete_row(lead, row) is row
    assert Model._build_delete_body(lead) == {}
    assert lead._get_definitions_kind() == "leads"


@pytest.mark.parametrize("flow", [Lead._find_class_parent(None), Lead(id=5)._assign_parent(None)])
def test_an_ordinary_entity_looks_for_no_parent(flow) -> None:
    with pytest.raises(StopIteration) as done:
        next(flow)
    assert done.value.value is None


def test_entities_override_them_with_the_same_arguments() -> None:
    for name in kommo_orm.__all__:
        cls = getattr(kommo_orm, name)
        if isinstance(cls, type) and issubclass(cls, Model):
            for hook in HOOKS:
                mine = inspect.signature(getattr(cls, hook)).parameters
                assert list(mine) == list(inspect.signature(getattr(Model, hook)).parameters), (name, hook)

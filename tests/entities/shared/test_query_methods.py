"""Queries of entities name the same thing by the same method, for sync and for async code."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from kommo_orm.entities.shared.query_methods import QueryMethods
from kommo_orm.model import class_registry

SENDING = ("create", "update", "delete", "list", "get")
QUERIES: dict[str, Any] = {
    kind: cls.objects
    for kind in sorted(class_registry._PLACES)
    if hasattr(cls := class_registry.find_class(kind), "objects")
}


@pytest.mark.parametrize("kind", QUERIES)
def test_every_method_that_sends_requests_has_a_twin_for_async_code(kind: str) -> None:
    query = type(QUERIES[kind])
    for name in SENDING:
        assert hasattr(query, name) == hasattr(query, f"a{name}"), f"{query.__name__}.{name}"
        assert not hasattr(query, name) or inspect.iscoroutinefunction(getattr(query, f"a{name}"))


@pytest.mark.parametrize("kind", QUERIES)
def test_every_method_that_an_entity_declares_is_documented(kind: str) -> None:
    query = type(QUERIES[kind])
    shared = {name for name in vars(QueryMethods) if not name.startswith("_")}
    for name in shared & vars(query).keys():
        assert vars(query)[name].__doc__, f"{query.__name__}.{name} has no docstring"

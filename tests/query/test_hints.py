"""What a query does not have is said in a sentence: what Kommo cannot, and what to do instead."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from kommo_orm import Call, DriveFile, Kommo, Lead, Note, QueryError, ShortLink, Talk, User, Webhook, Widget
from kommo_orm.sandbox import Sandbox


@pytest.fixture(autouse=True)
def kommo() -> Iterator[Kommo]:
    with Sandbox().connect() as kommo, kommo.use():
        yield kommo


@pytest.mark.parametrize(
    ("model", "name", "told"),
    [
        (User, "filter", r"Kommo's API cannot filter users, so UserQuery has no filter\(\). Read the list"),
        (User, "order_by", r"cannot order users, .* Sort the list in Python"),
        (Lead, "exclude", "cannot leave out leads"),
        (ShortLink, "filter", r"cannot filter short links, so ShortLinkQuery has no filter\(\)\.$"),
        (Call, "filter", r"has no filter\(\)\.$"),
        (Webhook, "update", r"has no update\(\): change the objects in a Session"),
        (Lead, "delete", r"LeadQuery has no delete\(\).*See kommo_orm.unofficial\.$"),
        (Note, "adelete", "See kommo_orm.unofficial"),
        (User, "delete", r"UserQuery has no delete\(\); beside what all queries have it has aactivate\(\), [^:]*\.$"),
        (DriveFile, "create", r"DriveFileQuery has no create\(\); .*upload\(\)"),
        (Widget, "delete", r"has no delete\(\); .*uninstall\(\)"),
        (Lead, "fitler", r"did you mean filter\(\)\?"),
        (Talk, "agett", r"did you mean aget\(\)\?"),
        (Lead, "select_related", r"has no select_related\(\): include\(\) loads related objects"),
        (Lead, "prefetch_related", r"include\(\) loads related objects"),
        (Lead, "values", r"dump them: one.model_dump"),
        (Lead, "values_list", r"take their attributes"),
        (Lead, "only", r"Kommo sends whole rows"),
        (Lead, "get_or_create", r"get_or_none\(...\), and create\(...\)"),
        (Lead, "aget_or_create", r"get_or_none\(...\), and create\(...\)"),
        (Lead, "aggregate", r"Kommo computes no totals"),
        (Lead, "last", r"order_by\('-id'\).first\(\)"),
        (Lead, "nothing_like_it", r"beside what all queries have it has .*create_complex\(\)"),
    ],
)
def test_a_sentence(model: Any, name: str, told: str) -> None:
    assert not hasattr(model.objects, name)
    with pytest.raises(AttributeError, match=told):
        getattr(model.objects.all() if model not in (ShortLink, Call) else model.objects, name)


def test_queries_are_still_copied() -> None:
    query = Lead.objects.filter(id=5)
    assert repr(copy.copy(query)) == repr(copy.deepcopy(query)) == repr(query)
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        _ = query._nothing  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("model", "name", "told"),
    [
        (User, "delete", r"Kommo's API cannot delete users, so User has no delete\(\)\.$"),
        (Lead, "delete", r"Kommo's API cannot delete leads, .* See kommo_orm.unofficial\.$"),
        (Talk, "save", r"can neither create nor change talks, so Talk has no save\(\)"),
        (Talk, "sent", "did you mean 'send'"),
    ],
)
def test_what_an_object_does_not_have(model: Any, name: str, told: str) -> None:
    with pytest.raises(AttributeError, match=told):
        getattr(model(id=5), name)


@pytest.mark.parametrize(
    ("lookup", "told"),
    [
        ("name__icontains", r"finds no parts of texts. search\(...\) looks for a text"),
        ("name__startswith", r"search\(...\) looks for a text"),
        ("status_id__in", r"stages go with their pipelines: status__in=\[\(7, 142\)\]"),
    ],
)
def test_lookups_of_other_libraries_point_at_what_to_use(lookup: str, told: str) -> None:
    with pytest.raises(QueryError, match=told):
        Lead.objects.filter(**{lookup: "x"})  # type: ignore[arg-type]

"""A filter stands in two places: in the entity's TypedDict, for keywords, and in the annotation, for expressions.

Neither can be made of the other where checkers shall see both. So they are compared here: names, operators and types.
"""

from __future__ import annotations

import collections.abc
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

import pytest

import kommo_orm
from kommo_orm import Lead, Model, QueryError, Talk
from kommo_orm.model.attr import find_attr_class
from kommo_orm.model.condition import Condition, Exact, Ordered, Ranged
from kommo_orm.query.lookups import list_lookups, split_lookup

OPERATORS: dict[Any, tuple[str, ...]] = {
    Exact: ("eq", "in"),
    Ranged: ("gte", "lte", "range"),
    Ordered: ("eq", "in", "gte", "lte", "range"),
}

# Lookups that have no expression: of fields whose comparison is of another type than their value, or of no field at all.
KEYWORDS_ONLY = {
    "DriveFile": "created_by created_by__in extension extension__in name source_id updated_by updated_by__in "
    "created_during updated_during",
    "Event": "status_after status_after__in status_before status_before__in customer_status_after customer_status_after__in "
    "customer_status_before customer_status_before__in option_after option_after__in option_before option_before__in "
    "responsible_after responsible_after__in responsible_before responsible_before__in value_after value_before",
    "Lead": "has_open_tasks is_open status__in status_id",
    "Task": "created_at__gte created_at__lte created_at__range lead_status__in",
}
# Expressions that checkers let pass and the query refuses when it is built: Kommo has a part of them only.
REFUSED = {
    "Catalog": "id id__in type__in",
    "ChatTemplate": "created_at__gte created_at__lte created_at__range id id__in updated_at__gte updated_at__lte updated_at__range",
    "IncomingLead": "pipeline_id__in",
    "Lead": "price__in",
    "Source": "id id__in",
    "Tag": "name__in",
    "Talk": "created_at__gte created_at__lte created_at__range entity_type__in is_in_work__in "
    "updated_at__gte updated_at__lte updated_at__range",
    "Task": "entity_type__in is_completed__in",
    "TalkMessage": "created_at__gte created_at__lte created_at__range",
    "Webhook": "destination__in id id__in",
}


def models() -> list[type[Model]]:
    public = (getattr(kommo_orm, name) for name in kommo_orm.__all__)
    return [one for one in public if isinstance(one, type) and issubclass(one, Model) and hasattr(one, "objects")]


def keyword_filters(model: type[Model]) -> dict[str, Any]:
    return list_lookups(model.objects._filters)


def expressions(model: type[Model]) -> Iterator[tuple[str, Any]]:
    """The lookups that the expressions of a class can make, with the type of their value."""
    for name, info in model.model_fields.items():
        found = find_attr_class(info.annotation)
        expression = found[1][2] if found is not None and len(found[1]) > 2 else None
        for operator in OPERATORS.get(get_origin(expression), ()):
            yield (name if operator == "eq" else f"{name}__{operator}"), typed(operator, get_args(expression)[0])


def typed(operator: str, value: Any) -> Any:
    return {"in": Iterable[value], "range": tuple[value, value]}.get(operator, value)


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_a_filter_is_declared_alike_for_keywords_and_for_expressions(model: type[Model]) -> None:
    if not hasattr(model.objects, "filter"):
        assert not keyword_filters(model)
        return
    keywords, by_expression = keyword_filters(model), dict(expressions(model))
    assert sorted(keywords.keys() - by_expression.keys()) == sorted(KEYWORDS_ONLY.get(model.__name__, "").split())
    assert sorted(by_expression.keys() - keywords.keys()) == sorted(REFUSED.get(model.__name__, "").split())
    both = keywords.keys() & by_expression.keys()
    differing = {name: keywords[name] for name in both if widen(keywords[name]) != by_expression[name]}
    assert not differing


def widen(annotation: Any) -> Any:
    """Some words are any text: keywords name the words that Kommo has, expressions compare with texts."""
    if get_origin(annotation) is Literal:
        return str
    arguments = get_args(annotation)
    return Iterable[widen(arguments[0])] if get_origin(annotation) is collections.abc.Iterable else annotation


@pytest.mark.parametrize(
    ("model", "lookup"), [(model, name) for model, names in REFUSED.items() for name in names.split()]
)
def test_an_expression_that_kommo_has_no_filter_for_is_refused_when_the_query_is_built(model: str, lookup: str) -> None:
    cls = getattr(kommo_orm, model)
    name, operator = split_lookup(lookup)
    with pytest.raises(QueryError, match="Kommo cannot filter"):
        cls.objects._add_conditions(
            (Condition(cls.__kommo_info__.fields[name], operator, sample(cls, name, operator)),), {}
        )


def sample(cls: Any, name: str, operator: str) -> Any:
    """A value that the field takes."""
    python = cls.__kommo_info__.fields[name].codec.python
    one = {int: 5, str: "x", bool: True, Decimal: Decimal(5)}.get(python, datetime(2026, 1, 1, tzinfo=UTC))
    return {"in": (one,), "range": (one, one)}.get(operator, one)


def test_the_refusal_names_what_kommo_can_filter_by() -> None:
    with pytest.raises(QueryError, match=r"Kommo cannot filter Lead by price__in; it can by price, price__gte"):
        Lead.objects.filter(Lead.price.in_(1, 2))
    with pytest.raises(QueryError, match="Kommo cannot filter Talk by is_in_work__in"):
        Talk.objects.filter(Talk.is_in_work.in_(True))

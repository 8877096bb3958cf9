"""Verifies rows against the conditions that they came through: Kommo silently ignores filters that it does not know."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from kommo_orm.errors import FilterIgnored, UnexpectedResponse
from kommo_orm.model.condition import Condition
from kommo_orm.model.field_spec import CoreSpec, FieldSpec
from kommo_orm.model.model import Model
from kommo_orm.query.bound_query import BoundQuery

Matcher = Callable[[Any], bool]
PLAIN_TYPES = (int, str, Decimal)  # equal values of these satisfy every kind of field
CASELESS = (FieldSpec.matches, CoreSpec.matches)  # texts are compared without case


def verify_objects(bound: BoundQuery, objects: Iterable[Model]) -> None:
    """Raise `FilterIgnored` at the first object that the filter excludes.

    A value that cannot be read proves nothing: reading it will raise, and before writing it raises here.
    """
    matchers = [(condition, build_matcher(condition)) for condition in bound.conditions]
    if not matchers:
        return
    for model in objects:
        for condition, matches in matchers:
            if not _is_satisfied(bound, condition, matches, model):
                raise _make_error(bound, condition, model)


def _is_satisfied(bound: BoundQuery, condition: Condition, matches: Matcher, model: Model) -> bool:
    try:
        return matches(condition.spec.value_of(model))
    except UnexpectedResponse:
        if bound.for_writing:
            raise
        return True


def _make_error(bound: BoundQuery, condition: Condition, model: Model) -> FilterIgnored:
    return FilterIgnored(
        f"{bound.connection.name} answered the filter {condition} with {type(model).__name__} {model.pk}, whose "
        f"{condition.name} is {condition.spec.value_of(model)!r}: the service ignored the filter. "
        "Filtering may be switched off for this "
        'account (see kommo.account("is_api_filter_enabled")); read without the filter and choose in Python.'
    )


def build_matcher(condition: Condition) -> Matcher:
    """Return the function that tells whether a value satisfies a condition."""
    spec, wanted = condition.spec, condition.value
    match condition.op:
        case "eq":
            return lambda value: spec.matches(value, wanted)
        case "in":
            return _build_membership(spec, wanted)
        case "gte":
            return lambda value: value is not None and bool(spec.at_least(value, wanted))
        case "lte":
            return lambda value: value is not None and bool(spec.at_least(wanted, value))
        case "range":
            low, high = wanted
            return lambda value: value is not None and bool(spec.at_least(value, low) and spec.at_least(high, value))


def _build_membership(spec: FieldSpec, wanted: tuple[Any, ...]) -> Matcher:
    """Look a value up in a set. Only what is not found there is compared with each of the wanted values."""
    normalize = _casefold if type(spec).matches in CASELESS else _keep
    known = {normalize(one) for one in wanted if type(one) in PLAIN_TYPES}

    def is_member(value: Any) -> bool:
        if type(value) is int:
            if value in known:
                return True
        elif type(value) in PLAIN_TYPES and normalize(value) in known:
            return True
        return any(spec.matches(value, one) for one in wanted)

    return is_member


def _casefold(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _keep(value: Any) -> Any:
    return value

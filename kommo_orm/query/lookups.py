"""Keyword lookups (`price__gte=1000`) become the same conditions as expressions (`Lead.price >= 1000`).

The table of what an entity can be filtered by is its `Filters` TypedDict: checkers read it for types, this file for names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast, get_type_hints

from pydantic import TypeAdapter, ValidationError

from kommo_orm.errors import QueryError
from kommo_orm.model.close_names import find_close_names
from kommo_orm.model.condition import Condition, Operator
from kommo_orm.model.field_spec import CustomSpec, FieldSpec
from kommo_orm.model.model import Model

OPERATORS: tuple[Operator, ...] = ("in", "gte", "lte", "range")


def split_lookup(lookup: str) -> tuple[str, Operator]:
    name, _, op = lookup.rpartition("__")
    if name and op in OPERATORS:
        return name, op
    return lookup, "eq"


def list_lookups(filters: Any) -> dict[str, Any]:
    """The lookups of a `Filters` TypedDict with their types."""
    found: dict[str, Any] = _HINTS.get(filters) or _HINTS.setdefault(filters, get_type_hints(filters))
    return found


_HINTS: dict[Any, dict[str, Any]] = {}


def parse_lookups(
    model: type[Model], filters: type[Any], lookups: Mapping[str, Any], specials: Mapping[str, FieldSpec]
) -> tuple[Condition, ...]:
    """Checked conditions of keyword lookups. Raises `QueryError` naming the nearest lookup."""
    return tuple(_make_condition(model, filters, specials, name, value) for name, value in lookups.items())


def _make_condition(
    model: type[Model], filters: type[Any], specials: Mapping[str, FieldSpec], lookup: str, value: Any
) -> Condition:
    name, op = split_lookup(lookup)
    custom = model.__kommo_customs__.get(name)
    if custom is not None:
        return _make_custom_condition(custom, op, value)
    if lookup not in list_lookups(filters):
        raise QueryError(describe_unknown_lookup(model, filters, lookup))
    spec = specials.get(name) or model.__kommo_info__.fields[name]
    return Condition(spec, op, spec.clean_filter(op, value))


ENDS: dict[Operator, tuple[str, ...]] = {
    "eq": ("value",),
    "in": ("value",),
    "gte": ("from",),
    "lte": ("to",),
    "range": ("from", "to"),
}


def refuse_duplicates(model: type[Model], conditions: Iterable[Condition]) -> None:
    """Raise `QueryError` for two conditions that Kommo would not take together: it keeps one, or takes either."""
    taken: dict[tuple[FieldSpec, str], Condition] = {}
    for condition in conditions:
        for end in ENDS[condition.op]:
            other = taken.setdefault((condition.spec, end), condition)
            if other is not condition:
                raise QueryError(
                    f"{model.__name__} is filtered by {condition.name} twice ({other} and {condition}): Kommo would not take both. "
                    "Write one condition."
                )


def _make_custom_condition(spec: CustomSpec, op: Operator, value: Any) -> Condition:
    expression: Any = spec.build_expression()
    made: Callable[[], Any] = {
        "eq": lambda: expression == value,
        "in": lambda: expression.in_(*value),
        "gte": lambda: expression >= value,
        "lte": lambda: expression <= value,
        "range": lambda: expression.between(*value),
    }[op]
    return cast(Condition, made())


_PARTS_OF_TEXT = ("__contains", "__icontains", "__startswith", "__istartswith", "__endswith", "__iendswith", "__regex")


def describe_unknown_lookup(model: type[Model], filters: type[Any], lookup: str) -> str:
    names = [*list_lookups(filters), *model.__kommo_customs__]
    name, _ = split_lookup(lookup)
    if lookup.endswith(_PARTS_OF_TEXT):
        return (
            f"Kommo cannot filter {model.__name__} by {lookup}: it finds no parts of texts. search(...) looks for a text in "
            "all filled fields, where the entity can be searched"
        )
    if lookup == "status_id__in" and "status__in" in names:
        return (
            f"Kommo cannot filter {model.__name__} by {lookup}; stages go with their pipelines: status__in=[(7, 142)]"
        )
    if name in model.__kommo_info__.fields:  # no slip of the pen: a name that is like it means something else
        same = [one for one in names if split_lookup(one)[0] == name]
        able = ", ".join(same or sorted(names)) or "nothing"
        return f"Kommo cannot filter {model.__name__} by {lookup}; it can by {able}"
    close = find_close_names(lookup, names)
    if close:
        return f'unknown filter "{lookup}" of {model.__name__}; did you mean "{close[0]}"?'
    return f'unknown filter "{lookup}" of {model.__name__}; it has {", ".join(sorted(names)) or "none"}'


def coerce_lookups(model: type[Model], filters: type[Any], lookups: Mapping[str, Any]) -> dict[str, Any]:
    """Lookups from an untyped source (a query string), each turned into its type. Raises `QueryError`."""
    return {name: _coerce_lookup(model, filters, name, value) for name, value in lookups.items()}


def _coerce_lookup(model: type[Model], filters: type[Any], lookup: str, value: Any) -> Any:
    name, op = split_lookup(lookup)
    wanted = list_lookups(filters).get(lookup)
    custom = model.__kommo_customs__.get(name)
    if wanted is None and custom is None:
        raise QueryError(describe_unknown_lookup(model, filters, lookup))
    if isinstance(value, str) and op in ("in", "range"):
        value = [part.strip() for part in value.split(",")]
    if wanted is None and custom is not None:
        one = custom.kind.filter_python
        wanted = {"in": list[one], "range": tuple[one, one]}.get(op, one)  # type: ignore[valid-type]
    try:
        found = _make_adapter(wanted).validate_python(value)
        return (
            list(found) if op == "in" else found
        )  # pydantic checks the items of an `Iterable` when they are asked for
    except ValidationError as error:
        problem = error.errors()[0]["msg"]
        raise QueryError(f"filter {lookup!r} of {model.__name__}: {value!r} does not fit ({problem})") from None


def _make_adapter(wanted: Any) -> TypeAdapter[Any]:
    return TypeAdapter(wanted)

"""Compiles a bound query to a `ReadRequest`: the user's values become wire values, names become ids.

What only the account knows (ids of fields and options, its time zone, the list of a class) is read here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from kommo_orm.errors import QueryError
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row_reader import require_readable
from kommo_orm.interface.term import Term
from kommo_orm.model.codec import encode_datetime
from kommo_orm.model.condition import Condition
from kommo_orm.model.definition import Definition
from kommo_orm.model.field_spec import CustomSpec
from kommo_orm.model.parent import Parent
from kommo_orm.query.bound_query import BoundQuery
from kommo_orm.transport.flow import Flow


def compile_query(bound: BoundQuery) -> Flow[tuple[BoundQuery, ReadRequest]]:
    """Make the request of a query.

    The query comes back with its conditions resolved, so that rows are verified against what was really asked.
    """
    require_readable(bound.connection, bound.kind)
    terms: list[Term] = []
    conditions: list[Condition] = []
    for condition in bound.conditions:
        term, resolved = yield from _compile_condition(bound, condition)
        terms.append(term)
        conditions.append(resolved)
    parent = yield from find_list_parent(bound)
    request = ReadRequest(
        kind=bound.kind,
        parent=parent,
        terms=tuple(terms),
        order=bound.order,
        search=bound.search,
        includes=_translate_includes(bound),
        deleted=bound.deleted,
    )
    return replace(bound, conditions=tuple(conditions), parent=parent), request


def find_list_parent(bound: BoundQuery) -> Flow[Parent | None]:
    """Find the row that the list lives under: as given, else the class's own, which may be known by name alone."""
    if bound.parent is not None:
        return bound.parent
    return (yield from (bound.home or bound.model)._find_class_parent(bound.connection))


def _translate_includes(bound: BoundQuery) -> frozenset[str]:
    """Return Kommo's words for the includes, without those that every row carries anyway."""
    words = bound.model.__kommo_info__.includes
    return frozenset(word for name in bound.includes if (word := words.get(name, name)))


def _compile_condition(bound: BoundQuery, condition: Condition) -> Flow[tuple[Term, Condition]]:
    spec = condition.spec
    if not isinstance(spec, CustomSpec):
        return encode_core_condition(condition), condition
    connection = bound.connection
    if spec.kind.needs_zone and connection.timezone is None:
        yield from connection.find_timezone()
    field_id = connection.schema.find_field_id(spec)
    definition: Definition | None = None
    if field_id is None or any(spec.kind.needs_definition(value) for value in _list_values(condition)):
        definition = yield from connection.schema.resolve_spec(bound.kind, spec)
        field_id = definition.id
    wire = _encode_custom_values(spec, condition, definition, connection.timezone)
    return Term(spec.name, condition.op, wire, field_id), _resolve_options(condition, spec, definition)


def encode_core_condition(condition: Condition) -> Term:
    """Encode a condition on a field of Kommo's own."""
    return Term(condition.spec.name, condition.op, _encode_core_value(condition.value))


def _encode_core_value(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_encode_core_value(one) for one in value)
    if isinstance(value, datetime):
        return encode_datetime(value)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    return value


def _encode_custom_values(
    spec: CustomSpec, condition: Condition, definition: Definition | None, zone: tzinfo | None
) -> Any:
    """Encode the values of a condition on a custom field, as the kind of the field has it."""
    try:
        if condition.op in ("gte", "lte", "range"):
            return _encode_bounds(spec, condition, zone)
        wire = [spec.kind.encode_filter(value, definition, zone) for value in _list_values(condition)]
    except ValueError as error:
        raise QueryError(f"Cannot filter {spec.owner} by {spec.name}: {error}") from None
    return tuple(wire) if condition.op == "in" else wire[0]


def _encode_bounds(spec: CustomSpec, condition: Condition, zone: tzinfo | None) -> Any:
    encode = spec.kind.encode_bound
    if condition.op == "range":
        low, high = condition.value
        return (encode(low, zone, upper=False), encode(high, zone, upper=True))
    return encode(condition.value, zone, upper=condition.op == "lte")


def _resolve_options(condition: Condition, spec: CustomSpec, definition: Definition | None) -> Condition:
    """Replace texts of options by the options of the definition."""
    if definition is None or condition.op not in ("eq", "in"):
        return condition
    values = tuple(spec.kind.resolve_filter(value, definition) for value in _list_values(condition))
    return replace(condition, value=values if condition.op == "in" else values[0])


def _list_values(condition: Condition) -> tuple[Any, ...]:
    return condition.value if condition.op in ("in", "range") else (condition.value,)

"""The flows behind a query: conditions to wire values, pages to proved objects, includes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from kommo_orm.errors import FilterIgnored, NotFound, QueryError, ResponseError, UnexpectedResponse
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.page import Page
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.term import Term
from kommo_orm.model.class_registry import find_class
from kommo_orm.model.codec import encode_datetime
from kommo_orm.model.condition import Condition
from kommo_orm.model.definition import Definition, iterate_items
from kommo_orm.model.field_spec import FREE_VALUES, CustomSpec
from kommo_orm.model.instance_state import Row, Unit
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent
from kommo_orm.model.related_objects import RelatedObjects
from kommo_orm.model.relation_descriptors import Related, RelatedOne
from kommo_orm.query.lookups import matches_condition
from kommo_orm.query.offset_pagination import OffsetPaginator
from kommo_orm.query.page_number_pagination import PageNumberPaginator
from kommo_orm.transport.flow import Failure, Flow, emit_value, gather_flows, transform_values

IDS_AT_ONCE = 250
SIDE_BY_SIDE = 4


@dataclass(frozen=True, slots=True)
class BoundQuery:
    """All that a query says, frozen: what it reads, as what, and for whom."""

    model: type[Model]
    connection: Connection
    conditions: tuple[Condition, ...] = ()
    order: tuple[str, bool] | None = None
    search: str | None = None
    includes: tuple[str, ...] = ()
    deleted: bool = False
    parent: Parent | None = None
    limit: int | None = None
    page_size: int | None = None
    unit: Unit | None = None
    for_writing: bool = False  # every row must be proved, or none is written
    home: type[Model] | None = None  # whose own place the list lives under, where that is found by name

    @property
    def size(self) -> int:
        most = min(
            self.page_size or self.connection.page_size,
            self.connection.dialect.capabilities(self.model.__kommo_kind__).page_size,
        )
        return max(1, min(most, self.limit)) if self.limit is not None else most

    @property
    def relations(self) -> tuple[str, ...]:
        """Includes that bring whole objects in requests of their own."""
        extras = self.model.__kommo_info__.attached
        return tuple(name for name in self.includes if isinstance(extras.get(name), Related | RelatedOne))


# ---- compiling
def compile_query(request: BoundQuery) -> Flow[tuple[BoundQuery, ReadRequest]]:
    """The query in wire values. What only the account knows (ids of names and options, the zone) is asked here.

    The request comes back with its conditions resolved, so that rows are proved against what was really asked.
    """
    dialect, kind = request.connection.dialect, request.model.__kommo_kind__
    features = dialect.capabilities(kind)
    if not features.is_readable:
        only = ": it only creates them" if features.create_size else ""
        raise QueryError(
            f"Kommo's API {dialect.name} cannot read {kind.replace('_', ' ')}{only}{dialect.unsupported_hint}"
        )
    terms: list[Term] = []
    conditions: list[Condition] = []
    for condition in request.conditions:
        term, resolved = yield from _compile_condition(request, condition)
        terms.append(term)
        conditions.append(resolved)
    asked = {translate_include(request.model, name) for name in request.includes}
    parent = yield from find_parent_of_list(request)
    read = ReadRequest(
        kind=request.model.__kommo_kind__,
        parent=parent,
        terms=tuple(terms),
        order=request.order,
        search=request.search,
        includes=frozenset(name for name in asked if name),
        deleted=request.deleted,
    )
    return replace(request, conditions=tuple(conditions), parent=parent), read


def find_parent_of_list(request: BoundQuery) -> Flow[Parent | None]:
    """What the list lives under: as given, else the class's own, which may have to be found by its name."""
    if request.parent is not None:
        return request.parent
    return (yield from (request.home or request.model)._find_class_parent(request.connection))


def translate_include(model: type[Model], name: str) -> str | None:
    """The service's word for an include; None when every row carries it anyway."""
    return model.__kommo_info__.includes.get(name, name)


def _compile_condition(request: BoundQuery, condition: Condition) -> Flow[tuple[Term, Condition]]:
    spec = condition.spec
    if not isinstance(spec, CustomSpec):
        return make_term(condition), condition
    connection = request.connection
    if spec.kind.needs_zone and connection.timezone is None:
        yield from connection.find_timezone()
    field_id = connection.schema.id_of(spec)
    definition: Definition | None = None
    if field_id is None or any(spec.kind.needs_definition(value) for value in _list_values(condition)):
        definition = yield from connection.schema.resolve(request.model.__kommo_kind__, spec)
        field_id = definition.id
    term = Term(
        spec.name, condition.op, _encode_custom_values(spec, condition, definition, connection.timezone), field_id
    )
    return term, _resolve_options(condition, spec, definition)


def make_term(condition: Condition) -> Term:
    """A condition on a core field in wire values."""
    return Term(condition.spec.name, condition.op, _encode_core_value(condition.value))


def _resolve_options(condition: Condition, spec: CustomSpec, definition: Definition | None) -> Condition:
    if definition is None or condition.op not in ("eq", "in"):
        return condition
    values = tuple(spec.kind.resolved(value, definition) for value in _list_values(condition))
    return replace(condition, value=values if condition.op == "in" else values[0])


def _list_values(condition: Condition) -> tuple[Any, ...]:
    return condition.value if condition.op in ("in", "range") else (condition.value,)


def _encode_custom_values(
    spec: CustomSpec, condition: Condition, definition: Definition | None, zone: tzinfo | None
) -> Any:
    try:
        if condition.op in ("gte", "lte", "range"):
            low = spec.kind.encode_bound
            if condition.op == "range":
                return (low(condition.value[0], zone, upper=False), low(condition.value[1], zone, upper=True))
            return low(condition.value, zone, upper=condition.op == "lte")
        wire = [spec.kind.encode_filter(value, definition, zone) for value in _list_values(condition)]
    except ValueError as error:
        raise QueryError(f"Cannot filter {spec.owner} by {spec.name}: {error}") from None
    return tuple(wire) if condition.op == "in" else wire[0]


def _encode_core_value(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_encode_core_value(one) for one in value)
    if isinstance(value, datetime):
        return encode_datetime(value)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    return value


# ---- reading
def fetch_page(request: BoundQuery, read: ReadRequest, number: int, size: int) -> Flow[Page]:
    dialect = request.connection.dialect
    answer = yield from request.connection.ask(dialect.build_list_call(read, number, size))
    page = dialect.parse_page(read, answer)
    rows = yield from dialect.complete_rows(request.connection, read, page.rows)
    return replace(page, rows=rows)


def stream_objects(request: BoundQuery) -> Flow[None]:
    """Give lists of objects, page by page, to the end or to the limit."""
    if request.limit == 0:
        return
    request, read = yield from compile_query(request)
    features = request.connection.dialect.capabilities(request.model.__kommo_kind__)
    if not features.is_paged:
        page = yield from fetch_page(request, read, 1, request.size)
        rows = page.rows[: request.limit]
        if rows:
            objects = yield from hydrate_verified(request, rows)
            yield from emit_value(objects)
        return
    connection = request.connection
    if not features.keeps_page_size:
        turning = PageNumberPaginator(
            lambda number: fetch_page(request, read, number, request.size),
            writes=lambda: connection.writes,
            most=request.limit,
        )
        yield from transform_values(turning.paginate(), lambda rows: hydrate_verified(request, rows))
        return
    walk = OffsetPaginator(
        lambda number, size: fetch_page(request, read, number, size),
        size=request.size,
        window=connection.prefetch,
        rate=connection.rate,
        writes=lambda: connection.writes,
        most=request.limit,
        after=make_row_order(request),
    )
    yield from transform_values(walk.paginate(), lambda rows: hydrate_verified(request, rows))


TOLD_BY_ROWS = ("id", "created_at", "updated_at")


def make_row_order(request: BoundQuery) -> Callable[[Row, Row], bool] | None:
    """Whether a row surely stands behind another, by the values that both carry; None where the service alone can tell."""
    if request.order is None or request.order[0] not in TOLD_BY_ROWS:
        return None
    name, descending = request.order

    def after(row: Row, other: Row) -> bool:
        one, two = row.get(name), other.get(name)
        return isinstance(one, int) and isinstance(two, int) and (one < two if descending else one > two)

    return after


def fetch_numbered_page(request: BoundQuery, number: int, size: int) -> Flow[tuple[list[Model], bool]]:
    """One page by its number."""
    most = request.connection.dialect.capabilities(request.model.__kommo_kind__).page_size
    if size > most:
        raise QueryError(f"a page of {request.model.__name__} rows has {most} at most; Kommo would cut {size} silently")
    request, read = yield from compile_query(request)
    page = yield from fetch_page(request, read, number, size)
    objects = yield from hydrate_verified(request, page.rows)
    return objects, not page.last


def fetch_first_page(request: BoundQuery) -> Flow[list[Model]]:
    """The first page up to the limit, as a list (the limit is at most a page)."""
    request, read = yield from compile_query(request)
    page = yield from fetch_page(request, read, 1, request.size)
    return (yield from hydrate_verified(request, page.rows[: request.limit]))


def fetch_object(request: BoundQuery, pk: int | str) -> Flow[Model]:
    """The object of an id. Raises `NotFound`."""
    dialect = request.connection.dialect
    if not dialect.capabilities(request.model.__kommo_kind__).reads_single_rows:
        spec = request.model.__kommo_info__.fields[request.model.__kommo_info__.address_field]
        return (yield from require_object(request, _fetch_chunk(request, Condition(spec, "eq", pk)), pk))
    request, read = yield from compile_query(request)
    try:
        answer = yield from request.connection.ask(dialect.build_get_call(read, pk))
    except NotFound as error:
        raise make_not_found(request, pk, error) from None
    row = dialect.parse_row(read, answer)
    if row is None:
        raise make_not_found(request, pk, None)
    objects = yield from hydrate_verified(request, (yield from dialect.complete_rows(request.connection, read, [row])))
    return objects[0]


def require_object(request: BoundQuery, found: Flow[list[Model]], pk: int | str) -> Flow[Model]:
    """The object that a list of one brings. Raises `NotFound`."""
    models = yield from found
    if not models:
        raise make_not_found(request, pk, None)
    return models[0]


def make_not_found(request: BoundQuery, pk: int | str, error: NotFound | None) -> NotFound:
    told = f" ({error.detail})" if error is not None and error.detail else ""
    where = f" of {request.parent}" if request.parent is not None else ""
    return NotFound(
        f"{request.connection.name} has no {request.model.__name__} {pk}{where} that this token may see{told}; rows in the trash "
        "are listed by .deleted() where Kommo offers it.",
        status=error.status if error is not None else 204,
        request_id=error.request_id if error is not None else None,
    )


def fetch_by_ids(request: BoundQuery, ids: Sequence[int], condition: Any) -> Flow[list[Model]]:
    """The rows of many ids, 250 a request, side by side. Absent ids are absent in the result."""
    unique, size = list(dict.fromkeys(ids)), count_ids_per_request(request)
    chunks = [unique[at : at + size] for at in range(0, len(unique), size)]
    outcomes = yield from gather_flows((_fetch_chunk(request, condition(chunk)) for chunk in chunks), SIDE_BY_SIDE)
    found: list[Model] = []
    for outcome in outcomes:
        if isinstance(outcome, Failure):
            raise outcome.error
        found += outcome.value
    return found


def count_ids_per_request(request: BoundQuery) -> int:
    """As many ids as a page of the answer holds rows."""
    return max(1, min(IDS_AT_ONCE, request.connection.dialect.capabilities(request.model.__kommo_kind__).page_size))


def _fetch_chunk(request: BoundQuery, condition: Condition) -> Flow[list[Model]]:
    part = replace(request, conditions=(*request.conditions, condition), limit=None, page_size=IDS_AT_ONCE)
    part, read = yield from compile_query(part)
    most = count_ids_per_request(request)
    page = yield from fetch_page(part, read, 1, most)
    rows, number = list(page.rows), 1
    sized = part.connection.dialect.capabilities(part.model.__kommo_kind__).keeps_page_size
    while not (sized or page.last or not page.rows or len(rows) >= most):  # the service chose smaller pages
        number += 1
        page = yield from fetch_page(part, read, number, most)
        rows += page.rows
    return (yield from hydrate_verified(part, rows))


# ---- rows to objects
def hydrate_verified(request: BoundQuery, rows: list[Row]) -> Flow[list[Model]]:
    """Objects of rows: hydrated (or the session's own), proved against the filter, with their includes."""
    connection = request.connection
    if connection.timezone is None and _has_days(request.model, rows):
        with suppress(ResponseError, UnexpectedResponse):  # then days are taken as in UTC (fields/date.py)
            yield from connection.find_timezone()
    included = frozenset(request.includes)
    objects: list[Model] = list(request.model.hydrate(rows, connection, None, included))
    verify_objects(request, objects)  # before the session's own objects, whose pending changes prove nothing
    if request.unit is not None:
        objects = request.unit.admit_rows(request.model, rows, connection, included)
    for name in request.relations:
        yield from load_relation(connection, objects, name, request.unit)
    return objects


def _has_days(model: type[Model], rows: Iterable[Row]) -> bool:
    """Whether a declared day stands in these rows: then the account's time zone is needed to read it."""
    if not model.__kommo_info__.zoned_fields:
        return False
    types = {name for spec in model.__kommo_info__.zoned_fields for name in spec.kind.types}
    return any(entry.get("field_type") in types for row in rows for entry in iterate_items(row.get(FREE_VALUES)))


def verify_objects(request: BoundQuery, objects: Iterable[Model]) -> None:
    """Raise `FilterIgnored` at the first row that the filter excludes.

    A value that cannot be read proves nothing: reading it will raise, and before writing it raises here.
    """
    for model in objects:
        for condition in request.conditions:
            if not _is_satisfied(request, condition, model):
                raise FilterIgnored(
                    f"{request.connection.name} answered the filter {condition} with {type(model).__name__} {model.pk}, whose "
                    f"{condition.name} is {condition.spec.value_of(model)!r}: the service ignored the filter. "
                    "Filtering may be switched off for this "
                    'account (see kommo.account("is_api_filter_enabled")); read without the filter and choose in Python.'
                )


def _is_satisfied(request: BoundQuery, condition: Condition, model: Model) -> bool:
    try:
        return matches_condition(condition, model)
    except UnexpectedResponse:
        if request.for_writing:
            raise
        return True


# ---- includes
def load_relation(connection: Connection, objects: Sequence[Model], name: str, unit: Unit | None = None) -> Flow[None]:
    """Bring the related objects of many owners, 250 ids a request."""
    if not objects:
        return
    relation = type(objects[0]).__kommo_info__.attached.get(name)
    through = getattr(relation, "through", name)
    relation = type(objects[0]).__kommo_info__.attached.get(through)
    if not isinstance(relation, Related):
        raise QueryError(f"{type(objects[0]).__name__} has no relation {name!r} to load")
    loader = getattr(relation, "load_rows", None)
    if loader is not None:
        yield from loader(connection, objects, unit)
        return
    owned = [getattr(owner, through) for owner in objects]
    yield from fetch_related(connection, owned, relation.target, unit)


def fetch_related(
    connection: Connection, owned: Sequence[RelatedObjects[Any]], kind: str, unit: Unit | None
) -> Flow[None]:
    """The objects that relations lack, whose ids they know."""
    target = find_class(kind)
    ids = list(dict.fromkeys(pk for related in owned for pk in related._baseline_ids if related._lacks(pk)))
    request = BoundQuery(target, connection, unit=unit)
    spec = target.__kommo_info__.fields["id"]
    found = yield from fetch_by_ids(request, ids, lambda chunk: Condition(spec, "in", tuple(chunk)))
    by_pk = {model.pk: model for model in found}
    for related in owned:
        related._attach_objects(by_pk[pk] for pk in related._baseline_ids if pk in by_pk)
        related._mark_missing(pk for pk in related._baseline_ids if related._lacks(pk))


__all__ = [
    "BoundQuery",
    "fetch_by_ids",
    "fetch_first_page",
    "fetch_numbered_page",
    "fetch_object",
    "load_relation",
    "require_object",
    "stream_objects",
]

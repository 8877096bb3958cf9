"""From an object's pending changes to what is sent: only what changed, each value in the form its type is written in."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.link_row import LinkRow
from kommo_orm.model.changes import find_changed_fields
from kommo_orm.model.connection import ModelConnection
from kommo_orm.model.custom_fields import CustomFields, Pending
from kommo_orm.model.definition import Definition
from kommo_orm.model.field_spec import FREE_VALUES, CoreSpec, CustomSpec
from kommo_orm.model.kind import Kind, Values, find_kind
from kommo_orm.model.model import Model
from kommo_orm.model.replace_relation import ReplacedObjects
from kommo_orm.model.tags import Tags
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.report import describe


@dataclass(slots=True)
class Payload:
    """The body of one object, and what its parts came from."""

    body: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, Any] = field(default_factory=dict)
    extras: dict[str, Any] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    links: list[LinkRow] = field(default_factory=list)
    resolved: bool = False


class DefinitionResolver:
    """Finds definitions and the time zone for encoding. This one knows what is in memory and never talks."""

    def __init__(self, connection: ModelConnection | None) -> None:
        self.connection = connection
        self.found: dict[tuple[str, str | int | CustomSpec], Definition] = {}

    @property
    def zone(self) -> tzinfo | None:
        return self.connection.timezone if self.connection is not None else None

    def definition(self, kind: str, key: str | int | CustomSpec) -> Definition | None:
        """Of a declared field (its spec), or of an undeclared one (its id, code or name)."""
        found = self.found.get((kind, key))
        if found is None and self.connection is not None:
            schema = self.connection.schema
            return schema.find_known_spec(kind, key) if isinstance(key, CustomSpec) else schema.known(kind, key)
        return found

    def field_id(self, model: Model, spec: CustomSpec) -> int | None:
        """The field's id in the account that is written to: a new object knows no account yet."""
        return self.connection.schema.id_of(spec) if self.connection is not None else spec.id_in(model.__kommo_state__)


def resolve_definitions(
    connection: Connection, models: list[Model], *, fresh: bool = False
) -> Flow[DefinitionResolver]:
    """Ask what encoding these objects needs to know: definitions of names, codes and option texts; the account's zone."""
    resolver = DefinitionResolver(connection)
    for model in models:
        yield from model._assign_parent(connection)
        yield from _prepare(resolver, connection, model, fresh)
    return resolver


def _prepare(resolver: DefinitionResolver, connection: Connection, model: Model, fresh: bool) -> Flow[None]:
    kind = model._get_definitions_kind()
    for _, spec, value in find_changed_fields(model):
        if not isinstance(spec, CustomSpec):
            continue
        if spec.kind.needs_zone and not spec.kind.is_empty(value) and connection.timezone is None:
            yield from connection.find_timezone()
        if resolver.field_id(model, spec) is None or _wants_definition(spec, value):
            if fresh:
                connection.schema.forget(kind)
                fresh = False
            found = yield from connection.schema.resolve(kind, spec)
            resolver.found[kind, spec] = found
    yield from _prepare_free(resolver, connection, model, kind)


def _prepare_free(resolver: DefinitionResolver, connection: Connection, model: Model, kind: str) -> Flow[None]:
    for key in _free(model):
        found = yield from connection.schema.lookup(kind, key)
        resolver.found[kind, found.id] = found
        if find_kind(found.type).needs_zone and connection.timezone is None:
            yield from connection.find_timezone()
    companion = model.__kommo_state__.attached.get("custom_fields")
    if isinstance(companion, CustomFields) and companion.move_to_attributes(connection):
        yield from _prepare(resolver, connection, model, fresh=False)


def _wants_definition(spec: CustomSpec, value: Any) -> bool:
    return not spec.kind.is_empty(value) and _safely(spec.kind, value)


def _safely(kind: Kind[Any], value: Any) -> bool:
    try:
        return kind.needs_definition(value)
    except (ValueError, TypeError, AttributeError):
        return False  # a wrong value: encoding will say so


def _free(model: Model) -> dict[Any, Pending]:
    companion = model.__kommo_state__.attached.get("custom_fields")
    return companion.pending() if isinstance(companion, CustomFields) else {}


def refuse_negative_id(model: Model, name: str, value: Any) -> None:
    """Ids of rows and users are no negative numbers; 0 is the robot, or none."""
    if isinstance(value, int) and value < 0 and (name.endswith("_id") or name in ("created_by", "updated_by")):
        raise ConfigurationError(f"{describe(model)}: {name} is the id of something, not {value}")


UNTIMELY = {
    "create": "can be given to a stored row only: save() the new one first",
    "update": "can be given at creation only; a stored row keeps it",
}


def refuse_uncreatable(model: Model, when: str) -> None:
    if when == "create" and type(model).__kommo_info__.create_hint:
        raise ConfigurationError(f"{describe(model)}: {type(model).__kommo_info__.create_hint}")


def build_payload(model: Model, resolver: DefinitionResolver, *, creating: bool) -> Payload:
    """What is sent for the pending changes of an object. Raises `ConfigurationError` naming object and field."""
    made = Payload()
    when = "create" if creating else "update"
    refuse_uncreatable(model, when)
    customs: list[dict[str, Any]] = []
    for name, spec, value in find_changed_fields(model):
        if when not in spec.writable:
            raise ConfigurationError(f"{describe(model)}: {name} {UNTIMELY[when]}")
        refuse_negative_id(model, name, value)
        made.sent[name] = copy.deepcopy(value)
        if isinstance(spec, CustomSpec):
            entry = _custom_entry(model, spec, value, resolver)
            made.resolved = made.resolved or _safely(spec.kind, value)
            if not (creating and entry["values"] is None):
                customs.append(entry)
                made.places.append(name)
                made.types.append(spec.field_type)
        elif isinstance(spec, CoreSpec) and not (creating and value is None):  # Kommo refuses null for most of them
            made.body[spec.key] = _core_value(model, spec, value)
    for key, held in _free(model).items():
        entry = _free_entry(model, key, held, resolver)
        made.extras.setdefault("custom_fields", {})[key] = copy.deepcopy(held.value)
        if not (creating and entry["values"] is None):
            customs.append(entry)
            made.places.append(f"custom_fields[{held.name!r}]")
            made.types.append(_free_type(model, key, resolver))
            made.resolved = True
    if customs:
        made.body[FREE_VALUES] = customs
    _add_tags(model, made, creating)
    _add_sets(model, made)
    made.body = model._finish_payload(made.body, creating)
    return made


def _core_value(model: Model, spec: CoreSpec, value: Any) -> Any:
    try:
        return None if value is None else spec.codec.encode(spec.codec.clean(value))
    except (ValueError, TypeError, AttributeError) as error:
        raise build_value_error(model, spec.name, error) from None


def _custom_entry(model: Model, spec: CustomSpec, value: Any, resolver: DefinitionResolver) -> dict[str, Any]:
    kind = model._get_definitions_kind()
    definition = resolver.definition(kind, spec)
    field_id = resolver.field_id(model, spec) or (definition.id if definition is not None else None)
    entry = spec.entry(model.__kommo_state__) if FREE_VALUES in (model.__kommo_state__.row or {}) else None
    current: Values = (entry or {}).get("values") or ()
    if field_id is None and entry is not None:
        field_id = int(entry["field_id"])
    where = {"field_id": field_id} if field_id is not None else _unresolved(model, spec)
    return {**where, "values": encode_values(model, spec.name, spec.kind, value, definition, resolver.zone, current)}


def _unresolved(model: Model, spec: CustomSpec) -> dict[str, Any]:
    if spec.code is not None:
        return {"field_code": spec.code}
    raise ConfigurationError(
        f"{describe(model)}: {spec.name} is mapped by name, and the account's fields are not known yet. save() finds them; "
        f"for to_payload() call kommo.check({type(model).__name__}) first."
    )


def _free_entry(model: Model, key: Any, held: Pending, resolver: DefinitionResolver) -> dict[str, Any]:
    companion: CustomFields = model.__kommo_state__.attached["custom_fields"]
    definition = resolver.definition(model._get_definitions_kind(), key)
    in_row = companion.find_kind_in_row(key)
    kind = find_kind(definition.type) if definition is not None else in_row
    if kind is None:
        raise ConfigurationError(
            f"{describe(model)}: the type of custom field {key!r} is not known yet; save() finds it"
        )
    name = f"custom_fields[{held.name!r}]"
    where = {"field_id": definition.id if definition is not None else key}
    value = held.value
    if value is not None and not kind.is_empty(value):
        try:
            value = kind.clean(value)
        except (ValueError, TypeError) as error:
            raise build_value_error(model, name, error) from None
    values = encode_values(model, name, kind, value, definition, resolver.zone, companion.find_values_in_row(key))
    return {**where, "values": values}


def _free_type(model: Model, key: Any, resolver: DefinitionResolver) -> str:
    companion: CustomFields = model.__kommo_state__.attached["custom_fields"]
    definition = resolver.definition(model._get_definitions_kind(), key)
    kind = companion.find_kind_in_row(key)
    return definition.type if definition is not None else kind.field_type if kind is not None else ""


def encode_values(
    model: Model,
    name: str,
    kind: Kind[Any],
    value: Any,
    definition: Definition | None,
    zone: tzinfo | None,
    current: Values,
) -> list[dict[str, Any]] | None:
    """The `values` of one custom field; None clears it. In-place changes are checked here."""
    try:
        if kind.read_only or (definition is not None and definition.is_computed):
            raise ValueError("the field is computed or of a read-only type")
        if kind.is_empty(value):
            return kind.encode_empty(current)
        return kind.encode(kind.clean(value), definition, zone, current=current)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise build_value_error(model, name, error) from None


def build_value_error(model: Model, name: str, error: Exception) -> ConfigurationError:
    return ConfigurationError(f"{describe(model)}: the value of {name!r} cannot be sent: {error}")


def _add_tags(model: Model, made: Payload, creating: bool) -> None:
    body = made.body
    for name, companion in model.__kommo_state__.attached.items():
        if isinstance(companion, Tags) and companion.is_changed:
            made.extras[name] = companion.take_snapshot()
            if companion.is_cleared:
                embedded = body.setdefault("_embedded", {})
                embedded["tags"] = companion.to_add or None
                continue
            if companion.to_add:
                body["tags_to_add"] = companion.to_add
            if companion.to_delete and not creating:
                body["tags_to_delete"] = companion.to_delete


def _add_sets(model: Model, made: Payload) -> None:
    """Relations that the body carries as a whole."""
    for name, companion in model.__kommo_state__.attached.items():
        if isinstance(companion, ReplacedObjects) and companion.is_changed:
            made.body.setdefault("_embedded", {})[companion.key] = companion.rows()
            made.extras[name] = companion.take_snapshot()


def find_field_name(model: Model, places: Mapping[int, str] | tuple[str, ...], path: str) -> str | None:
    """The user's own attribute for a path of a validation error (`custom_fields_values.0.values.0.value`)."""
    first, _, rest = path.partition(".")
    if first == FREE_VALUES:
        index = rest.partition(".")[0]
        if index.isdigit() and int(index) < len(places):
            return places[int(index)]
        return None
    for name, spec in type(model).__kommo_info__.fields.items():
        if isinstance(spec, CoreSpec) and spec.key == first:
            return name
    if first.startswith("tags_to_"):
        return "tags"
    if first == "_embedded":
        return rest.partition(".")[0] or None
    return None

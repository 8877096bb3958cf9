"""Encodes a change set: the body that is sent, each value in the form that its type is written in."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.link_row import LinkRow
from kommo_orm.model.attached_state import BodyPart
from kommo_orm.model.custom_fields import CustomFields, Pending, get_field_id
from kommo_orm.model.definition import Definition, UnknownDefinition
from kommo_orm.model.field_spec import CoreSpec, CustomSpec
from kommo_orm.model.kind import Kind, Values, find_kind
from kommo_orm.model.lazy_row import FREE_VALUES
from kommo_orm.model.model import Model
from kommo_orm.model.replace_relation import ReplacedObjects
from kommo_orm.model.tags import Tags
from kommo_orm.transport.json_encoder import convert_to_plain, encode_json
from kommo_orm.unit.change_set import ChangeSet
from kommo_orm.unit.definition_resolver import DefinitionResolver, needs_definition
from kommo_orm.unit.report import describe

# What bad values raise when they are read or encoded: those of the library, of pydantic, and of a user's own kinds.
BAD_VALUE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
NOT_WRITABLE = {
    "create": "can be given to a stored row only: save() the new one first",
    "update": "can be given at creation only; a stored row keeps it",
}


@dataclass(slots=True)
class Payload:
    """The body of one object, and which of its values stand where in it."""

    body: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, Any] = field(default_factory=dict)  # values by field, as they were when they were encoded
    extras: dict[str, Any] = field(default_factory=dict)  # the same of attached state
    places: list[str] = field(default_factory=list)  # attribute of each entry of `custom_fields_values`
    types: list[str] = field(default_factory=list)  # type of each of these entries
    links: list[LinkRow] = field(default_factory=list)
    resolved: bool = False  # whether definitions of the account were used
    entries: list[dict[str, Any]] = field(default_factory=list)  # custom fields

    def add_entry(self, place: str, field_type: str, entry: dict[str, Any]) -> None:
        """Add the entry of one custom field."""
        self.entries.append(entry)
        self.places.append(place)
        self.types.append(field_type)


def build_payload(changes: ChangeSet, resolver: DefinitionResolver) -> Payload:
    """Encode what one object has to write. Raises `ConfigurationError` that names object and field."""
    model, creates = changes.object, changes.creates
    refuse_creation(changes)
    payload = Payload()
    _add_fields(payload, changes, resolver)
    if changes.attached:
        _add_attached(payload, changes, resolver)
    if payload.entries:
        payload.body[FREE_VALUES] = payload.entries
    if "_finish_payload" in type(model).__kommo_info__.own_hooks:
        payload.body = model._finish_payload(payload.body, creates)
    return payload


def refuse_creation(changes: ChangeSet) -> None:
    """Raise `ConfigurationError` for a new object of a class whose rows come into being in another way."""
    if changes.creates and type(changes.object).__kommo_info__.create_hint:
        raise refuse_field(changes.object, None, type(changes.object).__kommo_info__.create_hint)


def _add_attached(payload: Payload, changes: ChangeSet, resolver: DefinitionResolver) -> None:
    for name, attached in changes.attached.items():
        if isinstance(attached, CustomFields):
            _add_undeclared(payload, changes, attached, resolver)
        elif isinstance(attached, Tags):
            _add_tags(payload, name, attached, changes.creates)
        elif isinstance(attached, ReplacedObjects):
            payload.body.setdefault("_embedded", {})[attached._key] = attached._build_rows()
            payload.extras[name] = attached._take_snapshot()
        elif isinstance(attached, BodyPart):
            attached._add_to_body(payload.body)


# ---- declared fields
def _add_fields(payload: Payload, changes: ChangeSet, resolver: DefinitionResolver) -> None:
    verb = changes.verb
    for name, spec, value in changes.fields:
        if verb not in spec.writable:
            raise refuse_field(changes.object, name, f"{name} {NOT_WRITABLE[verb]}")
        payload.sent[name] = spec.copy_value(value)
        if isinstance(spec, CustomSpec):
            _add_custom_field(payload, changes, spec, value, resolver)
        elif isinstance(spec, CoreSpec):
            _add_core_field(payload, changes, spec, value)


def _add_custom_field(
    payload: Payload, changes: ChangeSet, spec: CustomSpec, value: Any, resolver: DefinitionResolver
) -> None:
    entry = _encode_custom(changes, spec, value, resolver)
    payload.resolved = payload.resolved or needs_definition(spec.kind, value)
    if not (changes.creates and entry["values"] is None):
        payload.add_entry(spec.name, spec.field_type, entry)


def _add_core_field(payload: Payload, changes: ChangeSet, spec: CoreSpec, value: Any) -> None:
    if value is None:
        if not changes.creates:  # Kommo refuses null for most of them
            payload.body[spec.key] = None
        return
    if type(value) is int and value < 0:
        refuse_negative_id(changes.object, spec.name, value)
    try:
        payload.body[spec.key] = spec.codec.encode(spec.codec.clean(value))
    except BAD_VALUE as error:
        raise build_value_error(changes.object, spec.name, error) from None


def refuse_negative_id(model: Model, name: str, value: int) -> None:
    """Ids of rows and users are no negative numbers; 0 is the robot, or none."""
    if value < 0 and (name.endswith("_id") or name in ("created_by", "updated_by")):
        raise refuse_field(model, name, f"{name} is the id of a row, so it cannot be {value}")


def _encode_custom(changes: ChangeSet, spec: CustomSpec, value: Any, resolver: DefinitionResolver) -> dict[str, Any]:
    model, state = changes.object, changes.object.__kommo_state__
    definition, field_id = resolver.find_declared(changes.definitions_kind, model, spec)
    entry = spec.find_entry(state) if state.row is not None and FREE_VALUES in state.row else None
    current: Values = (entry or {}).get("values") or ()
    if field_id is None and entry is not None:
        field_id = get_field_id(entry)
    values = encode_values(model, spec.name, spec.kind, value, definition, resolver.zone, current)
    return {"field_id": field_id, "values": values} if field_id is not None else _name_by_code(model, spec, values)


def _name_by_code(model: Model, spec: CustomSpec, values: Any) -> dict[str, Any]:
    """The entry of a field whose id is not known: the service knows fields by code, too, but not by name."""
    if spec.code is not None:
        return {"field_code": spec.code, "values": values}
    unknown = f"{spec.name} is mapped by name, and the account's fields are not known yet"
    raise refuse_field(model, spec.name, f"{unknown}. {describe_definitions_cure(model)}")


def describe_definitions_cure(model: Model) -> str:
    """How the definitions of the account become known."""
    return (
        "save() finds them. For to_payload() open the account (`with kommo:`) and call "
        f"kommo.check({type(model).__name__}) first"
    )


def encode_values(
    model: Model,
    name: str,
    kind: Kind[Any],
    value: Any,
    definition: Definition | None,
    zone: tzinfo | None,
    current: Values,
) -> list[dict[str, Any]] | None:
    """The `values` of one custom field; None clears it. Values that were changed in place are checked here."""
    try:
        if kind.read_only or (definition is not None and definition.is_computed):
            raise ValueError("the field is computed or of a read-only type")
        if kind.is_empty(value):
            return kind.encode_empty(current)
        encoded = kind.encode(kind.clean(value), definition, zone, current=current)
        return encoded if _is_shipped(kind) else convert_to_plain(encoded)
    except UnknownDefinition as error:
        raise build_value_error(model, name, error, f". {describe_definitions_cure(model)}") from None
    except BAD_VALUE as error:
        raise build_value_error(model, name, error) from None


def _is_shipped(kind: Kind[Any]) -> bool:
    """Whether the kind is the library's own: what it encodes is plain JSON."""
    return type(kind).__module__.startswith("kommo_orm.")


def build_value_error(model: Model, name: str, error: Exception, more: str = "") -> ConfigurationError:
    return refuse_field(model, name, f"the value of {name!r} cannot be sent: {error}{more}")


def refuse_field(model: Model, name: str | None, reason: str) -> ConfigurationError:
    """The error of an object that cannot be sent, with the object and the user's own attribute."""
    error = ConfigurationError(f"{describe(model)}: {reason}")
    error.object, error.field = model, name
    return error


# ---- undeclared custom fields
def _add_undeclared(
    payload: Payload, changes: ChangeSet, custom_fields: CustomFields, resolver: DefinitionResolver
) -> None:
    kind = changes.definitions_kind
    for key, pending in custom_fields._find_changes().items():
        definition = resolver.definition(kind, key)
        place = f"custom_fields[{pending.name!r}]"
        entry, field_type = _encode_undeclared(changes.object, place, key, pending, definition, resolver.zone)
        payload.extras.setdefault("custom_fields", {})[key] = copy.deepcopy(pending.value)
        if not (changes.creates and entry["values"] is None):
            payload.add_entry(place, field_type, entry)
            payload.resolved = True


def _encode_undeclared(
    model: Model, place: str, key: Any, pending: Pending, definition: Definition | None, zone: tzinfo | None
) -> tuple[dict[str, Any], str]:
    """The entry of a field, and its type. The type stands in the account's definition, or in the row."""
    custom_fields: CustomFields = model.__kommo_state__.attached["custom_fields"]
    kind = find_kind(definition.type) if definition is not None else custom_fields._find_kind_in_row(key)
    if kind is None:
        unknown = f"the type of custom field {key!r} is not known yet"
        raise refuse_field(model, place, f"{unknown}. {describe_definitions_cure(model)}")
    value = pending.value
    if value is not None and not kind.is_empty(value):
        try:
            value = kind.clean(value)
        except BAD_VALUE as error:
            raise build_value_error(model, place, error) from None
    values = encode_values(model, place, kind, value, definition, zone, custom_fields._find_values_in_row(key))
    field_id = definition.id if definition is not None else key
    return {"field_id": field_id, "values": values}, definition.type if definition is not None else kind.field_type


# ---- tags
def _add_tags(payload: Payload, name: str, tags: Tags[Any], creates: bool) -> None:
    payload.extras[name] = tags._take_snapshot()
    if tags._is_cleared:
        payload.body.setdefault("_embedded", {})["tags"] = tags._tags_to_add or None
        return
    if tags._tags_to_add:
        payload.body["tags_to_add"] = tags._tags_to_add
    if tags._tags_to_delete and not creates:
        payload.body["tags_to_delete"] = tags._tags_to_delete


# ---- what a body cannot hold
def has_bad_text(items: Iterable[BatchItem]) -> bool:
    """Whether any of these bodies may contain what the service refuses, and the whole request with it."""
    try:
        return b"\\u0000" in encode_json([item.body for item in items])
    except ValueError:
        return True


def refuse_bad_text(item: BatchItem) -> None:
    """Raise `ConfigurationError`, with the object and its attribute, for a text that no request can hold."""
    for part in (*item.nested_items, item):
        for path, reason in _iterate_bad_texts(part.body):
            name = find_field_name(part.object, part.field_names, path)
            raise refuse_field(part.object, name, f"the value of {name or path!r} cannot be sent: {reason}")
    try:
        encode_json(item.body)
    except ValueError as error:
        raise refuse_field(item.object, None, f"it cannot be sent: {error}") from None


def _iterate_bad_texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the fault of each text with NUL, or with half of a surrogate pair."""
    if isinstance(value, str):
        if "\0" in value:
            yield path, "a text contains NUL, the character with number 0, which Kommo does not store"
        try:
            value.encode()
        except UnicodeEncodeError as error:
            half = value[error.start : error.end]
            yield path, f"a text contains {half!r}, half of a surrogate pair, which UTF-8 has no bytes for"
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    for key, item in inner:
        yield from _iterate_bad_texts(item, f"{path}.{key}" if path else str(key))


# ---- the way back
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

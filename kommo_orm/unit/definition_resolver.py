"""Looks up what encoding needs to know of the account: definitions of custom fields, and the time zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import tzinfo
from functools import cached_property
from typing import Any

from kommo_orm.errors import ConfigurationError
from kommo_orm.interface.connection import Connection
from kommo_orm.model.connection import ModelConnection
from kommo_orm.model.custom_fields import CustomFields
from kommo_orm.model.definition import Definition
from kommo_orm.model.field_spec import CustomSpec
from kommo_orm.model.kind import Kind, find_kind
from kommo_orm.model.model import Model
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.change_set import ChangeSet


class DefinitionResolver:
    """Finds definitions that are in memory. It sends no request; `resolve_definitions` has asked before."""

    def __init__(self, connection: ModelConnection | None) -> None:
        self.connection = connection
        self._schema = connection.schema if connection is not None else None
        self.found: dict[tuple[str, str | int | CustomSpec], Definition] = {}
        self.absent: dict[
            tuple[str, CustomSpec], str
        ] = {}  # declared fields that the account lacks, and the words for it
        self._declared: dict[tuple[str, CustomSpec], tuple[Definition | None, int | None]] = {}

    @cached_property
    def zone(self) -> tzinfo | None:
        """The account's time zone, None where it is not known. It is looked up when the first value is encoded."""
        return self.connection.timezone if self.connection is not None else None

    def find_declared(self, kind: str, model: Model, spec: CustomSpec) -> tuple[Definition | None, int | None]:
        """The definition and the id of a declared field, as far as they are known. They are looked up once for all objects."""
        known = self._declared.get((kind, spec))
        if known is None:
            definition = self.definition(kind, spec)
            known = definition, self.field_id(model, spec) or (definition.id if definition is not None else None)
            if self._schema is not None:  # else the id depends on the object
                self._declared[kind, spec] = known
        return known

    def lacks_definition(self, kind: str, model: Model, spec: CustomSpec, value: Any) -> bool:
        """Whether the account has to be asked for the definition before this value can be encoded."""
        if (kind, spec) in self.found:
            return False
        if self.field_id(model, spec) is None:
            return True
        return not spec.kind.is_empty(value) and needs_definition(spec.kind, value)

    def definition(self, kind: str, key: str | int | CustomSpec) -> Definition | None:
        """The definition of a declared field (by its spec) or of an undeclared one (by id, code or name)."""
        found = self.found.get((kind, key))
        schema = self._schema
        if found is None and schema is not None:
            return schema.find_known_spec(kind, key) if isinstance(key, CustomSpec) else schema.find_known(kind, key)
        return found

    def field_id(self, model: Model, spec: CustomSpec) -> int | None:
        """The field's id in the account that is written to: a new object knows no account yet."""
        return self._schema.find_field_id(spec) if self._schema is not None else spec.find_id(model.__kommo_state__)


def resolve_definitions(
    connection: Connection,
    change_sets: Iterable[ChangeSet],
    *,
    fresh: bool = False,
    refuse: Callable[[ChangeSet, ConfigurationError], None] | None = None,
) -> Flow[DefinitionResolver]:
    """Ask for what encoding these changes needs: definitions of names, codes and option texts, and the zone.

    With `fresh` the definitions are read again although they are in memory. `refuse` is told of changes to fields that
    the account lacks; without it, the first of them raises.
    """
    resolver = DefinitionResolver(connection)
    for changes in change_sets:
        for part in (changes, *changes.nested.values()) if changes.nested else (changes,):
            info = type(part.object).__kommo_info__
            if not (info.has_parent or info.customs or "custom_fields" in part.attached):
                continue
            try:
                yield from _resolve_changes(resolver, connection, part, fresh)
            except ConfigurationError as error:
                error.object = error.object or part.object
                if refuse is None:
                    raise
                refuse(changes, error)
    return resolver


def _resolve_changes(
    resolver: DefinitionResolver, connection: Connection, changes: ChangeSet, fresh: bool
) -> Flow[None]:
    info = type(changes.object).__kommo_info__
    if info.has_parent:
        yield from changes.object._assign_parent(connection)  # a list that is known by name has to be found
    if info.customs and _lacks_declared(resolver, connection, changes):
        yield from _resolve_declared(resolver, connection, changes, fresh)
    if "custom_fields" in changes.attached:
        yield from _resolve_undeclared(resolver, connection, changes)


def _lacks_declared(resolver: DefinitionResolver, connection: Connection, changes: ChangeSet) -> bool:
    """Whether anything is to be asked for the declared fields of an object."""
    model, kind = changes.object, changes.definitions_kind
    for _, spec, value in changes.fields:
        if isinstance(spec, CustomSpec) and (
            _lacks_zone(connection, spec, value) or resolver.lacks_definition(kind, model, spec, value)
        ):
            return True
    return False


def _lacks_zone(connection: Connection, spec: CustomSpec, value: Any) -> bool:
    return spec.kind.needs_zone and connection.timezone is None and not spec.kind.is_empty(value)


def _resolve_declared(
    resolver: DefinitionResolver, connection: Connection, changes: ChangeSet, fresh: bool
) -> Flow[None]:
    model = changes.object
    kind = changes.definitions_kind
    for _, spec, value in changes.fields:
        if not isinstance(spec, CustomSpec):
            continue
        if _lacks_zone(connection, spec, value):
            yield from connection.find_timezone()
        if resolver.lacks_definition(kind, model, spec, value):
            if fresh:
                connection.schema.forget_definitions(kind)
                fresh = False
            yield from _find_definition(resolver, connection, kind, spec)


def _find_definition(resolver: DefinitionResolver, connection: Connection, kind: str, spec: CustomSpec) -> Flow[None]:
    try:
        if (kind, spec) in resolver.absent:
            raise ConfigurationError(resolver.absent[kind, spec])
        resolver.found[kind, spec] = yield from connection.schema.resolve_spec(kind, spec)
    except ConfigurationError as error:
        resolver.absent[kind, spec] = error.message
        error.field = spec.name
        raise


def _resolve_undeclared(resolver: DefinitionResolver, connection: Connection, changes: ChangeSet) -> Flow[None]:
    custom_fields: CustomFields = changes.attached["custom_fields"]
    kind = changes.definitions_kind
    for key in custom_fields._find_changes():
        try:
            found = yield from connection.schema.look_up(kind, key)
        except ConfigurationError as error:
            error.field = f"custom_fields[{key!r}]"
            raise
        resolver.found[kind, found.id] = found
        if find_kind(found.type).needs_zone and connection.timezone is None:
            yield from connection.find_timezone()
    if custom_fields._move_to_attributes(connection):  # some keys turned out to be fields that an attribute declares
        changes.recompute()
        yield from _resolve_declared(resolver, connection, changes, fresh=False)


def needs_definition(kind: Kind[Any], value: Any) -> bool:
    """Whether this value can only be written with the account's definition. A wrong value is refused later."""
    try:
        return kind.needs_definition(value)
    except (ValueError, TypeError, AttributeError):
        return False

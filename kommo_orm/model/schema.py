"""The definitions of an account's custom fields: read once per kind when they are needed, and kept for `ttl` seconds.

Ids are taken as given; codes, names and option texts are resolved here. One `Schema` belongs to one account and is shared
by all threads and tasks of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kommo_orm.errors import ConfigurationError
from kommo_orm.model.definition import Definition, describe_nearest, parse_definitions
from kommo_orm.transport.flow import Flow, run_exclusive

if TYPE_CHECKING:
    from kommo_orm.model.connection import ModelConnection
    from kommo_orm.model.field_spec import CustomSpec


@dataclass(slots=True)
class Definitions:
    """All custom fields of one kind of entity."""

    kind: str
    rows: list[Definition]
    read_at: float
    by_id: dict[int, Definition] = field(init=False)

    def __post_init__(self) -> None:
        self.by_id = {definition.id: definition for definition in self.rows}

    def find_definition(self, key: int | str) -> Definition | None:
        """By id, else by code, else by name. Raises `ConfigurationError` when several fields have that name."""
        if isinstance(key, int):
            return self.by_id.get(key)
        return self.find_by_code(key) or self.find_by_name(key)

    def find_by_code(self, code: str) -> Definition | None:
        return next((definition for definition in self.rows if definition.code == code), None)

    def find_by_name(self, name: str) -> Definition | None:
        named = [definition for definition in self.rows if definition.name == name]
        if len(named) > 1:
            ids = ", ".join(str(definition.id) for definition in named)
            raise ConfigurationError(
                f"{self.kind} of this account have {len(named)} custom fields named {name!r} (ids {ids}); map the field by id"
            )
        return named[0] if named else None

    def describe_nearest(self, key: int | str, attribute: str = "") -> str:
        """The fields that are like a wanted one, with their ids. An id is like none: the name of its attribute may be."""
        rows = sorted(self.rows, key=lambda one: (one.name.casefold(), one.id))
        wanted = attribute.replace("_", " ") if isinstance(key, int) else key
        codes = [(one.code, one.id) for one in rows if one.code and one.code != one.name]
        return describe_nearest(wanted, [(one.name, one.id) for one in rows], codes)


class Schema:
    """Definitions of one account.

    `read` reads the definitions of a kind as canonical rows.
    `overrides` are the ids that the account's `fields=` option gives to attributes: `{Deal: {"budget": 771}}`.
    """

    def __init__(
        self,
        connection: ModelConnection,
        read: Callable[[str], Flow[list[dict[str, Any]]]],
        *,
        fields: Mapping[type[Any], Mapping[str, int]] | None = None,
        ttl: float = 3600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection, self._read, self.ttl, self._clock = connection, read, ttl, clock
        self.overrides: dict[type[Any], dict[str, int]] = {cls: dict(names) for cls, names in (fields or {}).items()}
        self._known: dict[str, Definitions] = {}
        refuse_unknown_overrides(self.overrides)

    def find_override(self, spec: CustomSpec) -> int | None:
        """The id that this account gives to an attribute, if it gives one."""
        model = spec.model
        for parent in model.__mro__ if model is not None else ():
            found = self.overrides.get(parent, {}).get(spec.name)
            if found is not None:
                return found
        return None

    def find_field_id(self, spec: CustomSpec) -> int | None:
        found = self.find_override(spec) if self.overrides else None
        return found if found is not None else spec.id

    # ---- asking
    def get_definitions(self, kind: str, *, fresh: bool = False) -> Flow[Definitions]:
        """The definitions of a kind (`leads`, `contacts`, `catalogs/3005`), from memory if they are not too old."""
        known = self._find_current(kind)
        if known is not None and not fresh:
            return known
        return (
            yield from run_exclusive(f"schema:{self._connection.name}:{kind}", self._fetch_definitions(kind, known))
        )

    def _fetch_definitions(self, kind: str, stale: Definitions | None) -> Flow[Definitions]:
        known = self._known.get(kind)
        if known is not None and known is not stale and self._find_current(kind) is not None:
            return known  # another flow asked while this one waited
        rows = yield from self._read(kind)
        found = self._known[kind] = Definitions(kind, parse_definitions(rows), self._clock())
        return found

    def _find_current(self, kind: str) -> Definitions | None:
        known = self._known.get(kind)
        return known if known is not None and self._clock() - known.read_at < self.ttl else None

    def forget_definitions(self, kind: str | None = None) -> None:
        """Ask again next time: definitions were changed, or the service refused an option."""
        if kind is None:
            self._known.clear()
        else:
            self._known.pop(kind, None)

    # ---- resolving
    def resolve_spec(self, kind: str, spec: CustomSpec) -> Flow[Definition]:
        """The account's definition of a declared field. Raises `ConfigurationError` with the nearest name."""
        definitions = yield from self.get_definitions(kind)
        found = self._find_declared(definitions, spec)
        if found is None:
            raise ConfigurationError(self._describe_absent(definitions, kind, spec))
        return found

    def _find_declared(self, definitions: Definitions, spec: CustomSpec) -> Definition | None:
        field_id = self.find_field_id(spec)
        if field_id is not None:
            return definitions.by_id.get(field_id)
        return (
            definitions.find_by_code(spec.code)
            if spec.code is not None
            else definitions.find_by_name(spec.label or spec.name)
        )

    def _describe_absent(self, definitions: Definitions, kind: str, spec: CustomSpec) -> str:
        key = self.find_field_id(spec) or spec.code or spec.label or spec.name
        nearest = definitions.describe_nearest(key, spec.name)
        return (
            f"{spec.owner}.{spec.name}: {self._connection.name} has no custom field {key!r} on {kind}; "
            f"{nearest}{'' if nearest.endswith('?') else '.'} See kommo.check({spec.owner})."
        )

    def look_up(self, kind: str, key: int | str) -> Flow[Definition]:
        """The definition of an undeclared field by id, code or name."""
        definitions = yield from self.get_definitions(kind)
        found = definitions.find_definition(key)
        if found is None:
            raise ConfigurationError(
                f"{self._connection.name} has no custom field {key!r} on {kind}; {definitions.describe_nearest(key)}"
            )
        return found

    def find_known(self, kind: str, key: int | str) -> Definition | None:
        """Return the definition of a field, if it is in memory. Sends no request."""
        definitions = self._known.get(kind)
        return definitions.find_definition(key) if definitions is not None else None

    def find_known_spec(self, kind: str, spec: CustomSpec) -> Definition | None:
        """Return the definition of a declared field, if it is in memory. Sends no request."""
        definitions = self._known.get(kind)
        return self._find_declared(definitions, spec) if definitions is not None else None

    def require_known(self, kind: str, key: int | str) -> None:
        """Raise `KeyError` when the definitions are in memory and the field is not among them."""
        definitions = self._known.get(kind)
        if definitions is not None and definitions.find_definition(key) is None:
            raise KeyError(
                f"{self._connection.name} has no custom field {key!r} on {kind}; {definitions.describe_nearest(key)}"
            )


def refuse_unknown_overrides(overrides: Mapping[type[Any], Mapping[str, int]]) -> None:
    """Refuse ids for attributes that declare no custom field."""
    for cls, names in overrides.items():
        for name in names:
            if name not in getattr(cls, "__kommo_customs__", {}):
                raise ConfigurationError(f"fields= names {cls.__name__}.{name}, which is no custom field of that class")

"""`lead.custom_fields`: custom fields by id, code or name, whether the class declares them or not."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from typing_extensions import TypeVar

from kommo_orm.errors import ConfigurationError, NotLoaded, UnexpectedResponse
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.definition import Definition, iterate_items
from kommo_orm.model.field_spec import UNREADABLE, make_unreadable_error
from kommo_orm.model.kind import Kind, find_kind
from kommo_orm.model.lazy_row import FREE_VALUES, MISSING
from kommo_orm.model.owned_state import OwnedState

if TYPE_CHECKING:
    from kommo_orm.model.connection import ModelConnection
    from kommo_orm.model.model import Model

G = TypeVar("G")
Key = int | str


@dataclass(frozen=True, slots=True)
class CustomValue:
    """One filled custom field of a row."""

    id: int
    name: str
    code: str | None
    type: str
    value: Any


@dataclass(slots=True)
class Pending:
    """A value of a field that no attribute declares: the present one, and the stored one (MISSING if it is not known)."""

    name: Key  # the field as the user wrote it, for messages
    value: Any
    old: Any


class CustomFields(OwnedState):
    """The custom fields of one object.

    `fields[551]`, `fields["PHONE"]`, `fields["Source"]` read and write by id, code or name with the rules of the field's
    type; an unset field reads as None. A field that the class declares is the same value as its attribute.

    Example:
        >>> lead.custom_fields["Source"] = "web"
        >>> lead.custom_fields.get(551, Number)
        Decimal('500')

    Source: Kommo API v4, "Custom field values".
    """

    _keeps_loaded = False

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self._held: dict[Key, Pending] = {}
        self._unconfirmed: set[Key] = set()  # sent, and perhaps stored

    # ---- reading
    def __getitem__(self, key: Key) -> Any:
        attribute = self._find_attribute(key)
        if attribute is not None:
            return getattr(self._owner, attribute)
        held = self._find_pending(key)
        if held is None:
            entry = self._require_entry(key)
            if entry is None:
                self._require_definition(key)
                return None
            kind = find_kind(entry.get("field_type"))
            return self._read_entry(key, kind, entry)
        return held.value

    def _read_entry(self, key: Key, kind: Kind[Any], entry: dict[str, Any]) -> Any:
        """Return the stored value. One that can change in place is kept, and compared when the object is saved."""
        value = self._decode_entry(key, kind, entry)
        field_type = entry.get("field_type")
        if kind.mutable and (kind is find_kind(field_type) or field_type in kind.types):
            self._held[self._get_canonical_key(key)] = Pending(key, value, copy.deepcopy(value))
            self._touch_owner()
        return value

    def get(self, key: Key, kind: type[CustomAttr[G, Any, Any]]) -> G:
        """The value read as the given kind, typed: `lead.custom_fields.get(551, Number)`.

        Raises:
            UnexpectedResponse: the value cannot be read as that kind.
        """
        attribute = self._find_attribute(key)
        if attribute is not None:
            return getattr(self._owner, attribute)  # type: ignore[no-any-return]
        held = self._find_pending(key)
        if held is not None:
            return held.value  # type: ignore[no-any-return]
        entry, reader = self._require_entry(key), kind.kind_for(())
        return reader.empty() if entry is None else self._read_entry(key, reader, entry)  # type: ignore[no-any-return]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, int | str) and self[key] not in (None, [])

    def __iter__(self) -> Iterator[CustomValue]:
        for entry in self._require_entries():
            key = get_field_id(entry)
            if key is None:
                continue
            code, kind = entry.get("field_code"), entry.get("field_type") or ""
            yield CustomValue(key, entry.get("field_name") or "", code, kind, self._read_or_raw(key, entry))
        yield from self._iterate_added()

    def _read_or_raw(self, key: int, entry: dict[str, Any]) -> Any:
        """Return the value. What cannot be read is given as it was sent, so that it does not hide the others."""
        try:
            return self[key]
        except UnexpectedResponse:
            return entry.get("values")

    def _iterate_added(self) -> Iterator[CustomValue]:
        """Yield fields that were filled since the row was read, if their definitions are in memory."""
        connection, there = self._owner.__kommo_state__.connection, set(map(get_field_id, self._require_entries()))
        for key, held in self._held.items():
            known = (
                connection.schema.find_known(self._owner._get_definitions_kind(), key)
                if connection is not None
                else None
            )
            if known is not None and known.id not in there and held.value not in (None, []):
                yield CustomValue(known.id, known.name, known.code, known.type, held.value)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        filled = self._get_row_entries() or []
        shown = ", ".join(
            f"{entry.get('field_name') or entry.get('field_id')}={entry.get('values')!r}" for entry in filled
        )
        return f"<custom fields of {type(self._owner).__name__} {self._owner.pk}: {shown or 'none'}>"

    # ---- writing
    def __setitem__(self, key: Key, value: Any) -> None:
        attribute = self._find_attribute(key)
        if attribute is not None:
            setattr(self._owner, attribute, value)
            return
        kind = self._find_kind(key)
        if kind is not None:
            value = self._clean_value(key, kind, value)
        held = self._find_pending(key)
        old = held.old if held is not None else self._read_stored_value(key)
        self._held[self._get_canonical_key(key)] = Pending(held.name if held is not None else key, value, old)
        self._touch_owner()

    def _clean_value(self, key: Key, kind: Kind[Any], value: Any) -> Any:
        try:
            if kind.read_only:
                raise ValueError(f"custom fields of type {kind.field_type} are read-only")
            return kind.empty() if value is None else kind.clean(value)
        except ValueError as error:
            raise ValueError(f"{type(self._owner).__name__}.custom_fields[{key!r}]: {error}") from None

    # ---- pending changes
    @property
    def _is_changed(self) -> bool:
        return bool(self._find_changes())

    @property
    def _holds_values(self) -> bool:
        """Whether values are kept here that can change in place."""
        return bool(self._held)

    def _find_changes(self) -> dict[Key, Pending]:
        self._replace_names_by_ids()
        return {
            key: held for key, held in self._held.items() if key in self._unconfirmed or not self._is_same(key, held)
        }

    def _mark_unconfirmed(self, sent: Mapping[Key, Any]) -> None:
        """Note values that were sent and may be stored: they count as changed."""
        self._unconfirmed |= {key for key in self._held if key in sent or self._get_canonical_key(key) in sent}

    def _describe_changes(self, name: str) -> dict[str, tuple[Any, Any]]:
        pending = self._find_changes().values()
        return {f"{name}[{held.name!r}]": (None if held.old is MISSING else held.old, held.value) for held in pending}

    def _revert(self) -> None:
        known = {key: held for key, held in self._held.items() if held.old is not MISSING}
        self._held = {key: Pending(held.name, copy.deepcopy(held.old), held.old) for key, held in known.items()}

    def _take_snapshot(self) -> dict[Key, Any]:
        return {key: copy.deepcopy(held.value) for key, held in self._find_changes().items()}

    def _mark_stored(self, sent: Mapping[Key, Any] | None = None) -> None:
        """Make these values the baseline. What was changed since they were sent stays pending."""
        for key, value in (self._take_snapshot() if sent is None else sent).items():
            self._unconfirmed -= {key, self._get_canonical_key(key)}
            held = self._held.get(self._get_canonical_key(key)) or self._held.get(key)
            if held is not None:
                held.old = value

    def _move_to_attributes(self, connection: ModelConnection) -> bool:
        """Set pending values on the attributes that declare their fields. Returns whether there were any."""
        keys = {key: self._find_attribute(key, connection) for key in self._find_changes()}
        declared = {key: attribute for key, attribute in keys.items() if attribute is not None}
        for key, attribute in declared.items():
            self._refuse_disagreement(key, attribute)
            setattr(self._owner, attribute, self._held.pop(key).value)
        return bool(declared)

    def _refuse_disagreement(self, key: Key, attribute: str) -> None:
        """Refuse two values for one field, one given by its attribute and one by its key."""
        changed = self._owner.changes.get(attribute)
        if changed is not None and changed[1] != self._held[key].value:
            raise ConfigurationError(
                f"{type(self._owner).__name__}.{attribute} and custom_fields[{key!r}] are the same field and were given "
                "different values; set one of them"
            )

    def _drop_unchanged(self) -> None:
        """Forget values without changes, before the row is replaced: they are read from the new one."""
        self._held = self._find_changes()

    def _reload_baseline(self) -> None:
        """Compare the pending values with the owner's new row from now on."""
        for key, held in self._held.items():
            held.old = self._read_stored_value(key)

    def _copy_for(self, model: Model, duplicate: Callable[[Any], Any]) -> CustomFields:
        twin = CustomFields(model)
        twin._held = {key: Pending(h.name, duplicate(h.value), duplicate(h.old)) for key, h in self._held.items()}
        twin._unconfirmed = set(self._unconfirmed)
        return twin

    def __getstate__(self) -> Any:
        return {key: (h.name, h.value, h.old is not MISSING, h.old or None) for key, h in self._held.items()}

    def __setstate__(self, kept: Any) -> None:
        restored = kept.items()
        self._held = {
            key: Pending(name, value, old if known else MISSING) for key, (name, value, known, old) in restored
        }

    # ---- finding
    def _find_kind_in_row(self, key: Key) -> Kind[Any] | None:
        entry = self._find_row_entry(key)
        return find_kind(entry.get("field_type")) if entry is not None else None

    def _find_values_in_row(self, key: Key) -> list[dict[str, Any]]:
        entry = self._find_row_entry(key)
        return (entry.get("values") or []) if entry is not None else []

    def _get_row_entries(self) -> list[dict[str, Any]] | None:
        """Return the entries of the row; None when the row does not carry them."""
        row = self._owner.__kommo_state__.row
        if row is None:
            return [] if self._owner.is_new else None
        return list(iterate_items(row[FREE_VALUES])) if FREE_VALUES in row else None

    def _require_entries(self) -> list[dict[str, Any]]:
        entries = self._get_row_entries()
        if entries is None:
            raise NotLoaded(
                f"The custom fields of {type(self._owner).__name__} {self._owner.pk} are not in Kommo's row. "
                "Call refresh() to load the whole row"
            )
        return entries

    def _require_entry(self, key: Key) -> dict[str, Any] | None:
        return find_entry(self._require_entries(), self._get_canonical_key(key))

    def _find_row_entry(self, key: Key) -> dict[str, Any] | None:
        return find_entry(self._get_row_entries() or [], self._get_canonical_key(key))

    def _find_definition(self, key: Key, connection: ModelConnection | None = None) -> Definition | None:
        """Return the account's definition, if it is in memory."""
        connection = connection or self._owner.__kommo_state__.connection
        return (
            connection.schema.find_known(self._owner._get_definitions_kind(), key) if connection is not None else None
        )

    def _find_kind(self, key: Key) -> Kind[Any] | None:
        """Return the kind of a field, from the row or from a definition in memory."""
        kind = self._find_kind_in_row(key)
        if kind is None and (definition := self._find_definition(key)) is not None:
            kind = find_kind(definition.type)
        return kind

    def _get_canonical_key(self, key: Key) -> Key:
        """Return the field's id, from the row or from a definition in memory; else the key. So one field has one key."""
        if isinstance(key, str):
            entry = find_entry(self._get_row_entries() or [], key)
            found = get_field_id(entry) if entry is not None else None
            if found is not None:
                return found
            definition = self._find_definition(key)
            return key if definition is None else definition.id
        return key

    def _find_pending(self, key: Key) -> Pending | None:
        self._replace_names_by_ids()
        return self._held.get(self._get_canonical_key(key))

    def _replace_names_by_ids(self) -> None:
        """Replace names whose ids are known by now. Of two values for one field the later one stays."""
        if any(isinstance(key, str) for key in self._held):
            held, self._held = self._held, {}
            for key, pending in held.items():
                before = self._held.pop(self._get_canonical_key(key), pending)
                self._held[self._get_canonical_key(key)] = Pending(before.name, pending.value, before.old)

    def _find_attribute(self, key: Key, connection: ModelConnection | None = None) -> str | None:
        """Return the attribute that declares this field, if one does."""
        customs = type(self._owner).__kommo_customs__
        if not customs:
            return None
        state, canonical = self._owner.__kommo_state__, self._get_canonical_key(key)
        definition = self._find_definition(key, connection)
        entry = self._find_row_entry(key) or {}
        code = entry.get("field_code") or (definition.code if definition is not None else None)
        name = entry.get("field_name") or (definition.name if definition is not None else None)
        for attribute, spec in customs.items():
            field_id = spec.find_id(state)
            if field_id is not None:
                declared = field_id == canonical
            elif spec.code is not None:
                declared = spec.code in (key, code)
            else:
                declared = (spec.label or spec.name) in (key, name)
            if declared:
                return attribute
        return None

    def _require_definition(self, key: Key) -> None:
        connection = self._owner.__kommo_state__.connection
        if connection is not None:
            connection.schema.require_known(self._owner._get_definitions_kind(), key)

    def _decode_entry(self, key: Key, kind: Kind[Any], entry: dict[str, Any]) -> Any:
        values = entry.get("values")
        try:
            return kind.decode(values, self._owner.__kommo_state__.zone) if values else kind.empty()
        except UNREADABLE as error:
            row = self._owner.__kommo_state__.row or {}
            raise make_unreadable_error(
                type(self._owner).__name__, f"custom_fields[{key!r}]", row, values, error
            ) from None

    def _read_stored_value(self, key: Key) -> Any:
        """Return the stored value; MISSING when the row does not carry custom fields."""
        if self._get_row_entries() is None:
            return MISSING
        entry = self._find_row_entry(key)
        return None if entry is None else self._decode_entry(key, find_kind(entry.get("field_type")), entry)

    def _is_same(self, key: Key, held: Pending) -> bool:
        if held.old is MISSING:
            return False
        kind = self._find_kind(key)
        if kind is None:
            return bool(held.value == held.old)
        if kind.is_empty(held.value) or kind.is_empty(held.old):
            return kind.is_empty(held.value) and kind.is_empty(held.old)
        if kind.same(held.value, held.old):
            return True
        definition = self._find_definition(key)
        return definition is not None and kind.is_same_in(definition, held.old, held.value)

    def _touch_owner(self) -> None:
        unit = self._owner.__kommo_state__.unit
        if unit is not None:
            unit.touch(self._owner)


def find_entry(entries: Iterable[dict[str, Any]], key: Key) -> dict[str, Any] | None:
    """Return the entry of a field, by id, else by code, else by name."""
    found = list(entries)
    for name in ("field_id",) if isinstance(key, int) else ("field_code", "field_name"):
        for entry in found:
            if (get_field_id(entry) if name == "field_id" else entry.get(name)) == key:
                return entry
    return None


def get_field_id(entry: dict[str, Any]) -> int | None:
    """Return the field's id, which is a text sometimes; None for an entry that names no field."""
    try:
        return int(entry["field_id"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None

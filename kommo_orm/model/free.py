"""`lead.custom_fields`: custom fields by id, code or name, whether the class declares them or not."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from typing_extensions import TypeVar

from kommo_orm.errors import NotLoaded
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.kind import Kind, kind_of
from kommo_orm.model.spec import FREE_VALUES, CustomSpec

if TYPE_CHECKING:
    from kommo_orm.model.base import Model

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
    """A value of a field that no attribute declares: as it is now, and as it was."""

    value: Any
    old: Any
    is_set: bool  # assigned by the user; else only read, and changed when it differs


class CustomFields:
    """The custom fields of one object.

    `fields[551]`, `fields["PHONE"]`, `fields["Source"]` read and write by id, code or name with the rules of the field's
    type; an unset field reads as None. A field that the class declares is the same value as its attribute.

    Example:
        >>> lead.custom_fields["Source"] = "web"
        >>> lead.custom_fields.get(551, Number)
        Decimal('500')

    Source: Kommo API v4, "Custom field values".
    """

    keeps = False

    def __init__(self, model: Model) -> None:
        self._model = model
        self._held: dict[Key, Pending] = {}

    # ---- reading
    def __getitem__(self, key: Key) -> Any:
        attribute = self._attribute(key)
        if attribute is not None:
            return getattr(self._model, attribute)
        key = self._canonical(key)
        held = self._held.get(key)
        if held is None:
            entry = self._entry(key)
            if entry is None:
                self._must_exist(key)
                return None
            kind = kind_of(entry.get("field_type"))
            value = self._decode(kind, entry)
            if not kind.mutable:
                return value
            held = self._held[key] = Pending(value, copy.deepcopy(value), is_set=False)
            self._touch()
        return held.value

    def get(self, key: Key, kind: type[CustomAttr[G, Any, Any]]) -> G:
        """The value read as the given kind, typed: `lead.custom_fields.get(551, Number)`.

        Raises:
            ValueError: the value cannot be read as that kind.
        """
        held = self._held.get(self._canonical(key))
        if held is not None:
            return held.value  # type: ignore[no-any-return]
        attribute, entry = self._attribute(key), self._entry(self._canonical(key))
        if attribute is not None:
            return getattr(self._model, attribute)  # type: ignore[no-any-return]
        reader = kind.kind_for(())
        return reader.empty() if entry is None else self._decode(reader, entry)  # type: ignore[no-any-return]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, int | str) and self[key] not in (None, [])

    def __iter__(self) -> Iterator[CustomValue]:
        for entry in self._entries():
            key = int(entry["field_id"])
            yield CustomValue(key, entry.get("field_name") or "", entry.get("field_code"), entry.get("field_type") or "", self[key])

    def __len__(self) -> int:
        return len(self._entries())

    def __repr__(self) -> str:
        shown = ", ".join(f"{value.name or value.id}={value.value!r}" for value in self)
        return f"<custom fields of {type(self._model).__name__} {self._model.pk}: {shown}>"

    # ---- writing
    def __setitem__(self, key: Key, value: Any) -> None:
        attribute = self._attribute(key)
        if attribute is not None:
            setattr(self._model, attribute, value)
            return
        key = self._canonical(key)
        entry = self._entry(key)
        if entry is not None:
            kind = kind_of(entry.get("field_type"))
            value = kind.empty() if value is None else kind.clean(value)
        held = self._held.get(key)
        old = held.old if held is not None else self._base(key, entry)
        self._held[key] = Pending(value, old, is_set=True)
        self._touch()

    # ---- the companion's side
    @property
    def is_changed(self) -> bool:
        return bool(self.pending())

    def pending(self) -> dict[Key, Pending]:
        return {key: held for key, held in self._held.items() if not self._same(key, held)}

    def changes(self, name: str) -> dict[str, tuple[Any, Any]]:
        return {f"{name}[{key!r}]": (held.old, held.value) for key, held in self.pending().items()}

    def revert(self) -> None:
        self._held = {key: Pending(copy.deepcopy(h.old), h.old, False) for key, h in self._held.items() if self._entry(key) is None and h.old is not None}

    def settle(self) -> None:
        for held in self._held.values():
            held.old, held.is_set = copy.deepcopy(held.value), False

    def copied(self, model: Model, duplicate: Callable[[Any], Any]) -> CustomFields:
        twin = CustomFields(model)
        twin._held = {key: Pending(duplicate(h.value), duplicate(h.old), h.is_set) for key, h in self._held.items()}
        return twin

    def __getstate__(self) -> Any:
        return {key: (held.value, held.old, held.is_set) for key, held in self._held.items()}

    def __setstate__(self, kept: Any) -> None:
        self._held = {key: Pending(*parts) for key, parts in kept.items()}

    # ---- finding
    def kind_in_row(self, key: Key) -> Kind[Any] | None:
        entry = self._entry(key)
        return kind_of(entry.get("field_type")) if entry is not None else None

    def values_in_row(self, key: Key) -> list[dict[str, Any]]:
        entry = self._entry(key)
        return (entry.get("values") or []) if entry is not None else []

    def _entries(self) -> list[dict[str, Any]]:
        row = self._model.__kommo_state__.row
        if row is None:
            return []
        if FREE_VALUES not in row:
            raise NotLoaded(
                f"The custom fields of {type(self._model).__name__} {self._model.pk} are not in what the service sent. "
                "Call refresh() to load the whole row."
            )
        return row[FREE_VALUES] or []

    def _entry(self, key: Key) -> dict[str, Any] | None:
        entries = self._entries()
        if isinstance(key, int):
            return next((entry for entry in entries if entry.get("field_id") == key), None)
        by_code = (entry for entry in entries if entry.get("field_code") == key)
        by_name = (entry for entry in entries if entry.get("field_name") == key)
        return next(by_code, None) or next(by_name, None)

    def _canonical(self, key: Key) -> Key:
        """The field's id where the row tells it, so that one field has one key."""
        if isinstance(key, str):
            entry = self._entry(key)
            if entry is not None:
                return int(entry["field_id"])
        return key

    def _attribute(self, key: Key) -> str | None:
        """The attribute that declares this field, if one does."""
        state, canonical = self._model.__kommo_state__, self._canonical(key)
        for name, spec in type(self._model).__kommo_customs__.items():
            if canonical in (spec.id_in(state), spec.code, spec.label) and canonical is not None:
                return name
            if isinstance(canonical, int) and spec.id is None and self._declares(spec, canonical):
                return name
        return None

    def _declares(self, spec: CustomSpec, field_id: int) -> bool:
        entry = spec.entry(self._model.__kommo_state__)
        return entry is not None and entry.get("field_id") == field_id

    def _must_exist(self, key: Key) -> None:
        connection = self._model.__kommo_state__.connection
        if connection is not None:
            connection.schema.must_know(type(self._model).__kommo_kind__, key)

    def _decode(self, kind: Kind[Any], entry: dict[str, Any]) -> Any:
        values = entry.get("values")
        return kind.decode(values, self._model.__kommo_state__.zone) if values else kind.empty()

    def _base(self, key: Key, entry: dict[str, Any] | None) -> Any:
        return None if entry is None else self._decode(kind_of(entry.get("field_type")), entry)

    def _same(self, key: Key, held: Pending) -> bool:
        kind = self.kind_in_row(key)
        if kind is None:
            return not held.is_set or held.value == held.old
        if kind.is_empty(held.value) or kind.is_empty(held.old):
            return kind.is_empty(held.value) and kind.is_empty(held.old)
        return kind.same(held.value, held.old)

    def _touch(self) -> None:
        unit = self._model.__kommo_state__.unit
        if unit is not None:
            unit.touch(self._model)

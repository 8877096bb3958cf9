"""Rows inside other rows: the stages of a pipeline. They are read with the owner and given at its creation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, Self, cast, overload

from typing_extensions import TypeVar

from kommo_orm.errors import ConfigurationError, NotLoaded
from kommo_orm.fields.raw_values import is_object
from kommo_orm.model.arguments import refuse_list_argument, validate_list
from kommo_orm.model.attached_state import AttachedAttribute
from kommo_orm.model.class_registry import find_class
from kommo_orm.model.codec import parse_list
from kommo_orm.model.field_values import get_values
from kommo_orm.model.instance_state import NOTHING
from kommo_orm.model.owned_state import OwnedState
from kommo_orm.model.php_shapes import embeds_nothing, read_embedded
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

M = TypeVar("M", bound="Model", covariant=True)


class EmbeddedRows(OwnedState, Generic[M]):
    """The objects inside one owner. Each is saved by itself, like any other object."""

    def __init__(self, owner: Model, declared: EmbeddedMany[Any]) -> None:
        super().__init__(owner)
        self._declared = declared
        self._objects: list[Model] | None = None
        self._given: list[Model] = []  # to be created with the owner
        self._sent: list[Model] = []  # created with the owner; the answer has their ids

    def __iter__(self) -> Iterator[M]:
        return iter(self._get_objects())

    def __len__(self) -> int:
        return len(self._get_objects())

    def __getitem__(self, index: int) -> M:
        return self._get_objects()[index]

    def __bool__(self) -> bool:
        return bool(self._get_objects())

    def add(self, *objects: Model) -> None:
        """Let the objects be created together with their owner. Later ones are created by themselves.

        Raises:
            ConfigurationError: the owner is stored, or an object is of another entity.
        """
        if not self._owner.is_new:
            raise ConfigurationError(
                f"{describe(self._owner)} is stored: create its {self._declared.name} one by one, with "
                f"{find_class(self._declared.kind).__name__}.objects.of(...).create(...)"
            )
        refuse_list_argument(objects, "add")
        for given in objects:
            if getattr(type(given), "__kommo_kind__", None) != self._declared.kind:
                raise ConfigurationError(f"{type(self._owner).__name__}.{self._declared.name} does not take {given!r}")
        self._given.extend(objects)

    @property
    def pending_objects(self) -> list[Model]:
        """The new objects that are created together with the owner."""
        return list(self._given)

    def _reload_baseline(self) -> None:
        """Follow a new row of the owner: objects that were sent with it get the rows of their names."""
        rows = [dict(row) for row in self._read_rows() or () if is_object(row)]
        for sent in self._sent:
            row = next((row for row in rows if row.get("name") == getattr(sent, "name", None)), None)
            if row is not None:
                rows.remove(row)
                assign_row(sent, row, self._owner)
        self._sent, self._objects = [], None

    # ---- the attached state
    @property
    def _keeps_loaded(self) -> bool:
        return bool(self._given)

    @property
    def _is_changed(self) -> bool:
        return bool(self._given)

    def _describe_changes(self, name: str) -> dict[str, tuple[Any, Any]]:
        return {name: ((), tuple(self._given))} if self._given else {}

    def _revert(self) -> None:
        self._given = []

    def _mark_stored(self) -> None:
        self._sent, self._given = self._given, []

    def _copy_for(self, model: Model, duplicate: Callable[[Any], Any]) -> Self:
        twin = type(self)(model, self._declared)
        twin._objects, twin._given = duplicate(self._objects), duplicate(self._given)
        return twin

    def __getstate__(self) -> Any:
        return (self._objects, self._given)

    def __setstate__(self, kept: Any) -> None:
        self._objects, self._given = kept

    def __repr__(self) -> str:
        return f"<{self._declared.name} of {describe(self._owner)}>"

    # ---- inside
    def _read_rows(self) -> Any:
        row = self._owner.__kommo_state__.row
        found = (read_embedded(row) or {}).get(self._declared.key)
        return parse_list(found) if found is not None or embeds_nothing(row) else None

    def _get_objects(self) -> list[M]:
        if self._objects is None:
            rows = self._read_rows()
            if rows is None and not self._owner.is_new:
                name = self._declared.name
                raise NotLoaded(f"{describe(self._owner)} does not know its {name}: refresh() loads it")
            state = self._owner.__kommo_state__
            found = [dict(row) for row in rows or () if is_object(row)]
            self._objects = list(find_class(self._declared.kind).hydrate(found, state.account))
        return cast("list[M]", [*self._objects, *self._given])


def get_embedded_rows(model: Model, key: str, include: str) -> list[Any]:
    """The rows that a row embeds on request. Raises `NotLoaded` without the matching `include()`."""
    state = model.__kommo_state__
    embedded = read_embedded(state.row) or {}
    if key not in embedded and include not in state.included:
        raise NotLoaded(f"{describe(model)} does not know its {key}: add .include({include!r}) to the query")
    return parse_list(embedded.get(key))


def assign_row(model: Model, row: dict[str, Any], owner: Model) -> None:
    """Make a row the baseline of an object."""
    state = model.__kommo_state__
    state.row, state.account, state.baseline = dict(row), owner.__kommo_state__.account, NOTHING
    for name in [name for name in get_values(model) if name in type(model).__kommo_info__.fields]:
        del get_values(model)[name]


class EmbeddedMany(AttachedAttribute, Generic[M]):
    """Declares rows inside a row: `statuses = EmbeddedMany["Status"]("statuses", "statuses")`."""

    in_constructor = True

    def __init__(self, kind: str, key: str) -> None:
        self.kind, self.key = kind, key

    @overload
    def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any], /) -> EmbeddedRows[M]: ...
    def __get__(self, instance: Any, owner: type[Any], /) -> Any:
        return self if instance is None else instance._get_attached(self.name, self.create_state)._with_owner(instance)

    if TYPE_CHECKING:

        def __set__(self, instance: Any, value: Iterable[M], /) -> None: ...

    def create_state(self, model: Model) -> Any:
        made: EmbeddedRows[Any] = EmbeddedRows(model, self)
        return made

    def assign_value(self, model: Model, value: Any) -> None:
        rows: EmbeddedRows[Any] = self.__get__(model, type(model))
        given = validate_list(self.name, value)
        rows._revert()
        rows.add(*given)

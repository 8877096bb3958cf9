"""The parent of an object: the entity of a note or a task, the customer of a purchase. It may be new itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, overload

from kommo_orm.errors import ConfigurationError, UnexpectedResponse
from kommo_orm.model.attached_state import AttachedAttribute
from kommo_orm.model.class_registry import find_class
from kommo_orm.model.field_values import get_values
from kommo_orm.model.owned_state import OwnedState

if TYPE_CHECKING:
    from kommo_orm.model.model import Model


class ParentState(OwnedState):
    """The attached state: the object that was assigned, until its id is known and stands in a field."""

    _keeps_loaded = False

    def __init__(self, owner: Model, key: str = "entity_id") -> None:
        super().__init__(owner)
        self._key = key
        self.object: Model | None = None

    @property
    def _is_changed(self) -> bool:
        """Whether the object has no id yet. Once it has one, the field of the id is what changed."""
        if self.object is None:
            return False
        return self.object.pk is None or self.object.pk != getattr(self._owner, self._key, None)

    def _describe_changes(self, name: str) -> dict[str, tuple[Any, Any]]:
        return {name: (getattr(self._owner, self._key, None), self.object)} if self._is_changed else {}

    def take_id(self) -> None:
        """Set the field of the id, once the parent has been saved."""
        if self.object is not None and self.object.pk is not None:
            _set_field(self._owner, self._key, self.object.pk)

    def _revert(self) -> None:
        self.object = None

    def _mark_stored(self) -> None:
        """Nothing is pending here."""

    def _copy_for(self, model: Model, duplicate: Callable[[Any], Any]) -> Self:
        twin = type(self)(model, self._key)
        twin.object = duplicate(self.object)
        return twin

    def __getstate__(self) -> Any:
        return self.object

    def __setstate__(self, kept: Any) -> None:
        self.object = kept


class ParentObject(AttachedAttribute):
    """Declares the parent of a class: `entity` of notes and tasks. It is set as an object, saved or new.

    `key` is the field of the parent's id. With `named=False` all parents are of one kind, and no field names it.

    Example:
        >>> task = Task(text="Call", complete_till=tomorrow)
        >>> task.entity = deal
    """

    in_constructor = True

    def __init__(self, *kinds: str, key: str = "entity_id", named: bool = True) -> None:
        self.kinds, self.key, self.named = kinds, key, named

    @overload
    def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any], /) -> Model | None: ...
    def __get__(self, instance: Any, owner: type[Any], /) -> Any:
        if instance is None:
            return self
        state: ParentState = instance._get_attached(self.name, self.create_state)
        if state.object is not None:
            return state.object
        kind = getattr(instance, "entity_type", None) if self.named else self.kinds[0]
        pk = getattr(instance, self.key, None)
        if not kind or not pk:
            return None
        return self._make_reference(instance, kind, pk)

    if TYPE_CHECKING:

        def __set__(self, instance: Any, value: Model, /) -> None: ...

    def _make_reference(self, instance: Model, kind: str, pk: int) -> Model:
        try:
            cls = find_class(kind)
        except KeyError:
            raise UnexpectedResponse(
                f"{self.owner} {instance.pk} belongs to {kind!r} {pk}, a kind of row that this version does not know. "
                f"entity_type and {self.key} can be read"
            ) from None
        return cls.reference(pk, instance.__kommo_state__.account)

    def create_state(self, model: Model) -> Any:
        return ParentState(model, self.key)

    def assign_value(self, model: Model, value: Any) -> None:
        kind = getattr(type(value), "__kommo_kind__", None)
        if kind not in self.kinds:
            raise ConfigurationError(f"{self.owner}.{self.name} is one of {', '.join(self.kinds)}; got {value!r}")
        if not model.is_new and type(model).__kommo_info__.fields[self.key].is_place:
            raise ConfigurationError(f"{self.owner} {model.pk} stays with its {self.name}: make a new one for another")
        self._adopt_account(model, value)
        state: ParentState = model._get_attached(self.name, self.create_state)
        state.object = value
        if self.named:
            _set_field(model, "entity_type", kind)
        get_values(model).pop(self.key, None)  # the id of the former parent
        if value.pk is not None:
            _set_field(model, self.key, value.pk)
        if model.__kommo_state__.unit is not None:
            model.__kommo_state__.unit.touch(model)

    def _adopt_account(self, model: Model, value: Model) -> None:
        """Take over the account of the parent. Raises `ConfigurationError` for two accounts."""
        mine, theirs = model.account_name, value.account_name
        if mine is not None and theirs is not None and mine != theirs:
            raise ConfigurationError(f"An object of {theirs} cannot be the {self.name} of one of {mine}")
        if mine is None:
            model.__kommo_state__.account = value.__kommo_state__.account


def _set_field(model: Any, name: str, value: Any) -> None:
    get_values(model)[name] = value
    model.__pydantic_fields_set__.add(name)

"""Declaring relations on a model: to several objects, to one of them, and to its id."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, overload

from typing_extensions import TypeVar

from kommo_orm.errors import ConfigurationError, NotLoaded
from kommo_orm.model.attached_state import AttachedAttribute
from kommo_orm.model.pending_links import LinkMeta
from kommo_orm.model.related_objects import RelatedObjects

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

M = TypeVar("M", bound="Model", covariant=True)


class Related(AttachedAttribute, Generic[M]):
    """Declares a relation to several objects on a model: `contacts = Related["Contact"]("contacts")`.

    `target` is the kind of the related entity, `key` the name under which a row embeds the relation. One of the related
    objects may be the main one (`has_main`), or the owner the main one of theirs (`is_main_of`).
    """

    in_constructor = True
    state_class: type[RelatedObjects[Any]] = RelatedObjects
    single: str | None = None  # the attribute that shows this relation as one object

    def __init__(
        self, target: str, *, key: str | None = None, has_main: bool = False, is_main_of: bool = False
    ) -> None:
        self.target, self.key, self.has_main, self.is_main_of = target, key or target, has_main, is_main_of

    @overload
    def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any], /) -> RelatedObjects[M]: ...
    def __get__(self, instance: Model | None, owner: type[Any], /) -> Any:
        if instance is None:
            return self
        state: RelatedObjects[Any] = instance._get_attached(self.name, self.create_state)
        return state._with_owner(instance)

    if TYPE_CHECKING:

        def __set__(self, instance: Any, value: Iterable[Model | int], /) -> None: ...

    def create_state(self, model: Model) -> Any:
        return self.state_class(model, self)

    def assign_value(self, model: Model, value: Any) -> None:
        self.__get__(model, type(model)).set(value)

    def read_link_meta(self, item: dict[str, Any]) -> LinkMeta:
        """Return what an embedded item carries about the link itself."""
        return {"is_main": bool(item["is_main"])} if "is_main" in item else {}

    def require_main(self) -> None:
        if not (self.has_main or self.is_main_of):
            raise ConfigurationError(f"{self.owner}.{self.name} has no main one")

    if not TYPE_CHECKING:  # checkers see a comparison of objects, which is no condition

        def __eq__(self, other: object) -> NoReturn:
            from kommo_orm.errors import QueryError

            raise QueryError(
                f"Kommo cannot filter by {self.owner}.{self.name}; read the related objects' own lists instead"
            )

    __hash__ = object.__hash__


class RelatedOne(AttachedAttribute, Generic[M]):
    """Declares a relation to at most one object, kept under a `Related` of the same class: `company`."""

    in_constructor = True

    def __init__(self, through: str) -> None:
        self.through = through

    @overload
    def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any], /) -> M | None: ...
    def __get__(self, instance: Model | None, owner: type[Any], /) -> Any:
        if instance is None:
            return self
        found = getattr(instance, self.through)._get_objects()
        return found[-1] if found else None

    if TYPE_CHECKING:

        def __set__(self, instance: Any, value: Model | int | None, /) -> None: ...

    def assign_value(self, model: Model, value: Any) -> None:
        assign_related(getattr(model, self.through), value)


def assign_related(related: RelatedObjects[Any], value: Any) -> None:
    """Make an object, or the row of an id, the only linked one; None unlinks."""
    if (
        related._baseline is None and not related._owner.is_new
    ):  # a reference: what is linked now is not known, and need not be
        related._revert()
        if value is None:
            raise NotLoaded(related._describe_unknown())
        related.add(value)
    else:
        related.set(() if value is None else (value,))


class RelatedId(AttachedAttribute):
    """Declares the id of a relation to at most one object: `company_id`. Known without loading the object."""

    def __init__(self, through: str, *, settable: bool = True) -> None:
        self.through, self.in_constructor = through, settable

    @overload
    def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any], /) -> int | None: ...
    def __get__(self, instance: Model | None, owner: type[Any], /) -> Any:
        if instance is None:
            return self
        ids = getattr(instance, self.through).ids
        return ids[-1] if ids else None

    if TYPE_CHECKING:

        def __set__(self, instance: Any, value: int | None, /) -> None: ...

    def assign_value(self, model: Model, value: Any) -> None:
        if not self.in_constructor:
            raise AttributeError(f"{self.owner}.{self.name} follows {self.owner}.{self.through}: set that")
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise ConfigurationError(f"{self.owner}.{self.name} is the id of a row or None, not {value!r}")
        assign_related(getattr(model, self.through), value)

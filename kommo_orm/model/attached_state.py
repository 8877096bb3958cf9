"""Companions of an object that are no pydantic fields: relations, tags, undeclared custom fields.

A companion is made when first used, lives in the object's state, answers for its own changes, and goes along with copies
and pickles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from kommo_orm.model.class_builder import IgnoredByPydantic

if TYPE_CHECKING:
    from kommo_orm.model.model import Model


class AttachedState(Protocol):
    """What `Model` needs of a relation in use."""

    _keeps_loaded: bool  # whether it holds something (loaded objects) that a pickle should keep though nothing changed

    @property
    def _is_changed(self) -> bool: ...
    def _describe_changes(self, name: str) -> dict[str, tuple[Any, Any]]: ...
    def _revert(self) -> None: ...
    def _mark_stored(self) -> None:
        """What is pending has been saved: it is the baseline now."""
        ...

    def _copy_for(self, model: Model, duplicate: Callable[[Any], Any]) -> AttachedState: ...
    def __getstate__(self) -> Any: ...
    def __setstate__(self, kept: Any) -> None: ...


class SendableState(AttachedState, Protocol):
    """A companion that can change while its changes are on their way: what was sent is remembered and settled."""

    def _take_snapshot(self) -> Any:
        """What is pending at this moment, for `settle`."""
        ...

    def _mark_unconfirmed(self, sent: Any) -> None:
        """What was sent may be stored, or not: it counts as changed until something is heard of it."""
        ...

    def _mark_stored(self, sent: Any = None) -> None:
        """What was sent is stored now (all that is pending, if not given). Later changes stay pending."""
        ...


@runtime_checkable
class ReloadableState(Protocol):
    """Attached state that keeps a baseline of its own, made of the row."""

    def _reload_baseline(self) -> None:
        """Take the baseline from the new row of the owner."""
        ...


@runtime_checkable
class BodyPart(Protocol):
    """Attached state that writes its own part of the owner's body, such as the source of a new lead."""

    def _add_to_body(self, body: dict[str, Any]) -> None:
        """Add what is pending to the body of the owner."""
        ...


class AttachedAttribute(IgnoredByPydantic):
    """A class attribute that answers with a companion on objects: base of all relation descriptors."""

    name = ""
    owner = ""
    in_constructor = False  # whether the class can be called with it: `Task(entity=lead)`

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.name, self.owner = name, owner.__name__

    def create_state(self, model: Model) -> AttachedState:
        raise NotImplementedError

    def assign_value(self, model: Model, value: Any) -> None:
        raise AttributeError(f"{self.owner}.{self.name} cannot be set; use its methods (add, remove, set, clear)")


def find_state_factory(cls: type[Model], name: str) -> Callable[[Model], AttachedState]:
    """The maker of the companion of that name."""
    if name == "custom_fields":
        from kommo_orm.model.custom_fields import CustomFields

        return CustomFields
    maker: Callable[[Model], AttachedState] = cls.__kommo_info__.attached[name].create_state
    return maker

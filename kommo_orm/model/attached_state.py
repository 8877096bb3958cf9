"""What an object keeps beside its pydantic fields: the state of relations, tags and undeclared custom fields.

It is made when it is first used and kept in `InstanceState.attached`. It finds its own changes, and it goes along with copies
and pickles. Users hold some of these objects in their hands (`deal.contacts`). So what only the library calls begins with
an underscore.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from kommo_orm.model.class_builder import IgnoredByPydantic

if TYPE_CHECKING:
    from kommo_orm.model.model import Model


class AttachedState(Protocol):
    """What `Model` and flushes need of any attached state."""

    _keeps_loaded: bool  # whether pickles keep it though nothing changed: it holds objects

    @property
    def _is_changed(self) -> bool: ...
    def _describe_changes(self, name: str) -> dict[str, tuple[Any, Any]]: ...
    def _revert(self) -> None: ...
    def _mark_stored(self) -> None:
        """Make what is pending the baseline: it has been saved."""
        ...

    def _copy_for(self, model: Model, duplicate: Callable[[Any], Any]) -> AttachedState: ...
    def __getstate__(self) -> Any: ...
    def __setstate__(self, kept: Any) -> None: ...


class SendableState(AttachedState, Protocol):
    """A state that may change while its changes are being sent. It remembers what was sent."""

    def _take_snapshot(self) -> Any:
        """Return what is pending now. `_mark_stored` takes it when it has been stored."""
        ...

    def _mark_unconfirmed(self, sent: Any) -> None:
        """Note that what was sent may be stored. It counts as changed until a write or a read decides."""
        ...

    def _mark_stored(self, sent: Any = None) -> None:
        """Make what was sent the baseline; without `sent`, all that is pending. Later changes stay pending."""
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
    """Base of the descriptors of relations, tags and their like: on an object it gives the attached state."""

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
    """Return the function that makes the attached state of that name."""
    if name == "custom_fields":
        from kommo_orm.model.custom_fields import CustomFields

        return CustomFields
    return cls.__kommo_info__.attached[name].create_state

"""Reading an object as another class of the same entity: a `Contact` as the user's `Person`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import TypeVar

from kommo_orm.errors import ConfigurationError

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

N = TypeVar("N", bound="Model")


def convert_object(cls: type[N], model: Model) -> N:
    """Return an object of this class for the same row. Values that saves have stored since go along.

    Raises `ConfigurationError` if the object has changes, which the other one would not show.
    """
    if isinstance(model, cls):
        return model
    if model.has_changes:
        raise ConfigurationError(
            f"{type(model).__name__} {model.pk} has changes that {cls.__name__} would not show; save() or revert() it first"
        )
    state = model.__kommo_state__
    row = state.row or {"id": model.pk}
    if state.unit is not None and state.connection is not None:
        twin: N = state.unit.admit_rows(cls, [row], state.connection, state.included)[0]
    else:
        twin = cls.hydrate([row], state.account, None, state.included)[0]
    if not twin.has_changes:
        twin.__kommo_state__.baseline = {
            name: value for name, value in state.baseline.items() if name in cls.__kommo_info__.fields
        }
    return twin

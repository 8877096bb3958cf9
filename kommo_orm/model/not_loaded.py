"""Messages of `NotLoaded`: why an object does not have a value, and what loads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kommo_orm.model.field_spec import FieldSpec
from kommo_orm.model.instance_state import AWAITS_ID

if TYPE_CHECKING:
    from kommo_orm.model.model import Model


def describe_not_loaded(model: Model, spec: FieldSpec) -> str:
    """Return the message for a field that has no value in this object."""
    what = f"{type(model).__name__}.{spec.name}"
    if model.__kommo_state__.awaits_id:
        return f"{what} is not known yet: {AWAITS_ID}"
    if model.is_new:
        again = "" if type(model).__kommo_info__.is_write_only else " with refresh=True"
        return f"{what} has no value yet: the object is new. Set it, or save() the object{again}"
    return f"{what} {_describe_absence(model, spec)}"


def _describe_absence(model: Model, spec: FieldSpec) -> str:
    """Return why a stored object does not have the value, and what to do."""
    cls, row = type(model), model.__kommo_state__.row
    if cls.__kommo_info__.is_write_only:
        reason = "the object is a reference" if row is None else "Kommo's answer to the creation did not contain it"
        return (
            f"is not known for {model.pk}: {reason}, and Kommo's API never reads a {cls.__name__}. Keep what you send"
        )
    if row is None:
        return f"was not loaded: the object is a reference to row {model.pk}. Call refresh() or get({model.pk})"
    if spec.name in cls.__kommo_info__.on_request:
        return f"comes on request only: {cls.__kommo_info__.load_hint.format(name=spec.name)}"
    if getattr(spec, "key", None) in row:
        return f"is null in Kommo's row {model.pk}. Rows in the trash carry little more than their ids"
    return f"is not in Kommo's row {model.pk}. Call refresh() to load the whole row"

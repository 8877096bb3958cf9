"""What of an object differs from what is stored: its values against their baselines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from kommo_orm.errors import UnexpectedResponse
from kommo_orm.model.field_spec import MISSING, FieldSpec
from kommo_orm.model.instance_state import InstanceState

if TYPE_CHECKING:
    from kommo_orm.model.model import Model


def find_changed_fields(model: Model) -> Iterable[tuple[str, FieldSpec, Any]]:
    """The fields whose values differ from their baseline. For a new object: all that were given."""
    state, fields = model.__kommo_state__, type(model).__kommo_info__.fields
    for name in state.unconfirmed - vars(model).keys():
        getattr(model, name, None)  # read, so that what was loaded is sent again
    for name, value in vars(model).items():
        spec = fields.get(name)
        if spec is None or name == "id" or not spec.writable:
            continue
        old = get_baseline(state, spec)
        if name in state.unconfirmed:
            yield name, spec, value
        elif old is MISSING and (model.is_new or state.is_created_here) and spec.starts_empty and not value:
            continue  # a list of an object made here that was looked at, and nothing put into it
        elif old is MISSING or not spec.same(old, value):
            yield name, spec, value


def get_baseline(state: InstanceState, spec: FieldSpec) -> Any:
    """The value as stored; MISSING when the row does not carry it, or carries what nobody can read."""
    try:
        return state.baseline[spec.name] if spec.name in state.baseline else spec.read(state)
    except UnexpectedResponse:
        return MISSING


def get_old_value(model: Model, spec: FieldSpec) -> Any:
    old = get_baseline(model.__kommo_state__, spec)
    return None if old is MISSING else old

"""What of an object differs from what is stored: its values against their baselines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from kommo_orm.errors import ConfigurationError, UnexpectedResponse
from kommo_orm.model.field_spec import FieldSpec
from kommo_orm.model.instance_state import InstanceState
from kommo_orm.model.lazy_row import MISSING

if TYPE_CHECKING:
    from kommo_orm.model.model import Model


class ChangedField(NamedTuple):
    """A field whose value differs from the stored one."""

    name: str
    spec: FieldSpec
    value: Any


def find_changed_fields(model: Model) -> list[ChangedField]:
    """The fields whose values differ from their baseline. For a new object: all that were given."""
    state, values = model.__kommo_state__, vars(model)
    for name in state.unconfirmed - values.keys():
        getattr(model, name, None)  # read, so that what was loaded is sent again
    if not values:
        return []
    fields, is_own = type(model).__kommo_info__.fields, state.is_created_here or model.is_new
    return [
        ChangedField(name, spec, value)
        for name, value in values.items()
        if (spec := fields.get(name)) is not None
        and spec.writable
        and name != "id"
        and (name in state.unconfirmed or _differs(state, spec, value, is_own=is_own))
    ]


def _differs(state: InstanceState, spec: FieldSpec, value: Any, *, is_own: bool) -> bool:
    old = get_baseline(state, spec)
    if old is not MISSING:
        return not spec.same(old, value)
    # A list of an object made here that was only looked at is empty, and no change.
    return bool(value) or not (is_own and spec.starts_empty)


def find_changed_state(model: Model) -> dict[str, Any]:
    """The relations and other attached state of an object that have pending changes, by name."""
    attached = model.__kommo_state__.attached
    return {name: one for name, one in attached.items() if one._is_changed} if attached else {}


def get_baseline(state: InstanceState, spec: FieldSpec) -> Any:
    """Return the stored value; MISSING when the row does not carry it, or when it cannot be read."""
    try:
        return state.baseline[spec.name] if spec.name in state.baseline else spec.read(state)
    except UnexpectedResponse:
        return MISSING


def get_old_value(model: Model, spec: FieldSpec) -> Any:
    """The stored value of a field; None where it is not known."""
    old = get_baseline(model.__kommo_state__, spec)
    return None if old is MISSING else old


@contextmanager
def withhold_changes(model: Model, only: Sequence[str]) -> Iterator[None]:
    """Take the changes that are not to be sent out of the object while the block runs."""
    wanted = _resolve_names(model, only)
    values, state = vars(model), model.__kommo_state__
    withheld = {name: value for name, _, value in find_changed_fields(model) if name not in wanted}
    attached = {name: one for name, one in state.attached.items() if one._is_changed and name not in wanted}
    for name in withheld:
        del values[name]
    for name in attached:
        state.detach(name)
    try:
        yield
    finally:
        values.update(withheld)
        for name, one in attached.items():
            state.attach(name, one)


def _resolve_names(model: Model, only: Sequence[str]) -> set[str]:
    """The names of `save(only=...)`; `company` stands for the companies. Raises `ConfigurationError` for others."""
    fields, relations = type(model).__kommo_info__.fields, type(model).__kommo_info__.attached
    for name in only:
        if name not in fields and name not in relations and name != "custom_fields":
            raise ConfigurationError(f"save(only=...) names {name!r}, which is no field of {type(model).__name__}")
    return {*only, *(getattr(relations.get(name), "through", name) for name in only)}

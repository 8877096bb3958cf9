"""What of an object differs from what is stored: its values against their baselines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from kommo_orm.errors import ConfigurationError, UnexpectedResponse
from kommo_orm.model.field_spec import CustomSpec, FieldSpec
from kommo_orm.model.field_values import get_values
from kommo_orm.model.instance_state import InstanceState
from kommo_orm.model.kind import Kind
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
    return list(iterate_changed_fields(model))


def has_changed_field(model: Model) -> bool:
    """Whether there is any such field. The search ends at the first one."""
    return next(iterate_changed_fields(model), None) is not None


def iterate_changed_fields(model: Model) -> Iterator[ChangedField]:
    """Yield the fields whose values differ from their baseline. Values of fields that are never sent are not looked at."""
    state, values = model.__kommo_state__, get_values(model)
    baseline, unconfirmed = state.baseline, state.unconfirmed
    for name in unconfirmed - values.keys() if unconfirmed else ():
        getattr(model, name, None)  # read, so that what was loaded is sent again
    savable, has_no_baseline = type(model).__kommo_info__.savable, state.row is None and not baseline
    for name, value in list(values.items()):  # a comparison may read further fields of the object
        spec = savable.get(name)
        if spec is None:
            continue
        if (has_no_baseline and value) or name in unconfirmed:
            yield ChangedField(name, spec, value)
        elif not spec.mutable and (baseline[name] is value if name in baseline else _was_only_read(model, name)):
            continue
        elif _differs(model, spec, value):
            yield ChangedField(name, spec, value)


def _was_only_read(model: Model, name: str) -> bool:
    """Whether a value came from the row, and nobody has set the field. What validators of the class set is not known."""
    if model.__kommo_state__.row is None or type(model).__kommo_info__.has_validators:
        return False
    return name not in cast(Any, model).__pydantic_fields_set__


def _differs(model: Model, spec: FieldSpec, value: Any) -> bool:
    state = model.__kommo_state__
    old = get_baseline(state, spec)
    if old is not MISSING:
        return not spec.same(old, value) and not _is_same_in_account(model, spec, old, value)
    # A list of an object made here that was only looked at is empty, and no change.
    return bool(value) or not (spec.starts_empty and (state.is_created_here or model.is_new))


def _is_same_in_account(model: Model, spec: FieldSpec, old: Any, value: Any) -> bool:
    """Whether the account's definition, if it is in memory, says that two values are one: an option's text and its id."""
    if not isinstance(spec, CustomSpec) or type(spec.kind).is_same_in is Kind.is_same_in:
        return False
    if spec.kind.is_empty(old) or spec.kind.is_empty(value) or not spec.kind.may_be_same(old, value):
        return False
    connection = model.__kommo_state__.connection
    if connection is None:
        return False
    try:
        definition = connection.schema.find_known_spec(model._get_definitions_kind(), spec)
    except ConfigurationError:  # the object does not know its list yet, or two fields have the name
        return False
    return definition is not None and spec.kind.is_same_in(definition, old, value)


def find_changed_state(model: Model) -> dict[str, Any]:
    """The relations and other attached state of an object that have pending changes, by name."""
    attached = model.__kommo_state__.attached
    return {name: one for name, one in attached.items() if one._is_changed}


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
    values, state = get_values(model), model.__kommo_state__
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

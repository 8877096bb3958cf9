"""Lays a newer row under an object."""

from __future__ import annotations

from kommo_orm.model.attached_state import AttachedState, ReloadableState
from kommo_orm.model.changes import find_changed_fields
from kommo_orm.model.connection import ModelConnection
from kommo_orm.model.custom_fields import CustomFields
from kommo_orm.model.field_values import get_values
from kommo_orm.model.instance_state import NO_NAMES, NOTHING, Row
from kommo_orm.model.model import Model
from kommo_orm.model.related_objects import RelatedObjects


def replace_row(
    model: Model, row: Row, account: ModelConnection | str | None, included: frozenset[str], *, keep_changes: bool
) -> None:
    """Replace the row of an object. With `keep_changes` pending changes stay on top of it."""
    state, values = model.__kommo_state__, get_values(model)
    kept = {name for name, _, _ in list(find_changed_fields(model))} if keep_changes else set()
    for attached in list(state.attached.values()):
        _prepare_attached(attached, keep_changes=keep_changes)
    row = model._complete_row(row)
    state.row, state.account, state.baseline, state.is_created_here = row, account, NOTHING, False
    state.unconfirmed, state.unconfirmed_writes = NO_NAMES, 0
    state.included |= included
    for name in [name for name in values if name in type(model).__kommo_info__.fields and name not in kept]:
        del values[name]
    for attached in list(state.attached.values()):
        if isinstance(attached, ReloadableState):
            attached._reload_baseline()


def merge_object(model: Model, fresh: Model, *, keep_changes: bool) -> None:
    """Give an object the row and the loaded relations of another object of the same row."""
    read = fresh.__kommo_state__
    replace_row(model, read.row or {}, read.account, read.included, keep_changes=keep_changes)
    state = model.__kommo_state__
    for name, attached in read.attached.items():
        mine = state.attached.get(name)
        if mine is None:
            state.attach(name, attached._copy_for(model, lambda value: value))
        elif isinstance(mine, RelatedObjects) and isinstance(attached, RelatedObjects):
            mine._attach_objects(attached._objects_in_memory)


def _prepare_attached(attached: AttachedState, *, keep_changes: bool) -> None:
    if not keep_changes:
        attached._revert()
    if isinstance(attached, CustomFields):
        attached._drop_unchanged()

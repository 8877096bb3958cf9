"""Letting an object carry a newer reading of its row."""

from __future__ import annotations

from typing import Any

from kommo_orm.model.attached_state import AttachedState, ReloadableState
from kommo_orm.model.changes import find_changed_fields
from kommo_orm.model.connection import ModelConnection
from kommo_orm.model.custom_fields import CustomFields
from kommo_orm.model.instance_state import Row
from kommo_orm.model.model import Model
from kommo_orm.model.related_objects import RelatedObjects


def replace_row(
    model: Model, row: Row, account: ModelConnection | str | None, included: frozenset[str], *, keep_changes: bool
) -> None:
    """Replace the row under an object. With `keep_changes` pending changes stay on top of it."""
    state, values = model.__kommo_state__, vars(model)
    kept = {name for name, _, _ in list(find_changed_fields(model))} if keep_changes else set()
    for companion in list(state.attached.values()):
        _prepare_attached(companion, keep_changes=keep_changes)
    row = model._complete_row(row)
    state.row, state.account, state.baseline, state.is_created_here = row, account, {}, False
    state.unconfirmed, state.unconfirmed_writes = set(), 0
    state.included |= included
    for name in [name for name in values if name in type(model).__kommo_info__.fields and name not in kept]:
        del values[name]
    for companion in list(state.attached.values()):
        if isinstance(companion, ReloadableState):
            companion._reload_baseline()


def merge_object(model: Model, fresh: Model, *, keep_changes: bool) -> None:
    """Let an object carry the row and the loaded relations of another reading of the same row."""
    read = fresh.__kommo_state__
    replace_row(model, read.row or {}, read.account, read.included, keep_changes=keep_changes)
    extras: dict[str, Any] = model.__kommo_state__.attached
    for name, companion in read.attached.items():
        mine = extras.get(name)
        if mine is None:
            extras[name] = companion._copy_for(model, lambda value: value)
        elif isinstance(mine, RelatedObjects) and isinstance(companion, RelatedObjects):
            mine._attach_objects(companion._objects_in_memory)


def _prepare_attached(companion: AttachedState, *, keep_changes: bool) -> None:
    if not keep_changes:
        companion._revert()
    if isinstance(companion, CustomFields):
        companion._drop_unchanged()

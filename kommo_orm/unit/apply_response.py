"""Applies an answer to an object: ids and baselines move to what was sent, so that a saved object is clean."""

from __future__ import annotations

from functools import cache
from typing import Any

from kommo_orm.interface.batch import BatchItem
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.model.changes import get_baseline
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_spec import CoreSpec
from kommo_orm.model.field_values import get_values
from kommo_orm.model.instance_state import InstanceState, assign_id
from kommo_orm.model.lazy_row import FREE_VALUES, MISSING, overlay_row
from kommo_orm.model.model import ENVELOPE, Model
from kommo_orm.model.related_objects import RelatedObjects

EMBEDDED = "_embedded"


def apply_stored_row(item: BatchItem, stored: StoredRow, connection: Connection, *, created: bool) -> None:
    """Move the baseline of one object. Values that the user has changed since they were sent stay changes."""
    model, state = item.object, item.object.__kommo_state__
    answer = {key: value for key, value in stored.row.items() if key not in ENVELOPE or key == FREE_VALUES}
    _forget_refreshed_values(model, state, answer, item)
    _merge_answer(model, state, answer, stored.id)
    _move_baseline(model, state, answer, item)
    if state.attached:
        _mark_attached_stored(state, item, created=created)
    state.account = connection
    if state.unconfirmed:
        state.confirm(item.sent)
    state.unconfirmed_writes = 0
    state.create_attempt, state.is_created_here = None, state.is_created_here or created
    if "_after_write" in type(model).__kommo_info__.own_hooks:
        model._after_write(stored.row)


def apply_deletion(item: BatchItem, connection: Connection) -> None:
    """Let an object know that its row is gone."""
    item.object.__kommo_state__.account = connection
    item.object._after_write({})


@cache
def _find_core_specs(info: EntityInfo) -> dict[str, list[CoreSpec]]:
    """The core fields of a class, by the key of the row that they read."""
    found: dict[str, list[CoreSpec]] = {}
    for spec in info.fields.values():
        if isinstance(spec, CoreSpec):
            found.setdefault(spec.key, []).append(spec)
    return found


def _forget_refreshed_values(model: Model, state: InstanceState, answer: dict[str, Any], item: BatchItem) -> None:
    """Values that the answer has anew (`updated_at`, a composed name) are read again, unless the user changed them."""
    values, specs = get_values(model), _find_core_specs(type(model).__kommo_info__)
    for key in answer:
        for spec in specs.get(key, ()):
            name = spec.name
            if name not in values or name == "id" or name in item.sent:
                continue
            old = get_baseline(state, spec)
            if old is not MISSING and spec.same(old, values[name]):
                state.forget_baseline(name)
                del values[name]


def _merge_answer(model: Model, state: InstanceState, answer: dict[str, Any], pk: int) -> None:
    """Lay the answer over the row. Where it has a rounded value, the exact one beside it is dropped."""
    specs = _find_core_specs(type(model).__kommo_info__)
    exact = {spec.instead: MISSING for key in answer for spec in specs.get(key, ()) if spec.instead is not None}
    state.row = overlay_row(state.row, {**exact, **answer, "id": pk})
    if get_values(model).get("id") != pk:
        assign_id(model, pk)


def _move_baseline(model: Model, state: InstanceState, answer: dict[str, Any], item: BatchItem) -> None:
    """What was sent is the baseline now; what the answer has of it is read from the answer."""
    values, fields, moved = get_values(model), type(model).__kommo_info__.fields, {**state.baseline}
    for name, sent in item.sent.items():
        spec = fields[name]
        if answer.get(spec.key if isinstance(spec, CoreSpec) else FREE_VALUES) is None:
            moved[name] = sent
            continue
        moved.pop(name, None)
        if name in values and spec.same(values[name], sent):
            del values[name]
    state.baseline = moved


def _mark_attached_stored(state: InstanceState, item: BatchItem, *, created: bool) -> None:
    """Relations, tags and undeclared custom fields that went along are stored now."""
    for name, attached in state.attached.items():
        if name in item.extras:
            attached._mark_stored(item.extras[name])
        elif created and not isinstance(attached, RelatedObjects) and name in item.body.get(EMBEDDED, {}):
            attached._mark_stored()

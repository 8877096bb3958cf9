"""After the answer: ids and baselines move to what was sent, so that a saved object is clean."""

from __future__ import annotations

from typing import Any

from kommo_orm.interface.batch_item import BatchItem
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.model.changes import get_baseline
from kommo_orm.model.field_spec import FREE_VALUES, MISSING, CoreSpec
from kommo_orm.model.model import ENVELOPE, Model
from kommo_orm.model.related_objects import RelatedObjects

EMBEDDED = "_embedded"


def apply_stored_row(item: BatchItem, stored: StoredRow, connection: Connection, *, created: bool) -> None:
    """Move the baseline of one object. Values changed by the user since they were sent stay changes."""
    model, state = item.object, item.object.__kommo_state__
    answer = {key: value for key, value in stored.row.items() if key not in ENVELOPE or key == FREE_VALUES}
    told_anew = _find_refreshed_fields(model, answer, item)
    state.row = {**drop_finer_values(model, state.row or {}, answer), **answer, "id": stored.id}
    state.account = connection
    vars(model)["id"] = stored.id
    for name, value in item.sent.items():
        spec = type(model).__kommo_info__.fields[name]
        told = spec.key in answer if isinstance(spec, CoreSpec) else FREE_VALUES in answer
        if told and answer.get(getattr(spec, "key", FREE_VALUES)) is not None:
            state.baseline.pop(name, None)
            _forget_if_same(model, name, value)
        else:
            state.baseline[name] = value
    for name in told_anew:
        state.baseline.pop(name, None)
        del vars(model)[name]
    for name, companion in state.attached.items():
        if name in item.extras:
            companion._mark_stored(item.extras[name])
        elif created and not isinstance(companion, RelatedObjects) and name in item.body.get(EMBEDDED, {}):
            companion._mark_stored()
    state.unconfirmed -= item.sent.keys()
    state.unconfirmed_writes = 0
    state.create_attempt, state.is_created_here = None, state.is_created_here or created
    model._after_write(stored.row)


def drop_finer_values(model: Model, row: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """The old row without the finer values of what the answer tells only roughly (a price without its cents)."""
    finer = {
        spec.instead
        for spec in type(model).__kommo_info__.fields.values()
        if isinstance(spec, CoreSpec) and spec.key in answer
    }
    return {key: value for key, value in row.items() if key not in finer}


def apply_deletion(item: BatchItem, connection: Connection) -> None:
    """Tell the class that a row is gone."""
    item.object.__kommo_state__.account = connection
    item.object._after_write({})


def _forget_if_same(model: Model, name: str, sent: Any) -> None:
    """Let the value be read again from the answer, unless the user has changed it meanwhile."""
    spec = type(model).__kommo_info__.fields[name]
    if name in vars(model) and spec.same(vars(model)[name], sent):
        del vars(model)[name]


def _find_refreshed_fields(model: Model, answer: dict[str, Any], item: BatchItem) -> list[str]:
    """Fields that the answer tells (`updated_at`, a composed name) and the user has not changed: they are read again."""
    state, values = model.__kommo_state__, vars(model)
    told = {
        name: spec
        for name, spec in type(model).__kommo_info__.fields.items()
        if isinstance(spec, CoreSpec)
        and spec.key in answer
        and name in values
        and name != "id"
        and name not in item.sent
    }
    stored = {name: get_baseline(state, spec) for name, spec in told.items()}
    return [name for name, old in stored.items() if old is not MISSING and told[name].same(old, values[name])]

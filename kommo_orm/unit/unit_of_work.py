"""The unit of work behind a session: its objects, and which of them may have changed.

One row is one object. A weak map by class and id finds it, so unchanged objects can be collected. An object that may have
changed is held strongly until the next flush, so a change never vanishes with its variable.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from weakref import WeakValueDictionary

from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.interface.connection import Connection
from kommo_orm.model.connection import ModelConnection
from kommo_orm.model.field_values import get_values
from kommo_orm.model.instance_state import Row
from kommo_orm.model.model import Model
from kommo_orm.unit.cascade import collect_cascade, refuse_other_account
from kommo_orm.unit.merge_row import replace_row
from kommo_orm.unit.report import Report, describe
from kommo_orm.unit.unused_objects import release_unused

Key = tuple[object, ...]
RELEASE_FROM = 1_000  # touched objects from which on a session looks for those that nobody uses any more


def identity_key(model: Model) -> Key:
    """The key of an object in the identity map: its class and its row."""
    cls = type(model)
    places = cls.__kommo_info__.unique_within
    return (cls, model.pk, *(getattr(model, place, None) for place in places)) if places else (cls, model.pk)


def row_identity_key(cls: type[Model], row: Row) -> Key | None:
    """The same for a row that was read. None if its id cannot be read: such an object cannot be saved and stays out."""
    places = [row.get(place) for place in ("id", *cls.__kommo_info__.unique_within)]
    if not isinstance(places[0], int | str) or any(isinstance(place, list | dict) for place in places):
        return None
    try:
        return (cls, cls.__kommo_info__.id_type(places[0]), *places[1:])
    except ValueError:
        return None


def may_change(model: Model) -> bool:
    """Whether an object has pending changes, or holds values that can change in place, such as lists."""
    if not type(model).__kommo_info__.mutable.isdisjoint(get_values(model)):
        return True
    attached = model.__kommo_state__.attached
    if attached and any(getattr(one, "_holds_values", False) for one in attached.values()):
        return True
    return model.has_changes


def is_older(row: Row, other: Row) -> bool:
    """Whether a row is older than the other one: its page was requested before a save."""
    one, two = row.get("updated_at"), other.get("updated_at")
    return isinstance(one, int) and isinstance(two, int) and one < two


class UnitOfWork:
    """The objects of one session. `account` finds its account; `guard` raises in a foreign thread or task."""

    def __init__(self, account: Callable[[], Connection], guard: Callable[[], None]) -> None:
        self._account, self.guard = account, guard
        self.known: WeakValueDictionary[Key, Model] = WeakValueDictionary()
        self._classes: defaultdict[str, set[type[Model]]] = defaultdict(
            set
        )  # of each kind: one row may be read as several
        self.touched: dict[int, Model] = {}
        self._release_at = RELEASE_FROM
        self.fresh: dict[int, Model] = {}  # new objects, in the order they were added
        self.gone: dict[int, Model] = {}

    @property
    def connection(self) -> Connection:
        return self._account()

    # ---- adding and removing
    def touch(self, model: Model) -> None:
        self.touched[id(model)] = model
        if len(self.touched) >= self._release_at:
            release_unused(self.touched)
            self._release_at = max(RELEASE_FROM, 2 * len(self.touched))

    def admit_rows(
        self, cls: type[Any], rows: Sequence[Row], account: ModelConnection, included: frozenset[str]
    ) -> list[Any]:
        """The session's objects for rows that were read. Pending changes are never overwritten."""
        return [self._admit_row(cls, row, account, included) for row in rows]

    def _admit_row(self, cls: type[Model], row: Row, account: ModelConnection, included: frozenset[str]) -> Model:
        key = row_identity_key(cls, row)
        if key is None:
            return cls.hydrate([row], account, None, included)[0]
        known = self.known.get(key)
        if known is None:
            known = cls.hydrate([row], account, self, included)[0]
            self._add_known(key, known)
        elif not is_older(row, known.__kommo_state__.row or {}):
            replace_row(known, row, account, included, keep_changes=True)
        return known

    def add(self, model: Model) -> None:
        """Add an object, and the new ones that it needs."""
        for one in collect_cascade([model]):
            self._join_object(one)

    def _join_object(self, model: Model) -> None:
        state = model.__kommo_state__
        if state.unit is not None and state.unit is not self:
            raise ConfigurationError(f"{describe(model)} is in another session; expunge() it there first")
        if state.account is not None:
            refuse_other_account(self.connection, [model])
        if model.pk is None:
            self.fresh[id(model)] = model
        else:
            key = identity_key(model)
            if self.known.get(key, model) is not model:
                raise ConfigurationError(
                    f"{describe(model)} is in this session already, as another object: use that one"
                )
            self._add_known(key, model)
            self.touch(model)
        state.unit = self

    def _add_known(self, key: Key, model: Model) -> None:
        self.known[key] = model
        self._classes[type(model).__kommo_kind__].add(type(model))

    def delete(self, model: Model) -> None:
        if not hasattr(model, "delete"):
            raise QueryError(
                f"Kommo's API cannot delete {type(model).__kommo_kind__}: {describe(model)} stays."
                f"{type(model).__kommo_info__.delete_hint}"
            )
        if model.pk is None:
            self.fresh.pop(id(model), None)
            model.__kommo_state__.unit = None
            return
        refuse = getattr(model, "_refuse_system", None)
        if refuse is not None:
            refuse()
        self._join_object(model)
        self.gone[id(model)] = model

    def expunge(self, model: Model) -> None:
        """Remove an object, with its changes."""
        if model.__kommo_state__.unit not in (None, self):
            raise ConfigurationError(f"{describe(model)} is in another session: expunge() it there")
        for place in (self.touched, self.fresh, self.gone):
            place.pop(id(model), None)
        if model.pk is not None and self.known.get(identity_key(model)) is model:
            del self.known[identity_key(model)]
        model.__kommo_state__.unit = None

    def collect_members(self) -> list[Model]:
        """All objects of the session: new, touched, to be deleted, and known."""
        found = {
            id(model): model
            for model in [*self.fresh.values(), *self.touched.values(), *self.gone.values(), *self.known.values()]
        }
        return list(found.values())

    def __contains__(self, model: object) -> bool:
        return isinstance(model, Model) and model.__kommo_state__.unit is self

    # ---- what is pending
    @property
    def new_objects(self) -> list[Model]:
        return [model for model in self.fresh.values() if model.is_new and model.__kommo_state__.create_attempt is None]

    @property
    def uncertain_objects(self) -> list[Model]:
        return [model for model in self.fresh.values() if model.__kommo_state__.is_uncertain]

    @property
    def dirty_objects(self) -> list[Model]:
        return [
            model
            for model in self.touched.values()
            if not model.is_new and id(model) not in self.gone and model.has_changes
        ]

    @property
    def objects_to_delete(self) -> list[Model]:
        return list(self.gone.values())

    def collect_pending(self) -> list[Model]:
        """The objects that a flush writes. Raises `ConfigurationError` for two changed objects of one row."""
        dirty = self.dirty_objects
        rows: dict[Key, Model] = {}
        for model in dirty:
            other = rows.setdefault((type(model).__kommo_kind__, *identity_key(model)[1:]), model)
            if other is not model:
                raise ConfigurationError(
                    f"{describe(other)} and {describe(model)} are the same row, read as two classes, and both changed. "
                    "Change one of them, or expunge() the other."
                )
        return [*self.new_objects, *dirty]

    def refuse_twin(self, model: Model) -> None:
        """Raise `ConfigurationError` if the row of an object also changed in an object of another class."""
        if model.pk is None:
            return
        row = identity_key(model)[1:]
        for cls in self._classes[type(model).__kommo_kind__] - {type(model)}:
            other = self.known.get((cls, *row))
            if other is not None and id(other) not in self.gone and other.has_changes:
                raise ConfigurationError(
                    f"{describe(other)} and {describe(model)} are the same row, read as two classes, and both changed. "
                    "Change one of them, or expunge() the other"
                )

    # ---- after a flush
    def record_flush(self, report: Report) -> None:
        """Update the maps after a flush of some objects, such as one save. The others of the session are not looked at."""
        self._record_outcome(report, report.created)
        for model in (*report.created, *report.updated):
            self._release_unchanged(model)

    def _release_unchanged(self, model: Model) -> None:
        """Hold an object strongly no longer, if it cannot have changed."""
        if id(model) in self.touched and not may_change(model):
            del self.touched[id(model)]

    def record_own_flush(self, report: Report) -> None:
        """Update the maps after a flush of the session. After an interruption it can be called again."""
        self._record_outcome(report, (self.fresh | {id(model): model for model in report.created}).values())
        self.touched = {key: model for key, model in self.touched.items() if may_change(model)}

    def _record_outcome(self, report: Report, created: Iterable[Model]) -> None:
        for model in [one for one in created if not one.is_new and self._may_hold(one)]:
            self._register(model)
            self.fresh.pop(id(model), None)
        for model in [one for one in report.created if one.__kommo_state__.awaits_id and self._may_hold(one)]:
            model.__kommo_state__.unit = self  # its row is known once its id is
            self.fresh.pop(id(model), None)
        for model in report.deleted:
            if model.__kommo_state__.unit is self:
                self.expunge(model)
        for model in filter(self._may_hold, report.uncertain):
            model.__kommo_state__.unit = self
            self.fresh[id(model)] = model

    def _may_hold(self, model: Model) -> bool:
        return model.__kommo_state__.unit in (None, self)

    def _register(self, model: Model) -> None:
        """Add an object that got its id. It is held strongly until somebody has looked whether it may change."""
        if model.pk is not None:
            key = identity_key(model)
            self._expunge_other_object(key, model)
            model.__kommo_state__.unit = self
            self._add_known(key, model)
            self.touch(model)

    def _expunge_other_object(self, key: Key, model: Model) -> None:
        """Remove another object of the same row, which was read in the meantime: the one that created the row stays."""
        other = self.known.get(key)
        if other is None or other is model:
            return
        if other.has_changes:
            raise ConfigurationError(
                f"{describe(other)} is in the session already, as another object with changes of its own: expunge() one of them"
            )
        self.expunge(other)

    def record_resolution(self, model: Model, *, dropped: bool) -> None:
        if dropped:
            self.expunge(model)
        elif not model.is_new:
            self.fresh.pop(id(model), None)
            self._register(model)
            self._release_unchanged(model)

    def roll_back(self) -> None:
        """Restore loaded values, and remove new objects and deletions."""
        for model in self.touched.values():
            model.revert()
        self.expunge_all([model for model in self.fresh.values() if not model.__kommo_state__.is_uncertain])
        self.touched, self.gone = {}, {}

    def expunge_all(self, models: Iterable[Model]) -> None:
        for model in models:
            self.expunge(model)

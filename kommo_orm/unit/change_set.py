"""`ChangeSet`: what one object has to write. A flush computes it once, and every later step works on this value.

    computed (here) -> encoded (payload.py, batch_builder.py) -> batched (batch_builder.py) -> sent (batch_sender.py)
    -> applied to the object (apply_response.py)

It is encoded a second time only where an id came in between: an object that it points at was created by the same flush.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kommo_orm.interface.batch import BatchItem, Verb
from kommo_orm.model.changes import ChangedField, find_changed_fields, find_changed_state
from kommo_orm.model.model import Model
from kommo_orm.model.parent import Parent
from kommo_orm.model.related_objects import RelatedObjects
from kommo_orm.model.replace_relation import ReplacedObjects
from kommo_orm.unit.report import describe


@dataclass(slots=True, eq=False)
class ChangeSet:
    """The pending changes of one object: fields, and attached state (relations, tags, undeclared custom fields)."""

    object: Model
    kind: str
    creates: bool
    fields: list[ChangedField]
    attached: dict[str, Any]
    nested: dict[int, ChangeSet] = field(default_factory=dict)  # of new objects that are created in its own request
    item: BatchItem | None = (
        None  # the encoded form; None until it is encoded, and where nothing goes into the object's own body
    )
    parent: Parent | None = None
    needs_ids: bool = False  # it points at objects that have no id yet: it is encoded again when they have

    def __bool__(self) -> bool:
        return self.creates or bool(self.fields or self.attached)

    @property
    def definitions_kind(self) -> str:
        """The kind under which the account keeps the definitions of the object's custom fields."""
        if "_get_definitions_kind" in type(self.object).__kommo_info__.own_hooks:
            return self.object._get_definitions_kind()
        return self.kind

    @property
    def verb(self) -> Verb:
        """What is done with the object."""
        return "create" if self.creates else "update"

    def __str__(self) -> str:
        return f"{self.verb} {describe(self.object)}: {', '.join(self.names) or 'nothing'}"

    @property
    def names(self) -> tuple[str, ...]:
        """What is written, by the user's own names."""
        return (*[changed.name for changed in self.fields], *self.attached)

    @property
    def has_body(self) -> bool:
        """Whether more than links changed: links are rows of their own."""
        return bool(self.fields) or any(
            not isinstance(one, RelatedObjects) or isinstance(one, ReplacedObjects) for one in self.attached.values()
        )

    def recompute(self) -> None:
        """Compare the object with its baseline once more: its values moved from one place to another."""
        self.fields, self.attached = find_changed_fields(self.object), find_changed_state(self.object)


def compute_change_set(model: Model) -> ChangeSet:
    """Compare an object with its baseline."""
    attached = find_changed_state(model) if model.__kommo_state__.attached else {}
    return ChangeSet(model, type(model).__kommo_kind__, model.is_new, find_changed_fields(model), attached)

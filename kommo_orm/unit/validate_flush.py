"""What can be refused before the first request: what the API cannot do with the encoded changes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import TYPE_CHECKING

from kommo_orm.interface.batch import Batch, Verb
from kommo_orm.unit.batch_builder import BatchBuilder
from kommo_orm.unit.change_set import ChangeSet
from kommo_orm.unit.link_items import build_link_batches

if TYPE_CHECKING:
    from kommo_orm.interface.dialect import Dialect

UNLIMITED = 10**9


def validate_changes(dialect: Dialect, builder: BatchBuilder, changes: ChangeSet) -> None:
    """Raise `ConfigurationError`, which names the object, if the API cannot write these changes."""
    if changes.item is not None:
        verb: Verb = "create" if changes.creates else "update"
        builder.max_batch_size(verb, changes.kind)
        parent = None if changes.creates else changes.parent  # the parent may be new itself
        dialect.validate_batch(Batch(verb, changes.kind, (changes.item,), parent))


def validate_links(dialect: Dialect, changed: Iterable[ChangeSet]) -> None:
    """The same for links to objects that have no id yet, which go along with their owner later."""
    owners = [
        changes.object
        for changes in changed
        if changes.object.__kommo_state__.attached and dialect.capabilities(changes.kind).saves_links
    ]
    for batch in build_link_batches(dialect, owners, UNLIMITED, map(str, count()), planning=True) if owners else ():
        dialect.validate_batch(batch)

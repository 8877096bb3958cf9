"""What can be refused before the first request: values that cannot be sent, and what the API cannot do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING

from kommo_orm.interface.batch import Batch, Verb
from kommo_orm.model.model import Model
from kommo_orm.unit.batch_items import build_create_item, build_link_batches, build_update_item
from kommo_orm.unit.payload import DefinitionResolver

if TYPE_CHECKING:
    from kommo_orm.interface.dialect import Dialect

ALL = 10**9


def validate_flush(
    dialect: Dialect, models: Sequence[Model], resolver: DefinitionResolver, size: Callable[[str, str], int]
) -> None:
    """Encode everything once. Raises `ConfigurationError` naming the object."""
    for model in models:
        made = (
            build_create_item(dialect, model, resolver, "0", checking=True)
            if model.is_new
            else build_update_item(dialect, model, resolver, "0")
        )
        if made is not None:
            verb: Verb = "create" if model.is_new else "update"
            kind = type(model).__kommo_kind__
            size(verb, kind)
            dialect.refuse(Batch(verb, kind, (made[0],), made[1]))
    later = [model for model in models if dialect.features(type(model).__kommo_kind__).carries_links]
    for batch in build_link_batches(dialect, later, ALL, count(), creating=True):  # links to what is not stored yet
        dialect.refuse(batch)

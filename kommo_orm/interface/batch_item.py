"""One object's part of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kommo_orm.interface.link_row import LinkRow
from kommo_orm.model.model import Model


@dataclass(frozen=True, slots=True, eq=False)
class BatchItem:
    """The encoded changes of one object. The answer names the item by `request_id`, or by `id`."""

    object: Model
    request_id: str
    body: dict[str, Any]
    id: int | None = None
    sent: dict[str, Any] = field(default_factory=dict, repr=False)  # values of attributes as they were encoded
    field_names: tuple[str, ...] = ()  # attribute of each entry of `custom_fields_values`, in order
    extras: dict[str, Any] = field(
        default_factory=dict, repr=False
    )  # tags, links and undeclared fields that are sent too
    uses_definitions: bool = (
        False  # encoded with the account's definitions: worth another try when an option is refused
    )
    relation: str | None = None  # of a link: the attribute it belongs to
    nested_items: tuple[BatchItem, ...] = ()  # new objects that are created inside of this one's body
    field_types: tuple[str, ...] = ()  # type of each entry of `custom_fields_values`, in order
    links: tuple[LinkRow, ...] = ()  # links that are written in the same request, where the API takes them
    stored_values: Mapping[str, Any] = field(default_factory=dict, repr=False)  # the stored row, as far as it was read
    is_retry: bool = False  # it was sent before, and may have arrived
    unconfirmed_writes: int = 0  # earlier changes that may be stored: the row may be newer than is known

    @property
    def is_create(self) -> bool:
        """Whether the object is new."""
        return self.id is None

"""What a dialect is: the one place that knows an API version's URLs, keys, shapes and limits.

A dialect is pure: it compiles plain values to calls and decodes answers to plain values. Rows leave it in the canonical
shape, which is API v4's: core fields by name, `custom_fields_values`, `_embedded`. What a dialect cannot do it declares
in its `Features` and refuses by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from kommo_orm.model.parent import Parent
from kommo_orm.query.read import Page, Read
from kommo_orm.transport.call import Answer, Call
from kommo_orm.transport.flow import Flow
from kommo_orm.unit.plan import Action, Batch, Stored

if TYPE_CHECKING:
    from kommo_orm.errors import KommoError
    from kommo_orm.model.connection import Connection


@dataclass(frozen=True, slots=True)
class Features:
    """What can be done with one kind of entity."""

    is_paged: bool = True
    has_rows: bool = True  # one row can be read by its own address; else by a list of one
    page_size: int = 250
    create_size: int = 250  # objects in one creating request; 0: cannot be created
    update_size: int = 250  # 1: one request an object; 0: cannot be updated
    delete_size: int = 0
    embeds: frozenset[str] = frozenset()  # relations that a creation carries itself
    links: frozenset[str] = frozenset()  # relations that are changed by links


class Dialect(Protocol):
    name: str

    def features(self, kind: str) -> Features: ...

    def list_call(self, read: Read, number: int, size: int) -> Call:
        """One page of a list. Raises `QueryError` for what the API cannot do."""
        ...

    def page(self, read: Read, answer: Answer) -> Page: ...

    def get_call(self, read: Read, pk: int | str) -> Call:
        """One row by id."""
        ...

    def row(self, read: Read, answer: Answer) -> dict[str, Any] | None:
        """The row of a `get_call`, None for "nothing"."""
        ...

    def write_call(self, batch: Batch) -> Call: ...

    def action_call(self, action: Action) -> Call:
        """Raises `ConfigurationError` for what the API cannot do."""
        ...

    def outcome(self, action: Action, answer: Answer) -> Any:
        """What an action was answered with, canonical; None for nothing."""
        ...

    def stored(self, batch: Batch, answer: Answer) -> dict[str, Stored]:
        """What was stored, by the items' marks."""
        ...

    def kept(self, batch: Batch, answer: Answer) -> dict[str, str]:
        """Why rows of a deletion that succeeded are still there, by the items' marks."""
        ...

    def definitions(self, connection: Connection, kind: str) -> Flow[list[dict[str, Any]]]:
        """All custom field definitions of a kind, as canonical rows."""
        ...

    def problem(self, call: Call, answer: Answer) -> KommoError: ...


__all__ = ["Dialect", "Features", "Page", "Parent", "Read"]

"""What a dialect is: the one place that knows an API version's URLs, keys, shapes and limits.

A dialect is pure: it compiles plain values to calls and decodes answers to plain values. Rows leave it in the canonical
shape, which is API v4's: core fields by name, `custom_fields_values`, `_embedded`. What a dialect cannot do it declares
in its `Features` and refuses by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Protocol

from kommo_orm.model.parent import Parent
from kommo_orm.query.read import Page, Read, Row
from kommo_orm.transport.flow import Flow
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from kommo_orm.unit.plan import Action, Batch, Refusal, Stored

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
    carries_links: bool = False  # creations and updates make and undo links themselves, as far as both ends are stored
    joins: bool = False  # creations and updates may share a request
    whole_tags: bool = False  # tags are written all together, not added and removed
    needs_row: bool = False  # an update repeats values of the stored row
    is_ordered: bool = True  # the list can be ordered
    tells_ids: bool = True  # answers to creations have the ids of all that was made; else it is read afterwards
    tells_parts: bool = True  # and of what was created inside of another row; else it is told once that is sorted
    is_sized: bool = True  # a page has as many rows as are asked for; else the service decides
    links_many: bool = True  # links of several owners are written in one request; of kind "links": read in one
    deletes_anywhere: bool = False  # rows of several parents in one deleting request
    is_readable: bool = True  # else rows are created and never seen again
    alone: frozenset[str] = frozenset()  # keys that only an update of one row by itself takes
    action_size: int = 1  # rows that one request of an action takes


class Dialect(Protocol):
    name: str
    most_rows: int  # of one page
    advice: str  # what to do about something that this API cannot do; "" for nothing

    def features(self, kind: str) -> Features: ...

    def list_call(self, read: Read, number: int, size: int) -> HttpRequest:
        """One page of a list. Raises `QueryError` for what the API cannot do."""
        ...

    def page(self, read: Read, answer: HttpResponse) -> Page: ...

    def completed(self, connection: Connection, read: Read, rows: list[Row]) -> Flow[list[Row]]:
        """Rows with what only the account's definitions tell (codes of fields and options), where rows lack it."""
        ...

    def get_call(self, read: Read, pk: int | str) -> HttpRequest:
        """One row by id."""
        ...

    def row(self, read: Read, answer: HttpResponse) -> dict[str, Any] | None:
        """The row of a `get_call`, None for "nothing"."""
        ...

    def refuse(self, batch: Batch) -> None:
        """Raise `ConfigurationError` for what cannot be written; asked before anything is sent."""
        ...

    def write_call(self, batch: Batch) -> HttpRequest: ...

    def action_call(self, action: Action) -> HttpRequest:
        """Raises `ConfigurationError` for what the API cannot do."""
        ...

    def outcome(self, action: Action, answer: HttpResponse) -> Any:
        """What an action was answered with, canonical; None for nothing."""
        ...

    def stored(self, batch: Batch, answer: HttpResponse) -> dict[str, Stored]:
        """What was stored, by the items' marks."""
        ...

    def refused(self, batch: Batch, answer: HttpResponse) -> dict[str, Refusal]:
        """What was refused of a batch inside of a success, by the items' marks."""
        ...

    def definitions(self, connection: Connection, kind: str) -> Flow[list[dict[str, Any]]]:
        """All custom field definitions of a kind, as canonical rows."""
        ...

    def timezone_call(self) -> HttpRequest: ...

    def timezone(self, answer: HttpResponse) -> tzinfo:
        """The account's time zone. Raises `UnexpectedResponse` if it states none."""
        ...

    def drive_call(self) -> HttpRequest: ...

    def drive(self, answer: HttpResponse) -> str:
        """The address of the account's files. Raises `UnexpectedResponse` if it states none."""
        ...

    def problem(self, call: HttpRequest, answer: HttpResponse) -> KommoError: ...


__all__ = ["Dialect", "Features", "Page", "Parent", "Read"]

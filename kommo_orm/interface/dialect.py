"""The protocol of a dialect: the one place that knows an API version's URLs, keys, shapes and limits.

A dialect is pure: it makes calls of plain values and plain values of answers. Rows leave it in the canonical shape, which
is API v4's. It declares in `Capabilities` what its API cannot do, and refuses it by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Protocol

from kommo_orm.errors import KommoError
from kommo_orm.interface.action import Action
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.failure import Failure
from kommo_orm.interface.page import Page
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.refusal import Refusal
from kommo_orm.interface.row import MutableRow, Row
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.transport.flow import Flow
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from kommo_orm.interface.connection import Connection


class Dialect(Protocol):
    """One version of Kommo's API."""

    name: str
    max_page_size: int  # of one page
    unsupported_hint: str  # what to do about something that this API cannot do; "" for nothing

    def capabilities(self, kind: str, /) -> Capabilities:
        """Look up what this API can do with a kind. The answer is always the same object."""
        ...

    def build_list_request(self, read: ReadRequest, number: int, size: int) -> HttpRequest:
        """Build the call of one page of a list. Raises `QueryError` for what the API cannot do."""
        ...

    def parse_page(self, read: ReadRequest, answer: HttpResponse) -> Page:
        """Parse one page of a list."""
        ...

    def complete_rows(self, connection: Connection, read: ReadRequest, rows: Sequence[Row]) -> Flow[Sequence[Row]]:
        """Add what only the account's definitions know (codes of fields and options), where rows lack it."""
        ...

    def build_row_request(self, read: ReadRequest, pk: int | str) -> HttpRequest:
        """Build the call of one row by id."""
        ...

    def parse_row(self, read: ReadRequest, answer: HttpResponse) -> Row | None:
        """Parse the answer to `build_row_request`. None if there is no such row."""
        ...

    def validate_batch(self, batch: Batch) -> None:
        """Raise `ConfigurationError` for what cannot be written. Called before anything is sent."""
        ...

    def build_batch_request(self, batch: Batch) -> HttpRequest:
        """Build the call of a batch."""
        ...

    def parse_stored_rows(self, batch: Batch, answer: HttpResponse) -> dict[str, StoredRow]:
        """Parse what was stored, by the items' request ids."""
        ...

    def parse_refusals(self, batch: Batch, answer: HttpResponse) -> dict[str, Refusal]:
        """Parse what was refused inside of a success, by the items' request ids."""
        ...

    def classify_failure(self, batch: Batch, error: KommoError) -> Failure:
        """Say what an error means for a batch: which kind of failure it is, and which items are the reason.

        Every exception that sending the batch or parsing its answer can raise has a kind; see `FailureKind`.
        """
        ...

    def is_row_missing(self, error: KommoError) -> bool:
        """Whether an error says that a row does not exist."""
        ...

    def is_result_unknown(self, answer: HttpResponse) -> bool:
        """Whether an answer to one attempt leaves open what was stored."""
        ...

    def is_transient(self, answer: HttpResponse) -> bool:
        """Whether a 400 hides a passing fault of the service: what can be repeated is sent again."""
        ...

    def build_action_request(self, action: Action) -> HttpRequest:
        """Build the call of an action. Raises `ConfigurationError` for what the API cannot do."""
        ...

    def parse_action_result(self, action: Action, answer: HttpResponse) -> Any:
        """Parse the canonical answer to an action. None for nothing."""
        ...

    def fetch_definitions(self, connection: Connection, kind: str) -> Flow[list[MutableRow]]:
        """Read all custom field definitions of a kind, as canonical rows."""
        ...

    def build_timezone_request(self) -> HttpRequest:
        """Build the call that reads the account's time zone."""
        ...

    def parse_timezone(self, answer: HttpResponse) -> tzinfo:
        """Parse the account's time zone. Raises `UnexpectedResponse` if there is none."""
        ...

    def build_drive_request(self) -> HttpRequest:
        """Build the call that reads the address of the account's files."""
        ...

    def parse_drive_url(self, answer: HttpResponse) -> str:
        """Parse the address of the account's files. Raises `UnexpectedResponse` if there is none."""
        ...

    def parse_error(self, call: HttpRequest, answer: HttpResponse) -> KommoError:
        """Make the exception of an answer that is no success."""
        ...

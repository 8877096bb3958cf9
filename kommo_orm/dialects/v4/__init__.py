"""API v4: the first dialect. Its rows are the canonical ones."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from kommo_orm.dialects.failures import classify_failure, is_result_unknown, is_row_missing, is_transient
from kommo_orm.dialects.v2.purchases import commented, commenting, is_commenting, not_commented
from kommo_orm.dialects.v4 import actions, decode, removal
from kommo_orm.dialects.v4 import compile as compiling
from kommo_orm.dialects.v4.account import decode_drive, decode_timezone, drive_call, timezone_call
from kommo_orm.dialects.v4.problem import problem
from kommo_orm.dialects.v4.routes import ROUTES
from kommo_orm.errors import KommoError
from kommo_orm.interface.action import Action
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.failure import Failure
from kommo_orm.interface.page import Page
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.refusal import Refusal
from kommo_orm.interface.row import Row
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.model.parent import Parent
from kommo_orm.transport.flow import Flow, return_value
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from kommo_orm.interface.connection import Connection


class V4Dialect:
    """Compiles to and decodes from API v4. Stateless: `V4` is the one object of it."""

    name = "v4"
    max_page_size = compiling.MOST
    unsupported_hint = ""

    def capabilities(self, kind: str) -> Capabilities:
        return ROUTES[kind].features

    def build_list_call(self, read: ReadRequest, number: int, size: int) -> HttpRequest:
        return compiling.list_call(read, number, size)

    def parse_page(self, read: ReadRequest, answer: HttpResponse) -> Page:
        return decode.page(read, answer)

    def complete_rows(self, connection: Connection, read: ReadRequest, rows: list[Row]) -> Flow[list[Row]]:
        return return_value(rows)

    def build_get_call(self, read: ReadRequest, pk: int | str) -> HttpRequest:
        return compiling.get_call(read, pk)

    def parse_row(self, read: ReadRequest, answer: HttpResponse) -> dict[str, Any] | None:
        return decode.row(read, answer)

    def validate_batch(self, batch: Batch) -> None:
        pass

    def build_write_call(self, batch: Batch) -> HttpRequest:
        if is_commenting(batch):
            return commenting(batch)
        return compiling.write_call(batch)

    def classify_failure(self, batch: Batch, error: KommoError) -> Failure:
        return classify_failure(batch, error)

    def is_row_missing(self, error: KommoError) -> bool:
        return is_row_missing(error)

    def is_result_unknown(self, answer: HttpResponse) -> bool:
        return is_result_unknown(answer)

    def is_transient(self, answer: HttpResponse) -> bool:
        return is_transient(answer)

    def build_action_call(self, action: Action) -> HttpRequest:
        return actions.calling(action)

    def parse_action_result(self, action: Action, answer: HttpResponse) -> Any:
        return actions.outcome(action, answer)

    def parse_stored_rows(self, batch: Batch, answer: HttpResponse) -> dict[str, StoredRow]:
        if is_commenting(batch):
            return commented(batch, answer)
        return decode.stored(batch, answer)

    def parse_refusals(self, batch: Batch, answer: HttpResponse) -> dict[str, Refusal]:
        if batch.verb == "delete":
            return removal.kept(batch, answer)
        if is_commenting(batch):
            return not_commented(batch, answer)
        return decode.refused(batch, answer) if batch.verb == "create" else {}

    def fetch_definitions(self, connection: Connection, kind: str) -> Flow[list[dict[str, Any]]]:
        """All pages of a kind's custom fields. The end is told by the next link: `limit` has two meanings in the docs."""
        parent_kind, _, parent_id = kind.partition("/")
        read = ReadRequest("custom_fields", Parent(parent_kind, int(parent_id) if parent_id else None))
        rows: list[dict[str, Any]] = []
        number = 1
        while True:
            answer = yield from connection.ask(self.build_list_call(read, number, compiling.MOST))
            found = self.parse_page(read, answer)
            rows += found.rows
            if found.last or not found.rows:
                return rows
            number += 1

    def build_timezone_call(self) -> HttpRequest:
        return timezone_call()

    def parse_timezone(self, answer: HttpResponse) -> tzinfo:
        return decode_timezone(answer)

    def build_drive_call(self) -> HttpRequest:
        return drive_call()

    def parse_drive_url(self, answer: HttpResponse) -> str:
        return decode_drive(answer)

    def parse_error(self, call: HttpRequest, answer: HttpResponse) -> KommoError:
        return problem(call, answer)


V4 = V4Dialect()

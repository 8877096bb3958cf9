"""The dialect of API v4. Its rows are the canonical ones."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from kommo_orm.dialects.common import account_settings
from kommo_orm.dialects.common.error_parser import parse_error
from kommo_orm.dialects.common.failures import classify_failure, is_result_unknown, is_row_missing, is_transient
from kommo_orm.dialects.common.response_body import get_embedded
from kommo_orm.dialects.v4 import actions, batch_requests, list_requests, row_parser, stored_rows
from kommo_orm.dialects.v4.registry import ENDPOINTS
from kommo_orm.errors import KommoError
from kommo_orm.interface.action import Action
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.failure import Failure
from kommo_orm.interface.page import Page
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.refusal import Refusal
from kommo_orm.interface.row import Row
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.model.parent import Parent
from kommo_orm.transport.flow import Flow, return_value
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

ACCOUNT_PATH = "/api/v4/account"
CAPABILITIES = {kind: endpoint.capabilities for kind, endpoint in ENDPOINTS.items()}


class V4Dialect:
    """Speaks API v4. It has no state: `V4` is its only instance."""

    name = "v4"
    max_page_size = list_requests.MAX_PAGE_SIZE
    unsupported_hint = ""
    capabilities = staticmethod(CAPABILITIES.__getitem__)

    # ---- reading
    def build_list_request(self, read: ReadRequest, number: int, size: int) -> HttpRequest:
        return list_requests.build_list_request(read, number, size)

    def parse_page(self, read: ReadRequest, answer: HttpResponse) -> Page:
        return row_parser.parse_page(read, answer)

    def complete_rows(self, connection: Connection, read: ReadRequest, rows: list[Row]) -> Flow[list[Row]]:
        return return_value(rows)

    def build_row_request(self, read: ReadRequest, pk: int | str) -> HttpRequest:
        return list_requests.build_row_request(read, pk)

    def parse_row(self, read: ReadRequest, answer: HttpResponse) -> Row | None:
        return row_parser.parse_row(read, answer)

    def fetch_definitions(self, connection: Connection, kind: str) -> Flow[list[Row]]:
        """Read all pages. The next link decides which is the last one: `limit` has two meanings in the documentation."""
        parent_kind, _, parent_id = kind.partition("/")
        read = ReadRequest("custom_fields", Parent(parent_kind, int(parent_id) if parent_id else None))
        rows: list[Row] = []
        number = 1
        while True:
            request = self.build_list_request(read, number, self.max_page_size)
            page = self.parse_page(read, (yield from connection.ask(request)))
            rows += page.rows
            if page.last or not page.rows:
                return rows
            number += 1

    # ---- writing
    def validate_batch(self, batch: Batch) -> None:
        """API v4 writes whatever its capabilities allow."""

    def build_batch_request(self, batch: Batch) -> HttpRequest:
        return batch_requests.build_batch_request(batch)

    def parse_stored_rows(self, batch: Batch, answer: HttpResponse) -> dict[str, StoredRow]:
        return stored_rows.parse_stored_rows(batch, answer)

    def parse_refusals(self, batch: Batch, answer: HttpResponse) -> dict[str, Refusal]:
        return stored_rows.parse_refusals(batch, answer)

    def build_action_request(self, action: Action) -> HttpRequest:
        return actions.build_action_request(action)

    def parse_action_result(self, action: Action, answer: HttpResponse) -> Any:
        return actions.parse_action_result(action, answer)

    # ---- failures
    def parse_error(self, call: HttpRequest, answer: HttpResponse) -> KommoError:
        return parse_error(call, answer)

    def classify_failure(self, batch: Batch, error: KommoError) -> Failure:
        return classify_failure(batch, error)

    def is_result_unknown(self, answer: HttpResponse) -> bool:
        return is_result_unknown(answer)

    def is_row_missing(self, error: KommoError) -> bool:
        return is_row_missing(error)

    def is_transient(self, answer: HttpResponse) -> bool:
        return is_transient(answer)

    # ---- the account
    def build_timezone_request(self) -> HttpRequest:
        params = (("with", "datetime_settings"),)
        return HttpRequest("GET", ACCOUNT_PATH, params=params, purpose="read the account's time zone")

    def parse_timezone(self, answer: HttpResponse) -> tzinfo:
        settings = get_embedded(answer.parse_object()).get("datetime_settings")
        return account_settings.parse_timezone(settings if isinstance(settings, dict) else {}, answer)

    def build_drive_request(self) -> HttpRequest:
        params = (("with", "drive_url"),)
        return HttpRequest("GET", ACCOUNT_PATH, params=params, purpose="read where the account's files are kept")

    def parse_drive_url(self, answer: HttpResponse) -> str:
        return account_settings.parse_drive_url(answer)


V4 = V4Dialect()

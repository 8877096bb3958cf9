"""The dialect of API v2. It can do less than v4, and a few things that v4 cannot: the guide has a table of both.

Source: Kommo API v2.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import tzinfo
from typing import Any

from kommo_orm.dialects.common import account_settings
from kommo_orm.dialects.common.error_parser import parse_error
from kommo_orm.dialects.common.failures import classify_failure, is_result_unknown, is_row_missing, is_transient
from kommo_orm.dialects.v2 import actions, batch_requests, list_requests, row_parser, stored_rows
from kommo_orm.dialects.v2.account import ACCOUNT_PATH
from kommo_orm.dialects.v2.custom_field_values import (
    add_definitions,
    convert_local_time,
    find_local_times,
    needs_definitions,
)
from kommo_orm.dialects.v2.endpoint import MAX_PAGE_SIZE
from kommo_orm.dialects.v2.form_times import FormTimes
from kommo_orm.dialects.v2.registry import ENDPOINTS, NO_CAPABILITIES
from kommo_orm.dialects.v2.unsupported import HINT, explain_unsupported
from kommo_orm.errors import ConfigurationError, KommoError, ResponseError, UnexpectedResponse
from kommo_orm.interface.action import Action
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.capabilities import Capabilities
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.failure import Failure
from kommo_orm.interface.page import Page
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.refusal import Refusal
from kommo_orm.interface.row import MutableRow, Row
from kommo_orm.interface.stored_row import StoredRow
from kommo_orm.model.parent import Parent
from kommo_orm.transport.flow import Flow
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

CAPABILITIES = {kind: endpoint.capabilities for kind, endpoint in ENDPOINTS.items()}
KINDS_WITH_FIELDS = ("leads", "contacts", "companies", "customers", "catalog_elements")


class V2Dialect:
    """Speaks API v2. `clock` gives the Unix time that updates need; `V2` is the usual instance."""

    name = "v2"
    max_page_size = MAX_PAGE_SIZE
    unsupported_hint = HINT

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._form_times = FormTimes()

    def capabilities(self, kind: str) -> Capabilities:
        return CAPABILITIES.get(kind, NO_CAPABILITIES)

    # ---- reading
    def build_list_request(self, read: ReadRequest, number: int, size: int) -> HttpRequest:
        return list_requests.build_list_request(read, number, size)

    def parse_page(self, read: ReadRequest, answer: HttpResponse) -> Page:
        return row_parser.parse_page(read, answer)

    def build_row_request(self, read: ReadRequest, pk: int | str) -> HttpRequest:
        return list_requests.build_row_request(read, pk)

    def parse_row(self, read: ReadRequest, answer: HttpResponse) -> MutableRow | None:
        return row_parser.parse_row(read, answer)

    def complete_rows(self, connection: Connection, read: ReadRequest, rows: Sequence[Row]) -> Flow[Sequence[Row]]:
        """Add codes and types of fields, and kinds of phones, from the account's definitions. Rows have numbers for some."""
        if read.kind not in KINDS_WITH_FIELDS:
            return rows
        own = [row for row in rows if isinstance(row, dict)]  # this dialect made them
        if any(map(needs_definitions, own)):
            parent = read.parent
            kind = read.kind if parent is None or parent.id is None else f"{parent.kind}/{parent.id}"
            with suppress(ResponseError, UnexpectedResponse):  # then rows stay as they are
                definitions = yield from connection.schema.get_definitions(kind)
                for row in own:
                    add_definitions(row, definitions.by_id)
        if local_times := find_local_times(own):
            zone = yield from connection.find_timezone()
            for value in local_times:
                convert_local_time(value, zone)
        return rows

    def fetch_definitions(self, connection: Connection, kind: str) -> Flow[list[MutableRow]]:
        parent_kind, _, parent_id = kind.partition("/")
        read = ReadRequest("custom_fields", Parent(parent_kind, int(parent_id) if parent_id else None))
        answer = yield from connection.ask(self.build_list_request(read, 1, MAX_PAGE_SIZE))
        return list(map(dict, self.parse_page(read, answer).rows))

    # ---- writing
    def validate_batch(self, batch: Batch) -> None:
        self.build_batch_request(batch)

    def build_batch_request(self, batch: Batch) -> HttpRequest:
        return batch_requests.build_batch_request(batch, int(self._clock()), self._form_times)

    def parse_refusals(self, batch: Batch, answer: HttpResponse) -> dict[str, Refusal]:
        return stored_rows.parse_refusals(batch, answer)

    def parse_stored_rows(self, batch: Batch, answer: HttpResponse) -> dict[str, StoredRow]:
        return stored_rows.parse_stored_rows(batch, answer)

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
        return HttpRequest("GET", ACCOUNT_PATH, purpose="read the account's time zone")

    def parse_timezone(self, answer: HttpResponse) -> tzinfo:
        return account_settings.parse_timezone(answer.parse_object(), answer)

    def build_drive_request(self) -> HttpRequest:
        raise ConfigurationError(explain_unsupported("tell where the account's files are"))

    def parse_drive_url(self, answer: HttpResponse) -> str:
        return account_settings.parse_drive_url(answer)


V2 = V2Dialect()

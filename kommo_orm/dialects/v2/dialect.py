"""API v2: the older dialect. It can do less, and a few things that v4 cannot: the whole table is in the guide.

Source: Kommo API v2.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from kommo_orm.dialects.common import account_settings
from kommo_orm.dialects.common.error_parser import parse_error
from kommo_orm.dialects.common.failures import classify_failure, is_result_unknown, is_row_missing, is_transient
from kommo_orm.dialects.v2 import actions, batch_requests, custom_field_values, list_requests
from kommo_orm.dialects.v2.account import PATH
from kommo_orm.dialects.v2.endpoint import ADVICE, MOST, unable
from kommo_orm.dialects.v2.form_times import Moments
from kommo_orm.dialects.v2.registry import ENDPOINTS, NOTHING
from kommo_orm.errors import ConfigurationError, KommoError, ResponseError, UnexpectedResponse
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
from kommo_orm.transport.flow import Flow
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from kommo_orm.interface.connection import Connection

CUSTOMIZED = ("leads", "contacts", "companies", "customers", "catalog_elements")


class V2Dialect:
    """Compiles to and decodes from API v2. `clock` tells the Unix time that updates carry; `V2` is the usual one."""

    name = "v2"
    max_page_size = MOST
    unsupported_hint = ADVICE

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._moments = Moments()

    def capabilities(self, kind: str) -> Capabilities:
        endpoint = ENDPOINTS.get(kind)
        return NOTHING if endpoint is None else endpoint.capabilities

    # ---- reading
    def build_list_request(self, read: ReadRequest, number: int, size: int) -> HttpRequest:
        return list_requests.list_call(read, number, size)

    def parse_page(self, read: ReadRequest, answer: HttpResponse) -> Page:
        return list_requests.page(read, answer)

    def build_row_request(self, read: ReadRequest, pk: int | str) -> HttpRequest:
        return list_requests.get_call(read, pk)

    def parse_row(self, read: ReadRequest, answer: HttpResponse) -> dict[str, Any] | None:
        return list_requests.row(read, answer)

    def complete_rows(self, connection: Connection, read: ReadRequest, rows: list[Row]) -> Flow[list[Row]]:
        """Rows tell kinds of phones by numbers, and codes and types of fields not always: definitions know them."""
        if read.kind in CUSTOMIZED and any(map(custom_field_values.lacks, rows)):
            home = read.parent
            kind = read.kind if home is None or home.id is None else f"{home.kind}/{home.id}"
            with suppress(ResponseError, UnexpectedResponse):  # then rows stay as they were told
                definitions = yield from connection.schema.get_definitions(kind)
                for row in rows:
                    custom_field_values.complete(row, definitions.by_id)
        if read.kind in CUSTOMIZED and (told := custom_field_values.moments(rows)):
            zone = yield from connection.find_timezone()
            for one in told:
                custom_field_values.in_zone(one, zone)
        return rows

    def fetch_definitions(self, connection: Connection, kind: str) -> Flow[list[dict[str, Any]]]:
        parent_kind, _, parent_id = kind.partition("/")
        read = ReadRequest("custom_fields", Parent(parent_kind, int(parent_id) if parent_id else None))
        answer = yield from connection.ask(self.build_list_request(read, 1, MOST))
        return self.parse_page(read, answer).rows

    # ---- writing
    def validate_batch(self, batch: Batch) -> None:
        self.build_batch_request(batch)

    def build_batch_request(self, batch: Batch) -> HttpRequest:
        return batch_requests.write_call(batch, int(self._clock()), self._moments)

    def parse_refusals(self, batch: Batch, answer: HttpResponse) -> dict[str, Refusal]:
        return batch_requests.refused(batch, answer)

    def parse_stored_rows(self, batch: Batch, answer: HttpResponse) -> dict[str, StoredRow]:
        return batch_requests.stored(batch, answer)

    def classify_failure(self, batch: Batch, error: KommoError) -> Failure:
        return classify_failure(batch, error)

    def is_result_unknown(self, answer: HttpResponse) -> bool:
        return is_result_unknown(answer)

    def is_row_missing(self, error: KommoError) -> bool:
        return is_row_missing(error)

    def is_transient(self, answer: HttpResponse) -> bool:
        return is_transient(answer)

    def build_action_request(self, action: Action) -> HttpRequest:
        return actions.calling(action)

    def parse_action_result(self, action: Action, answer: HttpResponse) -> Any:
        return actions.outcome(action, answer)

    # ---- the account
    def build_timezone_request(self) -> HttpRequest:
        return HttpRequest("GET", PATH, purpose="read the account's time zone")

    def parse_timezone(self, answer: HttpResponse) -> tzinfo:
        return account_settings.parse_timezone(answer.parse_object(), answer)

    def build_drive_request(self) -> HttpRequest:
        raise ConfigurationError(unable("tell where the account's files are"))

    def parse_drive_url(self, answer: HttpResponse) -> str:
        return account_settings.parse_drive_url(answer)

    def parse_error(self, call: HttpRequest, answer: HttpResponse) -> KommoError:
        return parse_error(call, answer)


V2 = V2Dialect()

"""The dialect of API v4. Its rows are the canonical ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from importlib import import_module
from typing import TYPE_CHECKING, Any

from kommo_orm.dialects.common import account_settings, failures
from kommo_orm.dialects.common.error_parser import parse_error
from kommo_orm.dialects.common.response_body import get_embedded
from kommo_orm.dialects.v4 import list_requests, row_parser
from kommo_orm.dialects.v4.registry import ENDPOINTS
from kommo_orm.interface.connection import Connection
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.row import MutableRow, Row
from kommo_orm.model.parent import Parent
from kommo_orm.transport.flow import Flow, return_value
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from kommo_orm.dialects.v4 import actions, batch_requests, stored_rows

ACCOUNT_PATH = "/api/v4/account"
WRITING = {  # the modules of the functions that write
    **dict.fromkeys(("validate_batch", "build_batch_request"), "batch_requests"),
    **dict.fromkeys(("parse_stored_rows", "parse_refusals"), "stored_rows"),
    **dict.fromkeys(("build_action_request", "parse_action_result"), "actions"),
}
CAPABILITIES = {kind: endpoint.capabilities for kind, endpoint in ENDPOINTS.items()}


class V4Dialect:
    """Speaks API v4. It has no state: `V4` is its only instance. Most of its methods are functions of this room."""

    name = "v4"
    max_page_size = list_requests.MAX_PAGE_SIZE
    unsupported_hint = ""
    capabilities = staticmethod(CAPABILITIES.__getitem__)

    # ---- reading
    build_list_request = staticmethod(list_requests.build_list_request)
    build_row_request = staticmethod(list_requests.build_row_request)
    parse_page = staticmethod(row_parser.parse_page)
    parse_row = staticmethod(row_parser.parse_row)

    def complete_rows(self, connection: Connection, read: ReadRequest, rows: Sequence[Row]) -> Flow[Sequence[Row]]:
        """Rows of API v4 lack nothing."""
        return return_value(rows)

    def fetch_definitions(self, connection: Connection, kind: str) -> Flow[list[MutableRow]]:
        """Read all pages. The next link decides which is the last one: `limit` has two meanings in the documentation."""
        parent_kind, _, parent_id = kind.partition("/")
        read = ReadRequest("custom_fields", Parent(parent_kind, int(parent_id) if parent_id else None))
        rows: list[MutableRow] = []
        number = 1
        while True:
            request = self.build_list_request(read, number, self.max_page_size)
            page = self.parse_page(read, (yield from connection.ask(request)))
            rows += map(dict, page.rows)
            if page.last or not page.rows:
                return rows
            number += 1

    # ---- writing and actions: their modules are imported when they are first needed, and not looked for again
    if TYPE_CHECKING:
        validate_batch = staticmethod(batch_requests.validate_batch)
        build_batch_request = staticmethod(batch_requests.build_batch_request)
        parse_stored_rows = staticmethod(stored_rows.parse_stored_rows)
        parse_refusals = staticmethod(stored_rows.parse_refusals)
        build_action_request = staticmethod(actions.build_action_request)
        parse_action_result = staticmethod(actions.parse_action_result)
    else:

        def __getattr__(self, name: str) -> Any:
            if name not in WRITING:
                raise AttributeError(f"the dialect {self.name} has no {name}")
            function = getattr(import_module(f"kommo_orm.dialects.v4.{WRITING[name]}"), name)
            setattr(type(self), name, staticmethod(function))
            return function

    # ---- failures
    parse_error = staticmethod(parse_error)
    classify_failure = staticmethod(failures.classify_failure)
    is_result_unknown = staticmethod(failures.is_result_unknown)
    is_row_missing = staticmethod(failures.is_row_missing)
    is_transient = staticmethod(failures.is_transient)

    # ---- the account
    parse_drive_url = staticmethod(account_settings.parse_drive_url)

    def build_timezone_request(self) -> HttpRequest:
        """Read the settings of dates with the account."""
        params = (("with", "datetime_settings"),)
        return HttpRequest("GET", ACCOUNT_PATH, params=params, purpose="read the account's time zone")

    def parse_timezone(self, answer: HttpResponse) -> tzinfo:
        """Parse the settings of dates."""
        settings = get_embedded(answer.parse_object()).get("datetime_settings")
        return account_settings.parse_timezone(settings if isinstance(settings, dict) else {}, answer)

    def build_drive_request(self) -> HttpRequest:
        """Read the address of the files with the account."""
        params = (("with", "drive_url"),)
        return HttpRequest("GET", ACCOUNT_PATH, params=params, purpose="read where the account's files are kept")


V4 = V4Dialect()

"""How API v2 says no: to a whole request, or to one item of it inside a 200 answer.

Kommo API v2, Errors. A request of the wrong structure is 400 with the older body `{"response": {"error", "error_code"}}`
and nothing of it is applied. Everything else fails item by item, next to items that succeed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from kommo_orm.sandbox.hal_responses import build_response
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.routing import ApiCall
from kommo_orm.sandbox.row_store import Row

JSON = "application/json"
CONFLICT = "Last modified date is older than in database"

NO_RIGHTS = 244
MISSING = 103  # "parameters missing"
NOT_FOUND = 282  # "list or element not found in the account"
TOO_MANY_LINKS = 330
MALFORMED = 400


class RequestError(Exception):
    """The whole request is refused, with an application code of the service."""

    def __init__(self, code: int, text: str, status: int = 400) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text
        self.status = status


class ItemError(Exception):
    """One item of a write fails; the others go on. Without a code the error is a bare text."""

    def __init__(self, code: int | None, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text

    def render(self) -> Row:
        return {"code": self.code, "msg": self.text}


class Conflict(ItemError):
    """The item's `updated_at` is missing or not newer than the stored one."""

    def __init__(self) -> None:
        super().__init__(None, CONFLICT)


def build_malformed_error(where: str, what: str) -> RequestError:
    """Wrong structure of the data."""
    return RequestError(MALFORMED, f"{where} {what}")


def render_request_error(call: ApiCall, wrong: RequestError) -> SandboxResponse:
    shown: Row = {"error": wrong.text, "error_code": str(wrong.code), "ip": "203.0.113.7"}
    shown.update(domain=call.account.host, server_time=call.now)
    return build_response(wrong.status, {"response": shown}, media=JSON)


def catch_request_errors(handler: Callable[[ApiCall], SandboxResponse]) -> Callable[[ApiCall], SandboxResponse]:
    """The handler, with its refusals as answers."""

    @wraps(handler)
    def handle_with_errors(call: ApiCall) -> SandboxResponse:
        try:
            return handler(call)
        except RequestError as wrong:
            return render_request_error(call, wrong)

    return handle_with_errors

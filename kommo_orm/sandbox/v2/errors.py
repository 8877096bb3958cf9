"""The two kinds of refusals of API v2: of a request, and of one item inside of a 200 response.

Kommo API v2, Errors. A request of a wrong structure is 400 with the body `{"response": {"error", "error_code"}}`, and
nothing of it is applied. All other errors belong to one item; the other items are applied.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_response
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.row_store import Row

JSON = "application/json"
CONFLICT = "Last modified date is older than in database"

NO_RIGHTS = 244
MISSING = 103  # "parameters missing"
NOT_FOUND = 282  # "list or element not found in the account"
TOO_MANY_LINKS = 330
MALFORMED = 400


class RequestError(Exception):
    """The request is refused, with an error code of the service. Nothing is applied."""

    def __init__(self, code: int, text: str, status: int = 400) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text
        self.status = status


class ItemError(Exception):
    """One item of a write fails; the others are applied. An error without a code is shown as a bare text."""

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
    """The error for a value of a wrong structure."""
    return RequestError(MALFORMED, f"{where} {what}")


def render_request_error(call: ApiCall, wrong: RequestError) -> SandboxResponse:
    shown: Row = {"error": wrong.text, "error_code": str(wrong.code), "ip": "203.0.113.7"}
    shown.update(domain=call.account.host, server_time=call.now)
    return build_response(wrong.status, {"response": shown}, media=JSON)


def catch_request_errors(handler: Callable[[ApiCall], SandboxResponse]) -> Callable[[ApiCall], SandboxResponse]:
    """Wrap a handler: a `RequestError` becomes a response."""

    @wraps(handler)
    def handle_with_errors(call: ApiCall) -> SandboxResponse:
        try:
            return handler(call)
        except RequestError as wrong:
            return render_request_error(call, wrong)

    return handle_with_errors

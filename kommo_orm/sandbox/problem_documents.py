"""Errors in the service's own form: problem documents, validation errors and HTML pages of proxies.

Kommo API v4, Errors: `application/problem+json` with `title`, `type`, `status` and `detail`. Invalid data adds
`validation-errors`: one row for each invalid element, with its `request_id`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

FIELD_MISSING = "FieldMissing"
FIELD_NOT_EXPECTED = "FieldNotExpected"
INVALID_TYPE = "InvalidType"
INVALID_VALUE = "InvalidValue"
NOT_SUPPORTED_CHOICE = "NotSupportedChoice"
NOT_UNIQUE = "NotUnique"

_DETAILS = {
    FIELD_MISSING: "This field is missing.",
    FIELD_NOT_EXPECTED: "This field was not expected.",
    INVALID_TYPE: "This value has a wrong type.",
    INVALID_VALUE: "This value is not valid.",
    NOT_SUPPORTED_CHOICE: "The value you selected is not a valid choice.",
    NOT_UNIQUE: "This value is already used.",
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One error in one element. `path` is dotted and relative to the element."""

    code: str
    path: str
    detail: str = ""

    def render(self) -> dict[str, str]:
        return {"code": self.code, "path": self.path, "detail": self.detail or _DETAILS[self.code]}


class HttpError(Exception):
    """An error response. Handlers raise it; `dispatch.py` turns it into a problem document with the keys of `extra`."""

    def __init__(
        self,
        status: int,
        detail: str,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {detail}")
        self.status = status
        self.detail = detail
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})

    def build_document(self) -> dict[str, Any]:
        return {
            **self.extra,
            **{k: v for k, v in build_problem(self.status, self.detail).items() if k not in self.extra},
        }


def build_problem(status: int, detail: str) -> dict[str, Any]:
    """Build the four keys that every problem document of v4 has."""
    return {
        "title": HTTPStatus(status).phrase,
        "type": f"https://httpstatus.es/{status}",
        "status": status,
        "detail": detail,
    }


def build_validation_error(rows: Sequence[tuple[str | int | None, list[FieldError]]]) -> HttpError:
    """Build the 400 of a batch with all invalid elements. Without a `request_id` the key is left out."""
    errors: list[dict[str, Any]] = []
    for request_id, field_errors in rows:
        head = {} if request_id is None else {"request_id": request_id}
        errors.append({**head, "errors": [error.render() for error in field_errors]})
    return HttpError(400, "Request validation failed", {"validation-errors": errors})


def build_field_error(code: str, path: str, request_id: str | None = None) -> HttpError:
    """Build the 400 for a single error."""
    return build_validation_error([(request_id, [FieldError(code, path)])])


def build_not_found(detail: str = "Entity not found") -> HttpError:
    return HttpError(404, detail)


def build_unauthorized() -> HttpError:
    return HttpError(401, "Invalid user name or password")


def render_gateway_page(status: int) -> bytes:
    """Render the HTML page of a proxy in front of Kommo (429, 502, 503, 504, and 403 for a blocked address)."""
    title = f"{status} {HTTPStatus(status).phrase}"
    page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
    return f"{page}<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n".encode()

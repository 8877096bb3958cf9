"""What an answer holds: parsed, its rows, and the failures that come under a status of success."""

from __future__ import annotations

from typing import Any, cast

from kommo_orm.errors import BadRequest, UnexpectedResponse
from kommo_orm.interface.row import Row
from kommo_orm.model.definition import iterate_items
from kommo_orm.transport.http_messages import HttpResponse
from kommo_orm.transport.redaction import redact_text


def parsed(answer: HttpResponse) -> Any:
    """The body. Raises `BadRequest` for `{"status": "fail"}`, which comes with 200."""
    try:
        body = answer.json()
    except ValueError:
        raise unexpected(answer, "no JSON") from None
    if isinstance(body, dict) and failed(body):
        raise refusal(answer, body)
    return body


def failed(body: Row) -> bool:
    inner: Any = body.get("response")
    told = cast("Row", inner) if isinstance(inner, dict) else body
    return body.get("status") == "fail" or ("error" in told and "_embedded" not in body and bool(told["error"]))


def refusal(answer: HttpResponse, body: Row) -> BadRequest:
    inner: Any = body.get("response")
    told = cast("Row", inner) if isinstance(inner, dict) else body
    code, detail = told.get("error_code"), str(told.get("error") or "it failed")
    return BadRequest(
        f"{answer.request.summary}: the service answered {answer.status}, and that it failed: {redact_text(detail)}"
        f"{f' (code {code})' if code is not None else ''}.",
        status=answer.status,
        detail=redact_text(detail),
        code=None if code is None else str(code),
        request_id=answer.request_id,
        body=redact_text(answer.text),
    )


def unexpected(answer: HttpResponse, what: str) -> UnexpectedResponse:
    return UnexpectedResponse(
        f"{answer.request}: the answer (status {answer.status}, request id {answer.request_id}) is {what}: {answer.text[:200]!r}"
    )


def embedded(body: Any) -> Row:
    found = body.get("_embedded") if isinstance(body, dict) else None
    return cast("Row", found) if isinstance(found, dict) else {}


def items(body: Any) -> list[Row] | None:
    """The rows: a list, an object keyed by id, or those that were deleted. None where an answer has no such part."""
    found = embedded(body).get("items") if isinstance(body, dict) else body
    if isinstance(found, dict) and isinstance(found.get("deleted"), list):
        found = found["deleted"]
    return list(iterate_items(found)) if isinstance(found, dict | list) else None

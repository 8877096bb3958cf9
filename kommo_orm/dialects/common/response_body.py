"""Bodies of answers: JSON, rows, and failures that come with a status of success."""

from __future__ import annotations

from typing import Any, cast

from kommo_orm.errors import BadRequest, UnexpectedResponse
from kommo_orm.interface.row import MutableRow
from kommo_orm.model.definition import iterate_items
from kommo_orm.transport.http_messages import HttpResponse
from kommo_orm.transport.redaction import redact_text


def parse_success(answer: HttpResponse) -> Any:
    """Parse the body of API v2. Raises `BadRequest` for `{"status": "fail"}`, which comes with 200."""
    body = answer.json()
    if isinstance(body, dict) and is_failure(body):
        raise build_failure_error(answer, body)
    return body


def has_json_body(answer: HttpResponse) -> bool:
    """Whether the body is an object or a list; some successes are plain text, such as `Accepted`."""
    return answer.content.lstrip()[:1] in (b"{", b"[")


def is_failure(body: MutableRow) -> bool:
    """Whether a body of API v2 says that the request failed."""
    inner = _get_response_part(body)
    return body.get("status") == "fail" or ("error" in inner and "_embedded" not in body and bool(inner["error"]))


def build_failure_error(answer: HttpResponse, body: MutableRow) -> BadRequest:
    """Make the exception of a failure that came with a status of success."""
    inner = _get_response_part(body)
    code, detail = inner.get("error_code"), redact_text(str(inner.get("error") or "it failed"))
    return BadRequest(
        f"{answer.request.summary}: the service answered {answer.status}, and that it failed: {detail}"
        f"{f' (code {code})' if code is not None else ''}.",
        status=answer.status,
        detail=detail,
        code=None if code is None else str(code),
        request_id=answer.request_id,
        body=redact_text(answer.text),
    )


def build_unexpected_error(answer: HttpResponse, what: str) -> UnexpectedResponse:
    """Make the exception of a success whose body has another shape than documented."""
    return UnexpectedResponse(
        f"{answer.request}: the answer (status {answer.status}, request id {answer.request_id}) is {what}: {answer.text[:200]!r}"
    )


def get_embedded(body: Any) -> MutableRow:
    """The part `_embedded` of a body; empty if there is none."""
    found = body.get("_embedded") if isinstance(body, dict) else None
    return cast("MutableRow", found) if isinstance(found, dict) else {}


def list_items(body: Any) -> list[MutableRow] | None:
    """List the rows of API v2: a list, an object keyed by id, or the deleted ones. None if the body has no such part."""
    found = get_embedded(body).get("items") if isinstance(body, dict) else body
    if isinstance(found, dict) and isinstance(found.get("deleted"), list):
        found = found["deleted"]
    return list(iterate_items(found)) if isinstance(found, dict | list) else None


def _get_response_part(body: MutableRow) -> MutableRow:
    """Older answers stand under the key `response`."""
    inner: Any = body.get("response")
    return cast("MutableRow", inner) if isinstance(inner, dict) else body

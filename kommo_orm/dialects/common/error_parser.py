"""Makes an exception of an answer that is no success. It never fails itself, whatever bytes the service sends.

Kommo's error bodies come in families: problem documents with and without `validation-errors`, service errors with a
`trace_id`, OAuth problems that only `hint` distinguishes, errors of the chats service, the numbered errors of the older
API, and web pages, plain text or nothing from the gateways in front of it.

Source: Kommo API v4, "HTTP status codes and error messages", "OAuth 2.0".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from kommo_orm.dialects.common.error_codes import describe_error_code, find_error_code
from kommo_orm.errors import (
    AccountBlocked,
    BadRequest,
    Forbidden,
    GatewayTimeout,
    ItemError,
    KommoError,
    NotFound,
    PaymentRequired,
    RateLimited,
    ResponseError,
    ServerError,
    StaleObject,
    Unauthorized,
)
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from kommo_orm.transport.redaction import redact_excerpt, redact_text
from kommo_orm.transport.retry import parse_retry_after

_BY_STATUS: dict[int, type[ResponseError]] = {
    400: BadRequest,
    401: Unauthorized,
    402: PaymentRequired,
    403: Forbidden,
    404: NotFound,
    422: BadRequest,
    429: RateLimited,
    504: GatewayTimeout,
}

_ADVICE: dict[type[ResponseError], str] = {
    Unauthorized: "The token is wrong, expired or revoked: check it, or authorise the account again.",
    PaymentRequired: "The account is not paid for, or its plan does not include this.",
    Forbidden: "The user behind the token, or the integration's scopes, do not allow this.",
    AccountBlocked: (
        "This is the gateway in front of the API: after too many requests it blocks the address or the account. "
        "Stop, wait some minutes, and ask Kommo's support if it stays."
    ),
    RateLimited: "Send less at once, and share one Kommo object (or one rate) among all that use this account.",
    GatewayTimeout: "The request was too much for the service at once: ask for fewer rows or send smaller batches.",
    ServerError: "The fault is on the service's side: try later; if it stays, give the request id to Kommo's support.",
}

WRONG_CLIENT = "wrong client"

# OAuth texts are in the account's language and the same for most errors; only the hint distinguishes them.
_HINTS: dict[str, str] = {
    "Token has been revoked": "The refresh token was used before or access was withdrawn.",
    "Authorization code has expired": "A code is valid for 20 minutes: start the authorisation again.",
    "Authorization code has been revoked": "A code is valid once and this one was used: start the authorisation again.",
    "Cannot decrypt the authorization code": "The code is cut off or garbled: take all of it from the redirect.",
    "Cannot decrypt the refresh token": "The stored refresh token is cut off or garbled.",
    "Redirect URI is not associated with client": (
        "redirect_uri must be exactly the one in the integration's settings, to the last slash."
    ),
    "Invalid account": "Another account granted access than the one that was asked: use the host of the redirect.",
    WRONG_CLIENT: "client_id and client_secret do not belong together: copy both from the integration's settings.",
}

_STALE = "last modified date is older"


@dataclass(frozen=True, slots=True)
class _ErrorBody:
    """The parts of an error body, whichever its family."""

    title: str = ""
    detail: str = ""
    code: str | None = None
    items: tuple[ItemError, ...] = ()
    is_json: bool = False
    trace_id: str | None = None


def parse_error(call: HttpRequest, answer: HttpResponse) -> KommoError:
    """Make the exception of an answer that is no success.

    >>> body = b'{"title": "Not Found", "status": 404, "detail": "Lead not found"}'
    >>> answer = HttpResponse(404, body, HttpRequest("GET", "/api/v4/leads/5", purpose="read lead 5"))
    >>> parse_error(answer.request, answer)
    NotFound('read lead 5 (GET /api/v4/leads/5): the service answered 404 Not Found: Lead not found.', status=404, ...)
    """
    body = _parse_body(answer)
    message = _build_message(call, answer, body, kind := _choose_class(answer, body))
    if answer.status < 500 and _STALE in answer.text.lower():
        return StaleObject(
            f"{message} The stored row is newer than the one you hold: refresh(keep_changes=True), then save again."
        )
    known: dict[str, Any] = {
        "status": answer.status,
        "title": body.title,
        "detail": body.detail,
        "code": body.code,
        "request_id": answer.request_id or body.trace_id,
        "body": redact_text(answer.text),
    }
    error: ResponseError
    if kind is BadRequest:
        error = BadRequest(message, items=body.items, **known)
    elif kind is RateLimited:
        error = RateLimited(message, retry_after=parse_retry_after(answer), **known)
    else:
        error = kind(message, **known)
    error.meaning = describe_error_code(body.code)
    return error


def _choose_class(answer: HttpResponse, body: _ErrorBody) -> type[ResponseError]:
    if answer.status == 403 and not body.is_json:
        # The host of files refuses in plain text; a gateway in front of it shows a web page.
        is_other_host = "://" in answer.request.path and b"<" not in answer.content[:200]
        return Forbidden if is_other_host and answer.content.strip() else AccountBlocked
    if answer.status >= 500:
        return _BY_STATUS.get(answer.status, ServerError)
    return _BY_STATUS.get(answer.status, ResponseError)


def _build_message(call: HttpRequest, answer: HttpResponse, body: _ErrorBody, kind: type[ResponseError]) -> str:
    words = [f"{call.summary}: the service answered {answer.status} {_get_phrase(answer.status)}".rstrip()]
    if explained := _explain_error(answer, body):
        words[0] += f": {explained}"
    text = f"{words[0].rstrip('.')}."
    advice = _HINTS.get(body.code or "") or _ADVICE.get(kind, "")
    tried = f" Tried {answer.attempts} times." if answer.attempts > 1 else ""
    request_id = answer.request_id or body.trace_id
    known = f" (Request id {request_id}.)" if request_id else ""
    return f"{text}{tried}{f' {advice}' if advice else ''}{known}"


def _explain_error(answer: HttpResponse, body: _ErrorBody) -> str:
    parts = [part for part in (body.detail or body.title, *map(_describe_item, body.items[:5])) if part]
    if len(body.items) > 5:
        parts.append(f"and {len(body.items) - 5} more")
    if meaning := describe_error_code(body.code):
        parts.append(meaning)
    elif body.code in _HINTS and body.code not in parts:
        parts.append(str(body.code))
    if 300 <= answer.status < 400 and (target := answer.headers.get("location")):
        parts.append(f"it points to {redact_text(target)}; the account may have another address now")
    return "; ".join(parts) if parts else _excerpt_text(answer)


def _describe_item(item: ItemError) -> str:
    place = f"item {item.request_id}, {item.path}" if item.request_id else item.path
    meaning = f"; {item.meaning}" if item.meaning else ""
    return f"{place}: {item.detail} ({item.code}){meaning}" if item.code else f"{place}: {item.detail}{meaning}"


def _excerpt_text(answer: HttpResponse) -> str:
    """The first 120 characters of a web page or plain text."""
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text[:20_000])).strip()
    return redact_excerpt(text, 120)


def _get_phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _parse_body(answer: HttpResponse) -> _ErrorBody:
    body = answer.parse_object()
    if not body:
        return _ErrorBody(code=find_error_code(answer.text[:2000]))
    inner = body.get("response")
    if isinstance(inner, dict):  # API v2
        body = cast("dict[str, Any]", inner)
    title = _clean_text(body.get("title")) or _clean_text(body.get("error_type"))
    detail = (
        _clean_text(body.get("detail")) or _clean_text(body.get("error_description")) or _clean_text(body.get("error"))
    )
    detail = detail or _clean_text(body.get("message"))
    return _ErrorBody(
        title,
        detail,
        _find_code(body, f"{detail} {title}", answer),
        tuple(_iterate_items(body)),
        is_json=True,
        trace_id=_clean_text(body.get("trace_id")) or None,
    )


def _find_code(body: dict[str, Any], text: str, answer: HttpResponse) -> str | None:
    if hint := _clean_text(body.get("hint")):
        return hint
    if "OAuthProblem" in _clean_text(body.get("type")):
        return WRONG_CLIENT if answer.status == 401 else None
    for name in ("error_type", "error_code", "code"):
        if code := _clean_text(body.get(name)):
            return code
    if "error_description" in body and (error := _clean_text(body.get("error"))):
        return error
    return find_error_code(text)


def _iterate_items(body: dict[str, Any]) -> Iterator[ItemError]:
    for row in _list_objects(body.get("validation-errors")):
        for error in _list_objects(row.get("errors")):
            code, detail = _clean_text(error.get("code")) or None, _clean_text(error.get("detail"))
            yield ItemError(
                code=code,
                detail=detail,
                path=_clean_text(error.get("path")),
                request_id=_clean_text(row.get("request_id")) or None,
                meaning=describe_error_code(code) or describe_error_code(find_error_code(detail)),
            )


def _list_objects(value: Any) -> list[dict[str, Any]]:
    """A list of objects, also where PHP made an object of the list."""
    many: Any = cast("dict[str, Any]", value).values() if isinstance(value, dict) else value
    return [row for row in many if isinstance(row, dict)] if isinstance(value, (dict, list)) else []


def _clean_text(value: Any) -> str:
    """Text and numbers as text without secrets, anything else as nothing."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return redact_text(str(value)) if isinstance(value, str) else str(value)

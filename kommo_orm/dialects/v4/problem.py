"""From a refusal to the exception that says it. Pure, and never failing itself, whatever bytes the service sends.

Kommo's error bodies come in families: problem documents with and without `validation-errors`, service errors with a
`trace_id`, OAuth problems told apart by `hint` alone, chats errors, the numbered errors of the older API, and web
pages, plain text or nothing from the gates in front.

Source: Kommo API v4, "HTTP status codes and error messages", "OAuth 2.0".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from kommo_orm.dialects.v2.codes import MEANINGS
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

_CURES: dict[type[ResponseError], str] = {
    Unauthorized: "The token is wrong, expired or revoked: check it, or authorise the account again.",
    PaymentRequired: "The account is not paid for, or its plan does not include this.",
    Forbidden: "The user behind the token, or the integration's scopes, do not allow this.",
    AccountBlocked: (
        "This is the gate in front of the API: after too many requests it blocks the address or the account. "
        "Stop, wait some minutes, and ask Kommo's support if it stays."
    ),
    RateLimited: "Send less at once, and share one Kommo object (or one rate) among all that use this account.",
    GatewayTimeout: "The request was too much for the service at once: ask for fewer rows or send smaller batches.",
    ServerError: "The fault is on the service's side: try later; if it stays, give the request id to Kommo's support.",
}

WRONG_CLIENT = "wrong client"

# OAuth texts are in the account's language and the same for most faults; only the hint tells them apart.
_HINTS: dict[str, str] = {
    "Token has been revoked": "The refresh token was used before or access was withdrawn.",
    "Authorization code has expired": "A code is good for 20 minutes: start the authorisation again.",
    "Authorization code has been revoked": "A code is good once and this one was used: start the authorisation again.",
    "Cannot decrypt the authorization code": "The code is cut off or garbled: take it whole from the redirect.",
    "Cannot decrypt the refresh token": "The stored refresh token is cut off or garbled.",
    "Redirect URI is not associated with client": (
        "redirect_uri must be exactly the one in the integration's settings, to the last slash."
    ),
    "Invalid account": "Another account granted access than the one that was asked: use the host of the redirect.",
    WRONG_CLIENT: "client_id and client_secret do not belong together: copy both from the integration's settings.",
}

_STATUSES = frozenset({"400", "401", "402", "403", "405", "429"})  # they say what the status says already
_LEGACY_MEANINGS: dict[str, str] = {
    **{code: told for code, told in MEANINGS.items() if code not in _STATUSES},
    "101": "there is no such account",
    "110": "wrong login or key",
    "111": "a captcha must be solved in the browser first",
    "112": "the user is switched off or not in this account",
    "113": "this address is not on the account's list of allowed addresses",
    "202": "no right to do this",
    "203": "a fault in custom fields",
    "226": "the entity was deleted or cannot be reached",
    "244": "no right to add leads, or the subscription has ended",
    "282": "the list or its element is not in this account",
    "288": "no right to do this",
    "330": "too many linked entities",
    "425": "this feature is not available",
    "426": "this feature is switched off",
}
_NUMBERED = re.compile(r"\bcode\W{0,3}(\d{3,4})\b", re.IGNORECASE)
_STALE = "last modified date is older"


@dataclass(frozen=True, slots=True)
class _Said:
    """What an error body says, whichever its family."""

    title: str = ""
    detail: str = ""
    code: str | None = None
    items: tuple[ItemError, ...] = ()
    is_json: bool = False


def problem(call: HttpRequest, answer: HttpResponse) -> KommoError:
    """The exception for an answer that is no success.

    >>> body = b'{"title": "Not Found", "status": 404, "detail": "Lead not found"}'
    >>> answer = HttpResponse(404, body, HttpRequest("GET", "/api/v4/leads/5", purpose="read lead 5"))
    >>> problem(answer.call, answer)
    NotFound('read lead 5 (GET /api/v4/leads/5): the service answered 404 Not Found: Lead not found.', status=404, ...)
    """
    said = _read(answer)
    message = _message(call, answer, said, kind := _kind(answer, said))
    if answer.status < 500 and _STALE in answer.text.lower():
        return StaleObject(
            f"{message} The stored row is newer than the one you hold: refresh(keep_changes=True), then save again."
        )
    known: dict[str, Any] = {
        "status": answer.status,
        "title": said.title,
        "detail": said.detail,
        "code": said.code,
        "request_id": answer.request_id,
        "body": redact_text(answer.text),
    }
    if kind is BadRequest:
        return BadRequest(message, items=said.items, **known)
    if kind is RateLimited:
        return RateLimited(message, retry_after=parse_retry_after(answer), **known)
    return kind(message, **known)


def _kind(answer: HttpResponse, said: _Said) -> type[ResponseError]:
    if answer.status == 403 and not said.is_json:
        # The host of files refuses in plain text; a gate in front of it shows a web page.
        elsewhere = "://" in answer.request.path and b"<" not in answer.content[:200]
        return Forbidden if elsewhere and answer.content.strip() else AccountBlocked
    if answer.status >= 500:
        return _BY_STATUS.get(answer.status, ServerError)
    return _BY_STATUS.get(answer.status, ResponseError)


def _message(call: HttpRequest, answer: HttpResponse, said: _Said, kind: type[ResponseError]) -> str:
    words = [f"{call.summary}: the service answered {answer.status} {_phrase(answer.status)}".rstrip()]
    if explained := _explained(answer, said):
        words[0] += f": {explained}"
    text = f"{words[0].rstrip('.')}."
    cure = _HINTS.get(said.code or "") or _CURES.get(kind, "")
    tried = f" Tried {answer.attempts} times." if answer.attempts > 1 else ""
    known = f" (Request id {answer.request_id}.)" if answer.request_id else ""
    return f"{text}{tried}{f' {cure}' if cure else ''}{known}"


def _explained(answer: HttpResponse, said: _Said) -> str:
    parts = [part for part in (said.detail or said.title, *map(_item, said.items[:5])) if part]
    if len(said.items) > 5:
        parts.append(f"and {len(said.items) - 5} more")
    if said.code in _LEGACY_MEANINGS:
        parts.append(f"code {said.code} means: {_LEGACY_MEANINGS[said.code]}")
    elif said.code in _HINTS and said.code not in parts:
        parts.append(str(said.code))
    if 300 <= answer.status < 400 and (target := answer.headers.get("location")):
        parts.append(f"it points to {redact_text(target)}; the account may have another address now")
    return "; ".join(parts) if parts else _glimpse(answer)


def _item(item: ItemError) -> str:
    place = f"item {item.request_id}, {item.path}" if item.request_id else item.path
    return f"{place}: {item.detail} ({item.code})" if item.code else f"{place}: {item.detail}"


def _glimpse(answer: HttpResponse) -> str:
    """The first words of a web page or plain text."""
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text[:20_000])).strip()
    return redact_excerpt(text, 120)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _read(answer: HttpResponse) -> _Said:
    said = answer.parse_object()
    if not said:
        return _Said(code=_number(answer.text[:2000]))
    inner = said.get("response")
    if isinstance(inner, dict):  # the older API
        said = cast("dict[str, Any]", inner)
    title = _text(said.get("title")) or _text(said.get("error_type"))
    detail = _text(said.get("detail")) or _text(said.get("error_description")) or _text(said.get("error"))
    detail = detail or _text(said.get("message"))
    return _Said(title, detail, _code(said, detail, answer), tuple(_items(said)), is_json=True)


def _code(said: dict[str, Any], detail: str, answer: HttpResponse) -> str | None:
    if hint := _text(said.get("hint")):
        return hint
    if "OAuthProblem" in _text(said.get("type")):
        return WRONG_CLIENT if answer.status == 401 else None
    for name in ("error_type", "error_code", "code"):
        if code := _text(said.get(name)):
            return code
    if "error_description" in said and (error := _text(said.get("error"))):
        return error
    return _number(detail)


def _number(text: str) -> str | None:
    found = _NUMBERED.search(text)
    return found.group(1) if found else None


def _items(said: dict[str, Any]) -> Iterator[ItemError]:
    for row in _rows(said.get("validation-errors")):
        for error in _rows(row.get("errors")):
            yield ItemError(
                code=_text(error.get("code")) or None,
                detail=_text(error.get("detail")),
                path=_text(error.get("path")),
                request_id=_text(row.get("request_id")) or None,
            )


def _rows(value: Any) -> list[dict[str, Any]]:
    """A list of objects, also where PHP made an object of the list."""
    many: Any = cast("dict[str, Any]", value).values() if isinstance(value, dict) else value
    return [row for row in many if isinstance(row, dict)] if isinstance(value, (dict, list)) else []


def _text(value: Any) -> str:
    """Text and numbers as text without secrets, anything else as nothing."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return redact_text(str(value)) if isinstance(value, str) else str(value)

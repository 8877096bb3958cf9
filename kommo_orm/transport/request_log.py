"""One line a request in the logger `kommo_orm.http`, with the same values as fields of the record.

Successes are INFO, refusals and failures WARNING. Parameters and bodies appear at DEBUG only. All without secrets.
Who calls these functions asks first whether the level is enabled.
"""

from __future__ import annotations

import logging
from typing import Any

from kommo_orm.transport.http_messages import NO_BODY, HttpRequest, HttpResponse
from kommo_orm.transport.json_encoder import encode_json
from kommo_orm.transport.query_string import encode_query
from kommo_orm.transport.redaction import redact_excerpt, redact_pairs, redact_text

logger = logging.getLogger("kommo_orm.http")
LONG_WAIT = 1.0  # seconds
logging.getLogger("kommo_orm").addHandler(logging.NullHandler())  # silent until the program configures logging

_MAX_BODY = 4000  # characters of a body at DEBUG


class _RedactingFilter(logging.Filter):
    """Hides secrets in the lines of the libraries below: they log addresses and headers as they are."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact_text(record.getMessage()), ()
        return True


# Each logger that writes by itself: a filter of `httpcore` does not see what its children write.
_LOWER_LOGGERS = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "hpack.hpack",  # the headers of HTTP/2, for transports of the user's
    "hpack.table",
)
for _name in _LOWER_LOGGERS:
    logging.getLogger(_name).addFilter(_RedactingFilter())


def log_request(request: HttpRequest) -> None:
    """Write down parameters and body at DEBUG, before the request is sent."""
    parameters = redact_text(encode_query(redact_pairs(request.params)))
    logger.debug("%s > %s %s", request, parameters, _show_body(request))


def log_response(response: HttpResponse) -> None:
    """Write the line of a request that was answered, and at DEBUG the body."""
    level = logging.INFO if response.succeeded else logging.WARNING
    _write_line(level, response.request, response.status, response.seconds, request_id=response.request_id)
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("%s < %s", response.request, redact_excerpt(response.text, _MAX_BODY))


def log_failure(request: HttpRequest, reason: str, seconds: float) -> None:
    """Write the line of a request without an answer."""
    _write_line(logging.WARNING, request, None, seconds, reason=redact_text(reason))


def log_wait(request: HttpRequest, seconds: float) -> None:
    """Say how long a request waited for its turn. Waits of a second and more are worth a line of their own."""
    level = logging.INFO if seconds >= LONG_WAIT else logging.DEBUG
    if logger.isEnabledFor(level):
        logger.log(level, "%s: waited %.2f s for the rate limit", request, seconds, extra={"wait": seconds})


def log_retry(request: HttpRequest, seconds: float, reason: str) -> None:
    """Say that a request will be tried again."""
    logger.warning(
        "%s: attempt %d failed (%s); the next one follows in %.1f s",
        request,
        request.attempt,
        reason,
        seconds,
        extra={
            "method": request.method,
            "path": redact_text(request.path),
            "attempt": request.attempt,
            "wait": seconds,
        },
    )


def _show_body(request: HttpRequest) -> str:
    if request.json is not NO_BODY:
        return redact_excerpt(encode_json(request.json).decode(), _MAX_BODY)
    if request.form is not None:
        return encode_query(redact_pairs(request.form))
    return f"{len(request.content)} bytes" if request.content else ""


def _write_line(
    level: int,
    request: HttpRequest,
    status: int | None,
    seconds: float,
    request_id: str | None = None,
    reason: str = "",
) -> None:
    ms = round(seconds * 1000, 1)
    fields: dict[str, Any] = {
        "method": request.method,
        "path": redact_text(request.path),
        "status": status,
        "ms": ms,
        "attempt": request.attempt,
        "request_id": request_id,
    }
    line = f"{request} {status or 'no answer'} {ms:.0f} ms"
    line += f", attempt {request.attempt}" if request.attempt > 1 else ""
    line += f", request id {request_id}" if request_id else ""
    line += f": {reason}" if reason else ""
    logger.log(level, "%s", line, extra=fields)

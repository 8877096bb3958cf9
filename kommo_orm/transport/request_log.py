"""One line a request in the logger `kommo_orm.http`, with the same values as fields of the record.

Successes are INFO, refusals and failures WARNING. Parameters and bodies appear at DEBUG only. All without secrets.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from kommo_orm.errors import TransportError
from kommo_orm.transport import json_codec
from kommo_orm.transport.flow import Flow, Sender
from kommo_orm.transport.http_messages import NO_BODY, HttpRequest, HttpResponse
from kommo_orm.transport.query_string import encode_query
from kommo_orm.transport.redaction import redact_excerpt, redact_pairs, redact_text

logger = logging.getLogger("kommo_orm.http")
logging.getLogger("kommo_orm").addHandler(logging.NullHandler())  # silent until the program configures logging

_SHOWN = 4000  # characters of a body at DEBUG


class _Redacting(logging.Filter):
    """What carries our requests writes down addresses and headers as they are: keys of uploads, cookies, tokens."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact_text(record.getMessage()), ()
        return True


# Each logger that writes by itself: a filter of `httpcore` does not see what its children write.
_CARRIERS = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "hpack.hpack",  # the headers of HTTP/2, for transports of the user's
    "hpack.table",
)
for _name in _CARRIERS:
    logging.getLogger(_name).addFilter(_Redacting())


def log_requests(sender: Sender) -> Sender:
    """Write down each request that is sent."""

    def sending(call: HttpRequest, left: Callable[[], None]) -> Flow[HttpResponse]:
        began = time.perf_counter()
        _request(call)
        try:
            answer = yield from sender(call, left)
        except TransportError as error:
            _line(
                logging.WARNING, call, status=None, seconds=time.perf_counter() - began, failure=_essence(call, error)
            )
            raise
        _response(answer)
        return answer

    return sending


def log_retry(call: HttpRequest, seconds: float, why: str) -> None:
    """Say that a request will be tried again."""
    logger.warning(
        "%s: attempt %d failed (%s); the next one follows in %.1f s",
        call,
        call.attempt,
        why,
        seconds,
        extra={"method": call.method, "path": redact_text(call.path), "attempt": call.attempt, "wait": seconds},
    )


def _essence(call: HttpRequest, error: TransportError) -> str:
    """What a failure says beyond naming the call, which the line does anyway."""
    return redact_text(str(error).removeprefix(f"{call.summary} has no answer: "))


def _request(call: HttpRequest) -> None:
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("%s > %s %s", call, redact_text(encode_query(redact_pairs(call.params))), _body(call))


def _body(call: HttpRequest) -> str:
    if call.json is not NO_BODY:
        return redact_excerpt(json_codec.encode_json(call.json).decode(), _SHOWN)
    if call.form is not None:
        return encode_query(redact_pairs(call.form))
    return f"{len(call.content)} bytes" if call.content else ""


def _response(answer: HttpResponse) -> None:
    level = logging.INFO if answer.succeeded else logging.WARNING
    _line(level, answer.request, answer.status, answer.seconds, request_id=answer.request_id)
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("%s < %s", answer.request, redact_excerpt(answer.text, _SHOWN))


def _line(
    level: int, call: HttpRequest, status: int | None, seconds: float, request_id: str | None = None, failure: str = ""
) -> None:
    if not logger.isEnabledFor(level):
        return
    ms = round(seconds * 1000, 1)
    fields: dict[str, Any] = {
        "method": call.method,
        "path": redact_text(call.path),
        "status": status,
        "ms": ms,
        "attempt": call.attempt,
        "request_id": request_id,
    }
    text = f"{call} {status or 'no answer'} {ms:.0f} ms"
    text += f", attempt {call.attempt}" if call.attempt > 1 else ""
    text += f", request id {request_id}" if request_id else ""
    text += f": {failure}" if failure else ""
    logger.log(level, "%s", text, extra=fields)

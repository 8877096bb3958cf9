"""Signatures instead of tokens: what the chats service knows a channel by.

Every attempt is signed anew, over exactly the bytes that are sent and the moment at which they are: the service takes
no request that is older than a quarter of an hour. Source: Kommo Chats API, "Authorization and headers".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime

from kommo_orm.transport import json_codec
from kommo_orm.transport.flow import Flow, Sender
from kommo_orm.transport.http_messages import NO_BODY, HttpRequest, HttpResponse

JSON = "application/json"


def signature(secret: str, method: str, checksum: str, date: str, path: str) -> str:
    """The value of `X-Signature`.

    >>> signature("secret", "GET", hashlib.md5(b"").hexdigest(), "Thu, 05 Mar 2026 10:00:00 +0000", "/v2/x")
    'ddc646149c9ec4163d8a857110f014995835fca5'
    """
    said = f"{method.upper()}\n{checksum}\n{JSON}\n{date}\n{path}"
    return hmac.new(secret.encode(), said.encode(), hashlib.sha1).hexdigest()


def signed(sender: Sender, secret: str, now: Callable[[], datetime]) -> Sender:
    """Sign each attempt on its way out."""

    def sending(call: HttpRequest, left: Callable[[], None]) -> Flow[HttpResponse]:
        content = b"" if call.json is NO_BODY else json_codec.encode_json(call.json)
        checksum, date = hashlib.md5(content).hexdigest(), format_datetime(now())  # noqa: S324  # the service's choice
        headers = (
            ("Date", date),
            ("Content-Type", JSON),
            ("Content-MD5", checksum),
            ("X-Signature", signature(secret, call.method, checksum, date, call.path)),
        )
        return sender(replace(call, json=NO_BODY, content=content or None, headers=(*call.headers, *headers)), left)

    return sending

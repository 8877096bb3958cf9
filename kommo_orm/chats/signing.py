"""Signs requests to the chats service, which identifies a channel by signatures and not by tokens.

Each attempt is signed again, over the bytes that are sent and the time of sending, because the service refuses a
request that is older than 15 minutes. Source: Kommo Chats API, "Authorization and headers".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime

from kommo_orm.errors import ConfigurationError
from kommo_orm.transport.http_messages import NO_BODY, HttpRequest
from kommo_orm.transport.json_encoder import encode_json

JSON = "application/json"


def build_signature(secret: str, method: str, checksum: str, date: str, path: str) -> str:
    """The value of the header `X-Signature`.

    >>> signature("secret", "GET", hashlib.md5(b"").hexdigest(), "Thu, 05 Mar 2026 10:00:00 +0000", "/v2/x")
    'ddc646149c9ec4163d8a857110f014995835fca5'
    """
    text = f"{method.upper()}\n{checksum}\n{JSON}\n{date}\n{path}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha1).hexdigest()


def make_signer(secret: str, now: Callable[[], datetime]) -> Callable[[HttpRequest], HttpRequest]:
    """A function that signs each attempt before it is sent."""

    def sign_request(request: HttpRequest) -> HttpRequest:
        try:
            content = b"" if request.json is NO_BODY else encode_json(request.json)
        except ValueError as error:
            raise ConfigurationError(f"{request.summary} cannot be sent: {error}") from None
        checksum, date = hashlib.md5(content).hexdigest(), format_datetime(now())  # noqa: S324  # the service's choice
        headers = (
            ("Date", date),
            ("Content-Type", JSON),
            ("Content-MD5", checksum),
            ("X-Signature", build_signature(secret, request.method, checksum, date, request.path)),
        )
        return replace(request, json=NO_BODY, content=content or None, headers=(*request.headers, *headers))

    return sign_request

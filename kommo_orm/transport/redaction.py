"""The one place that knows what a secret looks like. Logs, reprs, errors and recordings all pass their text through it.

A secret is known by shape and name (JSON keys, form fields, headers, JWTs, Kommo's opaque codes), or by value: code that
holds a secret calls `remember_secrets` once, and from then on it is hidden everywhere, even when a server echoes it.
"""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable

HIDDEN = "[hidden]"

_HEADERS = "authorization|proxy-authorization|x-refresh-token|x-auth-token|x-signature|cookie|set-cookie"
_NAMES = (
    f"access_token|refresh_token|client_secret|password|token|api_key|secret|user_hash|authorization_code|{_HEADERS}"
)
_JSON = re.compile(rf'("(?:{_NAMES})"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|$)', re.IGNORECASE)
_FORM = re.compile(rf"((?:^|[?&\s;])(?:{_NAMES}|code)=)[^&\s\"']+", re.IGNORECASE)
_HEADER = re.compile(rf"((?:^|[\s\"'{{(,])(?:{_HEADERS})\s*[:,]\s*)(?:=\"[^\"\r\n]*\"|[^'\"\r\n])+", re.IGNORECASE)
_QUOTED_HEADER = re.compile(  # as Python shows texts and bytes in pairs, dictionaries and lists
    rf"""((?:^|[\s"'{{(\[,])b?(['"])(?:{_HEADERS})\2\s*[:,]\s*b?)(?:'(?:[^'\\]|\\.)*(?:'|$)|"(?:[^"\\]|\\.)*(?:"|$))""",
    re.IGNORECASE,
)
_PROXY = re.compile(r"(\bauth=)\(b'.*?', b'.*?'\)")  # name and password of a SOCKS proxy, as httpcore writes them down
_BEARER = re.compile(r"(\bBearer\s+)[^\s\"',;)]+", re.IGNORECASE)
_JWT = re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]*){0,2}")
_UPLOAD = re.compile(r"(/upload/)[^/?#\s\"'\\]{8,}")  # whoever has such an address can write to an upload
_OPAQUE = re.compile(r"def50[0-9a-f]{16,}", re.IGNORECASE)  # authorization codes and refresh tokens
# `code` is also what Kommo calls the code of a field or of an error: hidden only where it is OAuth's.
_LONG_CODE = re.compile(r'("code"\s*:\s*)"[^"\s]{40,}"')
_ANY_CODE = re.compile(r'("code"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|$)')
_OAUTH = re.compile(r"grant_type|client_secret|redirect_uri", re.IGNORECASE)

_SHORTEST = 6  # what is shorter would hide ordinary words
_REMEMBERED = 2000  # the latest; a process with more accounts than that still has the rules by name


class Secret(str):
    """A text that does not show itself: tools that print the local variables of a traceback print its repr.

    >>> Secret("s3cr3t-value")
    '[hidden]'
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(HIDDEN)


_lock = threading.Lock()
_secrets: OrderedDict[str, None] = OrderedDict()


def remember_secrets(*secrets: str) -> None:
    """Hide these values from now on, wherever they appear.

    >>> remember_secrets("s3cr3t-value")
    >>> redact_text("the server said s3cr3t-value")
    'the server said [hidden]'
    """
    with _lock:
        for secret in secrets:
            if len(secret) >= _SHORTEST:
                _secrets[secret] = None
                _secrets.move_to_end(secret)
        while len(_secrets) > _REMEMBERED:
            _secrets.popitem(last=False)


def redact_text(text: str) -> str:
    """The text without secrets.

    >>> redact_text('{"refresh_token": "def502", "expires_in": 86400}')
    '{"refresh_token": "[hidden]", "expires_in": 86400}'
    """
    text = _hide_remembered(text)
    text = _JSON.sub(rf'\1"{HIDDEN}"', text)
    text = (_ANY_CODE if _OAUTH.search(text) else _LONG_CODE).sub(rf'\1"{HIDDEN}"', text)
    text = _QUOTED_HEADER.sub(rf"\1'{HIDDEN}'", text)
    for rule in (_FORM, _HEADER, _BEARER, _UPLOAD, _PROXY):
        text = rule.sub(rf"\1{HIDDEN}", text)
    return _OPAQUE.sub(HIDDEN, _JWT.sub(HIDDEN, text))


def redact_pairs(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The same for headers, parameters and form fields: names that carry secrets lose their value."""
    return tuple((name, HIDDEN if _SECRET_NAME.fullmatch(name) else redact_text(value)) for name, value in pairs)


def redact_excerpt(text: str, limit: int = 200) -> str:
    """The first characters of a text without secrets, for messages."""
    # Redacted before it is cut: half a secret would not be recognised.
    text = redact_text(text).strip()
    return text if len(text) <= limit else f"{text[:limit]}..."


_SECRET_NAME = re.compile(rf"(?:{_NAMES}|code)", re.IGNORECASE)


def _hide_remembered(text: str) -> str:
    with _lock:
        known = [secret for secret in _secrets if secret in text]
    for secret in sorted(known, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def _reset_redaction_after_fork() -> None:
    global _lock  # noqa: PLW0603  # another thread may have held it in the parent
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_redaction_after_fork)

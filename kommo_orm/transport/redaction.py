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
# Texts, and not compiled: `re` compiles a rule when it is first needed, and keeps it.
_JSON = rf'(?i)("(?:{_NAMES})"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|$)'
_FORM = rf"(?i)((?:^|[?&\s;])(?:{_NAMES}|code)=)[^&\s\"']+"
_HEADER = rf"(?i)((?:^|[\s\"'{{(,])(?:{_HEADERS})\s*[:,]\s*)(?:=\"[^\"\r\n]*\"|[^'\"\r\n])+"
# As Python shows texts and bytes in pairs, dictionaries and lists.
_QUOTED_HEADER = (
    rf"""(?i)((?:^|[\s"'{{(\[,])b?(['"])(?:{_HEADERS})\2\s*[:,]\s*b?)"""
    r"""(?:'(?:[^'\\]|\\.)*(?:'|$)|"(?:[^"\\]|\\.)*(?:"|$))"""
)
_PROXY = r"(\bauth=)\(b'.*?', b'.*?'\)"  # name and password of a SOCKS proxy, as httpcore writes them down
_BEARER = r"(?i)(\bBearer\s+)[^\s\"',;)]+"
_JWT = r"eyJ[\w-]{8,}(?:\.[\w-]*){0,2}"
_UPLOAD = r"(/upload/)[^/?#\s\"'\\]{8,}"  # whoever has such an address can write to an upload
_OPAQUE = r"(?i)def50[0-9a-f]{16,}"  # authorization codes and refresh tokens
# `code` is also what Kommo calls the code of a field or of an error: hidden only where it is OAuth's.
_LONG_CODE = r'("code"\s*:\s*)"[^"\s]{40,}"'
_ANY_CODE = r'("code"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|$)'
_OAUTH = r"(?i)grant_type|client_secret|redirect_uri"
_SECRET_NAME = rf"(?i)(?:{_NAMES}|code)"

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
    text = re.sub(_JSON, rf'\1"{HIDDEN}"', text)
    text = re.sub(_ANY_CODE if re.search(_OAUTH, text) else _LONG_CODE, rf'\1"{HIDDEN}"', text)
    text = re.sub(_QUOTED_HEADER, rf"\1'{HIDDEN}'", text)
    for rule in (_FORM, _HEADER, _BEARER, _UPLOAD, _PROXY):
        text = re.sub(rule, rf"\1{HIDDEN}", text)
    return re.sub(_OPAQUE, HIDDEN, re.sub(_JWT, HIDDEN, text))


def redact_pairs(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The same for headers, parameters and form fields: names that carry secrets lose their value."""
    return tuple((name, HIDDEN if re.fullmatch(_SECRET_NAME, name) else redact_text(value)) for name, value in pairs)


def redact_excerpt(text: str, limit: int = 200) -> str:
    """The first characters of a text without secrets, for messages."""
    # Redacted before it is cut: half a secret would not be recognised.
    text = redact_text(text).strip()
    return text if len(text) <= limit else f"{text[:limit]}..."


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

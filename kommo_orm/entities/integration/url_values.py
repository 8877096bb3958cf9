"""Addresses of the web as values: what webhooks are sent to, what short links point at."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from kommo_orm.model.codec import Codec, clean_str, decode_str


def clean_url(value: Any) -> str:
    """A whole address. Raises `ValueError`."""
    url = clean_str(value).strip()
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        sound = False
    if not sound or any(one.isspace() for one in url):
        raise ValueError(f"expected a whole address such as 'https://example.org/hook', got {value!r}")
    return url


URL = Codec(str, clean_url, decode_str, str)

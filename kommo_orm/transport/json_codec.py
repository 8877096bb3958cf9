"""Reads JSON (`json_encoder` writes it). Pages of rows are decoded by their dialect, which knows their shape (`HttpRequest.decode`)."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import partial
from typing import Any

import pydantic_core

LARGE = 50_000  # bytes from which on the collector's passes over half-built rows cost more than they could find


parse_json: Callable[[bytes], Any] = partial(pydantic_core.from_json, cache_strings="keys")
"""The value of a JSON text. Whole numbers of any size stay exact. Raises `ValueError`."""


def parse_large_json(content: bytes) -> Any:
    """`parse_json` for texts from `LARGE` bytes on.

    Parsing a page makes thousands of containers and no garbage: the cyclic collector waits until it is done.
    """
    if not gc.isenabled():
        return parse_json(content)
    gc.disable()
    try:
        return parse_json(content)
    finally:
        gc.enable()

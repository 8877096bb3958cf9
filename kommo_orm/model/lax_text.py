"""Reads values that come as text, as in forms, CSV files and bodies of requests, by the rules of pydantic's lax mode."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import TypeAdapter


def read_text(python: Any, text: str) -> Any:
    """Return what pydantic makes of a text for a type: `"10.5"` for an amount, `"2026-03-01"` for a day.

    Raises `pydantic.ValidationError` for a text that stands for no such value.
    """
    return _make_adapter(python).validate_python(text)


@cache
def _make_adapter(python: Any) -> TypeAdapter[Any]:
    return TypeAdapter(python)

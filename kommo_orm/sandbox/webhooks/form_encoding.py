"""Encodes a nested value as PHP does: `leads[add][0][id]=5` (Kommo API v4, Webhooks)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote_plus


def stringify_tree(value: Any) -> Any:
    """Return the value as a receiver decodes it: texts in objects and lists. Null and empty containers are absent."""
    if isinstance(value, Mapping):
        entries = {str(key): stringify_tree(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return {key: item for key, item in entries.items() if item not in (None, {}, [])}
    if isinstance(value, (list, tuple)):
        found = [stringify_tree(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        return [item for item in found if item not in (None, {}, [])]
    if value is None:
        return None
    return _format_scalar(value)


def _format_scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def encode_form(tree: Mapping[str, Any]) -> bytes:
    """Encode a tree of texts as a form body. Spaces are `+`, brackets are percent-encoded."""
    pairs = (pair for key, value in tree.items() for pair in _flatten_pairs(key, value))
    return "&".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in pairs).encode("ascii")


def _flatten_pairs(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
        return
    entries = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, item in entries:  # pyright: ignore[reportUnknownVariableType]
        yield from _flatten_pairs(f"{path}[{key}]", item)

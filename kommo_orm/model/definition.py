"""A custom field as the account defines it: what names, codes and options are resolved against."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a select-like field (or one node of a category tree)."""

    id: int
    value: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """One custom field of one kind of entity in one account.

    Source: Kommo API v4, "Custom field definitions".
    """

    id: int
    name: str
    type: str
    code: str | None = None
    choices: tuple[Choice, ...] = ()
    is_computed: bool = False
    currency: str | None = None
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def choice(self, wanted: str | int) -> Choice:
        """The option of that value, code or id. Raises `ValueError` with the nearest ones."""
        for choice in self.choices:
            if wanted == choice.id or (isinstance(wanted, str) and wanted in (choice.value, choice.code)):
                return choice
        raise ValueError(f"{wanted!r} is not an option of custom field {self.name!r}; {self._nearest(wanted)}")

    def _nearest(self, wanted: str | int) -> str:
        values = [choice.value for choice in self.choices]
        close = get_close_matches(str(wanted), values, n=1, cutoff=0.5)
        return f"did you mean {close[0]!r}?" if close else f"it has {', '.join(map(repr, values[:12])) or 'none'}"


def iterate_items(value: Any) -> Iterable[dict[str, Any]]:
    """PHP's lists: a list, an object keyed by index, or null. Anything else has no items."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, Iterable) else ()
    return (item for item in items if isinstance(item, dict))


def parse_definition(row: dict[str, Any]) -> Definition:
    """A definition from its canonical row."""
    options = [*iterate_items(row.get("enums")), *iterate_items(row.get("nested"))]
    return Definition(
        id=int(row["id"]),
        name=str(row.get("name") or ""),
        type=str(row.get("type") or "text"),
        code=row.get("code") or None,
        choices=tuple(
            Choice(int(o["id"]), str(o.get("value", "")), o.get("code") or None) for o in options if "id" in o
        ),
        is_computed=bool(row.get("is_computed")),
        currency=row.get("currency") or None,
        raw=row,
    )

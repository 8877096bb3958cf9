"""Definitions of custom fields in an account: names, codes and texts of options are looked up in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kommo_orm.model.close_names import find_close_names
from kommo_orm.model.codec import decode_int

MOST_SHOWN = 3  # names in a message


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
    _choices_by_key: dict[str | int, Choice] = field(init=False, repr=False, compare=False)
    _ids_by_text: dict[str, list[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_key: dict[str | int, Choice] = {}
        ids: dict[str, list[int]] = {}
        for choice in self.choices:
            ids.setdefault(choice.value, []).append(choice.id)
            for key in (choice.id, choice.value, choice.code):
                if key is not None:
                    by_key.setdefault(key, choice)
        object.__setattr__(self, "_choices_by_key", by_key)
        object.__setattr__(self, "_ids_by_text", ids)

    def find_choice(self, wanted: str | int) -> Choice:
        """Return the option of that value, code or id. Raises `ValueError` with the nearest ones."""
        found = self._choices_by_key.get(wanted)
        if found is None:
            raise ValueError(
                f"{wanted!r} is not an option of custom field {self.name!r}; {self.describe_nearest(wanted)}"
            )
        return found

    def find_ids(self, text: str) -> list[int]:
        """Return the ids of the options with this text. A tree of categories may have several."""
        return self._ids_by_text.get(text, [])

    def describe_nearest(self, wanted: str | int) -> str:
        """The options that are like a wanted one, with their ids."""
        return describe_nearest(str(wanted), [(choice.value, choice.id) for choice in self.choices])


def describe_nearest(wanted: str, known: Sequence[tuple[str, int]], codes: Sequence[tuple[str, int]] = ()) -> str:
    """Return the names or codes that are like a wanted one, with their ids; the first names if none is.

    >>> describe_nearest("sorce", [("Source", 551), ("Size", 552)])
    "did you mean 'Source' (id 551)?"
    >>> describe_nearest("x", [("Source", 551)] * 5)
    "it has 'Source' (id 551), 'Source' (id 551), 'Source' (id 551) and 2 more"
    """
    pairs = [*known, *codes]
    folded = [name.casefold() for name, _ in pairs]
    names = dict.fromkeys(folded)
    text = wanted.casefold()
    close = find_close_names(text, names, most=len(names) or 1) or find_close_names(text, names, cutoff=0.55)
    alike = sorted(zip(folded, pairs, strict=True), key=lambda pair: close.index(pair[0]) if pair[0] in close else -1)
    found = [pair for name, pair in alike if name in close]
    shown = [f"{name!r} (id {pk})" for name, pk in (found or known)[:MOST_SHOWN]]
    more = len(found or known) - len(shown)
    if found:
        return f"did you mean {_join_names([*shown, f'one of {more} more like these'] if more else shown, 'or')}?"
    return f"it has {_join_names([*shown, f'{more} more'] if more else shown, 'and') or 'none'}"


def _join_names(names: Sequence[str], word: str) -> str:
    return f" {word} ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


class UnknownDefinition(ValueError):
    """A value that can be written only with the account's definition, which was not read yet."""


def iterate_items(value: Any) -> Iterable[dict[str, Any]]:
    """PHP's lists: a list, an object keyed by index, or null. Anything else has no items."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, Iterable) else ()
    return (item for item in items if isinstance(item, dict))


def parse_definitions(rows: Iterable[dict[str, Any]]) -> list[Definition]:
    """The definitions of canonical rows. A row without an id defines nothing that could be read or written."""
    return [parse_definition(row, pk) for row in rows if (pk := read_row_id(row.get("id"))) is not None]


def read_row_id(raw: Any) -> int | None:
    """An id as the service writes it, None for anything else."""
    try:
        return decode_int(raw)
    except (ValueError, OverflowError):
        return None


def parse_definition(row: dict[str, Any], pk: int) -> Definition:
    """A definition from its canonical row."""
    options = [*iterate_items(row.get("enums")), *iterate_items(row.get("nested"))]
    return Definition(
        id=pk,
        name=str(row.get("name") or ""),
        type=str(row.get("type") or "text"),
        code=read_code(row.get("code")),
        choices=tuple(
            Choice(option_id, str(option.get("value", "")), read_code(option.get("code")))
            for option in options
            if (option_id := read_row_id(option.get("id"))) is not None
        ),
        is_computed=bool(row.get("is_computed")),
        currency=read_code(row.get("currency")),
        raw=row,
    )


def read_code(raw: Any) -> str | None:
    """A text that is not empty, None for anything else."""
    return raw if isinstance(raw, str) and raw else None

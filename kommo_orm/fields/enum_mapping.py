"""Maps options to the members of a user's enum, and checks what a user sets."""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import Any
from typing import TypeVar as AnyTypeVar

from typing_extensions import TypeVar

from kommo_orm.errors import ConfigurationError
from kommo_orm.fields.option import Option
from kommo_orm.fields.raw_values import read_coded_item
from kommo_orm.model.close_names import find_close_names
from kommo_orm.model.codec import make_value_error

E = TypeVar("E", bound=Option | Enum, default=Option)


def is_usual_option(item: Any) -> bool:
    """Whether an item has the three keys that the service mostly sends, and nothing odd in them."""
    try:
        text, number, code = item["value"], item["enum_id"], item["enum_code"]
    except (KeyError, TypeError):
        return False
    return bool(text) and type(text) is str and type(number) is int and number > 0 and not code and "enum" not in item


class EnumMapping:
    """Reads and checks options. Members of an enum of texts stand for texts or codes, those of numbers for ids."""

    def __init__(self, enum: type[Enum] | None = None) -> None:
        self.enum = enum
        self.members: dict[str | int, Enum] = {member.value: member for member in enum or ()}
        self.by_id = any(isinstance(value, int) for value in self.members)

    def member(self, option: Option) -> Enum | None:
        """The user's member for an option, None for one that the enum lacks."""
        keys = (option.id,) if self.by_id else (option.value, option.code)
        return next((self.members[key] for key in keys if key is not None and key in self.members), None)

    def map_option(self, option: Option) -> Option | Enum:
        """The user's member for an option, or the option itself."""
        member = self.member(option)
        return option if member is None else member

    def read_item(self, item: Any) -> Option | Enum | None:
        """Read an item of the service. An option that the enum lacks stays a plain `Option`."""
        if self.enum is None and is_usual_option(item):
            return Option(item["value"], item["enum_id"], item["enum_code"] or None)
        text, number, code = read_coded_item(item)
        if text is None and number is None:
            return None
        return self.map_option(Option(f"#{number}" if text is None else text, number, code))

    def clean_option(self, value: Any) -> Option | Enum:
        """Return what a user gave as an option or a member: a member, an option, a text or an id. Raises `ValueError`."""
        if self.enum is None and type(value) is Option and value:
            return value
        if self.enum is not None and isinstance(value, self.enum):
            return value
        if isinstance(value, Option) and value.id is not None:
            return self.map_option(value)
        plain = value.value if isinstance(value, Enum) else value
        if isinstance(plain, str) and plain:
            return self._by_text(plain)
        if isinstance(plain, int) and not isinstance(plain, bool) and plain > 0:
            return self._by_id(plain)
        raise make_value_error(f"an option: {self._list_members() or 'its text or its id'}", value)

    def _by_text(self, text: str) -> Option | Enum:
        if self.enum is None or self.by_id:
            return text if isinstance(text, Option) else Option(text)
        member = self.members.get(text)
        if member is None:
            raise ValueError(f"{text!r} is not in {self.enum.__name__}; {self._describe_nearest(text)}")
        return member

    def _by_id(self, number: int) -> Option | Enum:
        if not self.by_id or self.enum is None:
            return Option.from_id(number)
        member = self.members.get(number)
        if member is None:
            raise ValueError(f"{number} is not in {self.enum.__name__}; it has {self._list_members()}")
        return member

    def _describe_nearest(self, text: str) -> str:
        close = find_close_names(text, [str(value) for value in self.members], cutoff=0.5)
        return f"did you mean {close[0]!r}?" if close else f"it has {self._list_members()}"

    def _list_members(self) -> str:
        return ", ".join(repr(value) for value in self.members)


@cache
def get_enum_mapping(enum: type[Enum] | None) -> EnumMapping:
    return EnumMapping(enum)


def find_enum(args: tuple[Any, ...]) -> type[Enum] | None:
    """The user's enum in `Select[Source]`; None in `Select` and `Select[Option]`. Raises `ConfigurationError`."""
    given = args[0] if args else None
    if given is None or given is Option or isinstance(given, AnyTypeVar):
        return None
    if isinstance(given, type) and issubclass(given, Enum):
        values: list[Any] = [member.value for member in given]
        if {type(value) for value in values} in ({str}, {int}):
            return given
    raise ConfigurationError(
        f"{given!r} does not name options: give an Enum whose values are all texts (or codes) of options, or all ids"
    )

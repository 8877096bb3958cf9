"""The values before and after an event: one small class for each shape, for use in `match`.

A value is read by the key it stands under, whatever the type of the event. What no class stands for, and what cannot be
read as its class, is an `UnknownChange`. `raw` is all that the service sent.

Source: Kommo API v4, "Types of events".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeAlias, cast

from kommo_orm.entities.shared.entity_reference import normalize_kind
from kommo_orm.fields.raw_values import is_nothing, is_object
from kommo_orm.model.codec import decode_datetime, decode_decimal, decode_int, decode_str, parse_list

Raw = Mapping[str, Any]
Decoder = Callable[[Any], Any]


def define_part(decode: Decoder, *, key: str | None = None, needed: bool = True) -> Any:
    """Define a part of a value: its decoder, its key, and whether it is required."""
    options: dict[str, Any] = {"decode": decode, "key": key, "needed": needed}
    return field(metadata=options) if needed else field(default=None, metadata=options)


def define_rest() -> Any:
    return field(default_factory=dict[str, Any], repr=False, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Change:
    """Base of the values."""

    word: ClassVar[str] = ""  # the key that it stands under

    raw: Raw = define_rest()  # noqa: RUF009  # makes a field


@dataclass(frozen=True, slots=True)
class NoteChange(Change):
    """The note of what was added, written, called or sent, by its id."""

    word = "note"
    id: int = define_part(decode_int)


@dataclass(frozen=True, slots=True)
class StageChange(Change):
    """The stage of a lead: `id` is that of the status."""

    word = "lead_status"
    id: int = define_part(decode_int)
    pipeline_id: int | None = define_part(decode_int, needed=False)


@dataclass(frozen=True, slots=True)
class CustomerStatusChange(Change):
    """The status of a customer."""

    word = "customer_status"
    id: int = define_part(decode_int)


@dataclass(frozen=True, slots=True)
class ResponsibleChange(Change):
    """The responsible user, by id."""

    word = "responsible_user"
    id: int = define_part(decode_int)


@dataclass(frozen=True, slots=True)
class LinkChange(Change):
    """The linked or unlinked object: its kind in the plural (`contacts`), its id, the list of an element."""

    word = "link"
    kind: str = define_part(normalize_kind, key="type")
    id: int = define_part(decode_int)
    catalog_id: int | None = define_part(decode_int, needed=False)


@dataclass(frozen=True, slots=True)
class TagChange(Change):
    """A tag that was put on or taken off."""

    word = "tag"
    name: str = define_part(decode_str)


@dataclass(frozen=True, slots=True)
class FieldChange(Change):
    """One value of a custom field. `field_type` is an old number of the type; `text` is the value as it is shown."""

    word = "custom_field_value"
    field_id: int = define_part(decode_int)
    field_type: int | str | None = define_part(
        lambda raw: raw if isinstance(raw, int | str) else str(raw), needed=False
    )
    enum_id: int | None = define_part(decode_int, needed=False)
    text: str | None = define_part(decode_str, needed=False)


@dataclass(frozen=True, slots=True)
class PriceChange(Change):
    """The price of a lead."""

    word = "sale_field_value"
    price: Decimal = define_part(decode_decimal, key="sale")  # noqa: RUF009  # makes a field


@dataclass(frozen=True, slots=True)
class NameChange(Change):
    """The name."""

    word = "name_field_value"
    name: str = define_part(decode_str)


@dataclass(frozen=True, slots=True)
class LtvChange(Change):
    """The sum of a customer's purchases."""

    word = "ltv_field_value"
    ltv: Decimal = define_part(decode_decimal)  # noqa: RUF009  # makes a field


@dataclass(frozen=True, slots=True)
class TaskTextChange(Change):
    """The text of a task."""

    word = "task"
    text: str = define_part(decode_str)


@dataclass(frozen=True, slots=True)
class TaskTypeChange(Change):
    """The type of a task, by id."""

    word = "task_type"
    id: int = define_part(decode_int)


@dataclass(frozen=True, slots=True)
class DeadlineChange(Change):
    """The deadline of a task, in UTC."""

    word = "task_deadline"
    at: datetime = define_part(decode_datetime, key="timestamp")  # noqa: RUF009  # makes a field


@dataclass(frozen=True, slots=True)
class MessageChange(Change):
    """A message of a chat, by its id. Kommo does not send its text."""

    word = "message"
    id: str = define_part(decode_str)
    origin: str | None = define_part(decode_str, needed=False)
    talk_id: int | None = define_part(decode_int, needed=False)


@dataclass(frozen=True, slots=True)
class BotChange(Change):
    """The bot that answered, by id."""

    word = "helpbot"
    id: int = define_part(decode_int)


@dataclass(frozen=True, slots=True)
class RatingChange(Change):
    """A mark that the customer gave."""

    word = "nps"
    rate: int = define_part(decode_int)


@dataclass(frozen=True, slots=True)
class TransactionChange(Change):
    """A purchase, by id."""

    word = "transaction"
    id: int = define_part(decode_int)


@dataclass(frozen=True, slots=True)
class UnknownChange(Change):
    """Anything else; `raw` has it."""


AnyChange: TypeAlias = (
    NoteChange
    | StageChange
    | CustomerStatusChange
    | ResponsibleChange
    | LinkChange
    | TagChange
    | FieldChange
    | PriceChange
    | NameChange
    | LtvChange
    | TaskTextChange
    | TaskTypeChange
    | DeadlineChange
    | MessageChange
    | BotChange
    | RatingChange
    | TransactionChange
    | UnknownChange
)

CLASSES: dict[str, type[Change]] = {
    cls.word: cls
    for cls in (
        *(NoteChange, StageChange, CustomerStatusChange, ResponsibleChange, LinkChange, TagChange, FieldChange),
        *(PriceChange, NameChange, LtvChange, TaskTextChange, TaskTypeChange, DeadlineChange, MessageChange),
        *(BotChange, RatingChange, TransactionChange),
    )
}
UNREADABLE = (ValueError, TypeError, KeyError, OverflowError, OSError, AttributeError)


def parse_changes(raw: Any) -> tuple[AnyChange, ...]:
    """The values of one side of an event; never fails."""
    return tuple(parse_change(item) for item in parse_list(raw))


def parse_change(item: Any) -> AnyChange:
    if not is_object(item):
        return UnknownChange(raw={"": item})
    found = next(((CLASSES[word], inner) for word, inner in item.items() if word in CLASSES), None)
    if found is None or len(item) > 1:
        return UnknownChange(raw=dict(item))
    cls, inner = found
    try:
        return cast("AnyChange", cls(**decode_parts(cls, inner), raw=dict(item)))
    except UNREADABLE:
        return UnknownChange(raw=dict(item))


def decode_parts(cls: type[Change], inner: Any) -> dict[str, Any]:
    """Decode the parts of a class. The parts of a link are one level deeper."""
    values: Any = inner.get("entity", inner) if cls is LinkChange and is_object(inner) else inner
    made: dict[str, Any] = {}
    for one in fields(cls):
        if "decode" not in one.metadata:
            continue
        raw = values.get(one.metadata["key"] or one.name)
        if is_nothing(raw) and raw != "" and not one.metadata["needed"]:
            continue
        made[one.name] = one.metadata["decode"](raw)
    return made

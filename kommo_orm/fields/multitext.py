"""Phones, e-mail addresses, messengers: several texts, each of a kind (`WORK`, `MOB` ...).

Kinds are written by their codes, since the ids behind them differ from account to account. The list of codes is open: a
code or an id that is not known here is read and written back as it came.
Source: Kommo API v4, "Custom field values", "Codes".
"""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Self

from kommo_orm.fields.compound_kinds import ManyKind, V
from kommo_orm.fields.compound_value import Value, Whole, Words, part
from kommo_orm.fields.raw_values import KEYS, is_object, list_items, read_coded_item
from kommo_orm.model.attr import Attr
from kommo_orm.model.codec import clean_str
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.definition import Definition
from kommo_orm.model.iterable_input import Many
from kommo_orm.model.kind import Kind, Values, register_kind

HINT = "Use search(...), which covers phones and e-mail addresses."


class MultitextValue(Value):
    """A text of a kind. `kind` is a code such as `WORK`; `id` is the account's id of it, for kinds without a code."""

    value: Attr[str, str]
    kind: Words = part("WORK")
    id: Whole = part()

    if TYPE_CHECKING:

        def __init__(self, value: str, kind: str = "WORK", *, id: int | None = None) -> None: ...

    @classmethod
    def from_raw(cls, raw: Any) -> Self:
        text, number, code = read_coded_item(raw)
        beside = {key: value for key, value in raw.items() if key not in KEYS} if is_object(raw) else {}
        return super().from_raw({**beside, "value": text, "kind": code, "id": number})

    def parts(self) -> dict[str, Any]:
        if self.kind:
            return {"value": self.value, "kind": self.kind}
        return {"value": self.value, "id": self.id} if self.id else {"value": self.value}

    def to_raw(self) -> dict[str, Any]:
        keys = {"value": "value", "kind": "enum_code", "id": "enum_id"}
        return {keys[name]: value for name, value in self.parts().items()}

    def check_parts(self) -> None:
        if not self.value.strip():
            raise ValueError(f"expected a {type(self).__name__} with some text, got {self.value!r}")


class PhoneValue(MultitextValue):
    """A phone number and its kind: `WORK`, `WORKDD` (direct), `MOB`, `FAX`, `HOME`, `OTHER`.

    Example:
        >>> PhoneValue("+1555000100", "MOB")

    Source: Kommo API v4, "Custom field values".
    """

    if TYPE_CHECKING:

        def __init__(self, value: str, kind: str = "WORK", *, id: int | None = None) -> None: ...


class EmailValue(MultitextValue):
    """An e-mail address and its kind: `WORK`, `PRIV`, `OTHER`.

    Example:
        >>> EmailValue("ann@romashka.example")

    Source: Kommo API v4, "Custom field values".
    """

    if TYPE_CHECKING:

        def __init__(self, value: str, kind: str = "WORK", *, id: int | None = None) -> None: ...


class MessengerValue(MultitextValue):
    """A name in a messenger, and in which: `SKYPE`, `ICQ`, `JABBER`, `GTALK`, `MSN`, `OTHER` or what else there is.

    Example:
        >>> MessengerValue("ann.romashka", "SKYPE")

    Source: Kommo API v4, "Custom field values".
    """

    kind: Words = part("OTHER")

    if TYPE_CHECKING:

        def __init__(self, value: str, kind: str = "OTHER", *, id: int | None = None) -> None: ...


class MultitextKind(ManyKind[V]):
    types = ("multitext",)
    filter_hint = HINT

    def read_one(self, item: Any) -> V | None:
        return None if read_coded_item(item).text is None else self.value.from_raw(item)

    def clean_one(self, given: Any) -> V:
        return super().clean_one({"value": given} if isinstance(given, str) else given)

    def encode_one(self, value: V) -> dict[str, Any]:
        return value.to_raw()


class AnyMultitextKind(MultitextKind[MultitextValue]):
    value = MultitextValue


class PhonesKind(MultitextKind[PhoneValue]):
    value = PhoneValue
    noun = "phones"


class EmailsKind(MultitextKind[EmailValue]):
    value = EmailValue
    noun = "e-mail addresses"


class MessengersKind(MultitextKind[MessengerValue]):
    value = MessengerValue
    noun = "messengers"


class FirstTextKind(Kind[str | None]):
    """The text of the first value. Setting it keeps that value's kind and the other values; None takes it away."""

    types = ("multitext",)
    filter_hint = HINT
    python = str

    def __init__(self, many: MultitextKind[Any]) -> None:
        self.many = many

    def decode(self, values: Values, zone: tzinfo | None) -> str | None:
        texts = (read_coded_item(item).text for item in list_items(values))
        return next((text for text in texts if text is not None), None)

    def clean(self, value: Any) -> str:
        return str.__str__(clean_str(value))

    def is_empty(self, value: Any) -> bool:
        return value is None or value == ""

    def encode(
        self, value: str | None, definition: Definition | None, zone: tzinfo | None, *, current: Values = ()
    ) -> list[dict[str, Any]]:
        first, *rest = self.many.decode(current, zone) or [self.many.clean_one(value)]
        first.value = value
        return [self.many.encode_one(one) for one in (self.many.clean_one(first), *rest)]

    def encode_empty(self, current: Values) -> list[dict[str, Any]] | None:
        return [self.many.encode_one(one) for one in self.many.decode(current, None)[1:]] or None


class Phone(CustomAttr[str | None, str | None, Unfilterable[str | None]]):
    """The first phone number, as text. Setting it replaces the first and keeps the rest; all of them are `Phones`.

    The rest is known from the row that was read: on a reference (`Person(id=5, phone=...)`) there is none, and the new
    number becomes the only one.

    Example:
        >>> class Person(Contact):
        ...     phone: Phone = custom(code="PHONE")
        >>> Person(name="Ann", phone="+1555000100").save()

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = FirstTextKind(PhonesKind())


class Email(CustomAttr[str | None, str | None, Unfilterable[str | None]]):
    """The first e-mail address, as text. Setting it replaces the first and keeps the rest; all of them are `Emails`.

    Example:
        >>> class Person(Contact):
        ...     email: Email = custom(code="EMAIL")
        >>> person.email = "ann@romashka.example"

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = FirstTextKind(EmailsKind())


class Phones(CustomAttr[list[PhoneValue], Many[PhoneValue | str] | None, Unfilterable[Many[PhoneValue | str] | None]]):
    """All phone numbers, a list of `PhoneValue`; never None. Plain text is a `WORK` phone when set.

    Example:
        >>> class Person(Contact):
        ...     phones: Phones = custom(code="PHONE")
        >>> person.phones.append(PhoneValue("+1555000100", "MOB"))

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = PhonesKind()


class Emails(CustomAttr[list[EmailValue], Many[EmailValue | str] | None, Unfilterable[Many[EmailValue | str] | None]]):
    """All e-mail addresses, a list of `EmailValue`; never None. Plain text is a `WORK` address when set.

    Example:
        >>> class Person(Contact):
        ...     emails: Emails = custom(code="EMAIL")
        >>> person.emails = ["ann@romashka.example", EmailValue("ann@home.example", "PRIV")]

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = EmailsKind()


class Messengers(
    CustomAttr[list[MessengerValue], Many[MessengerValue | str] | None, Unfilterable[Many[MessengerValue | str] | None]]
):
    """Names in messengers (the field `IM`), a list of `MessengerValue`; never None. Plain text becomes kind `OTHER`.

    Example:
        >>> class Person(Contact):
        ...     messengers: Messengers = custom(code="IM")
        >>> person.messengers.append(MessengerValue("ann.romashka", "SKYPE"))

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = MessengersKind()


register_kind(AnyMultitextKind())


__all__ = [
    "Email",
    "EmailValue",
    "Emails",
    "MessengerValue",
    "Messengers",
    "MultitextValue",
    "Phone",
    "PhoneValue",
    "Phones",
]

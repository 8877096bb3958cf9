"""Fields of text: one line, several lines, links, postal addresses, tracking data."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any, ClassVar, Never

from kommo_orm.fields.raw_values import find_first_raw, is_object, read_text
from kommo_orm.model.codec import make_value_error
from kommo_orm.model.condition import Exact, Unfilterable
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.definition import Definition
from kommo_orm.model.kind import Kind, Values, register_kind

SEARCH = "Use search(...) instead: Kommo's full-text search covers filled custom fields."


class TextKind(Kind[str | None]):
    """Text. Empty text is no value: Kommo keeps the old one when `""` is sent, so that it is cleared instead."""

    types: ClassVar[tuple[str, ...]] = ("text", "textarea", "url", "streetaddress", "tracking_data")
    python = str

    def decode(self, values: Values, zone: tzinfo | None) -> str | None:
        raw = find_first_raw(values)
        return None if raw is None else read_text(raw)

    def clean(self, value: Any) -> str:
        if not isinstance(value, str):
            raise make_value_error("text", value)
        return str.__str__(value)  # plain text of an enum member or an option

    def encode(
        self, value: str | None, definition: Definition | None, zone: tzinfo | None, *, current: Values = ()
    ) -> list[dict[str, Any]]:
        return [{"value": value}]

    def is_empty(self, value: Any) -> bool:
        return value is None or value == ""

    def clean_filter(self, value: Any) -> str:
        text = self.clean(value)
        if not text.strip():
            raise ValueError("Kommo cannot search for empty text")
        return text

    def encode_filter(self, value: Any, definition: Definition | None, zone: tzinfo | None) -> str | int:
        return self.clean_filter(value)

    def matches(self, value: Any, wanted: Any) -> bool:
        return str(value).strip().casefold() == str(wanted).strip().casefold()  # databases often compare so


class TextAreaKind(TextKind):
    types = ("textarea", "text")


class UrlKind(TextKind):
    types = ("url", "text")


class TrackingDataKind(TextKind):
    types = ("tracking_data", "text")


class AddressKind(TextKind):
    types = ("streetaddress", "text")
    filter_hint = SEARCH

    def encode_filter(self, value: Any, definition: Definition | None, zone: tzinfo | None) -> str | int:
        raise ValueError(f"Kommo cannot filter by addresses. {self.filter_hint}")


class OrgLegalNameKind(Kind[str | None]):
    """A legacy type: read as text, never written."""

    types = ("org_legal_name",)
    read_only = True
    python = str

    def decode(self, values: Values, zone: tzinfo | None) -> str | None:
        raw = find_first_raw(values)
        if is_object(raw):
            raw = raw.get("name")
        return None if raw is None else read_text(raw)

    def clean(self, value: Any) -> str:
        raise make_value_error("nothing: fields of type org_legal_name are read-only", value)


class Text(CustomAttr[str | None, str | None, Exact[str, str | None]]):
    """A line of text. Also reads fields of the other plain-text types.

    Example:
        >>> class Deal(Lead):
        ...     contract_no: Text = custom(551)
        >>> Deal.objects.filter(Deal.contract_no == "A-17")

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = TextKind()
    expression = Exact


class TextArea(CustomAttr[str | None, str | None, Exact[str, str | None]]):
    r"""Text of several lines; line ends are kept.

    Example:
        >>> class Deal(Lead):
        ...     wishes: TextArea = custom(552)
        >>> deal.wishes = "blue\nlarge"

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = TextAreaKind()
    expression = Exact


class Url(CustomAttr[str | None, str | None, Exact[str, str | None]]):
    """A link, as text.

    Example:
        >>> class Shop(Company):
        ...     site: Url = custom(code="WEB")
        >>> shop.site = "https://romashka.example"

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = UrlKind()
    expression = Exact


class TrackingData(CustomAttr[str | None, str | None, Exact[str, str | None]]):
    """Where a lead came from: `UTM_SOURCE`, `GCLID` and their like.

    Example:
        >>> class Deal(Lead):
        ...     utm_source: TrackingData = custom(code="UTM_SOURCE")

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = TrackingDataKind()
    expression = Exact


class Address(CustomAttr[str | None, str | None, Unfilterable[str | None]]):
    """A postal address as one text (`streetaddress`). The one of six parts is `SmartAddress`.

    Example:
        >>> class Shop(Company):
        ...     address: Address = custom(code="ADDRESS")
        >>> shop.address = "5 Elm st, Austin"

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = AddressKind()


class OrgLegalName(CustomAttr[str | None, Never, Unfilterable[Any]]):
    """The legal name of a company in old accounts. Kommo takes no new values for it.

    Example:
        >>> class Firm(Company):
        ...     legal_name: OrgLegalName = custom(557)
        >>> firm.legal_name
        'Romashka LLC'

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = OrgLegalNameKind()


for annotation in (Text, TextArea, Url, TrackingData, Address, OrgLegalName):
    register_kind(annotation.kind)


__all__ = ["Address", "OrgLegalName", "Text", "TextArea", "TrackingData", "Url"]

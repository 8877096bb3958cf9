"""Chained lists: an element chosen in one list narrows the choice in the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kommo_orm.fields.compound_kinds import ManyKind
from kommo_orm.fields.compound_value import Value
from kommo_orm.fields.raw_values import is_nothing, is_object
from kommo_orm.model.attr import Attr
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.custom import CustomAttr
from kommo_orm.model.iterable_input import Many
from kommo_orm.model.kind import register_kind

LONGEST = 5


class ChainedValue(Value):
    """The element chosen in one list of the chain.

    Example:
        >>> ChainedValue(3001, 70)

    Source: Kommo API v4, "Custom field values".
    """

    catalog_id: Attr[int, int]
    catalog_element_id: Attr[int, int]

    if TYPE_CHECKING:

        def __init__(self, catalog_id: int, catalog_element_id: int) -> None: ...


class ChainedListKind(ManyKind[ChainedValue]):
    """One value for each list of the chain, the parent first. The items have no key `value`: they are the values."""

    types = ("chained_list",)
    value = ChainedValue
    noun = "choices in chained lists"

    def read_one(self, item: Any) -> ChainedValue | None:
        if is_nothing(item) or (is_object(item) and is_nothing(item.get("catalog_element_id"))):
            return None
        return self.value.from_raw(item)

    def encode_one(self, value: ChainedValue) -> dict[str, Any]:
        return value.to_raw()

    def clean(self, value: Any) -> list[ChainedValue]:
        chain = super().clean(value)
        catalogs = [one.catalog_id for one in chain]
        if len(chain) > LONGEST:
            raise ValueError(f"a chain has at most {LONGEST} lists, got {len(chain)}")
        if len(set(catalogs)) < len(catalogs):
            raise ValueError(f"a chain holds one element of each list, got lists {catalogs}")
        return chain


class ChainedList(CustomAttr[list[ChainedValue], Many[ChainedValue] | None, Unfilterable[Many[ChainedValue] | None]]):
    """The choices in chained lists, a list of `ChainedValue`, the parent first; never None.

    Example:
        >>> class Deal(Lead):
        ...     model: ChainedList = custom(562)
        >>> deal.model = [ChainedValue(3001, 70), ChainedValue(3002, 75)]

    Source: Kommo API v4, "Custom field values".
    """

    __slots__ = ()
    kind = ChainedListKind()


register_kind(ChainedList.kind)


__all__ = ["ChainedList", "ChainedValue"]

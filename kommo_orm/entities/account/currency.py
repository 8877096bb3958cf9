"""Currencies that the account's fields of money can be in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import TypeVar

from kommo_orm.entities.shared.entity import Entity
from kommo_orm.entities.shared.find_in_list import find_in_list
from kommo_orm.entities.shared.text_id_query import TextIdQuery
from kommo_orm.model.attr import Attr, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.query.arguments import validate_pk
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.transport.flow import Flow

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

Y = TypeVar("Y", bound="Currency", default="Currency", covariant=True)


class CurrencyQuery(TextIdQuery[Y]):
    """All currencies: Kommo neither filters nor orders them. `get("EUR")` finds one in the list."""

    def _read_by_id(self, pk: Any) -> Flow[Model]:
        validate_pk(pk, str)
        return find_in_list(self._copy_with(_limit=None)._bind(), pk)


class CurrencyManager(Manager):
    """`Currency.objects`."""

    def __get__(self, instance: None, owner: type[Y]) -> CurrencyQuery[Y]:
        return CurrencyQuery(require_class(instance, owner))


class Currency(Entity):
    """A currency. `code` goes into the definition of a field of money; what else the service sends is in `extra`.

    Example:
        >>> sorted(currency.code for currency in Currency.objects)
        ['EUR', 'USD']

    Source: Kommo API v4, "Currencies".
    """

    __kommo_info__ = EntityInfo(kind="currencies", id_type=str, has_custom_fields=False)

    id: Attr[str, str, Unfilterable[Any]] = field(writable="")  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]
    code: ReadOnly[str] = field()

    objects = CurrencyManager()

    if TYPE_CHECKING:

        @property
        def pk(self) -> str | None: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]


register_class("currencies", Currency)
__all__ = ["Currency", "CurrencyQuery"]

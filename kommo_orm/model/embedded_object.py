"""Rows that Kommo embeds in other rows on request: a lead's loss reason, its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Never, Self, overload

from typing_extensions import TypeVar

from kommo_orm.errors import NotLoaded
from kommo_orm.model.attached_state import AttachedAttribute
from kommo_orm.model.class_registry import find_class
from kommo_orm.model.php_shapes import read_embedded

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

M = TypeVar("M", bound="Model", covariant=True)


class EmbeddedObject(AttachedAttribute, Generic[M]):
    """Declares an embedded row: `loss_reason = EmbeddedObject["LossReason"]("loss_reasons", "loss_reason")`.

    Read-only. Raises `NotLoaded` when the query did not ask for it.
    """

    def __init__(self, kind: str, key: str) -> None:
        self.kind, self.key = kind, key

    @overload
    def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any], /) -> M | None: ...
    def __get__(self, instance: Any, owner: type[Any], /) -> Any:
        if instance is None:
            return self
        found = self._read_embedded_value(instance)
        row = (found[0] if found else None) if isinstance(found, list) else found
        if not isinstance(row, dict) or not row:
            return None
        state = instance.__kommo_state__
        return find_class(self.kind).hydrate([dict(row)], state.account)[0]

    if TYPE_CHECKING:

        def __set__(self, instance: Any, value: Never, /) -> None: ...

    def _read_embedded_value(self, instance: Model) -> Any:
        state = instance.__kommo_state__
        embedded = read_embedded(state.row) or {}
        if self.key not in embedded and not state.included & {self.name, self.key}:
            raise NotLoaded(
                f"{type(instance).__name__}.{self.name} comes on request only: add .include({self.key!r}) to the query"
            )
        return embedded.get(self.key)

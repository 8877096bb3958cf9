"""The source of a lead: read on request, set on a new lead, and fixed from then on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, overload

from kommo_orm.errors import ConfigurationError
from kommo_orm.model.embedded_object import EmbeddedObject
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.entities.integration.source import Source
    from kommo_orm.model.model import Model


class PendingSource:
    """The source of a new lead, until the lead is saved."""

    def __init__(self, lead: Model) -> None:
        self._lead = lead
        self.source: Source | None = None

    @property
    def _keeps_loaded(self) -> bool:
        return self.source is not None

    @property
    def _is_changed(self) -> bool:
        return self.source is not None and self._lead.is_new

    def _describe_changes(self, name: str) -> dict[str, tuple[Any, Any]]:
        return {name: (None, self.source)} if self._is_changed else {}

    def _add_to_body(self, body: dict[str, Any]) -> None:
        """Give a new lead its source, by the integration's own name of it."""
        if self.source is not None:
            body.setdefault("_embedded", {})["source"] = {"external_id": self.source.external_id, "type": "widget"}

    def _revert(self) -> None:
        self.source = None

    def _mark_stored(self) -> None:
        """Nothing is pending: a stored lead keeps its source."""

    def _copy_for(self, model: Model, duplicate: Callable[[Any], Any]) -> Self:
        twin = type(self)(model)
        twin.source = duplicate(self.source)
        return twin

    def __getstate__(self) -> Any:
        return self.source

    def __setstate__(self, kept: Any) -> None:
        self.source = kept


class LeadSourceAttribute(EmbeddedObject["Source"]):
    """Declares `lead_source`: read of rows, set on a new lead."""

    in_constructor = True

    def __init__(self) -> None:
        super().__init__("sources", "source")

    @overload
    def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any], /) -> Source | None: ...
    def __get__(self, instance: Any, owner: type[Any], /) -> Any:
        pending = None if instance is None else instance.__kommo_state__.attached.get(self.name)
        given = pending.source if pending is not None else None
        return super().__get__(instance, owner) if given is None else given

    if TYPE_CHECKING:

        def __set__(self, instance: Any, value: Source, /) -> None: ...

    def create_state(self, model: Model) -> Any:
        return PendingSource(model)

    def assign_value(self, model: Model, value: Any) -> None:
        if not model.is_new:
            raise ConfigurationError(f"{describe(model)}: the source of a stored lead cannot be changed")
        if getattr(type(value), "__kommo_kind__", None) != "sources" or not getattr(value, "external_id", None):
            raise ConfigurationError(f"{self.owner}.{self.name} is a Source with its external_id, not {value!r}")
        pending: PendingSource = model._get_attached(self.name, PendingSource)
        pending.source = value

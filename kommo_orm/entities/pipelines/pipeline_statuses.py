"""`pipeline.statuses`: the stages that a pipeline's row brings along, and a query of them."""

from __future__ import annotations

from typing import Any, Self, overload

from typing_extensions import Unpack

from kommo_orm.entities.pipelines.status import Status, StatusInclude, StatusOptions, StatusQuery
from kommo_orm.entities.shared.embedded_rows import EmbeddedMany, EmbeddedRows
from kommo_orm.entities.shared.related_manager import RelatedReader
from kommo_orm.interface.connection import find_connection
from kommo_orm.model.model import Model


class PipelineStatuses(EmbeddedRows[Status], RelatedReader[StatusQuery[Status], Status]):
    """The stages of one pipeline. Iterating and indexing send no request: the row of a pipeline has its stages.

    Example:
        >>> [status.name for status in pipeline.statuses]
        ['Incoming leads', 'Offer', 'Closed - won', 'Closed - lost']
        >>> pipeline.statuses.create("Signed", sort=30)
        >>> pipeline.statuses.include("descriptions").list()

    `list()`, `get()` and the other methods of a query read them anew.
    """

    def all(self) -> StatusQuery[Status]:
        """A query of these stages, which reads them anew."""
        unit = self._owner.__kommo_state__.unit
        account = unit.connection if unit is not None else find_connection(None, self._owner.__kommo_state__.account)
        return Status.objects.using(account).of(self._owner)

    def include(self, *names: StatusInclude) -> StatusQuery[Status]:
        """These stages, with their descriptions."""
        return self.all().include(*names)

    def create(self, name: str, *, sort: int, **options: Unpack[StatusOptions]) -> Status:
        """Add a stage to the stored pipeline. Sends a request."""
        return self._append_status(self.all().create(name, sort=sort, **options))

    async def acreate(self, name: str, *, sort: int, **options: Unpack[StatusOptions]) -> Status:
        """`create()` for async code."""
        return self._append_status(await self.all().acreate(name, sort=sort, **options))

    def _append_status(self, status: Status) -> Status:
        if self._objects is not None or self._read_rows() is not None:
            self._get_objects()
            self._objects = [*(self._objects or ()), status]
        return status

    def named(self, name: str) -> Status | None:
        """The stage of that name, None if there is none. Sends no request."""
        return next((status for status in self if getattr(status, "name", None) == name), None)


class PipelineStatusesAttribute(EmbeddedMany[Status]):
    """Declares `statuses` on a pipeline."""

    def __init__(self) -> None:
        super().__init__("statuses", "statuses")

    @overload
    def __get__(self, instance: None, owner: type[Any], /) -> Self: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any], /) -> PipelineStatuses: ...
    def __get__(self, instance: Any, owner: type[Any], /) -> Any:
        return super().__get__(instance, owner)

    def create_state(self, model: Model) -> Any:
        return PipelineStatuses(model, self)

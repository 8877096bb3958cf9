"""Moving a lead through its pipeline: to a stage, to won, to lost with a reason. Each saves just that.

Source: Kommo API v4, "Leads", "Stages".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from kommo_orm.entities.entity import Editable
from kommo_orm.entities.stages import LOST, WON
from kommo_orm.errors import QueryError
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.entities.loss_reason import LossReason
    from kommo_orm.entities.status import Status

To: TypeAlias = "Status | tuple[int, int] | int"
Reason: TypeAlias = "LossReason | int"


class Movable(Editable):
    """A row that goes through the stages of a pipeline."""

    def move_to(self, status: To, *, using: Any = None) -> None:
        """Move the lead to a stage and save that. Talks to the service; other changes stay pending.

        Args:
            status: a `Status`, a pair `(pipeline_id, status_id)`, or the id of a stage in the lead's own pipeline.
            using: the account (or session) to save in.

        Raises:
            QueryError: the lead is new, or `status` names no stage. BadRequest: the pipeline has no such stage.

        Example:
            >>> lead.move_to((7, 71))
        """
        self.save(using=using, only=self._moved(status))

    async def amove_to(self, status: To, *, using: Any = None) -> None:
        """`move_to()` for async code."""
        await self.asave(using=using, only=self._moved(status))

    def win(self, *, using: Any = None) -> None:
        """Close the lead as won, in its own pipeline, and save that. Other changes stay pending.

        Example:
            >>> lead.win()
        """
        self.save(using=using, only=self._moved(WON))

    async def awin(self, *, using: Any = None) -> None:
        """`win()` for async code."""
        await self.asave(using=using, only=self._moved(WON))

    def lose(self, reason: Reason | None = None, *, using: Any = None) -> None:
        """Close the lead as lost, in its own pipeline, with a reason, and save that. Other changes stay pending.

        Args:
            reason: a `LossReason` or its id.

        Example:
            >>> lead.lose(LossReason.objects.list()[0])
        """
        self.save(using=using, only=self._lost(reason))

    async def alose(self, reason: Reason | None = None, *, using: Any = None) -> None:
        """`lose()` for async code."""
        await self.asave(using=using, only=self._lost(reason))

    def _moved(self, status: Any) -> list[str]:
        """Set the stage; answers what is to be saved. A stage is said whole: 142 of another pipeline is another stage."""
        if self.is_new:
            raise QueryError(f"save() {describe(self)} before you move it")
        lead: Any = self
        pipeline, stage = stage_of(status)
        if pipeline is not None and pipeline != getattr(self, "pipeline_id", None):
            lead.pipeline_id = pipeline
            self.__kommo_state__.doubts.add("status_id")
        lead.status_id = stage
        return ["status_id", "pipeline_id"]

    def _lost(self, reason: Any) -> list[str]:
        if reason is None:
            return self._moved(LOST)
        pk = reason_of(reason)
        names = self._moved(LOST)
        lead: Any = self
        lead.loss_reason_id = pk
        self.__kommo_state__.doubts.add("status_id")  # the service takes a reason together with the stage
        return [*names, "loss_reason_id"]


def stage_of(given: Any) -> tuple[int | None, int]:
    """The pipeline, if one is named, and the stage. Raises `QueryError`."""
    if getattr(type(given), "__kommo_kind__", None) == "statuses" and given.pk is not None:
        return getattr(given, "pipeline_id", None), given.pk
    match given:
        case (int(pipeline), int(stage)) if is_id(pipeline) and is_id(stage):
            return pipeline, stage
        case int(stage) if is_id(stage):
            return None, stage
    raise QueryError(f"a stage is a stored Status, a pair (pipeline_id, status_id) or a status id, not {given!r}")


def is_id(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and given > 0


def reason_of(given: Any) -> int:
    if getattr(type(given), "__kommo_kind__", None) == "loss_reasons" and given.pk is not None:
        return int(given.pk)
    if is_id(given):
        return int(given)
    raise QueryError(f"a loss reason is a stored LossReason or its id, not {given!r}")


__all__ = ["Movable"]

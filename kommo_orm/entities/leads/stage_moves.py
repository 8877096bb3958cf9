"""Move a lead to a stage, to won, or to lost with a reason. Each method saves only that.

Source: Kommo API v4, "Leads", "Stages".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from kommo_orm.entities.pipelines.stage_filter import LOST, WON
from kommo_orm.entities.shared.entity import Editable
from kommo_orm.errors import KommoError, QueryError
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.entities.leads.loss_reason import LossReason
    from kommo_orm.entities.pipelines.status import Status

To: TypeAlias = "Status | tuple[int, int] | int"
Reason: TypeAlias = "LossReason | int"


class StageMoves(Editable):
    """Base of rows with a stage of a pipeline."""

    def move_to(self, status: To, *, using: Any = None) -> None:
        """Move the lead to a stage and save that. Sends a request; other changes stay pending.

        Args:
            status: a `Status`, a pair `(pipeline_id, status_id)`, or the id of a stage in the lead's own pipeline.
            using: the account (or session) to save in.

        Raises:
            QueryError: the lead is new, or `status` names no stage. BadRequest: the pipeline has no such stage.

        Example:
            >>> lead.move_to((7, 71))
        """
        with self._change_stage(status) as names:
            self.save(using=using, only=names)

    async def amove_to(self, status: To, *, using: Any = None) -> None:
        """`move_to()` for async code."""
        with self._change_stage(status) as names:
            await self.asave(using=using, only=names)

    def win(self, *, using: Any = None) -> None:
        """Close the lead as won, in its own pipeline, and save that. Other changes stay pending.

        Example:
            >>> lead.win()
        """
        with self._change_stage(WON) as names:
            self.save(using=using, only=names)

    async def awin(self, *, using: Any = None) -> None:
        """`win()` for async code."""
        with self._change_stage(WON) as names:
            await self.asave(using=using, only=names)

    def lose(self, reason: Reason | None = None, *, using: Any = None) -> None:
        """Close the lead as lost, in its own pipeline, with a reason, and save that. Other changes stay pending.

        Args:
            reason: a `LossReason` or its id.

        Example:
            >>> lead.lose(LossReason.objects.list()[0])
        """
        with self._change_stage(LOST, reason) as names:
            self.save(using=using, only=names)

    async def alose(self, reason: Reason | None = None, *, using: Any = None) -> None:
        """`lose()` for async code."""
        with self._change_stage(LOST, reason) as names:
            await self.asave(using=using, only=names)

    @contextmanager
    def _change_stage(self, status: Any, reason: Any = None) -> Iterator[list[str]]:
        """Set the stage and the reason. Yields the names of the fields to save.

        Pipeline and status are sent together, also where one of them stays: 142 of another pipeline is another stage. The
        service takes a reason only together with the stage.
        """
        if self.is_new:
            raise QueryError(f"{describe(self)} is not stored: save() it before you move it")
        pipeline, stage = parse_stage(status)
        lead, state = cast(Any, self), self.__kommo_state__
        wanted = {} if reason is None else {"loss_reason_id": get_reason_id(reason)}
        if pipeline is not None and pipeline != getattr(self, "pipeline_id", None):
            wanted["pipeline_id"] = pipeline
        for name, value in wanted.items():
            setattr(lead, name, value)
        lead.status_id = stage
        added = {"status_id"} - state.unconfirmed if wanted else set[str]()
        state.mark_unconfirmed(added)
        try:
            yield ["status_id", "pipeline_id", "loss_reason_id"] if reason is not None else ["status_id", "pipeline_id"]
        except KommoError as error:
            from kommo_orm.unit.batch_errors import may_be_applied  # loaded by now: something was written

            if not may_be_applied(error):
                state.confirm(added)
            raise


def parse_stage(given: Any) -> tuple[int | None, int]:
    """The pipeline, if one is named, and the stage. Raises `QueryError`."""
    if getattr(type(given), "__kommo_kind__", None) == "statuses" and given.pk is not None:
        return getattr(given, "pipeline_id", None), given.pk
    match given:
        case (int(pipeline), int(stage)) if is_id(pipeline) and is_id(stage):
            return pipeline, stage
        case int(stage) if is_id(stage):
            return None, stage
    raise QueryError(f"A stage is a stored Status, a pair (pipeline_id, status_id) or a status id, not {given!r}")


def is_id(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and given > 0


def get_reason_id(given: Any) -> int:
    if getattr(type(given), "__kommo_kind__", None) == "loss_reasons" and given.pk is not None:
        return int(given.pk)
    if is_id(given):
        return int(given)
    raise QueryError(f"A loss reason is a stored LossReason or its id, not {given!r}")

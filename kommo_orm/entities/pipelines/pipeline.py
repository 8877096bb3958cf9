"""Pipelines: the ways that leads go, stage by stage."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.pipelines.pipeline_statuses import PipelineStatusesAttribute
from kommo_orm.entities.pipelines.status import Status
from kommo_orm.entities.shared.deletable_query import DeletableQuery
from kommo_orm.entities.shared.embedded_rows import EmbeddedRows
from kommo_orm.entities.shared.entity import Deletable
from kommo_orm.model.attr import Plain, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.field_values import get_values
from kommo_orm.model.php_shapes import read_embedded
from kommo_orm.query.manager import Manager, require_class

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

P = TypeVar("P", bound="Pipeline", default="Pipeline", covariant=True)

DEFAULTS = {"sort": 100, "is_main": False, "is_unsorted_on": True}  # the service requires them


class PipelineOptions(TypedDict, total=False):
    """Values of a new pipeline. `Status(id=142, name=...)` among its stages renames that one."""

    sort: int
    is_main: bool
    is_unsorted_on: bool
    statuses: Iterable[Status]


class PipelineQuery(DeletableQuery[P]):
    """All pipelines, archived ones too: Kommo neither filters nor pages them."""

    def create(self, name: str, **options: Unpack[PipelineOptions]) -> P:
        """Create a pipeline with its stages. The incoming one and 142 and 143 are there by themselves.

        Example:
            >>> Pipeline.objects.create(
            ...     "Renewals", sort=20, statuses=[Status(name="First call", sort=10), Status(id=142, name="Renewed")]
            ... )
        """
        return self._create_object({"name": name, **options})

    async def acreate(self, name: str, **options: Unpack[PipelineOptions]) -> P:
        """`create()` for async code."""
        return await self._acreate_object({"name": name, **options})


class PipelineManager(Manager):
    """`Pipeline.objects`."""

    def __get__(self, instance: None, owner: type[P]) -> PipelineQuery[P]:
        return PipelineQuery(require_class(instance, owner))


class Pipeline(Deletable):
    """A pipeline; `statuses` are its stages. Only administrators can change it; one that holds leads cannot be deleted.

    Example:
        >>> for pipeline in Pipeline.objects:
        ...     print(pipeline.name, [status.name for status in pipeline.statuses])

    Source: Kommo API v4, "Pipelines".
    """

    __kommo_info__ = EntityInfo(kind="pipelines", required=("name",), has_custom_fields=False)

    name: Plain[str] = field()
    sort: Plain[int] = field()
    is_main: Plain[bool] = field()
    is_unsorted_on: Plain[bool] = field()
    is_archive: ReadOnly[bool] = field()
    account_id: ReadOnly[int] = field()

    objects = PipelineManager()

    if TYPE_CHECKING:
        statuses: PipelineStatusesAttribute = PipelineStatusesAttribute()
    else:
        statuses = PipelineStatusesAttribute()

    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        if not creating:
            return body
        made = {**DEFAULTS, **body}
        stages = self.__kommo_state__.attached.get("statuses")
        if isinstance(stages, EmbeddedRows) and stages.pending_objects:
            made["_embedded"] = {"statuses": [build_stage_body(stage) for stage in stages.pending_objects]}
        return made

    def _after_write(self, row: dict[str, Any]) -> None:
        """Take the stages from the answer."""
        state = self.__kommo_state__
        if read_embedded(row) is not None:
            state.set_in_row("_embedded", row["_embedded"])
        stages = state.attached.get("statuses")
        if isinstance(stages, EmbeddedRows):
            stages._reload_baseline()


def build_stage_body(stage: Model) -> dict[str, Any]:
    """A stage inside a new pipeline; an id is that of 142 or 143, which get a name."""
    own = {
        name: value for name, value in get_values(stage).items() if name in ("name", "sort", "color", "descriptions")
    }
    fields = type(stage).__kommo_info__.fields
    made = {name: getattr(fields[name], "codec").encode(value) for name, value in own.items()}  # noqa: B009
    return {"id": stage.pk, **made} if stage.pk is not None else made


register_class("pipelines", Pipeline)
__all__ = ["Pipeline", "PipelineQuery"]

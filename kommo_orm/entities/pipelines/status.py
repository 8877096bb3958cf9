"""Stages of pipelines: `Status` in Kommo's words. 142 (won) and 143 (lost) exist in every pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.pipelines.stage_filter import LOST, WON
from kommo_orm.entities.shared.color import make_color_codec
from kommo_orm.entities.shared.deletable_query import DeletableQuery
from kommo_orm.entities.shared.entity import Deletable
from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.entities.shared.parent_query import ChildQuery, require_parent_key, set_parent_keys
from kommo_orm.errors import ConfigurationError
from kommo_orm.fields.compound_value import Computed, Whole, part
from kommo_orm.model.attr import Attr, Plain, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.parent import Parent
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

S = TypeVar("S", bound="Status", default="Status", covariant=True)

StatusInclude = Literal["descriptions"]
StatusColor = Literal[
    "#fffeb2", "#fffd7f", "#fff000", "#ffeab2", "#ffdc7f", "#ffce5a", "#ffdbdb",
    "#ffc8c8", "#ff8f92", "#d6eaff", "#c1e0ff", "#98cbff", "#ebffb1", "#deff81",
    "#87f2c0", "#f9deff", "#f3beff", "#ccc8f9", "#eb93ff", "#f2f3f4", "#e6e8ea",
]  # fmt: skip
"""The colours that can be given to a stage; others can be read."""
COLORS: tuple[str, ...] = get_args(StatusColor)
INCOMING = 1  # type of the stage in which incoming leads wait


COLOR = make_color_codec(COLORS, "stage", str.lower)


class StatusDescription(NestedValue):
    """A hint for users at a stage. `level` is `newbie`, `candidate` or `master`, each at most once."""

    id: Whole = part()
    level: Attr[str, Literal["newbie", "candidate", "master"]]
    description: Attr[str, str]
    created_by: Computed[int] = part()
    updated_by: Computed[int] = part()


class StatusOptions(TypedDict, total=False):
    """Values of a new stage beside its name and place."""

    color: StatusColor
    descriptions: list[StatusDescription]


class StatusQuery(ChildQuery[S], DeletableQuery[S]):
    """All stages of one pipeline: Kommo neither filters nor pages them."""

    _includes = get_args(StatusInclude)
    _parent_kinds = ("pipelines",)

    def of(self, pipeline: Model | int) -> Self:
        """The stages of a pipeline, given as an object or by its id."""
        return self._select_parent(pipeline, row=True)

    def include(self, *names: StatusInclude) -> Self:
        """Bring the descriptions along."""
        return self._add_includes(names)

    def create(self, name: str, *, sort: int, **options: Unpack[StatusOptions]) -> S:
        """Add a stage to the pipeline. `sort` places it among the others (the first ones have 10, 20, 30 ...).

        Example:
            >>> Status.objects.of(7).create("Offer sent", sort=40, color="#98cbff")
        """
        return self._create_object({"name": name, "sort": sort, **options})

    async def acreate(self, name: str, *, sort: int, **options: Unpack[StatusOptions]) -> S:
        """`create()` for async code."""
        return await self._acreate_object({"name": name, "sort": sort, **options})

    def _adopt_object(self, model: Model) -> None:
        set_parent_keys(model, pipeline_id=self._parent.id if self._parent is not None else None)


class StatusManager(Manager):
    """`Status.objects`."""

    def __get__(self, instance: None, owner: type[S]) -> StatusQuery[S]:
        return StatusQuery(require_class(instance, owner))


class Status(Deletable):
    """A stage of a pipeline.

    The stage of incoming leads cannot be changed, the closed ones (142 won, 143 lost) only renamed; none of the three
    can be deleted. A stage is the pair of `pipeline_id` and `id`, since 142 and 143 exist in every pipeline.

    Example:
        >>> for status in Status.objects.of(7):
        ...     print(status.id, status.name)

    Source: Kommo API v4, "Stages".
    """

    __kommo_info__ = EntityInfo(
        kind="statuses",
        required=("name", "sort"),
        on_request=frozenset({"descriptions"}),
        unique_within=("pipeline_id",),
        has_custom_fields=False,
    )

    pipeline_id: Attr[int, int] = field(place=True)
    name: Plain[str] = field()
    sort: Plain[int] = field()
    color: Attr[str, StatusColor, Unfilterable[Any]] = field(codec=COLOR)
    type: ReadOnly[int] = field()
    is_editable: ReadOnly[bool] = field()
    account_id: ReadOnly[int] = field()
    descriptions: Plain[list[StatusDescription]] = field()

    objects = StatusManager()

    @property
    def is_won(self) -> bool:
        """Whether leads in it are won."""
        return self.pk == WON

    @property
    def is_lost(self) -> bool:
        """Whether leads in it are lost."""
        return self.pk == LOST

    @property
    def is_incoming(self) -> bool:
        """Whether it is the stage in which incoming leads wait."""
        return getattr(self, "type", None) == INCOMING

    @property
    def is_system(self) -> bool:
        """Whether Kommo made it: the incoming one, 142 and 143."""
        return self.is_incoming or self.pk in (WON, LOST)

    def delete(self, *, using: Any = None) -> None:
        """Delete the stage. Its leads must be moved first.

        Raises:
            ConfigurationError: a stage of Kommo's own. BadRequest: it still holds leads.
        """
        self._refuse_system()
        super().delete(using=using)

    async def adelete(self, *, using: Any = None) -> None:
        """`delete()` for async code."""
        self._refuse_system()
        await super().adelete(using=using)

    def _refuse_system(self) -> None:
        if self.is_system:
            raise ConfigurationError(f"{describe(self)} is one of Kommo's own stages: it cannot be deleted")

    def _get_parent(self) -> Parent | None:
        pipeline = require_parent_key(self, "pipeline_id")
        return Parent("pipelines", pipeline) if pipeline is not None else None

    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        if creating and require_parent_key(self, "pipeline_id") is None:
            raise ConfigurationError(f"{describe(self)} needs its pipeline: Status.objects.of(7), or pipeline_id=7")
        if not creating and self.is_incoming:
            raise ConfigurationError(f"{describe(self)} is the stage of incoming leads: it cannot be changed")
        if not creating and self.is_system and body.keys() - {"name"}:
            raise ConfigurationError(f"{describe(self)} is one of Kommo's own stages: only its name can be changed")
        return body


register_class("statuses", Status)
__all__ = ["Status", "StatusDescription", "StatusQuery"]

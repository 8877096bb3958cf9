"""Leads: the deals of an account."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Literal, Self, get_args

from typing_extensions import TypeVar, Unpack

from kommo_orm.entities.leads.flag_filters import OpenSpec, TasksSpec
from kommo_orm.entities.leads.lead_source import LeadSourceAttribute
from kommo_orm.entities.leads.stage_moves import StageMoves
from kommo_orm.entities.lists.element_links import ElementLinksAttribute
from kommo_orm.entities.pipelines.stage_filter import (
    STAGE,
    STATUS,
    Stage,
    join_stage_conditions,
    refuse_incomplete_stages,
)
from kommo_orm.entities.shared.card_filters import CardFilters, CardValues
from kommo_orm.entities.shared.entity import UNOFFICIAL
from kommo_orm.entities.shared.price import PRICE
from kommo_orm.entities.shared.related_manager import RelatedManagerAttribute
from kommo_orm.model.attr import Found, Moment, Money, OptionalMoment, OptionalReadMoment, Plain, ReadMoment, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Assignment, Condition
from kommo_orm.model.embedded_object import EmbeddedObject
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.field_spec import FieldSpec
from kommo_orm.model.relation_descriptors import Related, RelatedId, RelatedOne
from kommo_orm.model.tags import TagsAttribute
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.query.query import Query
from kommo_orm.unit.report import Report

if TYPE_CHECKING:
    from kommo_orm.entities.contacts.company import Company
    from kommo_orm.entities.contacts.contact import Contact
    from kommo_orm.entities.events.card_events import CardEvents
    from kommo_orm.entities.files.attached_files import CardFiles
    from kommo_orm.entities.incoming.metadata import IncomingMetadata
    from kommo_orm.entities.leads.complex_create import ComplexLead
    from kommo_orm.entities.leads.loss_reason import LossReason
    from kommo_orm.entities.links.card_links import CardLinks
    from kommo_orm.entities.notes.card_notes import CardNotes
    from kommo_orm.entities.shared.subscriptions import Subscriptions
    from kommo_orm.entities.tags.tag import Tag
    from kommo_orm.entities.tasks.card_tasks import CardTasks
    from kommo_orm.transport.flow import Flow


L = TypeVar("L", bound="Lead", default="Lead", covariant=True)
K = TypeVar("K", bound="Lead")

LeadOrder = Literal["id", "-id", "created_at", "-created_at", "updated_at", "-updated_at"]
LeadInclude = Literal[
    "contacts",
    "company",
    "companies",
    "catalog_elements",
    "loss_reason",
    "source",
    "source_id",
    "is_price_modified_by_robot",
]


class LeadFilters(CardFilters, total=False):
    """What leads can be filtered by. `is_open` and `has_open_tasks`: the older API alone.

    Source: Kommo API v4, "Filters of leads"; Kommo API v2, "Leads".
    """

    price: Decimal | int | float
    price__gte: Decimal | int | float
    price__lte: Decimal | int | float
    price__range: tuple[Decimal | int | float, Decimal | int | float]
    pipeline_id: int
    pipeline_id__in: Iterable[int]
    status_id: int
    status__in: Iterable[Stage]
    closed_at__gte: datetime
    closed_at__lte: datetime
    closed_at__range: tuple[datetime, datetime]
    is_open: bool
    has_open_tasks: bool


class LeadValues(CardValues, total=False):
    """Values of a lead. Custom fields of a subclass are given by expressions (`Deal.budget.set(5)`)."""

    price: Decimal | int | float
    status_id: int
    pipeline_id: int
    loss_reason_id: int | None
    closed_at: datetime | None


class LeadQuery(Query[L]):
    """A query of leads."""

    _filters = LeadFilters
    _orders = ("id", "created_at", "updated_at")
    _includes = (*get_args(LeadInclude), "only_deleted")
    _special_filters: ClassVar[dict[str, FieldSpec]] = {
        "status": STAGE,
        "status_id": STATUS,
        "is_open": OpenSpec(),
        "has_open_tasks": TasksSpec(),
    }
    _is_searchable = True

    def filter(self, *conditions: Condition, **lookups: Unpack[LeadFilters]) -> Self:
        """Leads for which all conditions hold: `filter(Lead.price >= 100, pipeline_id=7)`.

        A stage is `status_id` with its `pipeline_id` (won and lost leads of all pipelines: `status_id` alone), or several as
        `status__in=[(7, 142), (8, 142)]`. By the older API (`dialect="v2"`) alone: `is_open=True` (neither won nor lost),
        `has_open_tasks` (False: without tasks).

        Raises:
            QueryError: an unknown or impossible filter, or a value that does not fit.

        Source: Kommo API v4, "Filters of leads".
        """
        return self._add_conditions(conditions, lookups)

    def order_by(self, field: LeadOrder) -> Self:
        """Order by one field; a minus in front reverses the order."""
        return self._set_order(field)

    def include(self, *names: LeadInclude) -> Self:
        """Bring related data along: whole contacts or companies (one more request a page), or what a row embeds."""
        return self._add_includes(names)

    def create(self, **values: Unpack[LeadValues]) -> L:
        """Create one lead and return it."""
        return self._create_object(values)

    async def acreate(self, **values: Unpack[LeadValues]) -> L:
        """`create()` for async code."""
        return await self._acreate_object(values)

    def create_complex(self, *leads: K, metadata: IncomingMetadata | None = None) -> list[ComplexLead[K]]:
        """Create leads, each with at most one contact and one company (new or stored), fifty a request.

        The account's duplicate control applies: a lead of which there is one already is merged into it. With `metadata`
        the leads are incoming ones, which wait to be accepted.

        Raises:
            ConfigurationError: more than one contact or company, or more than 40 custom fields in one of them.
            FlushError: some failed or are uncertain; its `report` names them. A single one's own error is raised.

        Example:
            >>> deal = Deal(name="Web order", price=120)
            >>> deal.contacts.add(Person(name="Ana", phone="+34600111222"))
            >>> deal.company = Company(name="Olive SL")
            >>> [made] = Deal.objects.create_complex(deal)
            >>> made.merged, deal.id, deal.company.id
            (False, 700200, 891)
        """
        return self._run(self._create_complex_leads(leads, metadata))

    async def acreate_complex(self, *leads: K, metadata: IncomingMetadata | None = None) -> list[ComplexLead[K]]:
        """`create_complex()` for async code."""
        return await self._arun(self._create_complex_leads(leads, metadata))

    def _create_complex_leads(
        self, leads: Sequence[K], metadata: IncomingMetadata | None
    ) -> Flow[list[ComplexLead[K]]]:
        from kommo_orm.entities.leads.complex_create import create_complex_leads  # all of saving

        return create_complex_leads(self._require_connection(), leads, metadata)

    def update(self, *assignments: Assignment, **values: Unpack[LeadValues]) -> Report:
        """Give all leads of the query the same values, 250 a request, after all rows were read and verified.

        Example:
            >>> Deal.objects.filter(pipeline_id=7).update(Deal.budget.set(500), responsible_user_id=42)
        """
        return self._update_rows(assignments, values)

    async def aupdate(self, *assignments: Assignment, **values: Unpack[LeadValues]) -> Report:
        """`update()` for async code."""
        return await self._aupdate_rows(assignments, values)

    def _combine_conditions(self, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        joined = join_stage_conditions(conditions)
        refuse_incomplete_stages(joined)
        return joined


class LeadManager(Manager):
    """`Lead.objects`."""

    def __get__(self, instance: None, owner: type[L]) -> LeadQuery[L]:
        return LeadQuery(require_class(instance, owner))


class Lead(StageMoves):
    """A lead.

    Money is exact: `price` is a `Decimal` in whole units of the account's currency, with cents where the account has them.
    Times are aware and in UTC.

    Example:
        >>> lead = Lead(name="Roof repair", price=1200)
        >>> lead.save()
        >>> lead.id
        700124

    Source: Kommo API v4, "Leads".
    """

    __kommo_info__ = EntityInfo(
        kind="leads",
        on_request=frozenset({"source_id", "is_price_modified_by_robot"}),
        includes={"company": None, "companies": None},
        delete_hint=UNOFFICIAL,
    )

    name: Found[str] = field()
    price: Money = field(codec=PRICE, instead="price_with_minor_units")
    responsible_user_id: Found[int] = field()
    group_id: ReadOnly[int] = field()
    status_id: Plain[int] = field()
    pipeline_id: Found[int] = field()
    loss_reason_id: Plain[int | None] = field(positive=True)
    source_id: ReadOnly[int | None] = field(positive=True)
    created_by: Found[int] = field()
    updated_by: Found[int] = field()
    created_at: Moment = field()
    updated_at: ReadMoment = field()
    closed_at: OptionalMoment = field()
    closest_task_at: OptionalReadMoment = field()
    is_deleted: ReadOnly[bool] = field()
    score: ReadOnly[int | None] = field(positive=True)
    account_id: ReadOnly[int] = field()
    labor_cost: ReadOnly[int | None] = field()
    is_price_computed: ReadOnly[bool] = field()
    is_price_modified_by_robot: ReadOnly[bool] = field()
    visitor_uid: Plain[str | None] = field(writable="create")

    if TYPE_CHECKING:  # checkers take annotated attributes for arguments of the constructor
        contacts: Related[Contact] = Related("contacts", has_main=True)
        companies: Related[Company] = Related("companies")
        company: RelatedOne[Company] = RelatedOne("companies")
        company_id: RelatedId = RelatedId("companies")
        tags: TagsAttribute[Tag] = TagsAttribute()
    else:
        contacts = Related["Contact"]("contacts", has_main=True)
        companies = Related["Company"]("companies")
        company = RelatedOne["Company"]("companies")
        company_id = RelatedId("companies")
        tags = TagsAttribute["Tag"]()
    catalog_elements = ElementLinksAttribute()
    notes = RelatedManagerAttribute["CardNotes"]("CardNotes")
    tasks = RelatedManagerAttribute["CardTasks"]("CardTasks")
    events = RelatedManagerAttribute["CardEvents"]("CardEvents")
    links = RelatedManagerAttribute["CardLinks"]("CardLinks")
    files = RelatedManagerAttribute["CardFiles"]("CardFiles")
    subscriptions = RelatedManagerAttribute["Subscriptions"]("Subscriptions")
    loss_reason = EmbeddedObject["LossReason"]("loss_reasons", "loss_reason")
    lead_source = LeadSourceAttribute()  # `source` is left to custom fields

    objects = LeadManager()


register_class("leads", Lead)
__all__ = ["Lead", "LeadQuery"]

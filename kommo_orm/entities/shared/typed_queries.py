"""The typed method `query(cls)` of a session: it returns the query class of each entity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, overload

from typing_extensions import TypeVar

from kommo_orm.model.model import Model
from kommo_orm.query.manager import QueryManager
from kommo_orm.query.query import Query

if TYPE_CHECKING:
    from kommo_orm.entities.account.currency import Currency, CurrencyQuery
    from kommo_orm.entities.bots.sales_bot import SalesBot, SalesBotQuery
    from kommo_orm.entities.calls.call import Call, CallQuery
    from kommo_orm.entities.chats.chat_template import ChatTemplate, ChatTemplateQuery
    from kommo_orm.entities.chats.talk import Talk, TalkQuery
    from kommo_orm.entities.chats.talk_message import TalkMessage, TalkMessageQuery
    from kommo_orm.entities.contacts.company import Company, CompanyQuery
    from kommo_orm.entities.contacts.contact import Contact, ContactQuery
    from kommo_orm.entities.custom_fields.custom_field import CustomField, CustomFieldQuery
    from kommo_orm.entities.custom_fields.custom_field_group import CustomFieldGroup, CustomFieldGroupQuery
    from kommo_orm.entities.customers.customer import Customer, CustomerQuery
    from kommo_orm.entities.customers.customer_status import CustomerStatus, CustomerStatusQuery
    from kommo_orm.entities.customers.segment import Segment, SegmentQuery
    from kommo_orm.entities.customers.transaction import Transaction, TransactionQuery
    from kommo_orm.entities.events.event import Event, EventQuery
    from kommo_orm.entities.files.drive_file import DriveFile, DriveFileQuery
    from kommo_orm.entities.incoming.incoming_lead import IncomingLead, IncomingLeadQuery
    from kommo_orm.entities.integration.short_link import ShortLink, ShortLinkQuery
    from kommo_orm.entities.integration.source import Source, SourceQuery
    from kommo_orm.entities.integration.webhook import Webhook, WebhookQuery
    from kommo_orm.entities.integration.website_button import WebsiteButton, WebsiteButtonQuery
    from kommo_orm.entities.integration.widget import Widget, WidgetQuery
    from kommo_orm.entities.leads.lead import Lead, LeadQuery
    from kommo_orm.entities.leads.loss_reason import LossReason, LossReasonQuery
    from kommo_orm.entities.lists.catalog import Catalog, CatalogQuery
    from kommo_orm.entities.lists.catalog_element import CatalogElement, CatalogElementQuery
    from kommo_orm.entities.notes.note import Note, NoteQuery
    from kommo_orm.entities.pipelines.pipeline import Pipeline, PipelineQuery
    from kommo_orm.entities.pipelines.status import Status, StatusQuery
    from kommo_orm.entities.tags.tag import Tag, TagQuery
    from kommo_orm.entities.tasks.task import Task, TaskQuery
    from kommo_orm.entities.users.role import Role, RoleQuery
    from kommo_orm.entities.users.user import User, UserQuery

M = TypeVar("M", bound=Model)
OwnQuery = TypeVar("OwnQuery", bound=Query[Any])
AnyQuery = TypeVar("AnyQuery", bound=Query[Any], covariant=True)
LeadT = TypeVar("LeadT", bound="Lead")
ContactT = TypeVar("ContactT", bound="Contact")
CompanyT = TypeVar("CompanyT", bound="Company")
TaskT = TypeVar("TaskT", bound="Task")
NoteT = TypeVar("NoteT", bound="Note")
TagT = TypeVar("TagT", bound="Tag")
PipelineT = TypeVar("PipelineT", bound="Pipeline")
StatusT = TypeVar("StatusT", bound="Status")
LossReasonT = TypeVar("LossReasonT", bound="LossReason")
UserT = TypeVar("UserT", bound="User")
RoleT = TypeVar("RoleT", bound="Role")
CatalogT = TypeVar("CatalogT", bound="Catalog")
ElementT = TypeVar("ElementT", bound="CatalogElement")
CurrencyT = TypeVar("CurrencyT", bound="Currency")
FieldT = TypeVar("FieldT", bound="CustomField")
TalkT = TypeVar("TalkT", bound="Talk")
MessageT = TypeVar("MessageT", bound="TalkMessage")
TemplateT = TypeVar("TemplateT", bound="ChatTemplate")
BotT = TypeVar("BotT", bound="SalesBot")
GroupT = TypeVar("GroupT", bound="CustomFieldGroup")
WebhookT = TypeVar("WebhookT", bound="Webhook")
WidgetT = TypeVar("WidgetT", bound="Widget")
SourceT = TypeVar("SourceT", bound="Source")
ButtonT = TypeVar("ButtonT", bound="WebsiteButton")
ShortLinkT = TypeVar("ShortLinkT", bound="ShortLink")
FileT = TypeVar("FileT", bound="DriveFile")
IncomingT = TypeVar("IncomingT", bound="IncomingLead")
CallT = TypeVar("CallT", bound="Call")
EventT = TypeVar("EventT", bound="Event")
CustomerT = TypeVar("CustomerT", bound="Customer")
CustomerStatusT = TypeVar("CustomerStatusT", bound="CustomerStatus")
SegmentT = TypeVar("SegmentT", bound="Segment")
TransactionT = TypeVar("TransactionT", bound="Transaction")


class HasObjects(Protocol[AnyQuery]):
    """A class of models, as mypy sees it."""

    @property
    def objects(self) -> AnyQuery: ...


class HasQueryManager(Protocol[OwnQuery]):
    """A model whose `objects` are of a query class of the user's own, as pyright sees it."""

    objects: QueryManager[OwnQuery]


class TypedQueryMixin:
    """Base of classes with a `query(cls)`."""

    @overload
    def query(self, cls: HasObjects[AnyQuery]) -> AnyQuery: ...
    @overload
    def query(self, cls: type[HasQueryManager[OwnQuery]]) -> OwnQuery: ...
    @overload
    def query(self, cls: type[LeadT]) -> LeadQuery[LeadT]: ...
    @overload
    def query(self, cls: type[ContactT]) -> ContactQuery[ContactT]: ...
    @overload
    def query(self, cls: type[CompanyT]) -> CompanyQuery[CompanyT]: ...
    @overload
    def query(self, cls: type[TaskT]) -> TaskQuery[TaskT]: ...
    @overload
    def query(self, cls: type[NoteT]) -> NoteQuery[NoteT]: ...
    @overload
    def query(self, cls: type[TagT]) -> TagQuery[TagT]: ...
    @overload
    def query(self, cls: type[PipelineT]) -> PipelineQuery[PipelineT]: ...
    @overload
    def query(self, cls: type[StatusT]) -> StatusQuery[StatusT]: ...
    @overload
    def query(self, cls: type[LossReasonT]) -> LossReasonQuery[LossReasonT]: ...
    @overload
    def query(self, cls: type[UserT]) -> UserQuery[UserT]: ...
    @overload
    def query(self, cls: type[RoleT]) -> RoleQuery[RoleT]: ...
    @overload
    def query(self, cls: type[CatalogT]) -> CatalogQuery[CatalogT]: ...
    @overload
    def query(self, cls: type[ElementT]) -> CatalogElementQuery[ElementT]: ...
    @overload
    def query(self, cls: type[CurrencyT]) -> CurrencyQuery[CurrencyT]: ...
    @overload
    def query(self, cls: type[FieldT]) -> CustomFieldQuery[FieldT]: ...
    @overload
    def query(self, cls: type[GroupT]) -> CustomFieldGroupQuery[GroupT]: ...
    @overload
    def query(self, cls: type[TalkT]) -> TalkQuery[TalkT]: ...
    @overload
    def query(self, cls: type[MessageT]) -> TalkMessageQuery[MessageT]: ...
    @overload
    def query(self, cls: type[TemplateT]) -> ChatTemplateQuery[TemplateT]: ...
    @overload
    def query(self, cls: type[BotT]) -> SalesBotQuery[BotT]: ...
    @overload
    def query(self, cls: type[WebhookT]) -> WebhookQuery[WebhookT]: ...
    @overload
    def query(self, cls: type[WidgetT]) -> WidgetQuery[WidgetT]: ...
    @overload
    def query(self, cls: type[SourceT]) -> SourceQuery[SourceT]: ...
    @overload
    def query(self, cls: type[ButtonT]) -> WebsiteButtonQuery[ButtonT]: ...
    @overload
    def query(self, cls: type[ShortLinkT]) -> ShortLinkQuery[ShortLinkT]: ...
    @overload
    def query(self, cls: type[FileT]) -> DriveFileQuery[FileT]: ...
    @overload
    def query(self, cls: type[IncomingT]) -> IncomingLeadQuery[IncomingT]: ...
    @overload
    def query(self, cls: type[CallT]) -> CallQuery[CallT]: ...
    @overload
    def query(self, cls: type[EventT]) -> EventQuery[EventT]: ...
    @overload
    def query(self, cls: type[CustomerT]) -> CustomerQuery[CustomerT]: ...
    @overload
    def query(self, cls: type[CustomerStatusT]) -> CustomerStatusQuery[CustomerStatusT]: ...
    @overload
    def query(self, cls: type[SegmentT]) -> SegmentQuery[SegmentT]: ...
    @overload
    def query(self, cls: type[TransactionT]) -> TransactionQuery[TransactionT]: ...
    @overload
    def query(self, cls: type[M]) -> Query[M]: ...
    def query(self, cls: Any) -> Any:
        """A query whose objects join the session: `session.query(Lead).filter(...)`. A class's own query methods are all there."""
        self._check_before_query()
        return cls.objects.using(self)

    def _check_before_query(self) -> None:
        """Hook: checks before a query is made."""

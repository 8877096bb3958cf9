"""A typed, Django-like data-model library for Kommo (formerly amoCRM).

Everything public is here; where it is defined is no promise. Names are imported when they are first used, so that
`import kommo_orm` itself costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # checkers and the reference read the names of each module's own `__all__`
    from kommo_orm.accounts import *
    from kommo_orm.auth import *
    from kommo_orm.chats import *
    from kommo_orm.client import *
    from kommo_orm.entities.account.account import *
    from kommo_orm.entities.account.currency import *
    from kommo_orm.entities.ai.ai_knowledge import *
    from kommo_orm.entities.bots.sales_bot import *
    from kommo_orm.entities.calls.call import *
    from kommo_orm.entities.chats.chat_template import *
    from kommo_orm.entities.chats.talk import *
    from kommo_orm.entities.chats.talk_message import *
    from kommo_orm.entities.chats.template_parts import *
    from kommo_orm.entities.contacts.company import *
    from kommo_orm.entities.contacts.contact import *
    from kommo_orm.entities.contacts.contact_chats import *
    from kommo_orm.entities.contacts.social_profile import *
    from kommo_orm.entities.custom_fields.custom_field import *
    from kommo_orm.entities.custom_fields.custom_field_group import *
    from kommo_orm.entities.custom_fields.definition_parts import *
    from kommo_orm.entities.customers.customer import *
    from kommo_orm.entities.customers.customer_period import *
    from kommo_orm.entities.customers.customer_status import *
    from kommo_orm.entities.customers.customers_mode import *
    from kommo_orm.entities.customers.segment import *
    from kommo_orm.entities.customers.transaction import *
    from kommo_orm.entities.events.event import *
    from kommo_orm.entities.events.event_type import *
    from kommo_orm.entities.files.attached_files import *
    from kommo_orm.entities.files.drive_file import *
    from kommo_orm.entities.files.file_parts import *
    from kommo_orm.entities.files.file_version import *
    from kommo_orm.entities.incoming.accept_decline import *
    from kommo_orm.entities.incoming.incoming_lead import *
    from kommo_orm.entities.incoming.incoming_summary import *
    from kommo_orm.entities.incoming.metadata import *
    from kommo_orm.entities.integration.short_link import *
    from kommo_orm.entities.integration.source import *
    from kommo_orm.entities.integration.webhook import *
    from kommo_orm.entities.integration.website_button import *
    from kommo_orm.entities.integration.widget import *
    from kommo_orm.entities.leads.complex_create import *
    from kommo_orm.entities.leads.lead import *
    from kommo_orm.entities.leads.loss_reason import *
    from kommo_orm.entities.links.link import *
    from kommo_orm.entities.lists.catalog import *
    from kommo_orm.entities.lists.catalog_element import *
    from kommo_orm.entities.lists.invoice import *
    from kommo_orm.entities.lists.products_settings import *
    from kommo_orm.entities.notes.note import *
    from kommo_orm.entities.pipelines.pipeline import *
    from kommo_orm.entities.pipelines.stage_filter import *
    from kommo_orm.entities.pipelines.status import *
    from kommo_orm.entities.shared.subscriptions import *
    from kommo_orm.entities.tags.tag import *
    from kommo_orm.entities.tasks.task import *
    from kommo_orm.entities.users.rights import *
    from kommo_orm.entities.users.role import *
    from kommo_orm.entities.users.user import *
    from kommo_orm.errors import *
    from kommo_orm.events import *
    from kommo_orm.fields import *
    from kommo_orm.locking import *
    from kommo_orm.model.attr import *
    from kommo_orm.model.condition import *
    from kommo_orm.model.custom import *
    from kommo_orm.model.field_options import *
    from kommo_orm.model.kind import *
    from kommo_orm.model.model import *
    from kommo_orm.model.schema_check import *
    from kommo_orm.notes import *
    from kommo_orm.query.change_walk import *
    from kommo_orm.query.manager import *
    from kommo_orm.query.query import *
    from kommo_orm.query.relation_loader import *
    from kommo_orm.session import *
    from kommo_orm.unit.plan import *
    from kommo_orm.unit.report import *

__version__ = "0.1.0"

# The public names by the module that defines them. A test compares each line with the module's own `__all__`.
_EXPORTS = {
    # an account, and what is kept of its tokens
    "kommo_orm.client": "Kommo",
    "kommo_orm.accounts": "Accounts",
    "kommo_orm.auth": "FileTokenStore LegacyLogin LongLivedToken MemoryTokenStore OAuth TokenStore Tokens",
    "kommo_orm.session": "Session",
    "kommo_orm.locking": "FileLocks LockName Locks",
    "kommo_orm.errors": """
        AccountBlocked BadRequest ConfigurationError DeadlineExceeded FilterIgnored FlushError Forbidden
        GatewayTimeout ItemError KommoError LockTimeout MultipleFound NotConnected NotFound NotLoaded PaymentRequired
        QueryError RateLimited ResponseError ServerError StaleObject TokenStoreError TransportError
        Unauthorized UncertainWrite UnexpectedResponse
    """,
    # models and queries
    "kommo_orm.model.model": "Model",
    "kommo_orm.model.attr": "Attr Found Moment Money OptionalMoment Plain",
    "kommo_orm.model.field_options": "field",
    "kommo_orm.model.custom": "CustomAttr custom",
    "kommo_orm.model.condition": "Assignment Condition",
    "kommo_orm.model.kind": "Kind",
    "kommo_orm.model.schema_check": "Mismatch",
    "kommo_orm.query.manager": "Manager",
    "kommo_orm.query.change_walk": "ChangeWalk",
    "kommo_orm.query.query": "Query ResultPage",
    "kommo_orm.query.relation_loader": "aload load",
    "kommo_orm.unit.plan": "Plan",
    "kommo_orm.unit.report": "Failed Report SaveResult",
    # types of custom fields
    "kommo_orm.fields": """
        Address Birthday Category ChainedList ChainedValue Checkbox Date DateTime Discount Email EmailValue
        Emails File FileValue Files Item Items LegalEntities LegalEntity LegalEntityValue LinkedEntity
        LinkedValue MessengerValue Messengers Monetary MultiSelect MultitextValue Number Option Options
        OrgLegalName Payer PayerValue Phone PhoneValue Phones Price Radio Select SmartAddress
        SmartAddressValue Supplier SupplierValue Text TextArea TrackingData Url Value
    """,
    # leads, contacts and companies
    "kommo_orm.entities.leads.complex_create": "ComplexLead",
    "kommo_orm.entities.leads.lead": "Lead LeadQuery",
    "kommo_orm.entities.leads.loss_reason": "LossReason LossReasonQuery",
    "kommo_orm.entities.contacts.company": "Company CompanyQuery",
    "kommo_orm.entities.contacts.contact": "Contact ContactQuery",
    "kommo_orm.entities.contacts.contact_chats": "ContactChat",
    "kommo_orm.entities.contacts.social_profile": "SocialProfile",
    "kommo_orm.entities.pipelines.pipeline": "Pipeline PipelineQuery",
    "kommo_orm.entities.pipelines.stage_filter": "LOST WON",
    "kommo_orm.entities.pipelines.status": "Status StatusDescription StatusQuery",
    "kommo_orm.entities.links.link": "Link LinkQuery",
    "kommo_orm.entities.tags.tag": "Tag TagQuery",
    "kommo_orm.entities.shared.subscriptions": "Subscription",
    # tasks, notes, calls, events
    "kommo_orm.entities.tasks.task": "FOLLOW_UP MEETING Task TaskQuery",
    "kommo_orm.entities.notes.note": "Note NoteQuery",
    "kommo_orm.notes": """
        AiResult Attachment BillPaid CallIn CallOut CommonNote DropboxAttachment ExtendedServiceMessage
        Geolocation InvoicePaid LinkFollowed MailMessage MessageCashier NoteParams ServiceMessage SiteVisit
        SmsIn SmsOut TargetingIn TargetingOut TransactionNote UnknownParams ZoomMeeting
    """,
    "kommo_orm.entities.calls.call": "Call CallQuery",
    "kommo_orm.entities.events.event": "Event EventQuery",
    "kommo_orm.entities.events.event_type": "EventType",
    "kommo_orm.events": """
        BotChange CustomerStatusChange DeadlineChange FieldChange LinkChange LtvChange MessageChange
        NameChange NoteChange PriceChange RatingChange ResponsibleChange StageChange TagChange TaskTextChange
        TaskTypeChange TransactionChange UnknownChange
    """,
    # incoming leads, customers, lists
    "kommo_orm.entities.incoming.accept_decline": "IncomingOutcome SortingReport",
    "kommo_orm.entities.incoming.incoming_lead": "IncomingLead IncomingLeadQuery",
    "kommo_orm.entities.incoming.incoming_summary": "IncomingSummary",
    "kommo_orm.entities.incoming.metadata": "CallMetadata ChatMetadata FormMetadata MailMetadata UnknownMetadata",
    "kommo_orm.entities.customers.customer": "Customer CustomerQuery",
    "kommo_orm.entities.customers.customer_period": "CustomerPeriod CustomerPeriodQuery",
    "kommo_orm.entities.customers.customer_status": "CustomerStatus CustomerStatusQuery",
    "kommo_orm.entities.customers.customers_mode": "CustomersMode",
    "kommo_orm.entities.customers.segment": "Segment SegmentQuery",
    "kommo_orm.entities.customers.transaction": "Transaction TransactionMetadata TransactionQuery",
    "kommo_orm.entities.lists.catalog": "Catalog CatalogQuery",
    "kommo_orm.entities.lists.catalog_element": "CatalogElement CatalogElementQuery",
    "kommo_orm.entities.lists.invoice": "Invoice InvoiceStatus Seller VatType",
    "kommo_orm.entities.lists.products_settings": "ProductsSettings",
    # files
    "kommo_orm.entities.files.attached_files": "AttachedFile",
    "kommo_orm.entities.files.drive_file": "DriveFile DriveFileQuery",
    "kommo_orm.entities.files.file_parts": "FileAuthor FileMetadata FilePreview FileUse",
    "kommo_orm.entities.files.file_version": "FileVersion",
    # chats and bots
    "kommo_orm.entities.chats.chat_template": "ChatTemplate ChatTemplateQuery",
    "kommo_orm.entities.chats.talk": "Talk TalkQuery",
    "kommo_orm.entities.chats.talk_message": "MessageAttachment MessageAuthor TalkMessage TalkMessageQuery",
    "kommo_orm.entities.chats.template_parts": "TemplateAttachment TemplateButton TemplateReview",
    "kommo_orm.chats": """
        Chat ChatChannel ChatContact ChatForward ChatHistoryMessage ChatLocation ChatMessage ChatPost
        ChatQuote ChatScope ChatSharedPost ChatUser SentMessage
    """,
    "kommo_orm.entities.bots.sales_bot": "SalesBot SalesBotQuery",
    "kommo_orm.entities.ai.ai_knowledge": "AiKnowledge",
    # the account's settings and integrations
    "kommo_orm.entities.account.account": "Account TaskType UserGroup",
    "kommo_orm.entities.account.currency": "Currency CurrencyQuery",
    "kommo_orm.entities.users.rights": "CardRights ListRights Rights StageRights TaskRights",
    "kommo_orm.entities.users.role": "Role RoleQuery",
    "kommo_orm.entities.users.user": "User UserQuery",
    "kommo_orm.entities.custom_fields.custom_field": "CustomField CustomFieldQuery",
    "kommo_orm.entities.custom_fields.custom_field_group": "CustomFieldGroup CustomFieldGroupQuery",
    "kommo_orm.entities.custom_fields.definition_parts": "ChainedCatalog FieldCategory FieldOption StageId",
    "kommo_orm.entities.integration.short_link": "ShortLink ShortLinkQuery",
    "kommo_orm.entities.integration.source": "ServiceParams Source SourcePage SourceQuery SourceService",
    "kommo_orm.entities.integration.webhook": "Webhook WebhookEvent WebhookQuery",
    "kommo_orm.entities.integration.website_button": "WebsiteButton WebsiteButtonQuery",
    "kommo_orm.entities.integration.widget": "SettingsField Widget WidgetQuery",
}


_MODULE_OF = {name: module for module, names in _EXPORTS.items() for name in names.split()}

if not TYPE_CHECKING:  # checkers would take every name for a public one
    __all__ = list(_MODULE_OF)

    def __getattr__(name: str) -> Any:
        """Import the module of a public name when the name is first used.

        Packages use `lazy_exports` for this. It is not used here, because `import kommo_orm` alone imports no other file:
        the pytest plugin is loaded by test runs that do not use it.
        """
        module = _MODULE_OF.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(module), name)
        return value


def __dir__() -> list[str]:
    return sorted(globals().keys() | _MODULE_OF.keys())

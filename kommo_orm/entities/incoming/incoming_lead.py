"""Incoming leads ("unsorted"): requests that wait in a pipeline until somebody accepts or declines them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Never, Self, cast, get_args

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.incoming import accept_decline, created_objects
from kommo_orm.entities.incoming.accept_decline import IncomingOutcome, SortingReport
from kommo_orm.entities.incoming.incoming_summary import IncomingSummary, fetch_summary
from kommo_orm.entities.incoming.metadata import IncomingMetadata, Metadata
from kommo_orm.entities.incoming.metadata_attr import MetadataAttr
from kommo_orm.entities.shared.entity import Editable
from kommo_orm.entities.shared.text_id_query import TextIdQuery
from kommo_orm.errors import QueryError
from kommo_orm.model.attr import Attr, Plain, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.codec import STR, make_choice_codec
from kommo_orm.model.condition import Condition, Exact
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.field_values import get_values
from kommo_orm.model.nested_create import NestedCreate, NestedCreateOne
from kommo_orm.model.parent import Parent
from kommo_orm.model.relation_descriptors import RelatedId
from kommo_orm.query.lookups import parse_lookups, refuse_duplicates
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.query.query_compiler import encode_core_condition
from kommo_orm.unit.nested_creates import find_nested_objects

if TYPE_CHECKING:
    from kommo_orm.entities.contacts.company import Company
    from kommo_orm.entities.contacts.contact import Contact
    from kommo_orm.entities.leads.lead import Lead
    from kommo_orm.interface.connection import Connection
    from kommo_orm.interface.term import Term
    from kommo_orm.model.model import Model
    from kommo_orm.transport.flow import Flow

I = TypeVar("I", bound="IncomingLead", default="IncomingLead", covariant=True)  # noqa: E741

IncomingCategory = Literal["forms", "sip", "chats", "mail"]
CATEGORY = make_choice_codec(STR, get_args(IncomingCategory))  # of filters: rows may have others
IncomingOrder = Literal["-created_at"]
IncomingInclude = Literal["lead", "leads", "contact", "contacts", "company", "companies"]


class IncomingFilters(TypedDict, total=False):
    """What incoming leads can be filtered by. `id` and `uid` are the same. Source: Kommo API v4, "Incoming leads"."""

    id: str
    id__in: Iterable[str]
    uid: str
    uid__in: Iterable[str]
    category: IncomingCategory
    category__in: Iterable[IncomingCategory]
    pipeline_id: int


class SummaryFilters(TypedDict, total=False):
    """What is counted. `created_at` is when they came in."""

    uid: str
    uid__in: Iterable[str]
    pipeline_id: int
    created_at__gte: datetime
    created_at__lte: datetime
    created_at__range: tuple[datetime, datetime]


class IncomingOptions(TypedDict, total=False):
    """Values of a new incoming lead beside its source and its metadata."""

    lead: Lead
    contact: Contact
    contacts: Iterable[Contact | int]
    company: Company
    companies: Iterable[Company | int]
    pipeline_id: int
    created_at: datetime


class IncomingLeadQuery(TextIdQuery[I]):
    """A query of incoming leads, newest first."""

    _filters = IncomingFilters
    _orders = ("created_at",)
    _includes = ("lead", "leads", "contact", "contacts", "company", "companies")

    def filter(self, *conditions: Condition, **lookups: Unpack[IncomingFilters]) -> Self:
        """Incoming leads for which all conditions hold.

        Raises:
            QueryError: an unknown or impossible filter, or a value that does not fit.

        Example:
            >>> IncomingLead.objects.filter(category__in=["forms", "sip"], pipeline_id=7)
        """
        return self._add_conditions(conditions, lookups)

    def order_by(self, field: IncomingOrder) -> Self:
        """Newest first, the only order of Kommo: it accepts other orders and ignores them.

        Raises:
            QueryError: any other order.
        """
        if field != "-created_at":
            raise QueryError(
                f"Kommo cannot order incoming leads by {field!r}: they always come newest first ('-created_at')"
            )
        return self._set_order(field)

    def include(self, *names: IncomingInclude) -> Self:
        """Bring the whole leads, contacts or companies along, one more request a page each.

        Kommo hides people of leads that nobody has accepted yet from its lists, so that some may stay references.
        """
        return self._add_includes(names)

    def create(
        self, *, source_uid: str, source_name: str, metadata: IncomingMetadata, **options: Unpack[IncomingOptions]
    ) -> I:
        """Create one incoming lead, with its lead, contact and company, and return it.

        Example:
            >>> IncomingLead.objects.create(
            ...     source_uid="site-7",
            ...     source_name="Landing page",
            ...     metadata=FormMetadata(form_id="f-3", form_name="Callback", form_page="https://olive.example/cb"),
            ...     lead=Deal(name="Callback", budget=500),
            ...     contact=Person(name="Ana", phone="+34600111222"),
            ... )
        """
        return self._create_object(
            {"source_uid": source_uid, "source_name": source_name, "metadata": metadata, **options}
        )

    async def acreate(
        self, *, source_uid: str, source_name: str, metadata: IncomingMetadata, **options: Unpack[IncomingOptions]
    ) -> I:
        """`create()` for async code."""
        values = {"source_uid": source_uid, "source_name": source_name, "metadata": metadata, **options}
        return await self._acreate_object(values)

    # ---- accepting and declining
    def accept(
        self, incoming: Iterable[IncomingLead | str], *, user_id: int | None = None, status_id: int | None = None
    ) -> SortingReport:
        """Accept many, given as objects or by their uids: one request each, some side by side.

        Raises:
            FlushError: some could not be accepted; its `report` names them, and has the outcomes of the others.

        Example:
            >>> IncomingLead.objects.accept(IncomingLead.objects.filter(category="forms").list(), user_id=42)
        """
        return self._require_connection().run(
            self._accept_or_decline(
                incoming,
                "accept",
                {**accept_decline.build_user_body(user_id), **accept_decline.build_status_body(status_id)},
            )
        )

    async def aaccept(
        self, incoming: Iterable[IncomingLead | str], *, user_id: int | None = None, status_id: int | None = None
    ) -> SortingReport:
        """`accept()` for async code."""
        body = {**accept_decline.build_user_body(user_id), **accept_decline.build_status_body(status_id)}
        return await self._require_connection().arun(self._accept_or_decline(incoming, "accept", body))

    def decline(self, incoming: Iterable[IncomingLead | str], *, user_id: int | None = None) -> SortingReport:
        """Decline many, given as objects or by their uids: one request each, some side by side. Their leads go to the trash.

        Raises:
            FlushError: some could not be declined; its `report` names them, and has the outcomes of the others.
        """
        return self._require_connection().run(
            self._accept_or_decline(incoming, "decline", accept_decline.build_user_body(user_id))
        )

    async def adecline(self, incoming: Iterable[IncomingLead | str], *, user_id: int | None = None) -> SortingReport:
        """`decline()` for async code."""
        return await self._require_connection().arun(
            self._accept_or_decline(incoming, "decline", accept_decline.build_user_body(user_id))
        )

    def _accept_or_decline(
        self, incoming: Iterable[IncomingLead | str], verb: str, body: dict[str, Any]
    ) -> Flow[SortingReport]:
        objects = accept_decline.convert_to_objects(cast("type[IncomingLead]", self._model), incoming)
        return accept_decline.accept_or_decline_many(self._require_connection(), objects, verb, body)

    # ---- counting
    def summary(self, **lookups: Unpack[SummaryFilters]) -> IncomingSummary:
        """How many came in, were accepted and declined. The query's own filters by uid and pipeline count, too.

        Raises:
            QueryError: an unknown filter; a query that is filtered by category: the summary has all of them.

        Example:
            >>> IncomingLead.objects.summary(created_at__gte=monday, pipeline_id=7).accepted
            4
        """
        return self._require_connection().run(
            fetch_summary(self._require_connection(), self._build_summary_terms(lookups))
        )

    async def asummary(self, **lookups: Unpack[SummaryFilters]) -> IncomingSummary:
        """`summary()` for async code."""
        return await self._require_connection().arun(
            fetch_summary(self._require_connection(), self._build_summary_terms(lookups))
        )

    def _build_summary_terms(self, lookups: Any) -> tuple[Term, ...]:
        if any(condition.name == "category" for condition in self._conditions):
            raise QueryError("A summary counts all categories: read the count of one from its `categories`")
        made = parse_lookups(self._model, SummaryFilters, lookups, {})
        joined = self._combine_conditions((*self._conditions, *made))
        refuse_duplicates(self._model, joined)
        return tuple(encode_core_condition(condition) for condition in joined)

    def _combine_conditions(self, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        if {"id", "uid"} <= {condition.name for condition in conditions}:
            raise QueryError("id and uid of an incoming lead are the same: filter by one of them")
        return conditions

    def _choose_default_order(self, connection: Connection) -> tuple[str, bool] | None:
        can = connection.dialect.capabilities(self._model.__kommo_kind__).is_ordered
        return ("created_at", True) if can else None


class IncomingLeadManager(Manager):
    """`IncomingLead.objects`."""

    def __get__(self, instance: None, owner: type[I]) -> IncomingLeadQuery[I]:
        return IncomingLeadQuery(require_class(instance, owner))


class IncomingLead(Editable):
    """An incoming lead. Its id is a text, its `uid`. A stored one cannot be changed, only accepted, declined or linked.

    Forms and calls can be created, each with a lead, a contact and a company of its own: new objects, or (contact and
    company) stored ones. They get their ids with the answer, and stay hidden until the incoming lead is accepted.

    Example:
        >>> incoming = IncomingLead(
        ...     source_uid="site-7",
        ...     source_name="Landing page",
        ...     metadata=FormMetadata(form_id="f-3", form_name="Callback", form_page="https://olive.example/cb"),
        ...     lead=Deal(name="Callback"),
        ... )
        >>> incoming.save()
        >>> incoming.accept(user_id=42, status_id=501).lead.id
        700300

    Source: Kommo API v4, "Incoming leads".
    """

    __kommo_info__ = EntityInfo(
        kind="incoming_leads",
        required=("source_uid", "source_name", "metadata"),
        includes=dict.fromkeys(IncomingLeadQuery._includes),
        id_type=str,
        delete_hint=" decline() puts its lead into the trash.",
        has_custom_fields=False,
    )

    id: Attr[str, str, Exact[str]] = field(writable="")  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]
    uid: Attr[str, Never, Exact[str]] = field()
    source_uid: Attr[str | None, str] = field(writable="create")
    source_name: Attr[str | None, str] = field(writable="create")
    category: Attr[str, Never, Exact[str]] = field(codec=CATEGORY)
    metadata: MetadataAttr = field(writable="create")
    pipeline_id: Attr[int | None, int, Exact[int]] = field(writable="create")
    created_at: Plain[datetime] = field(writable="create")
    account_id: ReadOnly[int] = field()

    lead_id = RelatedId("leads", settable=False)
    contact_id = RelatedId("contacts", settable=False)
    company_id = RelatedId("companies", settable=False)

    objects = IncomingLeadManager()

    if TYPE_CHECKING:
        leads: NestedCreate[Lead] = NestedCreate("leads", accepts_stored=False)
        contacts: NestedCreate[Contact] = NestedCreate("contacts")
        companies: NestedCreate[Company] = NestedCreate("companies")
        lead: NestedCreateOne[Lead] = NestedCreateOne("leads")
        contact: NestedCreateOne[Contact] = NestedCreateOne("contacts")
        company: NestedCreateOne[Company] = NestedCreateOne("companies")

        @property
        def pk(self) -> str | None: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]
    else:
        leads = NestedCreate("leads", accepts_stored=False)
        contacts = NestedCreate("contacts")
        companies = NestedCreate("companies")
        lead = NestedCreateOne("leads")
        contact = NestedCreateOne("contacts")
        company = NestedCreateOne("companies")

        def _derive_values(self) -> None:
            if "id" in get_values(self):
                get_values(self)["uid"] = get_values(self)["id"]
            created_objects.set_category(self)

        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value)
            if name == "metadata":
                created_objects.set_category(self)

    # ---- accepting and declining
    def accept(self, *, user_id: int | None = None, status_id: int | None = None, using: Any = None) -> IncomingOutcome:
        """Let it become a real lead. Sends a request at once.

        Args:
            user_id: the user recorded as the author; 0 is the robot.
            status_id: the stage that its lead goes to; else the first one of its pipeline.
            using: the account (or session) to do it in.

        Raises:
            NotFound: it is gone: accepted or declined already. QueryError: it is new.

        Example:
            >>> outcome = incoming.accept(user_id=42, status_id=501)
            >>> outcome.lead.refresh()
        """
        connection = self._account(using)
        body = {**accept_decline.build_user_body(user_id), **accept_decline.build_status_body(status_id)}
        return connection.run(accept_decline.accept_or_decline(connection, self, "accept", body))

    async def aaccept(
        self, *, user_id: int | None = None, status_id: int | None = None, using: Any = None
    ) -> IncomingOutcome:
        """`accept()` for async code."""
        connection = self._account(using)
        body = {**accept_decline.build_user_body(user_id), **accept_decline.build_status_body(status_id)}
        return await connection.arun(accept_decline.accept_or_decline(connection, self, "accept", body))

    def decline(self, *, user_id: int | None = None, using: Any = None) -> IncomingOutcome:
        """Decline it: its lead goes to the trash. Sends a request at once.

        Raises:
            NotFound: it is gone: accepted or declined already. QueryError: it is new.
        """
        connection = self._account(using)
        return connection.run(
            accept_decline.accept_or_decline(connection, self, "decline", accept_decline.build_user_body(user_id))
        )

    async def adecline(self, *, user_id: int | None = None, using: Any = None) -> IncomingOutcome:
        """`decline()` for async code."""
        connection = self._account(using)
        return await connection.arun(
            accept_decline.accept_or_decline(connection, self, "decline", accept_decline.build_user_body(user_id))
        )

    def link(
        self, entity: Model, *, contact: Contact | int | None = None, user_id: int | None = None, using: Any = None
    ) -> IncomingOutcome:
        """Attach a chat or a mail to a card that is there already, instead of accepting it. Sends a request at once.

        Args:
            entity: a stored lead; on amoCRM a customer, too.
            contact: which contact of the card the writer is.
            user_id: the user recorded as the author.
            using: the account (or session) to do it in.

        Raises:
            QueryError: it is a form or a call, or new. ConfigurationError: `entity` is new, or neither a lead nor a
                customer. Forbidden: the token is not an administrator's.
        """
        connection = self._account(using)
        return connection.run(accept_decline.link_to_card(connection, self, entity, contact, user_id))

    async def alink(
        self, entity: Model, *, contact: Contact | int | None = None, user_id: int | None = None, using: Any = None
    ) -> IncomingOutcome:
        """`link()` for async code."""
        connection = self._account(using)
        return await connection.arun(accept_decline.link_to_card(connection, self, entity, contact, user_id))

    def resolve(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        self, *, created_id: str | None = None, retry: bool = False, drop: bool = False
    ) -> None:
        """Decide an uncertain creation: its uid, that it may be sent again, or that it is given up.

        The objects that were created with it are decided in the same way. After `created_id`, `refresh()` reads their ids.
        """
        parts = find_nested_objects(self)
        super().resolve(created_id=cast(Any, created_id), retry=retry, drop=drop)
        created_objects.resolve_nested_objects(self, parts, retry=retry, drop=drop)

    # ---- how it is sent
    def _get_parent(self) -> Parent | None:
        """New ones are created under their category."""
        metadata = get_values(self).get("metadata")
        return Parent(metadata.of_category) if self.is_new and isinstance(metadata, Metadata) else None

    def _after_nested_id(self) -> None:
        created_objects.apply_assigned_id(self)

    def _after_write(self, row: dict[str, Any]) -> None:
        created_objects.apply_created_row(self, row)


register_class("incoming_leads", IncomingLead)
__all__ = ["IncomingLead", "IncomingLeadQuery"]

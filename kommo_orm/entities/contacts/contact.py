"""Contacts: the people of an account."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Self, get_args

from typing_extensions import TypeVar, Unpack

from kommo_orm.entities.contacts.contact_chats import ChatsQuery
from kommo_orm.entities.contacts.find_by_phone_or_email import FindOrCreate, FindQuery, Match
from kommo_orm.entities.contacts.social_profile import SocialProfile
from kommo_orm.entities.lists.element_links import ElementLinksAttribute
from kommo_orm.entities.shared.card_filters import CardFilters, CardValues
from kommo_orm.entities.shared.embedded_rows import get_embedded_rows
from kommo_orm.entities.shared.entity import UNOFFICIAL, Editable
from kommo_orm.entities.shared.related_manager import RelatedManagerAttribute
from kommo_orm.model.attr import Found, Moment, OptionalReadMoment, Plain, ReadMoment, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Assignment, Condition
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.relation_descriptors import Related, RelatedId, RelatedOne
from kommo_orm.model.tags import TagsAttribute
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.unit.report import Report

if TYPE_CHECKING:
    from kommo_orm.entities.contacts.company import Company
    from kommo_orm.entities.contacts.contact_chats import ContactChats
    from kommo_orm.entities.customers.customer import Customer
    from kommo_orm.entities.events.card_events import CardEvents
    from kommo_orm.entities.files.attached_files import CardFiles
    from kommo_orm.entities.leads.lead import Lead
    from kommo_orm.entities.links.card_links import CardLinks
    from kommo_orm.entities.notes.card_notes import CardNotes
    from kommo_orm.entities.tags.tag import Tag
    from kommo_orm.entities.tasks.card_tasks import CardTasks


P = TypeVar("P", bound="Contact", default="Contact", covariant=True)

ContactOrder = Literal["id", "-id", "updated_at", "-updated_at", "name", "-name"]
ContactInclude = Literal["leads", "company", "companies", "catalog_elements", "customers", "social_profiles"]


class ContactFilters(CardFilters, total=False):
    """Filters of contacts. Source: Kommo API v4, "Filters of contacts"."""


class ContactValues(CardValues, total=False):
    """Values of a contact."""

    first_name: str
    last_name: str


class ContactQuery(FindQuery[P], ChatsQuery[P]):
    """A query of contacts."""

    _filters = ContactFilters
    _orders = ("id", "updated_at", "name")
    _includes = (*get_args(ContactInclude), "only_deleted")
    _is_searchable = True

    def filter(self, *conditions: Condition, **lookups: Unpack[ContactFilters]) -> Self:
        """Contacts for which all conditions hold. Phones and e-mails are found with `find()`.

        Raises:
            QueryError: an unknown or impossible filter, or a value that does not fit.

        Source: Kommo API v4, "Filters of contacts".
        """
        return self._add_conditions(conditions, lookups)

    def order_by(self, field: ContactOrder) -> Self:
        """Order by one field; a minus in front reverses the order. By name is measured, not documented."""
        return self._set_order(field)

    def include(self, *names: ContactInclude) -> Self:
        """Bring related objects along, one more request a page each."""
        return self._add_includes(names)

    def create(self, **values: Unpack[ContactValues]) -> P:
        """Create one contact and return it."""
        return self._create_object(values)

    async def acreate(self, **values: Unpack[ContactValues]) -> P:
        """`create()` for async code."""
        return await self._acreate_object(values)

    def update(self, *assignments: Assignment, **values: Unpack[ContactValues]) -> Report:
        """Give all contacts of the query the same values, 250 a request, after all rows were read and verified."""
        return self._update_rows(assignments, values)

    async def aupdate(self, *assignments: Assignment, **values: Unpack[ContactValues]) -> Report:
        """`update()` for async code."""
        return await self._aupdate_rows(assignments, values)

    def find_or_create(
        self,
        *assignments: Assignment,
        phone: str | None = None,
        email: str | None = None,
        match: Match = "all",
        choose: Callable[[list[P]], P] | None = None,
        **defaults: Unpack[ContactValues],
    ) -> tuple[P, bool]:
        """The contact that holds the phone and the e-mail address (see `find()`); a new one with them if there is none.

        Within a process, two calls for the same do not both create; with `Kommo(..., locks=...)` neither do two
        processes that share the locks. A new contact may take Kommo a moment to be found.

        Args:
            assignments: custom fields of a new one (`Contact.field.set(value)`).
            choose: picks one of several that were found, which are refused otherwise.
            defaults: values of a new one.

        Returns:
            The contact, and whether it was created.

        Raises:
            QueryError: several were found. UncertainWrite: it may have been created and may not.

        Example:
            >>> contact, created = Contact.objects.find_or_create(phone="+34 600 111 222", name="Ana Ruiz")
        """
        asked = FindOrCreate(phone, email, match, choose)
        return self._find_or_create(assignments, defaults, asked)

    async def afind_or_create(
        self,
        *assignments: Assignment,
        phone: str | None = None,
        email: str | None = None,
        match: Match = "all",
        choose: Callable[[list[P]], P] | None = None,
        **defaults: Unpack[ContactValues],
    ) -> tuple[P, bool]:
        """`find_or_create()` for async code."""
        asked = FindOrCreate(phone, email, match, choose)
        return await self._afind_or_create(assignments, defaults, asked)


class ContactManager(Manager):
    """`Contact.objects`."""

    def __get__(self, instance: None, owner: type[P]) -> ContactQuery[P]:
        return ContactQuery(require_class(instance, owner))


class Contact(Editable):
    """A contact: a person.

    Example:
        >>> ann = Contact(first_name="Ann", last_name="Ruiz")
        >>> ann.save()

    Source: Kommo API v4, "Contacts".
    """

    __kommo_info__ = EntityInfo(kind="contacts", includes={"company": None, "companies": None}, delete_hint=UNOFFICIAL)

    name: Found[str] = field()
    first_name: Plain[str | None] = field()
    last_name: Plain[str | None] = field()
    responsible_user_id: Found[int] = field()
    group_id: ReadOnly[int] = field()
    created_by: Found[int] = field()
    updated_by: Found[int] = field()
    created_at: Moment = field()
    updated_at: ReadMoment = field()
    closest_task_at: OptionalReadMoment = field()
    is_deleted: ReadOnly[bool] = field()
    is_unsorted: ReadOnly[bool] = field()
    account_id: ReadOnly[int] = field()

    if TYPE_CHECKING:  # checkers take annotated attributes for arguments of the constructor
        leads: Related[Lead] = Related("leads", is_main_of=True)
        companies: Related[Company] = Related("companies")
        company: RelatedOne[Company] = RelatedOne("companies")
        company_id: RelatedId = RelatedId("companies")
        customers: Related[Customer] = Related("customers", is_main_of=True)
        tags: TagsAttribute[Tag] = TagsAttribute()
    else:
        leads = Related["Lead"]("leads", is_main_of=True)
        companies = Related["Company"]("companies")
        company = RelatedOne["Company"]("companies")
        company_id = RelatedId("companies")
        customers = Related["Customer"]("customers", is_main_of=True)
        tags = TagsAttribute["Tag"]()
    catalog_elements = ElementLinksAttribute()
    notes = RelatedManagerAttribute["CardNotes"]("CardNotes")
    tasks = RelatedManagerAttribute["CardTasks"]("CardTasks")
    events = RelatedManagerAttribute["CardEvents"]("CardEvents")
    links = RelatedManagerAttribute["CardLinks"]("CardLinks")
    chats = RelatedManagerAttribute["ContactChats"]("ContactChats")
    files = RelatedManagerAttribute["CardFiles"]("CardFiles")

    objects = ContactManager()

    @property
    def social_profiles(self) -> list[SocialProfile]:
        """Profiles in social networks. Raises `NotLoaded` when the service was not asked for them."""
        return [SocialProfile.from_raw(row) for row in get_embedded_rows(self, "social_profiles", "social_profiles")]


register_class("contacts", Contact)
__all__ = ["Contact", "ContactQuery"]

"""Companies of an account."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Self, get_args

from typing_extensions import TypeVar, Unpack

from kommo_orm.entities.contacts.find_by_phone_or_email import FindOrCreate, FindQuery, Match
from kommo_orm.entities.lists.element_links import ElementLinksAttribute
from kommo_orm.entities.shared.card_filters import CardFilters, CardValues
from kommo_orm.entities.shared.entity import UNOFFICIAL, Editable
from kommo_orm.entities.shared.related_manager import RelatedManagerAttribute
from kommo_orm.model.attr import Found, Moment, OptionalReadMoment, ReadMoment, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Assignment, Condition
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.relation_descriptors import Related
from kommo_orm.model.tags import TagsAttribute
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.unit.report import Report

if TYPE_CHECKING:
    from kommo_orm.entities.contacts.contact import Contact
    from kommo_orm.entities.customers.customer import Customer
    from kommo_orm.entities.events.card_events import CardEvents
    from kommo_orm.entities.files.attached_files import CardFiles
    from kommo_orm.entities.leads.lead import Lead
    from kommo_orm.entities.links.card_links import CardLinks
    from kommo_orm.entities.notes.card_notes import CardNotes
    from kommo_orm.entities.tags.tag import Tag
    from kommo_orm.entities.tasks.card_tasks import CardTasks


C = TypeVar("C", bound="Company", default="Company", covariant=True)

CompanyOrder = Literal["id", "-id", "updated_at", "-updated_at", "name", "-name"]
CompanyInclude = Literal["contacts", "leads", "catalog_elements", "customers"]


class CompanyFilters(CardFilters, total=False):
    """Filters of companies. Source: Kommo API v4, "Filters of companies"."""


class CompanyValues(CardValues, total=False):
    """Values of a company."""


class CompanyQuery(FindQuery[C]):
    """A query of companies."""

    _filters = CompanyFilters
    _orders = ("id", "updated_at", "name")
    _includes = (*get_args(CompanyInclude), "only_deleted")
    _is_searchable = True

    def filter(self, *conditions: Condition, **lookups: Unpack[CompanyFilters]) -> Self:
        """Companies for which all conditions hold. Phones and e-mails are found with `find()`.

        Raises:
            QueryError: an unknown or impossible filter, or a value that does not fit.

        Source: Kommo API v4, "Filters of companies".
        """
        return self._add_conditions(conditions, lookups)

    def order_by(self, field: CompanyOrder) -> Self:
        """Order by one field; a minus in front reverses the order. By name is measured, not documented."""
        return self._set_order(field)

    def include(self, *names: CompanyInclude) -> Self:
        """Bring related objects along, one more request a page each."""
        return self._add_includes(names)

    def create(self, **values: Unpack[CompanyValues]) -> C:
        """Create one company and return it."""
        return self._create_object(values)

    async def acreate(self, **values: Unpack[CompanyValues]) -> C:
        """`create()` for async code."""
        return await self._acreate_object(values)

    def update(self, *assignments: Assignment, **values: Unpack[CompanyValues]) -> Report:
        """Give all companies of the query the same values, 250 a request, after all rows were read and verified."""
        return self._update_rows(assignments, values)

    async def aupdate(self, *assignments: Assignment, **values: Unpack[CompanyValues]) -> Report:
        """`update()` for async code."""
        return await self._aupdate_rows(assignments, values)

    def find_or_create(
        self,
        *assignments: Assignment,
        phone: str | None = None,
        email: str | None = None,
        match: Match = "all",
        choose: Callable[[list[C]], C] | None = None,
        **defaults: Unpack[CompanyValues],
    ) -> tuple[C, bool]:
        """The company that holds the phone and the e-mail address (see `find()`); a new one with them if there is none.

        Within a process, two calls for the same do not both create; with `Kommo(..., locks=...)` neither do two
        processes that share the locks. A new company may take Kommo a moment to be found.

        Args:
            assignments: custom fields of a new one (`Company.field.set(value)`).
            choose: picks one of several that were found, which are refused otherwise.
            defaults: values of a new one.

        Returns:
            The company, and whether it was created.

        Raises:
            QueryError: several were found. UncertainWrite: it may have been created and may not.

        Example:
            >>> company, created = Company.objects.find_or_create(phone="+34 600 111 222", name="Olive SL")
        """
        asked = FindOrCreate(phone, email, match, choose)
        return self._find_or_create(assignments, defaults, asked)

    async def afind_or_create(
        self,
        *assignments: Assignment,
        phone: str | None = None,
        email: str | None = None,
        match: Match = "all",
        choose: Callable[[list[C]], C] | None = None,
        **defaults: Unpack[CompanyValues],
    ) -> tuple[C, bool]:
        """`find_or_create()` for async code."""
        asked = FindOrCreate(phone, email, match, choose)
        return await self._afind_or_create(assignments, defaults, asked)


class CompanyManager(Manager):
    """`Company.objects`."""

    def __get__(self, instance: None, owner: type[C]) -> CompanyQuery[C]:
        return CompanyQuery(require_class(instance, owner))


class Company(Editable):
    """A company.

    Example:
        >>> olive = Company(name="Olive SL")
        >>> olive.save()

    Source: Kommo API v4, "Companies".
    """

    __kommo_info__ = EntityInfo(kind="companies", delete_hint=UNOFFICIAL)

    name: Found[str] = field()
    responsible_user_id: Found[int] = field()
    group_id: ReadOnly[int] = field()
    created_by: Found[int] = field()
    updated_by: Found[int] = field()
    created_at: Moment = field()
    updated_at: ReadMoment = field()
    closest_task_at: OptionalReadMoment = field()
    is_deleted: ReadOnly[bool] = field()
    account_id: ReadOnly[int] = field()

    if TYPE_CHECKING:  # checkers take annotated attributes for arguments of the constructor
        contacts: Related[Contact] = Related("contacts")
        leads: Related[Lead] = Related("leads")
        customers: Related[Customer] = Related("customers")
        tags: TagsAttribute[Tag] = TagsAttribute()
    else:
        contacts = Related["Contact"]("contacts")
        leads = Related["Lead"]("leads")
        customers = Related["Customer"]("customers")
        tags = TagsAttribute["Tag"]()
    catalog_elements = ElementLinksAttribute()
    notes = RelatedManagerAttribute["CardNotes"]("CardNotes")
    tasks = RelatedManagerAttribute["CardTasks"]("CardTasks")
    events = RelatedManagerAttribute["CardEvents"]("CardEvents")
    links = RelatedManagerAttribute["CardLinks"]("CardLinks")
    files = RelatedManagerAttribute["CardFiles"]("CardFiles")

    objects = CompanyManager()


register_class("companies", Company)
__all__ = ["Company", "CompanyQuery"]

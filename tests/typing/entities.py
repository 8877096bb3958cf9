"""Tasks, notes, pipelines, users, definitions, lists: what the checkers say of them. Never run.

A line that must be an error carries `# type: ignore[code]`, with mypy's code; every other line must be none.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, assert_type

from kommo_orm import Company, Contact, Event, Kommo, Lead, Number, Report, Text, custom
from kommo_orm.entities.account.account import Account, TaskType, UserGroup, fetch_account
from kommo_orm.entities.custom_fields.custom_field import CustomField, CustomFieldQuery
from kommo_orm.entities.custom_fields.custom_field_group import CustomFieldGroup
from kommo_orm.entities.custom_fields.definition_parts import FieldCategory, FieldOption, StageId
from kommo_orm.entities.incoming.metadata import FormMetadata
from kommo_orm.entities.leads.complex_create import ComplexLead
from kommo_orm.entities.links.card_links import CardLinks
from kommo_orm.entities.links.link import Link
from kommo_orm.entities.lists.catalog import Catalog
from kommo_orm.entities.lists.catalog_element import CatalogElement, CatalogElementQuery
from kommo_orm.entities.notes.card_notes import CardNotes
from kommo_orm.entities.notes.note import Note, NoteQuery
from kommo_orm.entities.notes.note_params import CallIn, CommonNote, MailMessage, ServiceMessage, SmsOut
from kommo_orm.entities.pipelines.pipeline import Pipeline
from kommo_orm.entities.pipelines.status import Status, StatusDescription
from kommo_orm.entities.tasks.card_tasks import CardTasks
from kommo_orm.entities.tasks.task import Task, TaskQuery
from kommo_orm.entities.users.rights import CardRights, Rights
from kommo_orm.entities.users.role import Role
from kommo_orm.entities.users.user import User


class Product(CatalogElement, catalog="Products"):
    sku: Text = custom(code="SKU")
    price: Number = custom(code="PRICE")


class Car(CatalogElement, catalog=3005):
    pass


class Order(Lead):
    budget: Number = custom(551)


class Visit(Task):
    """A class of the user's own."""


def tasks(lead: Lead, till: datetime, task: Task) -> None:
    assert_type(Task.objects.create(text="Call", complete_till=till, entity=lead, task_type_id=2), Task)
    assert_type(Visit.objects.create(text="Call", complete_till=till), Visit)
    assert_type(Task.objects.filter(is_completed=False, entity_type="leads", entity_id=5), TaskQuery[Task])
    assert_type(Task.objects.filter(Task.entity_id.in_(1, 2), lead_status__in=[(7, 142)]).first(), Task | None)
    assert_type(Task.objects.order_by("-complete_till").list(), list[Task])
    assert_type(Task.objects.all().update(Task.text.set("x"), is_completed=True), Report)
    assert_type(Task(text="Call", complete_till=till, entity=lead), Task)
    assert_type(task.result, str | None)
    assert_type(task.duration, int)
    assert_type(task.entity_id, int | None)
    task.complete("Agreed")
    task.entity = lead
    task.result = "x"


def notes(lead: Lead, note: Note) -> None:
    call = CallIn(uniq="k-77", duration=95, source="pbx", phone="+1", call_status=4, call_responsible="Ana")
    assert_type(Note.objects.of(lead).create(call), Note)
    assert_type(Note.objects.of(Lead).filter(note_type="call_in"), NoteQuery[Note])
    assert_type(Note.objects.of(lead).create("Hi", is_need_to_trigger_digital_pipeline=False), Note)
    assert_type(Note(params=SmsOut(text="Hi", phone="+1"), entity=lead), Note)
    assert_type(Note(params="Hi", entity=Contact(name="Ann")), Note)
    assert_type(note.text, str | None)
    assert_type(note.note_type, str)
    note.text = "x"
    note.params = ServiceMessage(service="Robot", text="Done")
    note.params = "x"
    match note.params:
        case CallIn(duration=seconds):
            assert_type(seconds, int)
        case MailMessage(subject=subject):
            assert_type(subject, str | None)
        case CommonNote():
            note.params.text = "y"
        case _:
            assert_type(note.params.note_type, str)


def cards(lead: Lead, company: Company, till: datetime) -> None:
    assert_type(lead.notes, CardNotes)
    assert_type(lead.tasks, CardTasks)
    assert_type(company.links, CardLinks)
    assert_type(lead.notes.create("Hi"), Note)
    assert_type(lead.tasks.create("Call", till, duration=600), Task)
    assert_type(lead.tasks.all().filter(is_completed=False), TaskQuery[Task])
    assert_type(lead.tasks.filter(is_completed=False), TaskQuery[Task])
    assert_type(lead.notes.filter(note_type="common").order_by("-id").list(), list[Note])
    assert_type(lead.notes.list(), list[Note])
    assert_type(lead.notes.get(5), Note)
    assert_type(lead.notes.in_bulk([5]), dict[int, Note])
    assert_type(lead.tasks.order_by("complete_till").first(), Task | None)
    assert_type(lead.events.get("01h"), Event)
    assert_type(lead.events.filter(type="lead_added").list(), list[Event])
    assert_type(lead.links.filter(to_entity_type="contacts").list(), list[Link])
    assert_type(lead.links.list("contacts"), list[Link])


def pipelines(pipeline: Pipeline, status: Status) -> None:
    assert_type(Pipeline.objects.create("Renewals", sort=20, statuses=[Status(name="First", sort=10)]), Pipeline)
    assert_type(Pipeline(name="x", statuses=[status]), Pipeline)
    assert_type(pipeline.statuses[0], Status)
    assert_type(pipeline.statuses.list(), list[Status])
    assert_type(pipeline.statuses.get(5), Status)
    assert_type([stage.name for stage in pipeline.statuses], list[str])
    assert_type(Status.objects.of(7).create("Offer", sort=40, color="#98cbff"), Status)
    assert_type(Status.objects.of(pipeline).include("descriptions").get(5).descriptions, list[StatusDescription])
    assert_type(status.color, str)
    assert_type(status.is_won, bool)


def people(user: User, role: Role) -> None:
    assert_type(User.objects.create("Ana", "ana@x.example", "Geheim-77", rights=Rights(role_id=77)), User)
    assert_type(User.objects.include("role", "group").first(), User | None)
    assert_type(user.role, Role | None)
    assert_type(user.group, UserGroup | None)
    assert_type(user.rights.leads.view, str | None)
    User.objects.deactivate(user, 5)
    assert_type(Role.objects.create("Sales", Rights(leads=CardRights(view="A"))), Role)
    assert_type(role.user_ids, tuple[int, ...])
    role.rights.leads.view = "M"


def accounts(kommo: Kommo) -> None:
    account = kommo.run(fetch_account(kommo, ["task_types"]))
    assert_type(account, Account)
    assert_type(account.task_types, list[TaskType])
    assert_type(account.task_types[0].id, int)
    assert_type(account.currency, str | None)


def definitions(field: CustomField, group: CustomFieldGroup, catalog: Catalog) -> None:
    assert_type(CustomField.objects.of(Lead).create("Source", "select", enums=["Web"]), CustomField)
    assert_type(CustomField.objects.of(catalog).filter(type="select"), CustomFieldQuery[CustomField])
    assert_type(CustomField.objects.of(Product).list(), list[CustomField])
    assert_type(field.enums, list[FieldOption])
    assert_type(field.required_statuses, list[StageId])
    assert_type(field.nested[0].child("Saws"), FieldCategory)
    field.enums = ["A", FieldOption(value="B", code="b")]
    field.required_statuses = [(7, 11)]
    assert_type(group.id, str)
    assert_type(group.pk, str | None)
    assert_type(group.fields, list[int])
    assert_type(CustomFieldGroup.objects.of(Lead).get("leads_77001"), CustomFieldGroup)


def lists(product: Product, lead: Lead) -> None:
    assert_type(CatalogElement.objects.of(3005), CatalogElementQuery[CatalogElement])
    assert_type(Product.objects.get(5), Product)
    assert_type(Product(name="Lamp", sku="L", price=49.5), Product)
    assert_type(Product.objects.all().update(Product.price.set(5)), Report)
    assert_type(product.price, Decimal | None)
    assert_type(product.is_deleted, bool | None)
    assert_type(lead.catalog_elements.of(Product)[0], Product)


def complex_leads(lead: Lead, moment: datetime) -> None:
    form = FormMetadata(form_id=3, form_sent_at=moment)
    made = Lead.objects.create_complex(lead, metadata=form)
    assert_type(made, list[ComplexLead[Lead]])
    assert_type(made[0].lead, Lead)
    assert_type(made[0].contact_id, int | None)
    assert_type(Lead.objects.create_complex(Order(name="x"))[0].lead, Order)


async def asynchronous(lead: Lead, till: datetime, note: Note) -> None:
    assert_type(await lead.notes.acreate("Hi"), Note)
    assert_type(await lead.notes.alist(), list[Note])
    assert_type([event async for event in lead.events.aiterate()], list[Event])
    assert_type(await Task.objects.acreate(text="x", complete_till=till), Task)
    assert_type(await Status.objects.of(7).acreate("x", sort=1), Status)
    await note.apin()
    async for product in Product.objects:
        assert_type(product, Product)


def wrong(lead: Lead, note: Note, task: Task, status: Status, field: CustomField, till: datetime) -> None:
    """One mistake a line."""
    Task.objects.create(text="Call")  # type: ignore[call-arg]
    Task.objects.create(text="Call", complete_till=5)  # type: ignore[arg-type]
    Task.objects.filter(text="Call")  # type: ignore[call-arg]
    Task.objects.filter(entity_type="lead")  # type: ignore[arg-type]
    Task.objects.order_by("updated_at")  # type: ignore[arg-type]
    Task(text="Call", complete_till=till, entity=5)  # type: ignore[arg-type]
    task.result = None  # type: ignore[assignment]
    task.updated_at = till  # type: ignore[assignment]
    Note.objects.of(lead).create(MailMessage())  # type: ignore[arg-type]
    Note.objects.of(lead).create("x", text="y")  # type: ignore[call-arg]
    CallIn(uniq="k", duration=95)  # type: ignore[call-arg]
    CallIn(uniq="k", duration="95", source="s", phone="+1")  # type: ignore[arg-type]
    note.params.text = 5  # type: ignore[union-attr]
    note.note_type = "common"  # type: ignore[assignment]
    lead.notes = []  # type: ignore[assignment]
    lead.notes.filter(status=5)  # type: ignore[call-arg]
    lead.tasks.order_by("name")  # type: ignore[arg-type]
    lead.notes.get("5")  # type: ignore[call-overload]
    lead.events.get(5)  # type: ignore[call-overload]
    Status.objects.of(7).create("x")  # type: ignore[call-arg]
    Status.objects.of(7).create("x", sort=1, color="#000000")  # type: ignore[arg-type]
    status.color = "#c1c1c1"  # type: ignore[assignment]
    Pipeline(name="x", statuses=[lead])  # type: ignore[list-item]
    User.objects.create("Ana", "ana@x.example")  # type: ignore[call-arg]
    Rights(leads=CardRights(view="X"))  # type: ignore[arg-type]
    CustomField.objects.of(Lead).create("x", "selekt")  # type: ignore[arg-type]
    field.enums = [5]  # type: ignore[list-item]
    field.is_predefined = True  # type: ignore[assignment]
    CustomFieldGroup.objects.of(Lead).get(5)  # type: ignore[arg-type]
    Product(name="x", sku=5)  # type: ignore[arg-type]
    Product(name="x", catalog="y")  # type: ignore[call-arg]
    Product.objects.filter(name="x")  # type: ignore[call-arg]
    Lead.objects.create_complex(lead, metadata={})  # type: ignore[arg-type]


def anything(value: Any) -> None:
    """Values from elsewhere pass."""
    Task(text=value, complete_till=value, entity=value)
    Note(params=value)

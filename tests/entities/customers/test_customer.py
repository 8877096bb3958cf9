"""Customers: cards with relations that the service keeps in three ways (links, tags, a whole set), deleted by API v2."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from kommo_orm import (
    BadRequest,
    Company,
    ConfigurationError,
    Contact,
    Customer,
    CustomField,
    CustomFieldGroup,
    DriveFile,
    FilterIgnored,
    FlushError,
    Kommo,
    Lead,
    Note,
    NotFound,
    NotLoaded,
    Number,
    PaymentRequired,
    QueryError,
    Segment,
    Select,
    Session,
    Tag,
    Task,
    custom,
    load,
)
from kommo_orm.entities.lists.catalog import Catalog
from kommo_orm.entities.lists.catalog_element import CatalogElement
from kommo_orm.sandbox import Sandbox
from tests.account import asked, bodies, sent

SPRING = datetime(2031, 5, 1, tzinfo=UTC)
CUSTOMERS = "/api/v4/customers"


class Client(Customer):
    size: Number = custom(name="Staff")
    grade: Select = custom(name="Grade")


@pytest.fixture
def fields(sandbox: Sandbox) -> None:
    sandbox.add_field("customers", "Staff", "numeric")
    sandbox.add_field("customers", "Grade", "select", enums=["A", "B"])


# ---- reading


def test_the_recorded_answer_to_a_creation_is_a_part_of_the_row():
    row: dict[str, Any] = {
        "id": 1402213,
        "name": "Corner shop",
        "status_id": 25110001,
        "created_by": 0,
        "updated_by": 0,
        "created_at": 1700000000,
        "updated_at": 1700000000,
        "account_id": 31000001,
        "request_id": "0",
        "_links": {"self": {"href": "https://acme.kommo.com/api/v4/customers/1402213"}},
    }
    customer = Customer.hydrate([row])[0]
    assert (customer.status_id, customer.created_by, customer.extra) == (25110001, 0, {})
    for name in ("next_date", "next_price", "ltv"):
        with pytest.raises(NotLoaded):
            getattr(customer, name)
    with pytest.raises(NotLoaded, match="refresh"):
        customer.segments.ids  # noqa: B018


@pytest.mark.parametrize("nothing", [None, 0, False, -62169993017, "0"], ids=repr)
def test_what_a_mode_has_no_use_for_reads_as_none(nothing: Any):
    row = {"id": 5, "next_date": nothing, "closest_task_at": nothing, "status_id": nothing, "custom_fields_values": []}
    customer = Customer.hydrate([row])[0]
    assert (customer.next_date, customer.closest_task_at, customer.status_id) == (None, None, None)
    assert len(customer.custom_fields) == 0


def test_odd_rows_read():
    row = {
        "id": "77",
        "name": "Shop",
        "next_price": "500",
        "ltv": "1200.5",
        "purchases_count": "3",
        "average_check": None,
        "periodicity": "30",
        "next_date": 1735689600,
        "is_deleted": 0,
        "oddity": 1,
        "_embedded": {
            "segments": {"0": {"id": "51"}},
            "tags": None,
            "contacts": [{"id": 1, "is_main": True}, {"id": 2}],
        },
    }
    customer = Customer.hydrate([row])[0]
    assert (customer.pk, customer.next_price, customer.ltv) == (77, Decimal(500), Decimal("1200.5"))
    assert (customer.purchases_count, customer.average_check, customer.periodicity) == (3, None, 30)
    assert (customer.next_date, customer.is_deleted, customer.extra) == (
        datetime(2025, 1, 1, tzinfo=UTC),
        False,
        {"oddity": 1},
    )
    assert (customer.segments.ids, customer.contacts.ids) == ((51,), (1, 2))
    main = customer.contacts.main
    assert main is not None
    assert main.pk == 1


def test_lists_are_filtered_ordered_searched_and_included(kommo: Kommo, sandbox: Sandbox):
    ann, olive = sandbox.add("contacts", name="Ann")["id"], sandbox.add("companies", name="Olive")["id"]
    segment = sandbox.add("segments", name="VIP")["id"]
    pk = sandbox.add("customers", name="Shop", contacts=[ann], company=olive, segments=[segment], tags=["vip"])["id"]
    sandbox.add("customers", name="Other")
    sandbox.log.clear()
    query = Customer.objects.filter(Customer.created_at >= datetime(2020, 1, 1, tzinfo=UTC), name="Shop", id__in=[pk])
    found = query.include("contacts", "company", "segments", "group_id").order_by("-updated_at").one()
    [entry] = sandbox.requests("GET", CUSTOMERS)
    assert "with=companies,contacts,group_id" in entry.query.replace("%2C", ",")
    assert (found.company.name if found.company else None, found.company_id) == ("Olive", olive)
    assert [(one.name, one.pk) for one in found.contacts] == [("Ann", ann)]
    assert [one.name for one in found.segments] == ["VIP"]
    assert (found.tags.names, found.group_id, found.segments.ids) == (("vip",), 0, (segment,))
    assert [one.name for one in Customer.objects.search("oth")] == ["Other"]
    assert [one.name for one in Customer.objects.order_by("-id")] == ["Other", "Shop"]
    assert set(Customer.objects.in_bulk([pk, 999])) == {pk}
    with pytest.raises(NotFound):
        Customer.objects.get(999)


def test_ids_of_contacts_and_company_are_known_without_an_include(kommo: Kommo, shop: Customer):
    assert (shop.contacts.ids, shop.company_id, shop.segments.ids) == ((), None, ())
    with pytest.raises(NotLoaded, match=r"include\('catalog_elements'\)"):
        shop.catalog_elements.ids  # noqa: B018
    with pytest.raises(NotLoaded, match="group_id"):
        shop.group_id  # noqa: B018


def test_filters_are_proved():
    with Sandbox(customers_mode="segments", filters_enabled=False).connect() as kommo:
        Customer.objects.create(name="Shop")
        with pytest.raises(FilterIgnored):
            Customer.objects.using(kommo).filter(name="Other").list()


def test_what_kommo_cannot_filter_and_order_by_is_refused():
    for wrong in ({"status_id": 5}, {"next_price__gte": 5}, {"segments": 1}):
        with pytest.raises(QueryError):
            Customer.objects.filter(**wrong)  # type: ignore[arg-type]
    with pytest.raises(QueryError):
        Customer.objects.order_by("name")  # type: ignore[arg-type]
    with pytest.raises(QueryError):
        Customer.objects.deleted()


# ---- writing


def test_only_what_changed_is_sent(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    shop.next_price = 700
    shop.next_date = SPRING
    shop.save()
    assert bodies(sandbox) == [{"next_price": 700, "next_date": int(SPRING.timestamp())}]
    shop.save()
    assert (len(bodies(sandbox)), shop.changes) == (1, {})
    shop.refresh()
    assert (shop.next_price, shop.next_date) == (Decimal(700), SPRING)


def test_bad_values_are_refused_before_anything_is_sent(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    for wrong in ({"next_price": 10.5}, {"next_price": -1}, {"next_date": 1}, {"periodicity": "monthly"}):
        with pytest.raises(ValidationError):
            Customer(name="x", **wrong)  # type: ignore[arg-type]
    shop.next_price = None  # type: ignore[assignment]
    with pytest.raises(ConfigurationError, match="next_price cannot be removed"):
        shop.save()
    with pytest.raises(ValidationError):
        Customer(name="x", ltv=5)  # type: ignore[call-arg]
    assert sent(sandbox) == []


def test_a_new_customer_with_everything(kommo: Kommo, sandbox: Sandbox, fields: None):
    catalog = Catalog.objects.create("Goods")
    lamp = CatalogElement.objects.of(catalog).create("Lamp")
    vip = Segment.objects.create("VIP")
    sandbox.log.clear()
    client = Client(name="Shop", next_price=500, size=7, grade="B")
    client.contacts.add(Contact(name="Ann"))
    client.contacts.add(Contact(name="Bob"), main=True)
    client.company = Company(name="Olive")
    client.segments.add(vip, Segment(name="Regulars"))
    client.tags.add("vip")
    client.catalog_elements.add(lamp, quantity=2)
    client.save()
    assert [path for _, path, _ in sent(sandbox)] == [
        "/api/v4/customers/segments",
        "/api/v4/companies",
        "/api/v4/contacts",
        CUSTOMERS,
        f"{CUSTOMERS}/{client.id}/link",
    ]
    [body] = sandbox.requests("POST", CUSTOMERS)[0].json
    assert body["_embedded"] == {"segments": [{"id": pk} for pk in client.segments.ids]}
    assert body["tags_to_add"] == [{"name": "vip"}]
    assert client.changes == {}
    stored = Client.objects.include("catalog_elements").get(client.id)
    assert (stored.size, stored.grade, stored.tags.names) == (Decimal(7), "B", ("vip",))
    assert stored.segments.ids == client.segments.ids
    assert stored.contacts.main is not None
    assert stored.contacts.main.pk == client.contacts.ids[1]
    assert stored.catalog_elements.quantity(lamp) == 2


def test_segments_are_sent_as_a_whole(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    one, two, three = (Segment.objects.create(name) for name in ("One", "Two", "Three"))
    shop.segments.add(one, two.id)
    assert shop.changes == {"segments": ((), (one.id, two.id))}
    shop.save()
    sandbox.log.clear()
    shop.segments.remove(one)
    shop.segments.add(three)
    shop.save()
    assert bodies(sandbox) == [{"_embedded": {"segments": [{"id": two.id}, {"id": three.id}]}}]
    shop.segments.clear()
    shop.save()
    assert bodies(sandbox)[-1] == {"_embedded": {"segments": []}}
    shop.save()
    shop.refresh()
    assert (shop.segments.ids, len(bodies(sandbox))) == ((), 2)
    shop.segments = [one]
    shop.revert()
    assert (shop.segments.ids, shop.changes) == ((), {})


def test_a_reference_does_not_know_its_segments(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    reference = Customer(id=shop.id, name="New name")
    for use in (reference.segments.add, reference.segments.remove):
        with pytest.raises(NotLoaded, match="as a whole"):
            use(5)
    reference.save()
    assert bodies(sandbox) == [{"name": "New name"}]


def test_segments_load_together(kommo: Kommo, sandbox: Sandbox):
    segment = sandbox.add("segments", name="VIP")["id"]
    for name in "ab":
        sandbox.add("customers", name=name, segments=[segment])
    customers = Customer.objects.list()
    sandbox.log.clear()
    load(customers, "segments")
    assert [[one.name for one in customer.segments] for customer in customers] == [["VIP"], ["VIP"]]
    assert asked(sandbox) == ["/api/v4/customers/segments"]


def test_updates_of_many_go_in_one_request(kommo: Kommo, sandbox: Sandbox, fields: None):
    Client.objects.bulk_create([Client(name=name) for name in "abc"])
    report = Client.objects.filter(name__in=["a", "b"]).update(Client.size.set(5), next_price=10)
    assert (len(report.updated), len(sandbox.requests("PATCH", CUSTOMERS))) == (2, 1)
    assert [client.size for client in Client.objects.filter(Client.size == 5)] == [5, 5]


def test_companions_survive_copies_and_pickles(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    segment = Segment.objects.create("VIP")
    shop.segments.add(segment)
    for twin in (copy.deepcopy(shop), pickle.loads(pickle.dumps(shop))):
        assert twin.segments.ids == (segment.id,)
        assert twin.changes == shop.changes


def test_tags_notes_tasks_and_links(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    shop.tags.add("vip")
    shop.save()
    assert [tag.name for tag in Tag.objects.of(Customer)] == ["vip"]
    note = shop.notes.create("Hi")
    note.pin()
    assert [one.text for one in Note.objects.of(Customer)] == ["Hi"]
    task = Task(text="Call", complete_till=SPRING, entity=shop)
    task.save()
    assert [one.text for one in shop.tasks.all()] == ["Call"]
    shop.refresh()
    assert shop.closest_task_at == SPRING
    ann = Contact.objects.create(name="Ann")
    shop.contacts.add(ann)
    shop.save()
    assert [(link.kind, link.id, link.is_main) for link in shop.links.list()] == [("contacts", ann.id, True)]
    shop.contacts.remove(ann)
    shop.save()
    assert shop.links.list() == []


def test_contacts_and_companies_know_their_customers(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    ann, olive = Contact.objects.create(name="Ann"), Company.objects.create(name="Olive")
    ann.customers.add(shop)
    olive.customers.add(shop)
    ann.save()
    olive.save()
    assert [path for _, path, _ in sent(sandbox)][-2:] == [
        f"/api/v4/contacts/{ann.id}/link",
        f"/api/v4/companies/{olive.id}/link",
    ]
    assert [one.name for one in Contact.objects.include("customers").get(ann.id).customers] == ["Shop"]
    assert [one.name for one in Company.objects.include("customers").get(olive.id).customers] == ["Shop"]
    shop.refresh()
    assert (shop.contacts.ids, shop.company_id) == ((ann.id,), olive.id)


def test_fields_and_groups_of_customers(kommo: Kommo, sandbox: Sandbox):
    made = CustomField.objects.of(Customer).create("Floor", "numeric")
    assert [field.name for field in CustomField.objects.of(Customer)] == ["Floor"]
    group = CustomFieldGroup.objects.of(Customer).create("Place", fields=[made.id])
    assert group.id.startswith("customers_")
    shop = Customer(name="Shop")
    shop.custom_fields["Floor"] = 3
    shop.save()
    assert bodies(sandbox, "POST")[-1][0]["custom_fields_values"] == [{"field_id": made.id, "values": [{"value": "3"}]}]
    assert kommo.check(Client)[0].problem == "absent"


# ---- deleting


def test_deleting_goes_by_api_v2(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    shop.delete()
    assert sent(sandbox) == [("POST", "/api/v2/customers", {"delete": [shop.id]})]
    assert sandbox.row("customers", shop.id) is None
    with pytest.raises(BadRequest, match="not deleted"):
        shop.delete()


def test_a_session_deletes_three_hundred_in_two_requests(kommo: Kommo, sandbox: Sandbox):
    Customer.objects.bulk_create([Customer(name=str(number)) for number in range(300)])
    sandbox.log.clear()
    with Session(kommo) as session:
        for customer in session.query(Customer):
            session.delete(customer)
    assert [(path, len(body["delete"])) for _, path, body in sent(sandbox)] == [
        ("/api/v2/customers", 250),
        ("/api/v2/customers", 50),
    ]
    assert sandbox.rows("customers") == []


def test_a_deletion_that_failed_is_in_the_report(kommo: Kommo, sandbox: Sandbox, shop: Customer):
    gone = Customer(id=999)
    with Session(kommo) as session:
        session.add(shop, gone)
        session.delete(shop)
        session.delete(gone)
        with pytest.raises(FlushError) as caught:
            session.flush()
        assert caught.value.report.deleted == [shop]
        assert [failed.object for failed in caught.value.report.failed] == [gone]
        session.rollback()


def test_deleting_through_a_query(kommo: Kommo, sandbox: Sandbox):
    Customer.objects.bulk_create([Customer(name=name) for name in "abc"])
    assert len(Customer.objects.filter(name__in=["a", "b"]).delete().deleted) == 2
    with pytest.raises(QueryError):
        Customer.objects.delete()
    assert [one.name for one in Customer.objects] == ["c"]


# ---- the mode


def test_the_mode_is_switched(kommo: Kommo, sandbox: Sandbox):
    made = Customer.objects.enable("periodicity")
    assert (made.mode, made.is_enabled) == ("periodicity", True)
    assert sent(sandbox) == [("PATCH", f"{CUSTOMERS}/mode", {"mode": "periodicity", "is_enabled": True})]
    assert kommo.account().customers_mode == "periodicity"
    assert Customer.objects.disable().is_enabled is False
    assert bodies(sandbox)[-1] == {"mode": "segments", "is_enabled": False}
    assert kommo.account().customers_mode == "disabled"
    with pytest.raises(BadRequest, match="switched off"):
        Customer.objects.create(name="Shop")
    with pytest.raises(ConfigurationError, match="not by 'dynamic'"):
        Customer.objects.enable("dynamic")  # type: ignore[arg-type]


def test_the_plan_may_have_no_customers():
    with Sandbox(customers_mode="unavailable").connect() as kommo:
        assert kommo.account().customers_mode == "unavailable"
        for use in (lambda: Customer.objects.enable("segments"), Customer.objects.list, Segment.objects.list):
            with pytest.raises(PaymentRequired):
                use()


def test_periodicity_wants_a_name_and_a_day(kommo: Kommo, sandbox: Sandbox):
    Customer.objects.enable("periodicity")
    with pytest.raises(BadRequest) as caught:
        Customer.objects.create(next_price=5)
    assert {item.field for item in caught.value.items} == {"name", "next_date"}
    shop = Customer.objects.create(name="Shop", next_date=SPRING, periodicity=30)
    shop.refresh()
    assert (shop.periodicity, shop.status_id is not None) == (30, True)


async def test_async(kommo: Kommo, sandbox: Sandbox):
    assert (await Customer.objects.adisable()).is_enabled is False
    assert (await Customer.objects.aenable("segments")).mode == "segments"
    segment = await Segment.objects.acreate("VIP")
    shop = await Customer.objects.acreate(name="Shop")
    await shop.arefresh()
    shop.segments.add(segment)
    await shop.asave()
    [found] = [one async for one in Customer.objects.include("segments").filter(name="Shop")]
    assert [one.name for one in found.segments] == ["VIP"]
    assert len((await Customer.objects.filter(id=shop.id).aupdate(next_price=5)).updated) == 1
    await found.adelete()
    assert not await Customer.objects.aexists()


def test_leads_have_no_customers():
    """Kommo links customers with contacts, companies and list elements only."""
    assert not hasattr(Lead, "customers")


def test_a_customer_has_events_files_and_elements_of_lists(sandbox: Sandbox, kommo: Kommo):
    catalog = Catalog.objects.using(kommo).create("Cars")
    van = CatalogElement.objects.using(kommo).of(catalog).create("Van")
    customer = Customer.objects.using(kommo).create(name="Ann's shop")
    van.customers.add(customer, quantity=2)
    van.save()
    load([van], "customers")
    assert van.customers.quantity(customer) == 2
    customer.files.attach(DriveFile.objects.using(kommo).upload(b"%PDF-", name="plan.pdf"))
    assert len(customer.files.list()) == 1
    assert "customer_added" in {event.type for event in customer.events.all()}

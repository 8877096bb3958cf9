"""Filters are proved (rule 11), pages are honest (rule 8), and odd answers do not break a list (rule 7)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kommo_orm import Contact, Date, FilterIgnored, Kommo, Lead, NotLoaded, Text, UnexpectedResponse, custom
from kommo_orm.model.field_values import get_values
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, Person, asked, field_id, furnished

NOW = datetime.now(UTC)
LEADS = "/api/v4/leads"


@pytest.fixture
def deaf() -> Sandbox:
    """An account whose plan has no filters: they are accepted and ignored."""
    made = furnished(filters_enabled=False)
    for number in range(3):
        made.add("leads", name=f"Lead {number}", price=number)
    made.add(
        "leads", name="Full", custom_fields_values=[{"field_id": field_id(made, "Remark"), "values": [{"value": "x"}]}]
    )
    return made


# ---- rule 11
@pytest.mark.parametrize(
    "conditions",
    [
        (Lead.id == 999,),
        (Lead.id.in_(998, 999),),
        (Lead.name == "Roof",),
        (Lead.price >= 5,),
        (Lead.price == 7,),
        (Lead.price.between(5, 9),),
        (Lead.pipeline_id == 999,),
        (Lead.created_at >= NOW + timedelta(days=1),),
        (Lead.created_at <= NOW - timedelta(days=1),),
        (Lead.closed_at >= NOW,),
        (Lead.closest_task_at <= NOW,),
        (Lead.responsible_user_id == 999,),
        (Deal.remark == "y",),
        (Deal.budget >= 5,),
        (Deal.source == "web",),
        (Deal.signed >= date(2026, 1, 1),),
    ],
    ids=lambda conditions: f"{conditions[0].name}-{conditions[0].op}",
)
def test_an_ignored_filter_is_noticed_and_never_silently_answered(deaf: Sandbox, conditions):
    with deaf.connect():
        query = Deal.objects.filter(*conditions)
        for read in (query.list, query.first, query.exists, lambda: query.page(1), lambda: next(query.iterate())):
            with pytest.raises(
                FilterIgnored,
                match=rf"answered the filter {conditions[0].name}.* with Deal \d+, whose {conditions[0].name} is",
            ):
                read()


def test_so_is_one_by_stage(deaf: Sandbox):
    with deaf.connect(), pytest.raises(FilterIgnored, match="whose status is"):
        Lead.objects.filter(status__in=[(1, 142)]).list()


def test_nothing_is_written_when_a_filter_was_ignored(deaf: Sandbox):
    with deaf.connect(), pytest.raises(FilterIgnored):
        Lead.objects.filter(price__gte=0, name="Lead 0").update(price=99)
    assert not [entry for entry in deaf.log if entry.method != "GET"]


def test_all_rows_are_proved_before_the_first_is_written(kommo: Kommo, sandbox: Sandbox):
    for number in range(300):
        sandbox.add("leads", name="Roof", price=number)
    wrong = sandbox.add("leads", name="Wall")["id"]

    def lies(request: Any) -> bool:
        """The second page is answered without the filter."""
        if "page=2" in request.query:
            sandbox.account.filters_enabled = False
            sandbox.account.store.clear_cache()
        return False

    sandbox.faults.next(when=lies, times=None)
    with pytest.raises(FilterIgnored, match=f"with Lead {wrong}, whose name is 'Wall'"):
        Lead.objects.filter(name="Roof").update(price=99)
    assert not [entry for entry in sandbox.log if entry.method != "GET"]


def test_rows_that_match_are_proved_in_the_service_s_own_way(kommo: Kommo, sandbox: Sandbox):
    lead = sandbox.add("leads", name="Roof", price=5.75)
    assert Lead.objects.filter(price=5.75).one().id == lead["id"]
    stamp = datetime.fromtimestamp(lead["created_at"], UTC)
    assert Lead.objects.filter(created_at__range=(stamp, stamp + timedelta(milliseconds=300))).exists()
    Deal(name="x", source="web", regions=["EU"], signed=date(2026, 3, 1)).save()
    assert Deal.objects.filter(Deal.source == "web").exists()
    assert Deal.objects.filter(Deal.regions == "EU").exists()
    assert not Deal.objects.filter(Deal.regions == "US").exists()
    assert Deal.objects.filter(Deal.signed.between(date(2026, 3, 1), date(2026, 3, 1))).exists()


def test_a_value_that_cannot_be_read_proves_nothing_and_stops_a_write(kommo: Kommo, sandbox: Sandbox):
    body = {"_embedded": {"leads": [{"id": 5, "name": "Roof", "price": "many"}, {"id": 6, "name": "Wall", "price": 7}]}}
    sandbox.faults.next(status=200, method="GET", body=body, times=2)
    broken, whole = Lead.objects.filter(price__gte=5).list()
    assert whole.price == 7
    with pytest.raises(UnexpectedResponse, match="Lead 5: field 'price' holds 'many'"):
        broken.price  # noqa: B018
    with pytest.raises(UnexpectedResponse, match="Lead 5: field 'price'"):
        Lead.objects.filter(price__gte=5).update(price=1)
    assert not [entry for entry in sandbox.log if entry.method != "GET"]


# ---- odd answers
@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"_embedded": {"leads": [{"id": 5, "name": "a"}]}}, ["a"]),
        (
            {
                "_page": 1,
                "_links": {},
                "_embedded": {"leads": {"0": {"id": 5, "name": "a"}, "2": {"id": 6, "name": "b"}}},
            },
            ["a", "b"],
        ),
        ({"_links": [], "_embedded": {"leads": []}}, []),
        ({"_embedded": []}, []),
        ({"_embedded": None}, []),
        ({}, []),
        ([], []),
        ({"_total_items": 1, "_page_count": 1, "_embedded": {"leads": [{"id": "5", "name": "a"}]}}, ["a"]),
        ({"_embedded": {"leads": [{"id": 5, "name": "a"}, {"id": 5, "name": "a"}]}}, ["a"]),
    ],
    ids=repr,
)
def test_lists_in_odd_forms(kommo: Kommo, sandbox: Sandbox, body, names):
    sandbox.faults.next(status=200, method="GET", body=body)
    assert [lead.name for lead in Lead.objects.all()] == names


@pytest.mark.parametrize(
    "body", [{"_embedded": {"contacts": [{"id": 5}]}}, {"_embedded": {"leads": "none"}}, "text", 5], ids=repr
)
def test_an_answer_that_is_no_list_is_named(kommo: Kommo, sandbox: Sandbox, body):
    from kommo_orm.sandbox.hal_responses import encode_json

    sandbox.faults.next(status=200, method="GET", body=encode_json(body), times=None)
    with pytest.raises(UnexpectedResponse, match=r"GET /api/v4/leads: the answer \(status 200.* is no list of leads"):
        Lead.objects.list()


def test_a_row_without_an_id_is_named_and_the_rest_is_usable(kommo: Kommo, sandbox: Sandbox):
    sandbox.faults.next(
        status=200, method="GET", body={"_embedded": {"leads": [{"name": "a"}, {"name": "b"}, {"id": 5, "name": "c"}]}}
    )
    assert [lead.name for lead in Lead.objects.all()] == ["a", "b", "c"]


def test_no_content_is_an_empty_list_and_the_end_of_one(kommo: Kommo, sandbox: Sandbox):
    assert Lead.objects.list() == []
    assert sandbox.log[-1].status == 204
    for number in range(250):
        sandbox.add("leads", name=str(number))
    assert len(Lead.objects.list()) == 250


def test_one_row_in_an_envelope_is_read_too(kommo: Kommo, sandbox: Sandbox):
    sandbox.faults.next(status=200, method="GET", body={"_embedded": {"leads": [{"id": 5, "name": "a"}]}})
    assert Lead.objects.get(5).name == "a"


# ---- days and the account's zone
def test_the_zone_is_asked_once_and_only_when_a_day_is_to_be_read(sandbox: Sandbox):
    with sandbox.connect():
        Deal(name="no day").save()
        assert "/api/v4/account" not in asked(sandbox)
        Deal.objects.list()
        assert "/api/v4/account" not in asked(sandbox)
        Deal(name="day", signed=date(2026, 7, 1)).save()
        assert [deal.signed for deal in Deal.objects.all()] == [None, date(2026, 7, 1)]
        Deal.objects.list()
    assert asked(sandbox).count("/api/v4/account") == 1


@pytest.mark.parametrize("zone", ["Europe/Lisbon", "America/Los_Angeles", "Asia/Tokyo", "Pacific/Kiritimati"])
def test_a_day_is_the_same_day_in_every_zone(zone: str):
    sandbox = furnished(timezone=zone)
    with sandbox.connect():
        deal = Deal(name="x", signed=date(2026, 3, 29))
        deal.save()
        assert Deal.objects.get(deal.id).signed == date(2026, 3, 29)
        assert Deal.objects.filter(Deal.signed.between(date(2026, 3, 29), date(2026, 3, 29))).exists()
        assert not Deal.objects.filter(Deal.signed >= date(2026, 3, 30)).exists()
        assert not Deal.objects.filter(Deal.signed <= date(2026, 3, 28)).exists()


# ---- memory of what was read
def test_hydrating_decodes_nothing(kommo: Kommo, sandbox: Sandbox):
    sandbox.add("leads", name="Roof")
    [deal] = Deal.objects.list()
    assert get_values(deal) == {}
    assert deal.id
    assert set(get_values(deal)) == {"id"}


def test_classes_that_read_other_things_of_the_same_rows(kommo: Kommo, sandbox: Sandbox):
    class Dated(Contact):
        born: Date = custom(name="Birthday")
        note: Text = custom(name="Note")

    person = Person(name="Ann", phone="+1")
    person.save()
    dated = Dated.objects.get(person.id)
    assert (dated.born, dated.note) == (None, None)
    with pytest.raises(NotLoaded):
        dated.leads.ids  # noqa: B018


def test_an_account_that_does_not_tell_its_time_zone_can_be_read():
    """A day is taken as in UTC, twelve hours on: right nearly everywhere."""
    made = furnished()
    signed = {"field_id": field_id(made, "Signed on"), "values": [{"value": 1893456000}]}
    made.add("leads", name="Roof", custom_fields_values=[signed])
    for _ in range(5):
        made.add("leads", name="Wall", custom_fields_values=[signed])
    made.faults.next(method="GET", path="/api/v4/account", status=403)
    with made.connect(page_size=2) as kommo:
        deals = Deal.objects.using(kommo).list()
        assert [deal.name for deal in deals][:2] == ["Roof", "Wall"]
        assert deals[0].signed == date(2030, 1, 1)
    assert asked(made).count("/api/v4/account") == 1

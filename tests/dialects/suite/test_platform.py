"""Webhooks, widgets, incoming leads, calls, bots, products."""

from __future__ import annotations

import copy
import pickle
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import pytest

from kommo_orm import (
    Call,
    CallMetadata,
    Catalog,
    Contact,
    FormMetadata,
    IncomingLead,
    Kommo,
    Lead,
    Note,
    SalesBot,
    Session,
    Task,
    Webhook,
    Widget,
)
from kommo_orm.errors import BadRequest, ConfigurationError, FlushError, NotFound, NotLoaded, QueryError, UncertainWrite
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.term import Term
from kommo_orm.unit import created_ids
from tests.dialects.suite.spoken import LATER, NOW, Deal, Person, Spoken

if TYPE_CHECKING:
    from kommo_orm.transport.flow import Flow

URL = "https://hooks.example/kommo"


# ---- webhooks
def test_webhooks_are_subscribed_event_by_event(spoken: Spoken) -> None:
    hook = Webhook.objects.subscribe(URL, ["add_lead", "update_lead"])
    (stored,) = Webhook.objects.list()
    assert (stored.id, stored.destination, stored.settings) == (hook.id, URL, ["add_lead", "update_lead"])
    hook.subscribe("status_lead")
    hook.unsubscribe("update_lead")
    assert Webhook.objects.get(URL).settings == ["add_lead", "status_lead"]
    assert hook.settings == ["add_lead", "status_lead"]
    Webhook.objects.unsubscribe(URL)
    assert Webhook.objects.list() == []


def test_webhooks_end_with_their_last_event(spoken: Spoken) -> None:
    Webhook.objects.subscribe(URL, ["add_lead"]).delete()
    assert Webhook.objects.list() == []
    with pytest.raises((NotFound, BadRequest)):
        Webhook.objects.unsubscribe(URL)


def test_unknown_events_are_refused(spoken: Spoken) -> None:
    with pytest.raises(BadRequest):
        Webhook.objects.subscribe(URL, ["add_planet"])  # type: ignore[list-item]
    assert Webhook.objects.list() == []


def test_v2_adds_or_ends_events(v2: Spoken) -> None:
    hook = Webhook.objects.subscribe(URL, ["add_lead"])
    v2.forget()
    hook.settings = ["update_lead"]
    with pytest.raises(ConfigurationError, match="cannot add and end events at once; subscribe"):
        hook.save()
    assert not v2.sent


def test_an_id_that_cannot_be_read_is_logged_as_unknown(v2: Spoken, caplog: pytest.LogCaptureFixture) -> None:
    v2.sandbox.faults.next(403, method="GET")
    with pytest.raises(UncertainWrite):
        Webhook.objects.subscribe(URL, ["add_lead"])
    [record] = [one for one in caplog.records if one.name == "kommo_orm.unit"]
    assert record.levelname == "WARNING"
    assert "was stored, and its id is not known: " in record.getMessage()
    assert Webhook.objects.get(URL).id


def test_a_list_without_the_new_row_leaves_its_id_unknown(v2: Spoken, caplog: pytest.LogCaptureFixture) -> None:
    v2.sandbox.faults.next(200, body={"_embedded": {"items": []}}, method="GET")
    with pytest.raises(UncertainWrite):
        Webhook.objects.subscribe(URL, ["add_lead"])
    assert "its id is not known: the list of the service does not have it" in caplog.text


def test_a_mistake_in_reading_ids_is_not_hidden(v2: Spoken, monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(*_: object, **__: object) -> None:
        raise QueryError("a mistake")

    monkeypatch.setattr(created_ids, "ReadRequest", mistaken)
    with pytest.raises(QueryError, match="a mistake"):
        Webhook.objects.subscribe(URL, ["add_lead"])


def test_a_refusal_is_no_matter_of_ids(v2: Spoken, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(BadRequest):
        Webhook.objects.subscribe(URL, ["add_planet"])  # type: ignore[list-item]
    assert [one for one in caplog.records if one.name == "kommo_orm.unit"] == []


# ---- widgets
@pytest.fixture
def widget(spoken: Spoken) -> str:
    return str(spoken.sandbox.add("widgets", code="acme_phone")["code"])


def test_widgets_are_installed(spoken: Spoken, widget: str) -> None:
    assert widget in [one.code for one in Widget.objects]
    found = Widget.objects.install(widget, {})
    assert (found.code, found.is_active_in_account) == (widget, True)
    assert Widget.objects.get(widget).is_active_in_account
    Widget.objects.uninstall(widget)
    assert not Widget.objects.get(widget).is_active_in_account


def test_v2_lists_widgets_by_the_documented_name(v2: Spoken) -> None:
    ids = [int(v2.sandbox.add("widgets", code=code)["id"]) for code in ("acme_phone", "acme_shop", "other")]
    for asked in (ids[:1], ids[:2]):
        rows = v2.kommo.run(rows_by_ids(v2.kommo, asked))
        assert rows == asked
        assert {name for name, _ in parse_qsl(v2.sandbox.log[-1].query)} == {"widget_id[]"}


def rows_by_ids(kommo: Kommo, ids: list[int]) -> Flow[list[int]]:
    read = ReadRequest("widgets", terms=(Term("id", "in", tuple(ids)) if len(ids) > 1 else Term("id", "eq", ids[0]),))
    answer = yield from kommo.ask(kommo.dialect.build_list_request(read, 1, 50))
    return [row["id"] for row in kommo.dialect.parse_page(read, answer).rows]


def test_v2_says_where_widgets_bring_leads_from(v2: Spoken) -> None:
    code = v2.sandbox.add("widgets", code="acme_phone")["code"]
    Widget.objects.set_sources(code, [{"name": "x"}])
    assert v2.sent == [("POST", "/api/v2/widgets/sources", {"code": code, "services": [{"name": "x"}]})]


# ---- incoming leads
def form(number: int = 1, **more: object) -> IncomingLead:
    metadata = FormMetadata(form_id=number, form_page="https://x.example", form_name="Callback", form_sent_at=NOW)
    return IncomingLead(source_uid=f"s{number}", source_name="Site", metadata=metadata, created_at=NOW, **more)


def test_an_incoming_lead_is_stored_with_its_people(spoken: Spoken) -> None:
    lead, person = Deal(name="Callback", remark="fast"), Person(name="Ana", phones=["+1"])
    incoming = form(lead=lead, contact=person)
    incoming.save()
    assert (incoming.lead, list(incoming.contacts)) == (lead, [person])
    (found,) = IncomingLead.objects.filter(category="forms").list()
    incoming.refresh()
    assert (found.uid, found.source_name, found.lead_id, found.contact_id) == (incoming.uid, "Site", lead.id, person.id)
    assert isinstance(found.metadata, FormMetadata)
    assert (found.metadata.form_name, found.metadata.form_page) == ("Callback", "https://x.example")
    assert IncomingLead.objects.get(incoming.uid).pipeline_id == found.pipeline_id
    assert found.accept().lead == Lead(id=lead.id)
    assert Deal.objects.get(lead.id).remark == "fast"
    assert IncomingLead.objects.list() == []


def test_what_came_with_it_learns_its_id_when_it_is_accepted(spoken: Spoken) -> None:
    person = Person(name="Ana")
    lead = Deal(name="Callback")
    lead.contacts.add(person)
    incoming = form(lead=lead)
    incoming.save()
    outcome = incoming.accept()
    assert outcome.lead is lead
    assert outcome.contact is person
    assert (incoming.lead_id, list(lead.contacts), list(person.leads)) == (lead.id, [person], [lead])
    lead.price = 5
    lead.save()
    assert (spoken.row("leads", lead.id)["price"], spoken.linked("leads", lead.id, "contacts")) == (5, [person.id])


def test_what_waits_for_its_id_is_not_created_again(v2: Spoken) -> None:
    """API v2 answers with uids alone."""
    lead = Lead(name="Callback")
    with Session(v2.kommo) as session:
        incoming = form(lead=lead)
        session.add(incoming)
        report = session.flush()
        assert (report.created, report.uncertain, session.new, session.uncertain) == ([incoming, lead], [], [], [])
        assert session.flush().requests == 0
        for twin in (lead, copy.deepcopy(lead), pickle.loads(pickle.dumps(lead))):
            with pytest.raises(ConfigurationError, match=r"cannot be saved yet.*accept\(\) it first"):
                twin.save(using=v2.kommo)
        with pytest.raises(QueryError, match="accept"):
            lead.refresh()
        with pytest.raises(QueryError, match="created_id"):
            lead.resolve(retry=True)
        with pytest.raises(NotLoaded, match="its id when that is accepted"):
            _ = lead.updated_at
        with pytest.raises(NotLoaded, match="does not know the id of its leads"):
            _ = incoming.lead_id
        assert (len(incoming.leads), repr(incoming.leads)) == (
            1,
            f"<leads of IncomingLead {incoming.uid}: ids are not known yet>",
        )
        session.add(Task(text="call", complete_till=LATER, entity=lead))
        with pytest.raises(FlushError, match="waits for"):
            session.flush()
        assert incoming.accept().lead is lead
        assert session.flush().created[0].entity_id == lead.id
    assert len(v2.sandbox.rows("leads")) == 1


def test_300_incoming_leads_take_two_requests(spoken: Spoken) -> None:
    made = [form(number, lead=Lead(name=str(number))) for number in range(1, 301)]
    with Session(spoken.kommo) as session:
        session.add(*made)
        report = session.flush()
    assert (report.requests, len(report.created), report.uncertain) == (2, 600, [])
    assert len([entry for entry in spoken.sandbox.log if "unsorted" in entry.path or "incoming" in entry.path]) == 2


def test_many_are_sorted_at_once(spoken: Spoken) -> None:
    made = [form(number, lead=Lead(name=str(number))) for number in range(1, 5)]
    IncomingLead.objects.bulk_create(made)
    spoken.forget()
    report = IncomingLead.objects.accept(made[:3])
    assert [outcome.lead.id for outcome in report.outcomes if outcome.lead] == [one.lead_id for one in made[:3]]
    assert len(spoken.sent) == (3 if spoken.dialect == "v4" else 1)
    IncomingLead.objects.decline([made[3]])
    assert IncomingLead.objects.list() == []
    assert IncomingLead.objects.summary().accepted == 3


def test_one_that_is_gone_does_not_keep_the_others(spoken: Spoken) -> None:
    made = [form(number, lead=Lead(name=str(number))) for number in range(1, 4)]
    IncomingLead.objects.bulk_create(made)
    made[1].decline()
    with pytest.raises(FlushError) as failed:
        IncomingLead.objects.accept(made)
    report = failed.value.report
    assert [one.object for one in report.failed] == [made[1]]
    assert len(report.updated) == 2


def test_calls_come_in(v2: Spoken) -> None:
    user = v2.sandbox.users[0]["id"]
    metadata = CallMetadata(
        caller="+1555", call_responsible=user, called_at=NOW, service_code="pbx", duration=9, uniq="k"
    )
    incoming = IncomingLead(source_uid="pbx", source_name="Phone", metadata=metadata, lead=Lead(name="Call"))
    incoming.save()
    found = IncomingLead.objects.get(incoming.uid)
    assert found.category == "sip"
    assert isinstance(found.metadata, CallMetadata)
    assert (found.metadata.call_responsible, found.metadata.called_at, found.metadata.duration) == (user, NOW, 9)


def test_only_the_form_that_exists_already_fails(v2: Spoken) -> None:
    form(1).save()
    with pytest.raises(FlushError) as failed:
        IncomingLead.objects.bulk_create([form(1), form(2)])
    report = failed.value.report
    assert (len(report.failed), len(report.created), len(report.uncertain)) == (1, 1, 0)


def test_v2_wants_all_of_a_call(v2: Spoken) -> None:
    with pytest.raises(
        ConfigurationError, match="wants its metadata to have call_responsible, called_at, service_code"
    ):
        IncomingLead(source_uid="p", source_name="P", metadata=CallMetadata(caller="+1")).save()
    assert not v2.sent


# ---- calls
def test_calls_are_logged(spoken: Spoken) -> None:
    person = Person(name="Ana", phones=["+15005550006"])
    person.save()
    made = [
        Call(direction="inbound", duration=95, source="pbx", phone=phone, uniq=f"k{phone}", call_status=4)
        for phone in ("+15005550006", "+10000000000")
    ]
    with pytest.raises(FlushError) as failed:
        Call.objects.bulk_create(made)
    (bad,) = failed.value.report.failed
    assert (bad.object, type(bad.error)) == (made[1], NotFound)
    (note,) = Note.objects.of(Contact).filter(note_type="call_in").list()
    assert (note.id, note.params.duration, note.params.phone) == (made[0].id, 95, "+15005550006")


def test_calls_are_announced(spoken: Spoken) -> None:
    person = Person(name="Ana", phones=["+15005550006"])
    person.save()
    user = spoken.sandbox.users[0]["id"]
    card = Call.objects.announce("+15005550006", [user])
    assert card is not None
    assert (type(card), card.pk) == (Contact, person.id)
    assert Call.objects.announce("+10000000000") is None
    assert spoken.sent[-2][1:] == (
        "/api/v2/events",
        {"add": [{"type": "phone_call", "phone_number": "+15005550006", "users": [user]}]},
    )


# ---- bots, products
def test_bots_run(spoken: Spoken) -> None:
    bot = spoken.sandbox.add("bots", name="Greeter")["id"]
    leads = [Lead(name=str(number)) for number in range(3)]
    Lead.objects.bulk_create(leads)
    spoken.forget()
    SalesBot.objects.run((bot, lead) for lead in leads)
    SalesBot(id=bot).run(leads[0])
    assert len(spoken.sent) == 2


def test_the_list_of_products_is_switched(spoken: Spoken) -> None:
    assert Catalog.objects.switch_products(on=True).is_enabled is True
    settings = Catalog.objects.products_settings()
    assert settings.is_enabled
    assert [catalog.type for catalog in Catalog.objects if catalog.id == settings.catalog_id] == ["products"]


def test_summary_counts_a_time(spoken: Spoken) -> None:
    form(1).save()
    assert IncomingLead.objects.summary(created_at__gte=NOW - timedelta(days=1)).total == 1
    assert IncomingLead.objects.summary(created_at__gte=NOW + timedelta(days=900)).total == 0


def test_many_people_send_the_same_form(spoken: Spoken) -> None:
    """API v2 takes two of the same page and second for one."""

    def sent(name: str) -> IncomingLead:
        metadata = FormMetadata(form_id=1, form_page="https://x.example", form_name="Callback", form_sent_at=NOW)
        return IncomingLead(source_uid="s", source_name="Site", metadata=metadata, lead=Lead(name=name))

    many = [sent(f"L{at}") for at in range(5)]
    IncomingLead.objects.bulk_create(many[:3])
    for one in many[3:]:
        one.save()
    assert {one.uid for one in IncomingLead.objects.list()} == {one.uid for one in many}


def test_a_contact_with_a_first_name_only_comes_along(spoken: Spoken) -> None:
    incoming = form(lead=Lead(name="Callback"), contact=Contact(first_name="Ana", last_name="Ruiz"))
    incoming.save()
    person = incoming.accept().contact
    assert person is not None
    assert Contact.objects.get(person.id).name == "Ana Ruiz"


def test_v2_wants_names_of_what_comes_along(v2: Spoken) -> None:
    with pytest.raises(ConfigurationError, match="creates no leads without a name"):
        form(lead=Lead(price=5)).save()
    assert not v2.sent


def test_a_lost_answer_to_sorting_is_made_up_for(spoken: Spoken) -> None:
    """The second attempt finds nothing that waits, and API v2 says so in words that no document has."""
    many = [form(number, lead=Lead(name=f"L{number}")) for number in range(4)]
    IncomingLead.objects.bulk_create(many)
    spoken.sandbox.faults.next(502, applied=True, when=lambda request: request.method != "GET")
    assert many[0].decline().uid == many[0].uid
    spoken.sandbox.faults.next(502, applied=True, when=lambda request: request.method != "GET")
    report = IncomingLead.objects.accept(many[1:3])
    assert [one.uid for one in report.outcomes] == [one.uid for one in many[1:3]]
    assert [one.uid for one in IncomingLead.objects.list()] == [many[3].uid]


def test_a_refused_sorting_stays_refused_after_a_lost_answer(v2: Spoken) -> None:
    incoming = form(lead=Lead(name="x"))
    incoming.save()
    v2.sandbox.faults.next(502, when=lambda request: request.method != "GET")
    with pytest.raises(BadRequest):
        incoming.accept(status_id=999999)

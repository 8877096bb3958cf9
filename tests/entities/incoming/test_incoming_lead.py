"""Incoming leads: reading, creating with what comes along, accepting, declining, linking, counting."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from kommo_orm import (
    BadRequest,
    CallMetadata,
    ChatMetadata,
    Company,
    ConfigurationError,
    Contact,
    FlushError,
    FormMetadata,
    IncomingLead,
    IncomingSummary,
    Kommo,
    Lead,
    MailMetadata,
    NotFound,
    NotLoaded,
    QueryError,
    Session,
    UncertainWrite,
    UnknownMetadata,
)
from kommo_orm.sandbox import Sandbox
from tests.account import Deal, Person, asked, ids_of, sent

UNSORTED = "/api/v4/leads/unsorted"
FORM = FormMetadata(form_id="f-3", form_name="Callback", form_page="https://olive.example/cb")
CALL = CallMetadata(caller="+34600111222", phone="+34911", uniq="u-1", duration=40, service_code="pbx")
MOMENT = datetime(2026, 11, 2, 10, tzinfo=UTC)


def form(**values: Any) -> IncomingLead:
    return IncomingLead(**{"source_uid": "site-7", "source_name": "Landing", "metadata": FORM, **values})


def row_of(**values: Any) -> dict[str, Any]:
    """A row as the service sends it."""
    known = {"uid": "a91f03c4", "category": "forms", "pipeline_id": 501, "created_at": 1736600000, "account_id": 3300}
    return {**known, "_embedded": {"contacts": [], "leads": [{"id": 700300}], "companies": []}, **values}


# ---- creating


def test_a_form_brings_its_lead_its_contact_and_its_company(kommo: Kommo, sandbox: Sandbox):
    deal, ann = Deal(name="Callback", price=120, budget=5, source="web"), Person(name="Ann", phone="+34600111222")
    deal.tags.add("hot")
    olive = Company(name="Olive")
    incoming = form(lead=deal, contact=ann, company=olive, pipeline_id=sandbox.rows("pipelines")[0]["id"])
    incoming.save()
    ((method, path, [body]),) = sent(sandbox)
    assert (method, path) == ("POST", f"{UNSORTED}/forms")
    assert body["request_id"] == "0"
    assert body["metadata"] == {"form_id": "f-3", "form_name": "Callback", "form_page": "https://olive.example/cb"}
    [lead] = body["_embedded"]["leads"]
    assert (lead["name"], lead["price"], lead["_embedded"]) == ("Callback", 120, {"tags": [{"name": "hot"}]})
    assert [len(entry["values"]) for entry in lead["custom_fields_values"]] == [1, 1]
    assert "request_id" not in lead
    assert body["_embedded"]["contacts"][0]["name"] == "Ann"
    assert body["_embedded"]["companies"] == [{"name": "Olive"}]
    row = sandbox.rows("unsorted")[0]
    assert incoming.uid == incoming.id == incoming.pk == row["uid"]
    assert [deal.id, ann.id, olive.id] == [
        row["_embedded"][kind][0]["id"] for kind in ("leads", "contacts", "companies")
    ]
    assert all(one.changes == {} for one in (incoming, deal, ann, olive))
    assert (incoming.lead, incoming.contact, incoming.company) == (deal, ann, olive)
    assert incoming.lead is deal
    assert (incoming.lead_id, incoming.contact_id, incoming.company_id) == (deal.id, ann.id, olive.id)


def test_the_lead_knows_who_came_with_it(kommo: Kommo, sandbox: Sandbox):
    deal, ann = Deal(name="Callback"), Person(name="Ann")
    form(lead=deal, contact=ann).save()
    assert deal.contacts.ids == (ann.id,)
    assert deal.contacts[0] is ann
    assert ann.leads.ids == (deal.id,)
    deal.save()
    assert len(sent(sandbox)) == 1


def test_who_is_linked_to_the_lead_already_comes_along(kommo: Kommo, sandbox: Sandbox):
    deal, ann = Deal(name="Callback"), Person(name="Ann")
    deal.contacts.add(ann)
    deal.company = Company(name="Olive")
    incoming = form(lead=deal)
    incoming.save()
    ((_, _, [body]),) = sent(sandbox)
    assert sorted(body["_embedded"]) == ["companies", "contacts", "leads"]
    assert incoming.contact is ann
    assert deal.company is not None
    assert incoming.company_id == deal.company.id
    assert deal.changes == {}


def test_stored_people_go_by_their_ids(kommo: Kommo, sandbox: Sandbox):
    ann = Person.objects.create(name="Ann")
    incoming = form(contacts=[ann], companies=[])
    incoming.save()
    assert sent(sandbox)[-1][2][0]["_embedded"] == {"contacts": [{"id": ann.id}]}
    assert incoming.contacts[0] is ann
    assert incoming.lead_id is not None


def test_calls_have_an_address_of_their_own(kommo: Kommo, sandbox: Sandbox):
    IncomingLead.objects.create(source_uid="pbx", source_name="Exchange", metadata=CALL, created_at=MOMENT)
    ((_, path, [body]),) = sent(sandbox)
    assert path == f"{UNSORTED}/sip"
    assert body["metadata"]["from"] == "+34600111222"
    assert body["created_at"] == int(MOMENT.timestamp())
    [read] = IncomingLead.objects.list()
    assert isinstance(read.metadata, CallMetadata)
    assert (read.metadata.phone, read.metadata.call_responsible) == ("+34600111222", "+34911")


def test_a_session_sends_250_a_request_by_category(kommo: Kommo, sandbox: Sandbox):
    with Session(kommo) as session:
        for number in range(300):
            session.add(form(source_uid=str(number), lead=Lead(name=f"Lead {number}")))
        session.add(form(metadata=CALL, source_uid="call"))
        assert [step.count for step in session.plan()] == [250, 50, 1]
        report = session.flush()
    assert sorted((path, len(body)) for _, path, body in sent(sandbox)) == [
        (f"{UNSORTED}/forms", 50),
        (f"{UNSORTED}/forms", 250),
        (f"{UNSORTED}/sip", 1),
    ]
    made = [one for one in report.created if isinstance(one, IncomingLead)]
    assert len({one.uid for one in made}) == 301
    assert sandbox.row("leads", made[7].lead_id or 0)["name"] == "Lead 7"  # type: ignore[index]


def test_a_lead_that_is_in_the_session_too_is_made_once(kommo: Kommo, sandbox: Sandbox):
    deal = Deal(name="Callback")
    with Session(kommo) as session:
        session.add(deal, form(lead=deal))
    assert [path for _, path, _ in sent(sandbox)] == [f"{UNSORTED}/forms"]
    assert len(sandbox.rows("leads")) == 1
    assert deal.id


def test_empty_texts_are_left_out(kommo: Kommo, sandbox: Sandbox):
    form(metadata=FormMetadata(form_id="f", ip="", referer="", form_sent_at=MOMENT)).save()
    assert sent(sandbox)[0][2][0]["metadata"] == {"form_id": "f", "form_sent_at": int(MOMENT.timestamp())}


def test_what_cannot_be_is_refused_before_anything_is_sent(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(ConfigurationError, match="without metadata"):
        IncomingLead(source_uid="a", source_name="b").save()
    with pytest.raises(ConfigurationError, match="a stored one cannot be given"):
        form(lead=Lead(id=5))
    with pytest.raises(ConfigurationError, match="takes one object"):
        form(contacts=[Contact(name="A"), Contact(name="B")])
    two = Deal(name="x")
    two.contacts.add(Person(name="A"))
    with pytest.raises(ConfigurationError, match="takes one of its contacts, not 2"):
        form(lead=two, contact=Person(name="B")).save()
    with pytest.raises(ConfigurationError, match="links companies"):
        form(company=Lead(name="x"))
    for nonsense in (lambda: CallMetadata(duration=-5), lambda: setattr(CallMetadata(duration=5), "duration", -5)):
        with pytest.raises(ValidationError, match="0 seconds or more, not -5"):
            nonsense()
    with pytest.raises(ValidationError, match="made by Kommo alone"):
        form(metadata=ChatMetadata.from_raw({}))
    with pytest.raises(ValidationError, match="FormMetadata"):
        form(metadata={"form_id": "x"})
    with pytest.raises(ValidationError, match="read-only"):
        form(category="sip")
    assert sent(sandbox) == []


def test_a_stored_one_keeps_what_it_has(kommo: Kommo, sandbox: Sandbox):
    incoming = form()
    incoming.save()
    with pytest.raises(ConfigurationError, match="given when it is created"):
        incoming.contacts.add(5)
    with pytest.raises(ConfigurationError, match="given when it is created"):
        incoming.company = Company(name="x")
    incoming.source_name = "Other"
    with pytest.raises(ConfigurationError, match="at creation only"):
        incoming.save()


def test_a_refused_part_is_named_in_the_error(kommo: Kommo, sandbox: Sandbox):
    ann = Person(name="Ann", responsible_user_id=99)
    with pytest.raises(BadRequest) as caught:
        form(contact=ann, lead=Deal(name="x")).save()
    [item] = caught.value.items
    assert item.object is ann
    assert (item.field, item.code) == ("responsible_user_id", "NotSupportedChoice")


def test_options_that_changed_meanwhile_are_found(kommo: Kommo, sandbox: Sandbox):
    field = next(row for row in sandbox.rows("custom_fields") if row["name"] == "Source")
    kommo.check(Deal)
    _, *others = field["enums"]
    for enums in (others, [*others, {"value": "web"}]):
        sandbox._request_as_owner("PATCH", f"/api/v4/leads/custom_fields/{field['id']}", {"enums": enums})
    form(lead=Deal(name="x", source="web")).save()
    assert sandbox.rows("leads")[0]["custom_fields_values"][0]["values"][0]["value"] == "web"
    assert [path for _, path, _ in sent(sandbox)] == [f"{UNSORTED}/forms"] * 2


def test_bad_ones_do_not_take_the_others_along(kommo: Kommo, sandbox: Sandbox):
    good, bad = form(lead=Lead(name="good")), form(lead=Lead(name="bad", responsible_user_id=99))
    with pytest.raises(FlushError) as caught:
        IncomingLead.objects.bulk_create([good, bad])
    report: Any = caught.value
    assert [failed.object for failed in report.report.failed] == [bad]
    assert good.lead_id is not None
    assert bad.is_new


# ---- when nobody knows


def lost(sandbox: Sandbox, **values: Any) -> tuple[IncomingLead, Deal]:
    deal = Deal(name="Callback")
    incoming = form(lead=deal, **values)
    sandbox.faults.next(path=f"{UNSORTED}/forms", status=502, applied=True)
    with pytest.raises(UncertainWrite):
        incoming.save()
    assert deal.__kommo_state__.is_uncertain
    with pytest.raises(ConfigurationError, match="may have been created already"):
        incoming.save()
    return incoming, deal


def test_a_lost_answer_makes_all_of_it_uncertain_and_sends_nothing_twice(kommo: Kommo, sandbox: Sandbox):
    incoming, deal = lost(sandbox)
    assert len(sent(sandbox)) == 1
    [stored] = sandbox.rows("unsorted")
    incoming.resolve(created_id=stored["uid"])
    assert incoming.uid == stored["uid"]
    incoming.refresh()
    assert deal.id == stored["_embedded"]["leads"][0]["id"]
    assert incoming.lead is deal
    assert not deal.__kommo_state__.is_uncertain


def test_people_of_its_lead_are_found_again_too(kommo: Kommo, sandbox: Sandbox):
    """They were given to the lead, and not to the incoming lead itself."""
    deal, ann = Deal(name="Callback"), Person(name="Ann")
    deal.contacts.add(ann)
    incoming = form(lead=deal)
    sandbox.faults.next(path=f"{UNSORTED}/forms", status=502, applied=True)
    with pytest.raises(UncertainWrite):
        incoming.save()
    [stored] = sandbox.rows("unsorted")
    incoming.resolve(created_id=stored["uid"])
    assert not ann.__kommo_state__.is_uncertain
    with pytest.raises(ConfigurationError, match="cannot be saved yet"):
        ann.save(using=kommo)
    incoming.refresh()
    assert ids_of(sandbox, "leads", deal.id, "contacts") == [ann.id]
    assert (list(deal.contacts), list(ann.leads), deal.has_changes) == ([ann], [deal], False)


def test_it_is_sent_again_with_all_of_it(kommo: Kommo, sandbox: Sandbox):
    incoming, deal = lost(sandbox)
    incoming.resolve(retry=True)
    incoming.save()
    assert len(sent(sandbox)) == 2
    assert incoming.lead is deal
    assert deal.id is not None


def test_it_is_given_up_with_all_of_it(kommo: Kommo, sandbox: Sandbox):
    incoming, deal = lost(sandbox)
    incoming.resolve(drop=True)
    assert not deal.__kommo_state__.is_uncertain


def test_a_part_without_an_id_in_the_answer_is_uncertain(kommo: Kommo, sandbox: Sandbox):
    deal = Deal(name="x")
    row = {"uid": "abc", "request_id": "0", "_embedded": {"contacts": [], "companies": []}}
    sandbox.faults.next(path=f"{UNSORTED}/forms", body={"_embedded": {"unsorted": [row]}})
    incoming = form(lead=deal)
    with pytest.raises(UncertainWrite, match="Deal"):
        incoming.save()
    assert incoming.uid == "abc"
    assert deal.__kommo_state__.is_uncertain


# ---- reading


def test_a_row_is_read_with_nothing_lost():
    row = {**row_of(), "id": "a91f03c4", "source_uid": None, "source_name": "Landing", "strange": [1]}
    row["metadata"] = {"form_id": 3, "form_sent_at": "1736600000", "referer": None, "form_type": 1, "other": "x"}
    [incoming] = IncomingLead.hydrate([copy.deepcopy(row)])
    assert incoming.source_uid is None
    assert isinstance(incoming.metadata, FormMetadata)
    assert incoming.metadata.form_sent_at == datetime(2025, 1, 11, 12, 53, 20, tzinfo=UTC)
    assert incoming.metadata.extra == {"other": "x"}
    assert incoming.lead == Lead(id=700300)
    assert incoming.lead is incoming.lead
    assert list(incoming.contacts) == []
    assert incoming.company is None
    assert incoming.extra == {"strange": [1]}
    assert incoming.raw == row
    assert incoming.model_dump()["metadata"]["other"] == "x"


@pytest.mark.parametrize("embedded", [{}, {"leads": [], "contacts": {}}, {"contacts": {"0": {"id": "7"}}}])
def test_odd_rows_embed_what_they_embed(embedded: Any):
    [incoming] = IncomingLead.hydrate([{**row_of(), "id": "a", "_embedded": embedded}])
    assert incoming.lead is None
    assert [one.id for one in incoming.contacts] == ([7] if embedded.get("contacts") else [])


def test_a_row_without_embedded_rows_raises_not_loaded():
    [incoming] = IncomingLead.hydrate([{"id": "a", "uid": "a"}])
    with pytest.raises(NotLoaded, match="leads"):
        _ = incoming.lead
    with pytest.raises(NotLoaded):
        _ = incoming.metadata


def test_chats_mails_and_what_is_unknown():
    chat = {"from": "Ann", "received_at": 1736600000, "client": {"name": "Ann", "age": 5}, "origin": {"chat_id": "c"}}
    mail = {"from": {"email": "a@x.example", "name": None}, "thread_id": "77", "message_id": 5, "subject": "Hi"}
    rows = [("chats", chat), ("mail", mail), ("visits", {"a": 1}), ("form", {"form_id": 1}), ("forms", [])]
    found = IncomingLead.hydrate([row_of(id="x", category=category, metadata=raw) for category, raw in rows])
    chats, mails, unknown, old, empty = (one.metadata for one in found)
    assert isinstance(chats, ChatMetadata)
    assert (chats.sender, chats.client and chats.client.name) == ("Ann", "Ann")
    assert chats.client is not None
    assert chats.client.extra == {"age": 5}
    assert isinstance(mails, MailMetadata)
    assert mails.sender is not None
    assert (mails.sender.email, mails.thread_id, mails.subject) == ("a@x.example", "77", "Hi")
    assert isinstance(unknown, UnknownMetadata)
    assert (unknown.of_category, unknown.extra) == ("visits", {"a": 1})
    assert isinstance(old, FormMetadata)
    assert empty == FormMetadata()


def test_people_are_read_as_classes_of_ones_own(kommo: Kommo, sandbox: Sandbox):
    form(contact=Person(name="Ann", phone="+34600111222")).save()
    [incoming] = IncomingLead.objects.list()
    [ann] = incoming.contacts.of(Person)
    ann.refresh()
    assert ann.phone == "+34600111222"


def test_whole_leads_are_included(kommo: Kommo, sandbox: Sandbox):
    form(lead=Lead(name="Callback")).save()
    before = len(asked(sandbox))
    [incoming] = IncomingLead.objects.include("lead", "contact").list()
    assert incoming.lead is not None
    assert incoming.lead.name == "Callback"
    assert len(asked(sandbox)) == before + 2


def test_complex_creation_makes_incoming_leads_too(kommo: Kommo, sandbox: Sandbox):
    lead = Lead(name="Callback")
    lead.contacts.add(Person(name="Ann"))
    Lead.objects.create_complex(lead, metadata=FORM)
    incoming = IncomingLead.objects.one()
    assert (incoming.category, incoming.lead_id, incoming.contact_id) == ("forms", lead.id, lead.contacts.ids[0])
    assert isinstance(incoming.metadata, FormMetadata)
    assert incoming.metadata.form_id == "f-3"
    assert incoming.accept().lead == Lead(id=lead.id)


def test_copies_and_pickles_keep_it(kommo: Kommo):
    incoming = form(lead=Deal(name="x"))
    twin = copy.deepcopy(incoming)
    assert twin.lead is not None
    assert twin.lead.name == "x"
    assert pickle.loads(pickle.dumps(incoming)).lead.name == "x"
    incoming.save()
    assert pickle.loads(pickle.dumps(incoming)).uid == incoming.uid
    assert hash(incoming) == hash(IncomingLead(id=incoming.uid))


# ---- finding


def test_filters_as_they_are_asked(kommo: Kommo, sandbox: Sandbox):
    pipeline = sandbox.rows("pipelines")[0]["id"]
    sandbox.add("unsorted", category="chats", metadata={"from": "Ann"})
    for number in range(3):
        form(source_uid=str(number)).save()
    uids = [one.uid for one in IncomingLead.objects.filter(category="forms", pipeline_id=pipeline)]
    assert len(uids) == 3
    assert IncomingLead.objects.filter(IncomingLead.category.in_("chats", "mail")).one().category == "chats"
    assert IncomingLead.objects.filter(uid=uids[0]).one().uid == uids[0]
    assert len(IncomingLead.objects.filter(IncomingLead.uid.in_(*uids[:2])).list()) == 2
    assert set(IncomingLead.objects.in_bulk([*uids, "nobody"])) == set(uids)
    asked_for = [entry.query for entry in sandbox.requests("GET", UNSORTED)]
    assert "filter[category][]=forms" in readable(asked_for[0])
    assert f"filter[pipeline_id]={pipeline}&" in readable(asked_for[0])
    assert f"filter[uid]={uids[0]}&" in readable(asked_for[2])
    assert f"filter[uid][]={uids[0]}&filter[uid][]={uids[1]}" in readable(asked_for[3])


def readable(query: str) -> str:
    return query.replace("%5B", "[").replace("%5D", "]")


def test_one_by_its_uid(kommo: Kommo, sandbox: Sandbox):
    incoming = form()
    incoming.save()
    assert IncomingLead.objects.get(incoming.uid).uid == incoming.uid
    assert IncomingLead.objects.get_or_none("nobody") is None
    assert IncomingLead.objects.get_or_none("../../leads") is None
    with pytest.raises(QueryError, match="is a text"):
        IncomingLead.objects.get(5)  # type: ignore[arg-type]
    with Session(kommo) as session:
        assert session.get(IncomingLead, incoming.uid) is session.query(IncomingLead).one()  # type: ignore[arg-type]


def test_they_come_newest_first_and_no_other_way(kommo: Kommo, sandbox: Sandbox):
    for day in range(3):
        form(source_uid=str(day), created_at=MOMENT + timedelta(days=day)).save()
    assert [one.source_uid for one in IncomingLead.objects.order_by("-created_at")] == ["2", "1", "0"]
    for order in ("created_at", "id", "updated_at"):
        with pytest.raises(QueryError, match="newest first"):
            IncomingLead.objects.order_by(order)  # type: ignore[arg-type]


def test_what_kommo_does_not_filter_by_is_refused(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(QueryError, match="cannot filter IncomingLead by source_uid__in"):
        IncomingLead.objects.filter(source_uid__in=["x"])  # type: ignore[call-arg]
    with pytest.raises(QueryError, match="by created_at; it can by category, category__in, id"):
        IncomingLead.objects.filter(created_at=MOMENT)  # type: ignore[call-arg]
    with pytest.raises(QueryError, match="expected one of 'forms', .* got 'form'; did you mean 'forms'"):
        IncomingLead.objects.filter(category="form")  # type: ignore[typeddict-item]
    with pytest.raises(QueryError, match="got 'chat'"):
        IncomingLead.objects.filter(IncomingLead.category.in_("mail", "chat"))
    with pytest.raises(QueryError, match="filter by one of them"):
        IncomingLead.objects.filter(uid="a", id="b").list()
    with pytest.raises(QueryError, match="given at creation only|cannot|search"):
        IncomingLead.objects.search("x")


def test_accepting_in_a_loop_misses_none(kommo: Kommo, sandbox: Sandbox):
    IncomingLead.objects.bulk_create([form(source_uid=str(number)) for number in range(120)])
    with sandbox.connect(page_size=50, backoff=0) as other:
        done = [one.accept().uid for one in IncomingLead.objects.using(other).iterate()]
    assert len(set(done)) == 120
    assert sandbox.rows("unsorted") == []


# ---- sorting


def test_accepting_gives_the_real_lead(kommo: Kommo, sandbox: Sandbox):
    deal, ann = Deal(name="Callback"), Person(name="Ann")
    incoming = form(lead=deal, contact=ann)
    incoming.save()
    assert Contact.objects.list() == []
    stage = sandbox.rows("statuses")[2]["id"]
    outcome = incoming.accept(user_id=sandbox.users[0]["id"], status_id=stage)
    entry = sandbox.log[-1]
    assert (entry.method, entry.path) == ("POST", f"{UNSORTED}/{incoming.uid}/accept")
    assert entry.json == {"user_id": sandbox.users[0]["id"], "status_id": stage}
    assert outcome.uid == incoming.uid
    assert outcome.lead is deal
    assert outcome.contact is ann
    assert outcome.company is None
    deal.refresh()
    assert deal.status_id == stage
    assert [one.id for one in Contact.objects.list()] == [ann.id]
    assert IncomingLead.objects.get_or_none(incoming.uid) is None
    with pytest.raises(NotFound):
        incoming.accept()


def test_nothing_is_sent_where_nothing_is_given(kommo: Kommo, sandbox: Sandbox):
    incoming = form()
    incoming.save()
    incoming.accept()
    assert sandbox.log[-1].json is None


def test_declining_sends_a_body_and_puts_the_lead_into_the_trash(kommo: Kommo, sandbox: Sandbox):
    sandbox.add("unsorted", category="mail", metadata={"subject": "Hi"})
    incoming = IncomingLead.objects.one()
    outcome = incoming.decline(user_id=0)
    entry = sandbox.log[-1]
    assert (entry.method, entry.path, entry.json) == ("DELETE", f"{UNSORTED}/{incoming.uid}/decline", {"user_id": 0})
    assert (outcome.category, outcome.companies) == ("mail", ())
    assert outcome.lead is not None
    assert [lead.id for lead in Lead.objects.all().deleted()] == [outcome.lead.id]


def test_a_chat_is_linked_to_a_lead_that_is_there(kommo: Kommo, sandbox: Sandbox):
    lead, ann = Lead.objects.create(name="There"), Contact.objects.create(name="Ann")
    sandbox.add("unsorted", category="chats", metadata={"from": "Ann"})
    outcome = IncomingLead.objects.one().link(lead, contact=ann, user_id=0)
    assert sandbox.log[-1].json == {
        "link": {"entity_type": "leads", "entity_id": lead.id, "metadata": {"contact_id": ann.id}},
        "user_id": 0,
    }
    assert outcome.lead == Lead(id=lead.id)
    assert [one.id for one in outcome.contacts] == [ann.id]
    assert not IncomingLead.objects.exists()


def test_sorting_refuses_what_cannot_be(kommo: Kommo, sandbox: Sandbox):
    incoming = form()
    with pytest.raises(QueryError, match="save\\(\\) it first"):
        incoming.accept()
    incoming.save()
    count = len(sandbox.log)
    with pytest.raises(QueryError, match="chats and mails only"):
        incoming.link(Lead(id=5))
    sandbox.add("unsorted", category="chats", metadata={})
    chat = IncomingLead.objects.filter(category="chats").one()
    with pytest.raises(ConfigurationError, match="not stored yet"):
        chat.link(Lead(name="x"))
    with pytest.raises(ConfigurationError, match="linked to a lead or a customer, not to Company"):
        chat.link(Company(id=5))
    with pytest.raises(ConfigurationError, match="contact whose chat it is"):
        chat.link(Contact(id=5))
    with pytest.raises(QueryError, match="positive whole number"):
        incoming.accept(user_id=-1)
    with pytest.raises(QueryError, match="positive whole number"):
        incoming.accept(status_id=True)
    assert len(sandbox.log) == count + 1
    with pytest.raises(BadRequest):
        incoming.accept(status_id=sandbox.rows("statuses")[0]["id"])


def test_many_are_accepted_and_declined(kommo: Kommo, sandbox: Sandbox):
    made = [form(source_uid=str(number), lead=Deal(name=str(number))) for number in range(6)]
    IncomingLead.objects.bulk_create(made)
    report = IncomingLead.objects.accept(made[:3], user_id=0)
    assert report.updated == made[:3]
    assert [outcome.lead for outcome in report.outcomes] == [one.lead for one in made[:3]]
    assert report.requests == 3
    declined = IncomingLead.objects.decline([one.uid for one in made[3:]])
    assert [outcome.uid for outcome in declined.outcomes] == [one.uid for one in made[3:]]
    assert IncomingLead.objects.accept([]).outcomes == []
    with pytest.raises(QueryError, match="as a list"):
        IncomingLead.objects.accept(made[0].uid)


def test_each_of_many_has_its_own_outcome(kommo: Kommo, sandbox: Sandbox):
    there = form()
    there.save()
    with pytest.raises(FlushError) as caught:
        IncomingLead.objects.accept([there, "nobody"])
    report: Any = caught.value
    assert [one.uid for one in report.report.outcomes] == [there.uid]
    [failed] = report.report.failed
    assert failed.object.uid == "nobody"
    assert isinstance(failed.error, NotFound)


def test_an_answer_that_was_lost_is_made_up_for(kommo: Kommo, sandbox: Sandbox):
    incoming = form(lead=Deal(name="x"))
    incoming.save()
    sandbox.faults.next(path=f"{UNSORTED}/{incoming.uid}/accept", status=502, applied=True)
    outcome = incoming.accept()
    assert outcome.lead is incoming.lead
    assert outcome.raw == {}


# ---- counting


def test_the_summary_counts(kommo: Kommo, sandbox: Sandbox):
    made = [form(source_uid=str(number), created_at=MOMENT) for number in range(3)]
    IncomingLead.objects.bulk_create(made)
    sandbox.add("unsorted", category="chats", metadata={}, created_at=1)
    made[0].accept()
    made[1].decline()
    since = MOMENT - timedelta(days=1)
    summary = IncomingLead.objects.summary(created_at__gte=since)
    assert (summary.total, summary.accepted, summary.declined) == (3, 1, 1)
    assert dict(summary.categories) == {"forms": 3, "sip": 0, "chats": 0, "mail": 0}
    query = readable(sandbox.log[-1].query)
    assert query == f"filter[created_at][from]={int(since.timestamp())}"
    pipeline = sandbox.rows("pipelines")[0]["id"]
    assert IncomingLead.objects.filter(pipeline_id=pipeline).summary(uid__in=[one.uid for one in made]).total == 3
    assert IncomingLead.objects.summary(created_at__range=(since, MOMENT), uid=made[0].uid).total == 1
    with pytest.raises(QueryError, match="all categories"):
        IncomingLead.objects.filter(category="forms").summary()
    with pytest.raises(QueryError, match="cannot filter IncomingLead by category"):
        IncomingLead.objects.summary(category="forms")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "row", [{}, {"categories": []}, {"categories": {"sip": 3, "new": {"total": "2"}}, "total": "5"}]
)
def test_an_odd_summary_is_read(row: dict[str, Any]):
    summary = IncomingSummary.from_raw(row)
    assert summary.total == (5 if "total" in row else 0)
    assert summary.categories["forms"] == 0
    assert summary.categories.get("new", 2) == 2
    assert summary.raw == row


# ---- async


@pytest.mark.anyio
async def test_all_of_it_for_async_code(sandbox: Sandbox):
    lead = sandbox.add("leads", name="There")
    async with sandbox.connect(backoff=0):
        incoming = await IncomingLead.objects.acreate(
            source_uid="a", source_name="b", metadata=FORM, lead=Deal(name="x")
        )
        assert (await IncomingLead.objects.aget(incoming.uid)).uid == incoming.uid
        assert await IncomingLead.objects.aget_or_none("nobody") is None
        assert len(await IncomingLead.objects.ain_bulk([incoming.uid])) == 1
        assert (await IncomingLead.objects.asummary()).total == 1
        assert (await incoming.aaccept()).lead is incoming.lead
        other = form()
        await other.asave()
        assert (await other.adecline()).uid == other.uid
        sandbox.add("unsorted", category="chats", metadata={})
        [chat] = [one async for one in IncomingLead.objects.aiterate()]
        assert (await chat.alink(Lead(id=lead["id"]))).lead == Lead(id=lead["id"])
        many = [form(source_uid=str(number)) for number in range(4)]
        await IncomingLead.objects.abulk_create(many)
        assert len((await IncomingLead.objects.aaccept(many[:2])).outcomes) == 2
        assert len((await IncomingLead.objects.adecline(many[2:])).outcomes) == 2
        with Session() as session:
            session.add(form())
            await session.aflush()

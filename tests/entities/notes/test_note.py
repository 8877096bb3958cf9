"""Notes: params of the class of their type, sent whole, pinned by a call of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from kommo_orm import ConfigurationError, Contact, Kommo, Lead, NotLoaded, QueryError, Session
from kommo_orm.entities.notes.note import Note
from kommo_orm.entities.notes.note_params import (
    CallIn,
    CallOut,
    CommonNote,
    MailMessage,
    ServiceMessage,
    SmsOut,
    UnknownParams,
)
from kommo_orm.sandbox import Sandbox
from tests.account import asked, bodies, sent

CALL = CallIn(uniq="k-77", duration=95, source="pbx", phone="+15550100", call_status=4)


def lead_of(sandbox: Sandbox, name: str = "Roof") -> Lead:
    return Lead.objects.get(sandbox.add("leads", name=name)["id"])


def row(note_type: str, params: Any, **values: Any) -> dict[str, Any]:
    head = {"id": 42001, "entity_id": "501", "created_by": 0, "responsible_user_id": 12, "account_id": 12}
    return {**head, "note_type": note_type, "params": params, "entity_type": "leads", **values}


@pytest.mark.parametrize(
    ("note_type", "raw", "read"),
    [
        ("common", {"text": "Hi"}, CommonNote),
        ("call_out", {"uniq": "1686.21", "duration": 57, "link": None, "phone": "+44"}, CallOut),
        ("service_message", {"text": "Sent.", "service": "Robot"}, ServiceMessage),
        ("sms_out", {"text": None, "phone": None}, SmsOut),
        ("amomail_message", {"thread_id": "286", "private": True}, MailMessage),
        ("lead_auto_created", {"any": [1]}, UnknownParams),
        ("common", [], CommonNote),
    ],
    ids=["common", "call", "service", "sms", "mail", "unknown", "empty"],
)
def test_params_are_of_the_class_of_their_type(note_type: str, raw: Any, read: type[Any]):
    note = Note.hydrate([row(note_type, raw)])[0]
    assert type(note.params) is read
    assert note.note_type == note_type
    assert note.entity_id == 501
    assert note.changes == {}
    assert note.raw["params"] == raw


def test_call_responsible_is_an_id_or_a_name():
    for value in (504141, "Ana"):
        params = Note.hydrate([row("call_out", {"call_responsible": value})])[0].params
        assert isinstance(params, CallOut)
        assert params.call_responsible == value


def test_a_text_is_a_common_note(kommo: Kommo, sandbox: Sandbox):
    lead = lead_of(sandbox)
    note = Note.objects.of(lead).create("Called back")
    assert sent(sandbox)[0] == (
        "POST",
        "/api/v4/leads/notes",
        [{"entity_id": lead.id, "note_type": "common", "params": {"text": "Called back"}, "request_id": "0"}],
    )
    assert (note.params, note.text, note.note_type) == (CommonNote("Called back"), "Called back", "common")
    assert note.changes == {}
    note.refresh()
    assert (note.text, note.entity_id, note.entity_type) == ("Called back", lead.id, "leads")


def test_params_are_given_typed_and_options_beside_them(kommo: Kommo, sandbox: Sandbox):
    lead = lead_of(sandbox)
    note = Note.objects.of(lead).create(CALL, is_need_to_trigger_digital_pipeline=False)
    (body,) = bodies(sandbox, "POST")[0]
    assert body["note_type"] == "call_in"
    assert body["params"] == {"uniq": "k-77", "duration": 95, "source": "pbx", "phone": "+15550100", "call_status": 4}
    assert body["is_need_to_trigger_digital_pipeline"] is False
    assert Note.objects.of(Lead).get(note.id).params == CALL


def test_its_card_may_be_new(kommo: Kommo, sandbox: Sandbox):
    note = Note(params="First", entity=Contact(name="Ann"))
    note.save()
    assert [path for _, path, _ in sent(sandbox)] == ["/api/v4/contacts", "/api/v4/contacts/notes"]
    assert isinstance(note.entity, Contact)
    assert note.entity_id == note.entity.id


def test_changes_in_place_count_and_go_with_type_and_params(kommo: Kommo, sandbox: Sandbox):
    lead = lead_of(sandbox)
    created = Note.objects.of(lead).create(CALL)
    note = Note.objects.of(lead).get(created.id)
    assert isinstance(note.params, CallIn)
    note.params.duration = 120
    assert list(note.changes) == ["params"]
    note.save()
    assert sent(sandbox)[-1][:2] == ("PATCH", f"/api/v4/leads/notes/{note.id}")
    assert bodies(sandbox) == [{"note_type": "call_in", "params": {**CALL.to_raw(), "duration": 120}}]
    assert note.changes == {}
    note.params.duration = 120
    assert not note.has_changes


def test_another_change_carries_them_too(kommo: Kommo, sandbox: Sandbox):
    note = Note.objects.of(lead_of(sandbox)).create("Hi")
    note.text = "Hello"
    note.save()
    note.responsible_user_id = sandbox.users[0]["id"]
    note.save()
    assert bodies(sandbox)[-1] == {
        "note_type": "common",
        "params": {"text": "Hello"},
        "responsible_user_id": sandbox.users[0]["id"],
    }


def test_in_a_batch_each_names_its_card(kommo: Kommo, sandbox: Sandbox):
    notes = [Note(params=f"Note {number}", entity=lead_of(sandbox)) for number in range(3)]
    report = Note.objects.bulk_create(notes)
    assert (len(report.created), report.requests) == (3, 1)
    for note in notes:
        note.text = "Changed"
    report = Note.objects.bulk_update(notes)
    assert (len(report.updated), report.requests) == (3, 1)
    assert [item["entity_id"] for item in bodies(sandbox)[0]] == [note.entity_id for note in notes]


def test_kinds_that_kommo_writes_are_refused_before_sending(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(ValidationError, match="written by Kommo"):
        Note(params=MailMessage(), entity=lead_of(sandbox))  # type: ignore[arg-type]
    mail = Note.hydrate([row("amomail_message", {"thread_id": "1"})], kommo)[0]
    mail.responsible_user_id = 5
    with pytest.raises(ConfigurationError, match="amomail_message"):
        mail.save()
    assert sent(sandbox) == []


def test_a_stored_note_keeps_type_and_card(kommo: Kommo, sandbox: Sandbox):
    note = Note.objects.of(lead_of(sandbox)).create("Hi")
    with pytest.raises(ConfigurationError, match="is of type common"):
        note.params = CALL
    assert note.text == "Hi"
    with pytest.raises(ConfigurationError, match="stays with its entity"):
        note.entity = lead_of(sandbox)
    with pytest.raises(AttributeError, match="where the row lives"):
        note.entity_id = 5
    with pytest.raises(ConfigurationError, match="no text"):
        Note(params=CALL).text = "x"


def test_a_new_note_may_change_its_mind(kommo: Kommo, sandbox: Sandbox):
    note = Note(params="Hi", entity=lead_of(sandbox))
    note.params = CALL
    assert note.note_type == "call_in"
    assert note.text is None


def test_what_is_missing_is_named(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(ConfigurationError, match="cannot be created without entity_id"):
        Note(params="Hi").save()
    with pytest.raises(ConfigurationError, match="cannot be created without params"):
        Note(entity=lead_of(sandbox)).save()
    with pytest.raises(ConfigurationError, match="does not know its entity_type"):
        Note(id=5, params="Hi").save()
    with pytest.raises(ConfigurationError, match="which are not loaded"):
        Note(id=5, entity_type="leads", responsible_user_id=3).save()
    with pytest.raises(QueryError, match="on one object"):
        Note.objects.of(Lead).create("Hi")
    with pytest.raises(QueryError, match="lives under another"):
        Note.objects.list()


def test_a_reference_is_updated_without_being_read(kommo: Kommo, sandbox: Sandbox):
    note = Note.objects.of(lead_of(sandbox)).create("Hi")
    Note(id=note.id, entity_type="leads", params="Better").save()
    assert asked(sandbox)[1:] == []
    assert Note.objects.of(Lead).get(note.id).text == "Better"


def test_pin_and_unpin(kommo: Kommo, sandbox: Sandbox):
    lead = lead_of(sandbox)
    note = Note.objects.of(lead).create("Hi")
    with pytest.raises(NotLoaded, match=r"\.include\('is_pinned'\)"):
        Note.objects.of(lead).get(note.id).is_pinned  # noqa: B018
    note.pin()
    assert note.is_pinned
    assert Note.objects.of(lead).include("is_pinned").get(note.id).is_pinned
    note.unpin()
    assert sent(sandbox)[-1][:2] == ("POST", f"/api/v4/leads/notes/{note.id}/unpin")
    assert not Note.objects.of(lead).include("is_pinned").one().is_pinned
    with pytest.raises(QueryError, match="save"):
        Note(params="Hi", entity=lead).pin()


async def test_async(kommo: Kommo, sandbox: Sandbox):
    lead = lead_of(sandbox)
    note = await Note.objects.of(lead).acreate("Hi")
    await note.apin()
    found = [one async for one in Note.objects.of(lead).include("is_pinned")]
    assert [one.is_pinned for one in found] == [True]
    await note.aunpin()


def test_filters(kommo: Kommo, sandbox: Sandbox):
    one, other = lead_of(sandbox), lead_of(sandbox, "Door")
    text, call = Note.objects.of(one).create("Hi"), Note.objects.of(other).create(CALL)
    ids = [note.id for note in Note.objects.of(Lead).filter(note_type="call_in")]
    assert ids == [call.id]
    assert Note.objects.of(Lead).filter(Note.note_type.in_("common", "call_in")).order_by("-id").first() is not None
    assert [note.id for note in Note.objects.of(Lead).filter(entity_id=one.id)] == [text.id]
    assert Note.objects.of(one).filter(updated_at__gte=datetime(2020, 1, 1, tzinfo=UTC)).exists()
    with pytest.raises(QueryError, match="one object already"):
        Note.objects.of(one).filter(entity_id=one.id).list()


def test_in_a_session_new_cards_and_notes_are_written_in_order(kommo: Kommo, sandbox: Sandbox):
    with Session(kommo) as session:
        lead = Lead(name="Fresh")
        session.add(Note(params="One", entity=lead), Note(params="Two", entity=lead))
    assert [(path, len(body)) for _, path, body in sent(sandbox)] == [("/api/v4/leads", 1), ("/api/v4/leads/notes", 2)]


def test_dumps_show_the_parts(kommo: Kommo, sandbox: Sandbox):
    note = Note.objects.of(lead_of(sandbox)).create(CALL)
    assert note.model_dump()["params"] == {**CALL.to_raw()}
    assert '"uniq":"k-77"' in note.model_dump_json()
    assert Note.model_json_schema()["title"] == "Note"


def test_a_note_goes_to_the_account_of_its_card(kommo: Kommo, sandbox: Sandbox):
    with Sandbox(subdomain="second").connect() as other:
        lead = Lead.objects.using(other).create(name="There")
    other_note = Note(params="Hi", entity=lead)
    assert other_note.account_name == "second.kommo.com"
    with pytest.raises(ConfigurationError, match=r"second\.kommo\.com"):
        Note.objects.using(kommo).of(lead)

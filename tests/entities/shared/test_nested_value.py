"""Values inside a row: strict for users, never failing on what the service sends."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kommo_orm import DriveFile, IncomingLead, Note, User
from kommo_orm.entities.incoming.metadata import CallMetadata, FormMetadata
from kommo_orm.entities.notes.note_params import (
    CLASSES,
    CallIn,
    CallOut,
    CommonNote,
    MailMessage,
    MessageCashier,
    NoteParams,
    SmsOut,
    TargetingIn,
    parse_params,
)
from kommo_orm.entities.users.rights import CardRights, ListRights, Rights
from kommo_orm.model.assignment import ReadOnlyField

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(note_type=st.sampled_from([*CLASSES, "unknown"]), raw=JSON)
def test_reading_params_never_fails(note_type: str, raw: Any):
    read = parse_params(note_type, raw)
    assert read.note_type == note_type
    assert isinstance(read.to_raw(), dict)


@given(keys=st.dictionaries(st.sampled_from([*Rights.__parts__, "new"]), JSON))
def test_reading_rights_never_fails_and_loses_nothing(keys: dict[str, Any]):
    read = Rights.from_raw(copy.deepcopy(keys))
    assert "new" not in keys or read.extra["new"] == keys["new"]
    assert isinstance(read.to_raw(), dict)


def test_what_cannot_be_read_stays_in_extra():
    broken = ListRights.from_raw({"catalog_id": "add", "rights": "A"})
    assert broken.catalog_id is None
    assert broken.rights == CardRights()
    assert broken.extra == {"catalog_id": "add", "rights": "A"}


def test_numbers_as_texts_and_empty_lists_read_well():
    call = parse_params("call_in", {"uniq": 77, "duration": "95", "source": None, "phone": "+1", "call_status": "4"})
    assert isinstance(call, CallIn)
    assert (call.uniq, call.duration, call.source, call.call_status, call.link) == ("77", 95, "", 4, None)
    assert parse_params("common", []) == CommonNote("")
    assert parse_params("sms_out", {"text": None, "phone": None}).to_raw() == {}


def test_only_known_parts_that_may_be_set_are_sent():
    raw = {"file_uuid": "u-1", "file_name": "a.jpg", "original_name": "A.jpg", "is_drive_attachment": True, "new": 1}
    read = parse_params("attachment", raw)
    assert read.to_raw() == {"file_uuid": "u-1", "file_name": "a.jpg"}
    assert read.extra == {"new": 1}


def test_a_user_is_refused_what_the_parts_do_not_take():
    with pytest.raises(ValidationError, match="duration"):
        CallIn(uniq="k", duration="long", source="pbx", phone="+1")  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        SmsOut(text="Hi", phone="+1", colour="red")  # type: ignore[call-arg]
    with pytest.raises(ReadOnlyField):
        MailMessage().subject = "x"  # type: ignore[assignment]


def test_parts_whose_key_is_a_word_of_python():
    mail = parse_params("amomail_message", {"thread_id": "286", "from": {"email": "a@x.example", "name": ""}, "to": []})
    assert isinstance(mail, MailMessage)
    assert mail.sender is not None
    assert mail.sender.email == "a@x.example"
    assert (mail.recipient, mail.subject, mail.thread_id) == (None, None, "286")


def test_metadata_is_sent_with_its_category():
    moment = datetime(2024, 1, 9, tzinfo=UTC)
    form = FormMetadata(form_id=3, form_name="Callback", form_sent_at=moment)
    assert form.to_raw() == {"category": "forms", "form_id": 3, "form_name": "Callback", "form_sent_at": 1704758400}
    call = CallMetadata(caller="+1", phone="+2", called_at=moment, duration=5)
    assert call.to_raw()["from"] == "+1"
    assert call.to_raw()["category"] == "sip"


def test_unknown_params_survive_copies_and_pickles():
    unknown = parse_params("lead_auto_created", {"form": 7})
    for twin in (copy.deepcopy(unknown), pickle.loads(pickle.dumps(unknown))):
        assert isinstance(twin, NoteParams)
        assert (twin.note_type, twin.extra, twin.is_writable) == ("lead_auto_created", {"form": 7}, False)


CALL: dict[str, Any] = {"uniq": "k-7", "duration": 95, "source": "pbx", "phone": "+1"}


@pytest.mark.parametrize(
    ("cls", "parts", "told"),
    [
        (CallIn, {**CALL, "duration": -1}, "0 seconds or more"),
        (CallOut, {**CALL, "call_status": 9}, "from 1 .* to 8"),
        (CallOut, {**CALL, "call_status": 0}, "from 1 .* to 8"),
        (MessageCashier, {"status": "seen", "text": "x"}, "expected one of 'created', 'shown', 'canceled'"),
        (TargetingIn, {"service": "google"}, "expected one of 'facebook', 'vkontakte'"),
    ],
)
def test_values_that_kommo_would_not_take_are_refused_and_read(cls: Any, parts: dict[str, Any], told: str):
    with pytest.raises(ValidationError, match=told):
        cls(**parts)
    read = parse_params(cls.type_name, dict(parts))
    assert {name: getattr(read, name) for name in parts} == parts


# ---- dumps
DEEP = [
    (IncomingLead, {"category": "chats", "metadata": {"from": "1", "new": 1, "client": {"name": "Ann", "lang": "pt"}}}),
    (IncomingLead, {"category": "mail", "metadata": {"from": {"email": "a@b.example", "id": 77}, "subject": "Hi"}}),
    (IncomingLead, {"category": "pigeon", "metadata": {"loft": {"id": 8}}}),
    (Note, {"note_type": "amomail_message", "params": {"delivery": {"status": "sent", "by": "relay"}, "new": [2]}}),
    (Note, {"note_type": "common", "params": {"text": {"html": "<b>"}}}),
    (User, {"rights": {"leads": {"view": "A", "archive": "D"}, "is_admin": False, "new": {"x": 3}}}),
    (DriveFile, {"metadata": {"extension": "png", "dpi": 300}, "previews": [{"width": 10, "ratio": 1.5}]}),
]


@pytest.mark.parametrize(("cls", "row"), DEEP)
def test_dumps_have_every_value_however_deep(cls: Any, row: dict[str, Any]):
    model = cls.hydrate([{"id": "5" if cls.__kommo_info__.id_type is str else 5, **copy.deepcopy(row)}])[0]
    for dumped in (model.model_dump(), model.model_dump(mode="json"), json.loads(model.model_dump_json())):
        assert leaves_of(row) <= leaves_of(dumped), dumped


def leaves_of(value: Any) -> set[Any]:
    if isinstance(value, dict):
        return {leaf for one in value.values() for leaf in leaves_of(one)}
    return {leaf for one in value for leaf in leaves_of(one)} if isinstance(value, list) else {value}

from __future__ import annotations

from typing import Any

import pytest

from kommo_orm import (
    BadRequest,
    ChatTemplate,
    DriveFile,
    FilterIgnored,
    Kommo,
    MessageAttachment,
    NotFound,
    NotLoaded,
    QueryError,
    Talk,
    TalkMessage,
    TemplateAttachment,
    UncertainWrite,
)
from kommo_orm.sandbox import Sandbox
from tests.account import sent


def a_talk(sandbox: Sandbox, **values: Any) -> int:
    return int(sandbox.add("talks", **values)["talk_id"])


def test_talks_are_listed_and_read_by_their_own_ids(sandbox: Sandbox, kommo: Kommo) -> None:
    lead = sandbox.add("leads", name="Roof")
    pk = a_talk(sandbox, contact_id=55, entity_type="lead", entity_id=lead["id"], origin="waba")
    (talk,) = Talk.objects.using(kommo)
    assert (talk.id, talk.pk, talk.talk_id) == (pk, pk, pk)
    assert (talk.contact_id, talk.entity_type, talk.entity_id) == (55, "lead", lead["id"])
    assert (talk.is_in_work, talk.is_read, talk.rate, talk.origin, talk.missed_at) == (True, False, 0, "waba", None)
    assert talk.raw["_embedded"]["leads"] == [{"id": lead["id"]}]
    assert Talk.objects.using(kommo).get(pk).chat_id == talk.chat_id
    talk.refresh()
    with pytest.raises(NotFound):
        Talk.objects.using(kommo).get(999)


async def test_talks_are_read_in_async_code(sandbox: Sandbox, kommo: Kommo) -> None:
    ids = [a_talk(sandbox) for _ in range(3)]
    assert [talk.id async for talk in Talk.objects.using(kommo)] == ids
    assert (await Talk.objects.using(kommo).aget(ids[0])).id == ids[0]


def test_filters_become_what_kommo_calls_them(sandbox: Sandbox, kommo: Kommo) -> None:
    lead = int(sandbox.add("leads", name="Roof")["id"])
    mine = a_talk(sandbox, contact_id=5, entity_type="lead", entity_id=lead)
    other = a_talk(sandbox, contact_id=6, is_in_work=False)

    def found(**lookups: Any) -> list[int]:
        return [talk.id for talk in Talk.objects.using(kommo).filter(**lookups)]

    assert found(id=mine) == [mine]
    assert found(id__in=[mine, other]) == [mine, other]
    assert found(contact_id=6) == [other]
    assert found(contact_id__in=[5, 6]) == [mine, other]
    assert found(entity_type="lead", entity_id=lead) == [mine]
    assert found(is_in_work=True) == [mine]
    queries = [entry.query for entry in sandbox.log]
    assert "filter%5Btalk_id%5D%5B%5D" in queries[0] or "filter[talk_id][]" in queries[0]
    assert "only_in_work" in queries[-1]


@pytest.mark.parametrize(
    "lookups", [{"entity_id": 5}, {"entity_type": "lead"}, {"is_in_work": False}], ids=["id", "type", "closed"]
)
def test_filters_that_kommo_would_ignore_are_refused(kommo: Kommo, lookups: Any) -> None:
    with pytest.raises(QueryError):
        Talk.objects.using(kommo).filter(**lookups).list()


@pytest.mark.parametrize("value", ["leads", "Lead", "contact", ""])
def test_cards_that_no_talk_has_are_refused_at_once(kommo: Kommo, value: Any) -> None:
    talks = Talk.objects.using(kommo)
    with pytest.raises(QueryError, match="'lead', 'customer'"):
        talks.filter(entity_type=value, entity_id=5)
    with pytest.raises(QueryError, match="'lead', 'customer'"):
        talks.filter(Talk.entity_type == value)


def test_talks_are_found_by_the_name_that_kommo_gives_their_ids(sandbox: Sandbox, kommo: Kommo) -> None:
    mine, other = a_talk(sandbox), a_talk(sandbox)
    a_talk(sandbox)
    talks = Talk.objects.using(kommo)
    assert [talk.id for talk in talks.filter(talk_id=mine)] == [mine]
    assert [talk.id for talk in talks.filter(Talk.talk_id == other)] == [other]
    assert [talk.id for talk in talks.filter(talk_id__in=[mine, other])] == [mine, other]
    assert {entry.query.replace("%5B", "[").replace("%5D", "]").partition("=")[0] for entry in sandbox.log} == {
        "filter[talk_id][]"
    }
    with pytest.raises(QueryError, match="twice"):
        talks.filter(talk_id=mine, id=other).list()


def test_a_filter_that_was_ignored_is_noticed(sandbox: Sandbox, kommo: Kommo) -> None:
    row = {"talk_id": 7, "contact_id": 5, "is_in_work": False}
    sandbox.faults.next(status=200, body={"_embedded": {"talks": [row]}})
    with pytest.raises(FilterIgnored):
        Talk.objects.using(kommo).filter(is_in_work=True).list()


def test_a_talk_is_closed(sandbox: Sandbox, kommo: Kommo) -> None:
    talk = Talk.objects.using(kommo).get(a_talk(sandbox))
    talk.close(force=True)
    assert sent(sandbox) == [("POST", f"/api/v4/talks/{talk.id}/close", {"force_close": True})]
    assert not talk.is_in_work
    with pytest.raises(BadRequest, match="already closed"):
        talk.close()


def test_a_close_whose_answer_was_lost_is_done(sandbox: Sandbox, kommo: Kommo) -> None:
    talk = Talk.objects.using(kommo).get(a_talk(sandbox))
    sandbox.faults.next(method="POST", drop_after=True)
    talk.close(force=True)
    assert [entry.status for entry in sandbox.requests("POST")][-1] == 422
    assert not talk.is_in_work
    talk.refresh()
    assert not talk.is_in_work


async def test_another_refusal_of_a_repeated_close_is_no_success(sandbox: Sandbox, kommo: Kommo) -> None:
    talk = Talk.objects.using(kommo).get(a_talk(sandbox))
    sandbox.faults.next(status=503, method="POST")
    sandbox.faults.next(status=400, method="POST")
    with pytest.raises(BadRequest):
        await talk.aclose(force=True)
    assert talk.is_in_work


async def test_a_talk_that_asks_for_a_mark_stays_open_for_now(sandbox: Sandbox, kommo: Kommo) -> None:
    talk = Talk.objects.using(kommo).get(a_talk(sandbox))
    await talk.aclose()
    assert sent(sandbox)[0][2] == {"force_close": False}
    assert talk.is_in_work


def test_messages_are_read_under_their_talk(sandbox: Sandbox, kommo: Kommo) -> None:
    talk = Talk.objects.using(kommo).get(a_talk(sandbox))
    for number in range(3):
        sandbox.add("talk_messages", talk_id=talk.id, text=f"Hello {number}")
    sandbox.add("talk_messages", talk_id=a_talk(sandbox), text="Elsewhere")
    messages = talk.messages.all().list()
    assert [message.text for message in messages] == ["Hello 0", "Hello 1", "Hello 2"]
    assert isinstance(messages[0].id, str)
    assert messages[0].talk_id == talk.id
    assert messages[0].author is not None
    assert messages[0].author.type == "external"
    assert len({message.id for message in TalkMessage.objects.using(kommo).of(talk.id)}) == 3
    with pytest.raises(NotLoaded, match=r"messages\.all"):
        list(talk.messages)


async def test_messages_are_read_in_async_code(sandbox: Sandbox, kommo: Kommo) -> None:
    talk = Talk.objects.using(kommo).get(a_talk(sandbox))
    sandbox.add("talk_messages", talk_id=talk.id, text="Hello")
    assert [message.text async for message in talk.messages.all()] == ["Hello"]


def test_messages_of_unknown_shapes_do_not_break_the_page(sandbox: Sandbox, kommo: Kommo) -> None:
    rows = [
        {"id": 7, "text": None, "author": [], "attachment": False, "created_at": "1780000000", "new_key": 1},
        {"id": "m-2"},
    ]
    sandbox.faults.next(status=200, body={"_embedded": {"messages": rows}})
    one, two = TalkMessage.objects.using(kommo).of(5)
    assert (one.id, one.text, one.attachment) == ("7", None, None)
    assert one.extra == {"new_key": 1}
    assert two.id == "m-2"


def test_a_message_is_sent(sandbox: Sandbox, kommo: Kommo) -> None:
    talk = Talk.objects.using(kommo).get(a_talk(sandbox))
    picture = MessageAttachment(type="picture", drive_uuid="u-1", drive_version_uuid="v-1")
    message_id = talk.send("Here it is", attachment=picture)
    (message,) = talk.messages.all()
    assert (message.id, message.text, message.type) == (message_id, "Here it is", "outgoing")
    assert sent(sandbox)[0][2] == {
        "text": "Here it is",
        "attachment": {"type": "picture", "drive_uuid": "u-1", "drive_version_uuid": "v-1"},
    }


def test_a_file_of_the_drive_goes_along(sandbox: Sandbox, kommo: Kommo) -> None:
    talk = Talk.objects.using(kommo).get(a_talk(sandbox))
    file = DriveFile.objects.using(kommo).upload(b"%PDF-", name="plan.pdf")
    talk.send(attachment=file)
    assert sent(sandbox)[-1][2] == {
        "attachment": {"type": "file", "drive_uuid": file.uuid, "drive_version_uuid": file.version_uuid}
    }
    template = ChatTemplate.objects.using(kommo).create("W", "x", attachment=TemplateAttachment.of(file))
    assert template.attachment is not None
    assert (template.attachment.id, template.attachment.name) == (file.uuid, "plan.pdf")
    assert MessageAttachment.of(file, "audio").type == "audio"


async def test_a_message_is_sent_in_async_code(sandbox: Sandbox, kommo: Kommo) -> None:
    talk = Talk.objects.using(kommo).get(a_talk(sandbox))
    assert await talk.asend("Hi")


def test_a_message_without_anything_is_refused(sandbox: Sandbox, kommo: Kommo) -> None:
    talk = Talk.objects.using(kommo).get(a_talk(sandbox))
    with pytest.raises(QueryError, match="text"):
        talk.send("")
    with pytest.raises(QueryError, match="drive_version_uuid"):
        talk.send(attachment=MessageAttachment(type="picture", drive_uuid="u-1"))
    assert sent(sandbox) == []


def test_a_message_is_not_sent_twice(sandbox: Sandbox, kommo: Kommo) -> None:
    talk = Talk.objects.using(kommo).get(a_talk(sandbox))
    sandbox.faults.next(status=504, method="POST", applied=True)
    with pytest.raises(UncertainWrite):
        talk.send("Only once")
    assert [message.text for message in talk.messages.all()] == ["Only once"]

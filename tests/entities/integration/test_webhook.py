"""Webhooks are known by their address: subscribed as one object, changed by subscribing anew, deleted by body."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from kommo_orm import (
    BadRequest,
    ConfigurationError,
    Kommo,
    NotFound,
    NotLoaded,
    QueryError,
    Session,
    StaleObject,
    TransportError,
    Webhook,
)
from kommo_orm.sandbox import Sandbox
from tests.account import sent

HOOK = "https://hook.olive.example/in?t=s3"
OTHER = "https://hook.olive.example/other"
URL = "/api/v4/webhooks"


def test_subscribing_is_one_object_and_the_answer_is_the_hook(kommo: Kommo, sandbox: Sandbox):
    hook = Webhook.objects.subscribe(HOOK, ["add_lead", "status_lead", "add_lead"], sort=3)
    assert sent(sandbox) == [
        ("POST", URL, {"destination": HOOK, "settings": ["add_lead", "status_lead"], "sort": 3}),
    ]
    assert (hook.destination, hook.settings, hook.sort, hook.disabled) == (HOOK, ["add_lead", "status_lead"], 3, False)
    assert hook.id
    assert hook.account_id == sandbox.account.id
    assert not hook.has_changes


def test_creating_is_subscribing(kommo: Kommo, sandbox: Sandbox):
    hook = Webhook.objects.create(destination=HOOK, settings=["add_lead"], sort=3)
    assert sent(sandbox) == [("POST", URL, {"destination": HOOK, "settings": ["add_lead"], "sort": 3})]
    assert hook.id
    again = Webhook.objects.create(HOOK, ["add_task"])
    assert (again.id, again.settings) == (hook.id, ["add_task"])


@pytest.mark.anyio
async def test_creating_is_subscribing_in_async_code(sandbox: Sandbox):
    async with sandbox.connect() as kommo:
        hook = await Webhook.objects.using(kommo).acreate(HOOK, ["add_lead"])
    assert hook.id
    assert sent(sandbox) == [("POST", URL, {"destination": HOOK, "settings": ["add_lead"]})]


def test_the_list_is_whole_and_found_by_address_or_id(kommo: Kommo, sandbox: Sandbox):
    assert Webhook.objects.list() == []
    hook = Webhook.objects.subscribe(HOOK, ["add_lead"])
    other = Webhook.objects.subscribe(OTHER, ["add_task"])
    assert [one.destination for one in Webhook.objects.iterate()] == [HOOK, OTHER]
    assert Webhook.objects.filter(destination=OTHER).one().id == other.id
    assert Webhook.objects.filter(Webhook.destination == HOOK).one().id == hook.id
    assert Webhook.objects.get(OTHER).id == other.id
    assert Webhook.objects.get(hook.id).destination == HOOK
    queries = [entry.query for entry in sandbox.log if entry.method == "GET"]
    assert queries[-2] == "filter[destination]=https%3A%2F%2Fhook.olive.example%2Fother"
    assert queries[-1] == ""
    with pytest.raises(NotFound, match="no Webhook"):
        Webhook.objects.get(999)
    assert Webhook.objects.get_or_none("https://nobody.example/x") is None
    with pytest.raises(QueryError, match="cannot list Webhook by ids"):
        Webhook.objects.in_bulk([hook.id])


def test_changed_events_are_subscribed_anew_whole(kommo: Kommo, sandbox: Sandbox):
    hook = Webhook.objects.subscribe(HOOK, ["add_lead"])
    hook.settings.append("update_lead")
    assert hook.changes == {"settings": (["add_lead"], ["add_lead", "update_lead"])}
    hook.save()
    assert sent(sandbox)[-1] == ("POST", URL, {"destination": HOOK, "settings": ["add_lead", "update_lead"]})
    hook.sort = 9
    hook.save()
    assert sent(sandbox)[-1][2] == {"destination": HOOK, "settings": ["add_lead", "update_lead"], "sort": 9}
    assert not hook.has_changes
    assert len(Webhook.objects.list()) == 1
    count = len(sent(sandbox))
    hook.save()
    assert len(sent(sandbox)) == count


def test_single_events_come_and_go(kommo: Kommo, sandbox: Sandbox):
    hook = Webhook.objects.subscribe(HOOK, ["add_lead"])
    hook.subscribe("add_task", "add_lead")
    assert sent(sandbox)[-1][2]["settings"] == ["add_lead", "add_task"]
    hook.settings.append("note_lead")  # pending, and stays so
    hook.unsubscribe("add_task")
    assert sent(sandbox)[-1] == ("POST", URL, {"destination": HOOK, "settings": ["add_lead"]})
    assert hook.changes == {"settings": (["add_lead"], ["add_lead", "note_lead"])}
    count = len(sent(sandbox))
    hook.unsubscribe("add_contact")
    assert len(sent(sandbox)) == count
    hook.unsubscribe("add_lead")
    assert sent(sandbox)[-1] == ("DELETE", URL, {"destination": HOOK})
    assert sandbox.rows("webhooks") == []


def test_deletion_names_the_address_in_the_body(kommo: Kommo, sandbox: Sandbox):
    Webhook.objects.subscribe(HOOK, ["add_lead"]).delete()
    assert sent(sandbox)[-1] == ("DELETE", URL, {"destination": HOOK})
    Webhook.objects.subscribe(HOOK, ["add_lead"])
    Webhook.objects.unsubscribe(HOOK)
    assert sandbox.rows("webhooks") == []
    with pytest.raises(NotFound):
        Webhook.objects.unsubscribe(HOOK)
    for hook in (HOOK, OTHER):
        Webhook.objects.subscribe(hook, ["add_lead"])
    assert len(Webhook.objects.all().delete().deleted) == 2
    with pytest.raises(NotLoaded, match="destination"):
        Webhook(id=5).delete()


def test_sessions_write_webhooks(kommo: Kommo, sandbox: Sandbox):
    with Session(kommo) as session:
        session.add(Webhook(destination=HOOK, settings=["add_lead"]), Webhook(destination=OTHER, settings=["add_task"]))
    with Session(kommo) as session:
        hook = session.query(Webhook).get(HOOK)
        assert session.get(Webhook, hook.id) is hook
        hook.settings = ["update_lead"]
        session.delete(session.query(Webhook).get(OTHER))
    assert [(row["destination"], row["settings"]) for row in sandbox.rows("webhooks")] == [(HOOK, ["update_lead"])]


def test_refresh_and_references(kommo: Kommo, sandbox: Sandbox):
    hook = Webhook.objects.subscribe(HOOK, ["add_lead"])
    Webhook(id=hook.id, destination=HOOK, settings=["add_task"]).save()
    hook.refresh()
    assert hook.settings == ["add_task"]


def test_if_unmodified(kommo: Kommo, sandbox: Sandbox):
    hook = Webhook.objects.subscribe(HOOK, ["add_lead"])
    hook.settings.append("add_task")
    hook.save(if_unmodified=True)
    assert sandbox.rows("webhooks")[0]["settings"] == ["add_lead", "add_task"]
    stored = sandbox.account.store.get_table("webhooks")[hook.id]
    stored["updated_at"] += 5
    hook.settings.append("note_lead")
    with pytest.raises(StaleObject):
        hook.save(if_unmodified=True)


def test_what_cannot_be(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(ValidationError, match="whole address"):
        Webhook.objects.subscribe("hook.example", ["add_lead"])
    with pytest.raises(ValidationError, match="one event at least"):
        Webhook.objects.subscribe(HOOK, [])
    with pytest.raises(ValidationError, match="several values"):
        Webhook(destination=HOOK, settings="add_lead")
    with pytest.raises(ConfigurationError, match="without settings"):
        Webhook(destination=HOOK).save()
    assert sent(sandbox) == []
    with pytest.raises(BadRequest) as caught:
        Webhook.objects.subscribe(HOOK, ["add_lead", "add_leed"])  # type: ignore[list-item]
    assert [(item.field, item.code) for item in caught.value.items] == [("settings", "NotSupportedChoice")]
    hook = Webhook.objects.subscribe(HOOK, ["add_lead"])
    with pytest.raises(AttributeError, match="where the row lives"):
        hook.destination = OTHER
    with pytest.raises(QueryError, match="never saved"):
        Webhook(destination=OTHER, settings=["add_lead"]).unsubscribe()


def test_a_subscription_whose_answer_was_lost_is_repeated(kommo: Kommo, sandbox: Sandbox):
    sandbox.faults.next(path=URL, method="POST", drop_after=True)
    assert Webhook.objects.subscribe(HOOK, ["add_lead"]).settings == ["add_lead"]
    assert len(sandbox.requests("POST", URL)) == 2
    assert [hook.destination for hook in Webhook.objects.list()] == [HOOK]


def test_when_all_answers_are_lost_it_fails_and_may_be_stored(kommo: Kommo, sandbox: Sandbox):
    sandbox.faults.next(path=URL, method="POST", drop_after=True, times=5)
    with pytest.raises(TransportError, match="It is not known whether the service got the request"):
        Webhook.objects.subscribe(HOOK, ["add_lead"])
    assert Webhook.objects.get(HOOK).settings == ["add_lead"]


def test_odd_rows_are_read():
    rows = [
        {"id": "48000111", "destination": HOOK, "settings": {"add_lead": 1, "status_lead": "1"}, "sort": "1"},
        {"id": 2, "destination": HOOK, "settings": {"0": "add_lead", "2": "brand_new_event"}, "disabled": "1"},
        {"id": 3, "destination": HOOK, "settings": [], "surprise": True},
        {"id": 4, "destination": HOOK, "settings": None, "disabled": False},
    ]
    first, second, third, fourth = Webhook.hydrate(rows)
    assert (first.id, first.settings, first.sort) == (48000111, ["add_lead", "status_lead"], 1)
    assert (second.settings, second.disabled) == (["add_lead", "brand_new_event"], True)
    assert (third.settings, third.extra) == ([], {"surprise": True})
    assert fourth.settings == []


def test_a_lost_attempt_has_unsubscribed(kommo: Kommo, sandbox: Sandbox):
    Webhook.objects.subscribe(HOOK, ["add_lead"])
    sandbox.faults.next(method="DELETE", path=URL, status=504, applied=True)
    Webhook.objects.unsubscribe(HOOK)
    assert [entry.status for entry in sandbox.log if entry.method == "DELETE"] == [504, 404]
    sandbox.faults.next(method="DELETE", path=URL, status=429)
    with pytest.raises(NotFound):
        Webhook.objects.unsubscribe(HOOK)


@pytest.mark.anyio
async def test_async(sandbox: Sandbox):
    async with sandbox.connect() as kommo:
        hook = await Webhook.objects.using(kommo).asubscribe(HOOK, ["add_lead"])
        await hook.asubscribe("add_task")
        await hook.aunsubscribe("add_lead")
        assert (await Webhook.objects.aget(HOOK)).settings == ["add_task"]
        assert (await Webhook.objects.aget_or_none(hook.id)) is not None
        assert [one.settings async for one in Webhook.objects.aiterate()] == [["add_task"]]
        await hook.adelete()
        await Webhook.objects.asubscribe(OTHER, ["add_lead"])
        await Webhook.objects.aunsubscribe(OTHER)
        assert await Webhook.objects.alist() == []

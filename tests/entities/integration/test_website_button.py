"""Website buttons: made later than asked for, known by their source, trusting more sites but never fewer."""

from __future__ import annotations

import pytest

from kommo_orm import ConfigurationError, Kommo, NotFound, NotLoaded, QueryError, UncertainWrite, WebsiteButton
from kommo_orm.sandbox import Sandbox
from tests.account import sent

URL = "/api/v4/website_buttons"


@pytest.fixture
def pipeline(sandbox: Sandbox) -> int:
    return int(sandbox.account.get_main_pipeline()["id"])


def test_creation_is_one_object_and_goes_on_by_itself(kommo: Kommo, sandbox: Sandbox, pipeline: int):
    button = WebsiteButton.objects.create(pipeline, trusted_websites=["olive.example"], name="Site")
    body = {"pipeline_id": pipeline, "trusted_websites": ["olive.example"], "name": "Site"}
    assert sent(sandbox) == [("POST", URL, body)]
    assert button.id == button.source_id
    assert button.trusted_websites == ["olive.example"]
    button.refresh()
    assert (button.creation_status, button.button_id) == ("creation_pending", None)
    button.refresh()
    assert button.creation_status == "created"
    assert button.button_id


def test_a_button_names_sites_or_is_for_an_application(kommo: Kommo, sandbox: Sandbox, pipeline: int):
    with pytest.raises(ConfigurationError, match="is_used_in_app=True"):
        WebsiteButton.objects.create(pipeline)
    with pytest.raises(ConfigurationError, match="without pipeline_id"):
        WebsiteButton(is_used_in_app=True).save()
    assert sent(sandbox) == []
    WebsiteButton.objects.create(pipeline, is_used_in_app=True)
    assert sent(sandbox)[0][2] == {"pipeline_id": pipeline, "is_used_in_app": True}


def test_reading(kommo: Kommo, sandbox: Sandbox, pipeline: int):
    made = WebsiteButton.objects.create(pipeline, is_used_in_app=True)
    gone = WebsiteButton.objects.create(pipeline, is_used_in_app=True)
    sandbox.account.store.get_table("website_buttons")[gone.id]["is_deleted"] = True
    assert [one.id for one in WebsiteButton.objects.list()] == [made.id]
    everyone = WebsiteButton.objects.include("deleted").list()
    assert [one.is_deleted for one in everyone] == [False, True]
    button = WebsiteButton.objects.get(made.id)
    with pytest.raises(NotLoaded, match='include\\("scripts"\\)'):
        _ = button.script
    with pytest.raises(NotLoaded):
        _ = button.trusted_websites
    button = WebsiteButton.objects.include("scripts", "deleted").get(made.id)
    assert button.script is not None
    assert "<script>" in button.script
    assert sandbox.log[-1].query == "with=scripts"
    button.refresh()
    with pytest.raises(NotFound):
        WebsiteButton.objects.get(999)


def test_sites_are_added_whether_or_not_they_are_known(kommo: Kommo, sandbox: Sandbox, pipeline: int):
    made = WebsiteButton.objects.create(pipeline, trusted_websites=["olive.example"])
    made.trusted_websites.append("shop.example")
    made.name = "Both"
    made.save()
    assert sent(sandbox)[-1] == (
        "PATCH",
        f"{URL}/{made.id}",
        {"name": "Both", "trusted_websites": {"add": ["shop.example"]}},
    )
    assert made.trusted_websites == ["olive.example", "shop.example"]
    assert not made.has_changes
    read = WebsiteButton.objects.get(made.id)
    read.name = "Pending"
    read.trust("third.example")
    assert sent(sandbox)[-1][2] == {"trusted_websites": {"add": ["third.example"]}}
    assert list(read.changes) == ["name"]
    with pytest.raises(NotLoaded):
        _ = read.trusted_websites
    stored = sandbox.row("website_buttons", made.id)
    assert stored is not None
    assert stored["trusted_websites"] == ["olive.example", "shop.example", "third.example"]
    made.trusted_websites = []
    with pytest.raises(ConfigurationError, match="not take away olive.example, shop.example"):
        made.save()


def test_sites_that_are_known_outlive_a_refresh(kommo: Kommo, sandbox: Sandbox, pipeline: int):
    button = WebsiteButton.objects.create(pipeline, trusted_websites=["olive.example"])
    button.trusted_websites.append("dropped.example")
    button.refresh()
    assert button.trusted_websites == ["olive.example"]
    button.trust("shop.example")
    assert sent(sandbox)[-1][2] == {"trusted_websites": {"add": ["shop.example"]}}
    button.trusted_websites.append("third.example")
    button.refresh(keep_changes=True)
    assert button.changes == {
        "trusted_websites": (
            ["olive.example", "shop.example"],
            ["olive.example", "shop.example", "third.example"],
        )
    }
    read = WebsiteButton.objects.get(button.id)
    read.refresh()
    with pytest.raises(NotLoaded):
        _ = read.trusted_websites


def test_what_a_button_is_for_stays_known(kommo: Kommo, pipeline: int):
    for_app = WebsiteButton.objects.create(pipeline, is_used_in_app=True)
    for_app.refresh()
    assert for_app.is_used_in_app
    assert not for_app.has_changes


def test_online_chat_is_asked_for_once(kommo: Kommo, sandbox: Sandbox, pipeline: int):
    button = WebsiteButton.objects.create(pipeline, is_used_in_app=True)
    button.add_online_chat()
    assert sent(sandbox)[-1] == ("POST", f"{URL}/{button.id}/online_chat", None)
    sandbox.faults.next(path=f"{URL}/{button.id}/online_chat", status=502)
    with pytest.raises(UncertainWrite):
        button.add_online_chat()
    with pytest.raises(QueryError, match="never saved"):
        WebsiteButton(pipeline_id=pipeline).add_online_chat()
    with pytest.raises(QueryError, match="save()"):
        WebsiteButton(pipeline_id=pipeline).trust("x.example")


def test_there_is_no_deletion(kommo: Kommo):
    with pytest.raises(AttributeError, match="cannot delete"):
        WebsiteButton(id=5).delete()  # type: ignore[attr-defined]


def test_odd_rows_are_read():
    row = {"source_id": "5", "id": "5", "button_id": 0, "pipeline_id": None, "script": None, "creation_status": "odd"}
    [button] = WebsiteButton.hydrate([row])
    assert (button.id, button.source_id, button.button_id, button.pipeline_id) == (5, 5, None, None)
    assert (button.script, button.creation_status) == (None, "odd")


@pytest.mark.anyio
async def test_async(sandbox: Sandbox, pipeline: int):
    async with sandbox.connect() as kommo:
        button = await WebsiteButton.objects.using(kommo).acreate(pipeline, trusted_websites=["a.example"])
        await button.atrust("b.example")
        await button.aadd_online_chat()
        await button.arefresh()
        assert [one.id async for one in WebsiteButton.objects.aiterate()] == [button.id]
        assert (await WebsiteButton.objects.aget(button.id)).source_id == button.id

from __future__ import annotations

import pytest

from kommo_orm import BadRequest, Company, Contact, Kommo, Lead, NotLoaded, QueryError, SalesBot, UncertainWrite
from kommo_orm.sandbox import Sandbox
from tests.account import sent


@pytest.fixture
def lead(sandbox: Sandbox, kommo: Kommo) -> Lead:
    return Lead.objects.using(kommo).get(sandbox.add("leads", name="Roof")["id"])


@pytest.fixture
def bot(sandbox: Sandbox, kommo: Kommo) -> SalesBot:
    return SalesBot.objects.using(kommo).get(sandbox.add("bots", name="Greeter", type_functionality="greeting")["id"])


def test_bots_are_listed_filtered_and_read(sandbox: Sandbox, kommo: Kommo, bot: SalesBot) -> None:
    other = sandbox.add("bots", settings={"active": False}, is_favorite=True)["id"]
    assert [one.id for one in SalesBot.objects.using(kommo)] == [bot.id, other]
    assert SalesBot.objects.using(kommo).filter(type_functionality="greeting").one().name == "Greeter"
    with pytest.raises(QueryError, match="did you mean 'greeting'"):
        SalesBot.objects.using(kommo).filter(type_functionality="greting")  # type: ignore[arg-type]
    assert [one.id for one in SalesBot.objects.using(kommo).filter(id__in=[other])] == [other]
    found = SalesBot.objects.using(kommo).include("is_favorite").get(other)
    assert (found.is_active, found.is_favorite) == (False, True)
    assert (bot.is_active, bot.is_visual_editor) == (True, True)
    with pytest.raises(NotLoaded, match="include"):
        _ = bot.is_favorite


async def test_bots_in_async_code(sandbox: Sandbox, kommo: Kommo, bot: SalesBot, lead: Lead) -> None:
    assert [one.name async for one in SalesBot.objects.using(kommo)] == ["Greeter"]
    await bot.arun(lead)
    assert len(sandbox.rows("bot_runs")) == 1
    await bot.astop(lead)
    assert sandbox.rows("bot_runs") == []
    await SalesBot.objects.using(kommo).arun([(bot, lead)])
    assert len(sandbox.rows("bot_runs")) == 1


def test_settings_may_be_phps_empty_list(sandbox: Sandbox, kommo: Kommo) -> None:
    sandbox.faults.next(status=200, body={"_embedded": {"items": [{"id": 5, "name": "x", "settings": []}]}})
    (bot,) = SalesBot.objects.using(kommo)
    assert bot.is_active is None


def test_a_bot_runs_for_a_card_and_is_stopped(sandbox: Sandbox, bot: SalesBot, lead: Lead) -> None:
    bot.run(lead)
    assert sent(sandbox) == [("POST", f"/api/v4/bots/{bot.id}/run", {"entity_id": lead.id, "entity_type": "leads"})]
    bot.stop(lead)
    assert sandbox.rows("bot_runs") == []


def test_many_runs_go_a_hundred_a_request(sandbox: Sandbox, kommo: Kommo, bot: SalesBot) -> None:
    leads = [Lead(id=sandbox.add("leads", name=f"L {number}")["id"]) for number in range(120)]
    SalesBot.objects.using(kommo).run((bot.id, lead) for lead in leads)
    assert [len(body) for _, _, body in sent(sandbox)] == [100, 20]
    assert len(sandbox.rows("bot_runs")) == 120


def test_what_bots_do_not_run_for_is_refused_before_anything_is_sent(
    sandbox: Sandbox, kommo: Kommo, bot: SalesBot
) -> None:
    for card in (Company(id=5), Lead(name="new"), Contact(name="new")):
        with pytest.raises(QueryError):
            bot.run(card)
    with pytest.raises(QueryError, match="leads"):
        bot.stop(Contact(id=5))  # type: ignore[arg-type]
    with pytest.raises(QueryError):
        SalesBot.objects.using(kommo).run([])
    with pytest.raises(QueryError):
        SalesBot.objects.using(kommo).run([(0, Lead(id=5))])
    assert sent(sandbox) == []


def test_an_unknown_card_is_refused(bot: SalesBot) -> None:
    with pytest.raises(BadRequest) as caught:
        bot.run(Lead(id=999))
    assert caught.value.items[0].path == "entity_id"


def test_a_run_is_not_repeated_blindly(sandbox: Sandbox, bot: SalesBot, lead: Lead) -> None:
    sandbox.faults.next(status=504, method="POST", applied=True)
    with pytest.raises(UncertainWrite):
        bot.run(lead)
    assert len(sent(sandbox)) == 1


def test_runs_are_pairs(sandbox: Sandbox, kommo: Kommo, bot: SalesBot) -> None:
    for odd in ((bot, Lead(id=5)), [bot], [(bot, Lead(id=5), 1)]):
        with pytest.raises(QueryError, match="pairs of a bot and a card"):
            SalesBot.objects.using(kommo).run(odd)  # type: ignore[arg-type]
    assert sent(sandbox) == []

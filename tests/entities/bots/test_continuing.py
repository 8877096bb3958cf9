"""Waiting bots are answered once, by their own account, with at most ten checked handlers."""

from __future__ import annotations

import pytest

from kommo_orm import ConfigurationError, Kommo, NotFound, UncertainWrite, bots
from kommo_orm.sandbox import Sandbox
from tests.account import sent

HANDLERS = [
    bots.ShowText("Thank you!"),
    bots.ShowButtons("And now?", ["More", "Bye"]),
    bots.ShowLinks("Read on", ["https://olive.example"]),
    bots.GoTo("question", 5),
]


@pytest.mark.parametrize("kind", ["salesbot", "marketingbot"])
def test_a_bot_goes_on(kommo: Kommo, sandbox: Sandbox, kind: str):
    url = sandbox.bot_waits(kind, 321)
    bots.resume(url, data={"status": "paid"}, execute_handlers=HANDLERS)
    where = bots.Continuation.of(url)
    assert (where.bot, where.bot_id, where.host) == (kind, 321, "sandbox.kommo.com")
    assert sent(sandbox) == [
        (
            "POST",
            f"/api/v4/{kind}/321/continue/{where.continue_id}",
            {
                "data": {"status": "paid"},
                "execute_handlers": [
                    {"handler": "show", "params": {"type": "text", "value": "Thank you!"}},
                    {"handler": "show", "params": {"type": "buttons", "value": "And now?", "buttons": ["More", "Bye"]}},
                    {
                        "handler": "show",
                        "params": {"type": "buttons_url", "value": "Read on", "buttons": ["https://olive.example"]},
                    },
                    {"handler": "goto", "params": {"type": "question", "step": 5}},
                ],
            },
        )
    ]
    with pytest.raises(NotFound):
        bots.resume(url)


def test_without_anything_and_by_path_or_ids(kommo: Kommo, sandbox: Sandbox):
    path = sandbox.bot_waits().removeprefix("https://sandbox.kommo.com")
    bots.resume(path, execute_handlers=[bots.GoTo("finish")])
    assert sent(sandbox)[-1][2] == {
        "data": {},
        "execute_handlers": [{"handler": "goto", "params": {"type": "finish"}}],
    }
    where = bots.Continuation.of(sandbox.bot_waits())
    bots.resume(bots.Continuation("salesbot", where.bot_id, where.continue_id), using=kommo)
    assert sent(sandbox)[-1][2] == {"data": {}}


def test_only_its_own_account_answers(kommo: Kommo, sandbox: Sandbox):
    with pytest.raises(ConfigurationError, match=r"waits in other\.kommo\.com"):
        bots.resume("https://other.kommo.com/api/v4/salesbot/321/continue/123")
    for odd in ("https://sandbox.kommo.com/api/v4/leads", "", "https://sandbox.kommo.com/api/v4/salesbot/x/continue/1"):
        with pytest.raises(ConfigurationError, match="no return_url"):
            bots.resume(odd)
    assert len(sandbox.log) == 0


def test_what_a_bot_cannot_do(kommo: Kommo, sandbox: Sandbox):
    refusals = [
        lambda: bots.ShowText(""),
        lambda: bots.ShowText("x" * 81),
        lambda: bots.ShowButtons("x", []),
        lambda: bots.ShowButtons("x", "abc"),
        lambda: bots.ShowLinks("x", ["y"] * 26),
        lambda: bots.GoTo("start", 1),  # type: ignore[arg-type]
        lambda: bots.GoTo("question"),
        lambda: bots.GoTo("answer", -1),
        lambda: bots.Continuation("robot", 1, 2),  # type: ignore[arg-type]
        lambda: bots.Continuation("salesbot", 0, 2),
        lambda: bots.resume(sandbox.bot_waits(), execute_handlers=[bots.ShowText("x")] * 11),
        lambda: bots.resume(sandbox.bot_waits(), execute_handlers=[{"handler": "show"}]),  # type: ignore[list-item]
    ]
    for refused in refusals:
        with pytest.raises(ConfigurationError):
            refused()
    assert len(sandbox.log) == 0


def test_a_lost_answer_is_not_repeated(kommo: Kommo, sandbox: Sandbox):
    url = sandbox.bot_waits()
    sandbox.faults.next(path=url.removeprefix("https://sandbox.kommo.com"), drop_after=True)
    with pytest.raises(UncertainWrite):
        bots.resume(url)
    assert len(sent(sandbox)) == 1


@pytest.mark.anyio
async def test_async(sandbox: Sandbox):
    async with sandbox.connect() as kommo:
        await bots.aresume(sandbox.bot_waits(), data={"a": 1}, using=kommo)
    assert sent(sandbox)[-1][2] == {"data": {"a": 1}}

"""Waiting bots are answered once, by their own account, with at most ten checked handlers."""

from __future__ import annotations

import pytest

from kommo_orm import ConfigurationError, Kommo, NotFound, UncertainWrite, bots
from kommo_orm.entities.bots.bot_continuation import build_continue_action
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


@pytest.mark.parametrize("below", ["", "/kommo"])
@pytest.mark.parametrize("name", ["olive shop", "sandbox"])
def test_an_address_of_the_users_stands_for_the_account(sandbox: Sandbox, name: str, below: str):
    base = f"http://127.0.0.1:8000{below}"
    with Kommo(name, token=sandbox.token, base_url=base, transport=sandbox.transport, rate=None) as kommo:
        paths = [sandbox.bot_waits().removeprefix("https://sandbox.kommo.com") for _ in range(3)]
        assert build_continue_action(kommo, f"{base}{paths[0]}", None, ()).ids == ids_of(paths[0])
        assert build_continue_action(kommo, f"HTTP://127.0.0.1:8000{below}{paths[1]}", None, ()).ids == ids_of(paths[1])
        assert build_continue_action(kommo, f"https://sandbox.kommo.com{paths[2]}", None, ()).ids == ids_of(paths[2])
        for foreign in ("https://evil.example", "http://127.0.0.1.evil.example:8000", "https://kommo.com.evil.example"):
            for path in (paths[0], f"{below}{paths[0]}"):
                with pytest.raises(ConfigurationError):
                    bots.resume(f"{foreign}{path}", using=kommo)
    assert len(sandbox.log) == 0


def test_a_bot_goes_on_at_an_address_of_the_users(sandbox: Sandbox):
    path = sandbox.bot_waits().removeprefix("https://sandbox.kommo.com")
    with (
        sandbox.serve() as server,
        Kommo("sandbox.kommo.com", token=sandbox.token, base_url=server.url, rate=None) as kommo,
    ):
        bots.resume(f"{server.url}{path}", using=kommo)
    assert sent(sandbox)[-1] == ("POST", path, {"data": {}})


def ids_of(path: str) -> tuple[int, ...]:
    where = bots.Continuation.of(path)
    return where.bot_id, where.continue_id


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

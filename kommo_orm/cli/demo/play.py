"""Plays the script on an embedded account that is served over HTTP, and has it told what happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

from kommo_orm import Kommo, KommoError
from kommo_orm.cli.demo import async_steps, steps
from kommo_orm.cli.demo.checks import CheckFailed
from kommo_orm.cli.demo.cost import Cost
from kommo_orm.cli.demo.naive import Naive
from kommo_orm.cli.demo.narrator import Narrator
from kommo_orm.cli.demo.script import Script, Steps, script
from kommo_orm.cli.demo.step import Act, Step
from kommo_orm.sandbox import Sandbox


def play(leads: int, *, asynchronous: bool = False, narrator: Narrator | None = None) -> int:
    """The whole demo; answers the exit code."""
    narrator = narrator or Narrator()
    sandbox = Sandbox()
    counts = sandbox.seed(leads=leads)
    stage = Stage(sandbox, narrator, leads)
    with sandbox.serve() as server:
        narrator.open(server.url, counts, asynchronous=asynchronous)
        kommo = Kommo(sandbox.subdomain, token=sandbox.token, base_url=server.url, rate=None)
        try:
            if asynchronous:
                asyncio.run(_perform_async(stage, kommo))
            else:
                _perform(stage, kommo)
        except (CheckFailed, KommoError) as error:
            narrator.fail(stage.acts[-1].number, stage.acts[-1].step, error)
            return 1
        finally:
            narrator.stop_bar()
    narrator.close(stage.acts)
    return 0


def _perform(stage: Stage, kommo: Kommo) -> None:
    with kommo:
        for act in stage.play(steps, kommo):
            act.value = act.step.code(*act.step.arguments)


async def _perform_async(stage: Stage, kommo: Kommo) -> None:
    async with kommo:
        for act in stage.play(async_steps, kommo):
            act.value = await act.step.code(*act.step.arguments)


class Stage:
    """The account, who tells of it, and the acts so far."""

    def __init__(self, sandbox: Sandbox, narrator: Narrator, leads: int) -> None:
        self.sandbox, self.narrator, self.leads = sandbox, narrator, leads
        self.acts: list[Act] = []

    def play(self, code: Steps, kommo: Kommo) -> Iterator[Act]:
        """The acts, one by one: whoever iterates runs the code; each is checked and told before the next."""
        played = script(code, kommo, self.sandbox, self.narrator, self.leads)
        value: Any = None
        while (step := _next(played, value)) is not None:
            act = Act(step, len(self.acts) + 1)
            self.acts.append(act)
            self.narrator.begin(act.number, step)
            asked, began = len(self.sandbox.log), time.perf_counter()
            yield act
            act.seconds = time.perf_counter() - began
            act.requests = self.sandbox.requests()[asked:]
            self._check(act)
            self.narrator.end(act)
            value = act.value

    def _check(self, act: Act) -> None:
        act.result = act.step.check(act.value, act.requests)
        act.cost = Cost.of(act.requests)
        act.naive = Naive(self.sandbox).cost(act.requests, act.step.unchanged)


def _next(played: Script, value: Any) -> Step | None:
    """The step that follows, None at the end."""
    try:
        return played.send(value)
    except StopIteration:
        return None

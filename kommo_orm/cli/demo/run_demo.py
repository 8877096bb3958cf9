"""Runs the steps of the demo on an embedded account, served over HTTP, and prints what happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

from kommo_orm import Kommo, KommoError
from kommo_orm.cli.demo import async_steps, steps
from kommo_orm.cli.demo.checks import CheckFailed
from kommo_orm.cli.demo.cost import Cost
from kommo_orm.cli.demo.naive_client import NaiveClient
from kommo_orm.cli.demo.printer import DemoPrinter
from kommo_orm.cli.demo.step import Step, StepResult
from kommo_orm.cli.demo.step_sequence import StepFlow, StepFunctions, build_steps
from kommo_orm.sandbox import Sandbox


def run_demo(leads: int, *, asynchronous: bool = False, printer: DemoPrinter | None = None) -> int:
    """Run all steps of the demo, and return the exit code."""
    printer = printer or DemoPrinter()
    sandbox = Sandbox()
    counts = sandbox.seed(leads=leads)
    run = DemoRun(sandbox, printer, leads)
    with sandbox.serve() as server:
        printer.print_intro(server.url, counts, asynchronous=asynchronous)
        kommo = Kommo(sandbox.subdomain, token=sandbox.token, base_url=server.url, rate=None)
        try:
            if asynchronous:
                asyncio.run(_run_async(run, kommo))
            else:
                _run_sync(run, kommo)
        except (CheckFailed, KommoError) as error:
            printer.print_failure(run.results[-1].number, run.results[-1].step, error)
            return 1
        finally:
            printer.stop_bar()
    printer.print_totals(run.results)
    return 0


def _run_sync(run: DemoRun, kommo: Kommo) -> None:
    with kommo:
        for result in run.run_steps(steps, kommo):
            result.value = result.step.code(*result.step.arguments)


async def _run_async(run: DemoRun, kommo: Kommo) -> None:
    async with kommo:
        for result in run.run_steps(async_steps, kommo):
            result.value = await result.step.code(*result.step.arguments)


class DemoRun:
    """One run of the demo: the account, the printer, and the results so far."""

    def __init__(self, sandbox: Sandbox, printer: DemoPrinter, leads: int) -> None:
        self.sandbox, self.printer, self.leads = sandbox, printer, leads
        self.results: list[StepResult] = []

    def run_steps(self, code: StepFunctions, kommo: Kommo) -> Iterator[StepResult]:
        """Yield the steps one by one. The caller runs the code of each; it is checked and printed before the next one."""
        flow = build_steps(code, kommo, self.sandbox, self.printer, self.leads)
        value: Any = None
        while (step := _get_next_step(flow, value)) is not None:
            result = StepResult(step, len(self.results) + 1)
            self.results.append(result)
            self.printer.print_step(result.number, step)
            first_request, began = len(self.sandbox.log), time.perf_counter()
            yield result
            result.seconds = time.perf_counter() - began
            result.requests = self.sandbox.requests()[first_request:]
            self._check_step(result)
            self.printer.print_result(result)
            value = result.value

    def _check_step(self, result: StepResult) -> None:
        result.summary = result.step.check(result.value, result.requests)
        result.cost = Cost.from_entries(result.requests)
        result.naive = NaiveClient(self.sandbox).estimate_cost(result.requests, result.step.unchanged)


def _get_next_step(flow: StepFlow, value: Any) -> Step | None:
    """Send the value of the last step, and return the next step; None at the end."""
    try:
        return flow.send(value)
    except StopIteration:
        return None

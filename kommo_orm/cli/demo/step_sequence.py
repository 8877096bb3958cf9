"""The sequence of the demo's steps, with the arguments and the check of each.

`build_steps` is a generator: it yields a step, is sent the value that the code of the step returned, and yields the next
one. The caller calls the code or awaits it, so the sync and the async demo share one sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol

from kommo_orm import Kommo
from kommo_orm.cli.demo import checks
from kommo_orm.cli.demo.models import Deal, Person, Region
from kommo_orm.cli.demo.step import Step
from kommo_orm.sandbox import Sandbox


class StepFunctions(Protocol):
    """The functions of `steps.py` and of `async_steps.py`."""

    def check_and_read_one(self, kommo: Kommo) -> Any: ...
    def read_with_filter(self, pipeline: int, tick: Callable[[], None]) -> Any: ...
    def change_in_place(self, deals: list[Deal]) -> Any: ...
    def change_and_set_back(self, deal: Deal) -> Any: ...
    def create_linked(self) -> Any: ...
    def add_note_task_and_tags(self, deal: Deal) -> Any: ...
    def work_in_a_session(self, leads: int, guests: int, progress: Callable[[int, int], None]) -> Any: ...


class ProgressBar(Protocol):
    """Moves the bar on the screen."""

    def tick(self) -> None: ...
    def progress(self, done: int, total: int) -> None: ...


StepFlow = Generator[Step, Any, None]


def build_steps(functions: StepFunctions, kommo: Kommo, sandbox: Sandbox, bar: ProgressBar, leads: int) -> StepFlow:
    """Yield all steps, in order."""
    outside = yield from _build_reading_steps(functions, kommo, sandbox, bar)
    yield from _build_changing_steps(functions, sandbox, outside[:3])
    yield from _build_creating_steps(functions, sandbox)
    yield _build_session_step(functions, sandbox, bar, leads)


def _build_reading_steps(
    functions: StepFunctions, kommo: Kommo, sandbox: Sandbox, bar: ProgressBar
) -> Generator[Step, Any, list[Deal]]:
    yield Step(
        "Declare your custom fields once",
        "By code, by name or by id; options may be an enum of yours. `check` compares the classes with the account.",
        functions.check_and_read_one,
        (kommo,),
        checks.check_mapping_and_first_lead(sandbox),
        shows=(Region, Deal, Person),
    )
    pipeline = sandbox.rows("pipelines")[0]
    matching = checks.find_matching_leads(sandbox, pipeline["id"])
    outside: list[Deal] = yield Step(
        "Read with a filter",
        "Pages of 250 stream in, with their contacts, 250 a request. Every row is verified against the filter.",
        functions.read_with_filter,
        (pipeline["id"], bar.tick),
        checks.check_filtered_read(matching, pipeline["name"]),
        total=len(matching),
    )
    return outside


def _build_changing_steps(functions: StepFunctions, sandbox: Sandbox, deals: list[Deal]) -> StepFlow:
    checks.require(deals, "the account has deals outside the EU")
    yield Step(
        "Change in place, save what changed",
        "An appended item counts as a change. Each PATCH holds the one field that changed and nothing else.",
        functions.change_in_place,
        (deals,),
        checks.check_only_regions_saved(sandbox, deals),
    )
    yield Step(
        "Change and set back",
        "A value that is set back is no change, and the order of options means nothing to Kommo.",
        functions.change_and_set_back,
        (deals[0],),
        checks.check_no_request,
        unchanged=(("leads", deals[0].id),),
    )


def _build_creating_steps(functions: StepFunctions, sandbox: Sandbox) -> StepFlow:
    deal: Deal = yield Step(
        "Create linked objects",
        "Relations are pending until they are saved. Company and contact go first, the lead carries their new ids.",
        functions.create_linked,
        (),
        checks.check_created_in_order(sandbox),
    )
    yield Step(
        "Notes, tasks and tags",
        "`create` sends a request at once. Tags are pending changes: only the added ones are sent.",
        functions.add_note_task_and_tags,
        (deal,),
        checks.check_note_task_and_tags(sandbox, deal),
    )


def _build_session_step(functions: StepFunctions, sandbox: Sandbox, bar: ProgressBar, leads: int) -> Step:
    guests = leads * 3 // 10
    return Step(
        "A session: change what you like, write it together",
        f"{leads:,} leads change, {guests:,} contacts and notes are new. Leaving the block writes it all, in batches.",
        functions.work_in_a_session,
        (leads, guests, bar.progress),
        checks.check_session(sandbox, leads, guests),
        total=leads + guests * 2,
    )

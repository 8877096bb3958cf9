"""The script of the demo: which steps are taken, in which order, with what, and what each must have brought about.

`script` is a generator: it yields a step, is sent what the step's code returned, and yields the next. Whoever plays it
calls the code, or awaits it; so the sync and the async demo are one script.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol

from kommo_orm import Kommo
from kommo_orm.cli.demo import checks
from kommo_orm.cli.demo.models import Deal, Person, Region
from kommo_orm.cli.demo.step import Step
from kommo_orm.sandbox import Sandbox


class Steps(Protocol):
    """What `steps.py` and `async_steps.py` both hold."""

    def check_and_read_one(self, kommo: Kommo) -> Any: ...
    def read_with_filter(self, pipeline: int, tick: Callable[[], None]) -> Any: ...
    def change_in_place(self, deals: list[Deal]) -> Any: ...
    def change_and_set_back(self, deal: Deal) -> Any: ...
    def create_linked(self) -> Any: ...
    def add_note_task_and_tags(self, deal: Deal) -> Any: ...
    def work_in_a_session(self, leads: int, guests: int, progress: Callable[[int, int], None]) -> Any: ...


class Bar(Protocol):
    """What moves the bar on the screen."""

    def tick(self) -> None: ...
    def progress(self, done: int, total: int) -> None: ...


Script = Generator[Step, Any, None]


def script(steps: Steps, kommo: Kommo, sandbox: Sandbox, bar: Bar, leads: int) -> Script:
    """All steps, in order."""
    yield Step(
        "Declare your custom fields once",
        "By code, by name or by id; options may be an enum of yours. `check` compares the classes with the account.",
        steps.check_and_read_one,
        (kommo,),
        checks.fits_and_reads_like_the_account(sandbox),
        shows=(Region, Deal, Person),
    )
    pipeline = sandbox.rows("pipelines")[0]
    matching = checks.matching(sandbox, pipeline["id"])
    outside: list[Deal] = yield Step(
        "Read with a filter",
        "Pages of 250 stream in; whole contacts come along, 250 a request. Every row is proved to match the filter.",
        steps.read_with_filter,
        (pipeline["id"], bar.tick),
        checks.reads_what_matches(matching, pipeline["name"]),
        total=len(matching),
    )
    few = outside[:3]
    checks.must(few, "the account has deals outside the EU")
    yield Step(
        "Change in place, save what changed",
        "An appended item counts as a change. Each PATCH holds the one field that changed and nothing else.",
        steps.change_in_place,
        (few,),
        checks.saved_only_regions(sandbox, few),
    )
    yield Step(
        "Change and set back",
        "A value that is set back is no change, and the order of options means nothing to Kommo.",
        steps.change_and_set_back,
        (few[0],),
        checks.sent_nothing,
        unchanged=(("leads", few[0].id),),
    )
    deal: Deal = yield Step(
        "Create what belongs together",
        "Relations are pending until they are saved. Company and contact go first, the lead carries their new ids.",
        steps.create_linked,
        (),
        checks.created_in_order(sandbox),
    )
    yield Step(
        "Notes, tasks and tags",
        "`create` talks at once; tags are pending changes, sent as what is added and not as the whole list.",
        steps.add_note_task_and_tags,
        (deal,),
        checks.added_note_task_and_tags(sandbox, deal),
    )
    guests = leads * 3 // 10
    yield Step(
        "A session: change what you like, write it together",
        f"{leads:,} leads change, {guests:,} contacts and notes are new. Leaving the block writes it all, in batches.",
        steps.work_in_a_session,
        (leads, guests, bar.progress),
        checks.wrote_all(sandbox, leads, guests),
        total=leads + guests * 2,
    )

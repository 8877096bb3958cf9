from __future__ import annotations

import inspect
import io
import re
from types import FunctionType, ModuleType

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from kommo_orm import NotFound
from kommo_orm.cli.app import app
from kommo_orm.cli.demo import async_steps, steps
from kommo_orm.cli.demo.models import Deal
from kommo_orm.cli.demo.printer import DemoPrinter
from kommo_orm.cli.demo.run_demo import run_demo
from tests.cli.run_command import run_piped

LEADS = 60
CODES = re.compile(r"\x1b\[[\d;?]*[a-zA-Z]")
WAYS = [pytest.param((), steps, id="sync"), pytest.param(("--async",), async_steps, id="async")]
TITLES = [
    "Declare your custom fields once",
    "Read with a filter",
    "Change in place, save what changed",
    "Change and set back",
    "Create linked objects",
    "Notes, tasks and tags",
    "A session: change what you like, write it together",
]


def invoke_demo(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["demo", "--leads", str(LEADS), *arguments], env={"COLUMNS": "140"})


def get_functions(module: ModuleType) -> dict[str, FunctionType]:
    own = inspect.getmembers(module, inspect.isfunction)
    return {name: function for name, function in own if function.__module__ == module.__name__}


def parse_totals(output: str) -> tuple[int, int]:
    """The requests of the library and of the naive client, of the last line of the totals."""
    numbers = re.search(r"^ *In all +([\d,]+) .*?B +([\d,]+) ", output, re.MULTILINE)
    assert numbers is not None, output
    ours, naive = (int(number.replace(",", "")) for number in numbers.groups())
    return ours, naive


# ---- what it shows


@pytest.mark.parametrize(("arguments", "module"), WAYS)
def test_each_step_runs_and_prints_the_code_that_runs(arguments: tuple[str, ...], module: ModuleType) -> None:
    found = invoke_demo(*arguments)
    assert found.exit_code == 0, found.output
    assert re.findall(r"^ \d  (.*?)  ", found.stdout, re.MULTILINE) == TITLES
    assert f"All {len(TITLES)} steps were checked in the account" in found.stdout
    shown = re.sub(r"\s+", " ", found.stdout)
    for function in get_functions(module).values():
        assert re.sub(r"\s+", " ", inspect.getsource(function)).strip() in shown


@pytest.mark.parametrize(("arguments", "module"), WAYS)
def test_the_totals_are_far_below_those_of_a_naive_client(arguments: tuple[str, ...], module: ModuleType) -> None:
    ours, naive = parse_totals(invoke_demo(*arguments).stdout)
    assert len(TITLES) <= ours < naive / 3


def test_a_change_of_one_field_is_shown_as_a_patch_of_that_field() -> None:
    shown = re.sub(r"\s+", " ", invoke_demo().stdout)
    assert re.search(
        r'PATCH /api/v4/leads/\d+ 1 \d+ B \d+ B {"custom_fields_values": \[{"field_id": \d+, "values": \[[^]]*\]}\]}',
        shown,
    )


def test_the_plan_and_the_report_of_the_session_are_shown() -> None:
    shown = invoke_demo().stdout
    guests = LEADS * 3 // 10
    assert f"  create    {guests} contacts\n" in shown
    assert re.search(rf"^ *leads +0 +{LEADS} +0 +0 +0$", shown, re.MULTILINE)
    assert re.search(rf"^ *notes +{guests} +0 +0 +0 +0$", shown, re.MULTILINE)


def test_sync_and_async_demo_have_the_same_steps() -> None:
    sync, asynchronous = get_functions(steps), get_functions(async_steps)
    assert list(sync) == list(asynchronous)
    assert all(inspect.iscoroutinefunction(function) for function in asynchronous.values())
    for name, function in sync.items():
        assert inspect.signature(function) == inspect.signature(asynchronous[name])


# ---- how it looks


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "module"), WAYS)
def test_piped_output_is_plain_text(arguments: tuple[str, ...], module: ModuleType) -> None:
    found = run_piped("demo", *arguments)
    assert (found.returncode, found.stderr) == (0, "")
    assert "1,000 leads change, 300 contacts and notes are new." in found.stdout
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", found.stdout)  # no escape, no carriage return
    assert "━" not in found.stdout
    assert not re.search(r" $", found.stdout, re.MULTILINE)
    ours, naive = parse_totals(found.stdout)
    assert ours < 50
    assert naive > 2000


def test_a_terminal_gets_colours_and_a_complete_progress_bar() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, color_system="standard", width=100, highlight=False)
    assert run_demo(LEADS, printer=DemoPrinter(console)) == 0
    assert "\x1b[" in screen.getvalue()
    done = re.findall(r"(\d+)/(\d+)", CODES.sub("", screen.getvalue()))
    guests = LEADS * 3 // 10
    assert (str(LEADS + 2 * guests),) * 2 in done
    assert any(now == total for now, total in done if total != str(LEADS + 2 * guests))


@pytest.mark.parametrize("width", [60, 80])
def test_the_output_fits_a_narrow_terminal(width: int) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, color_system=None, width=width, highlight=False)
    assert run_demo(20, printer=DemoPrinter(console)) == 0
    shown = [line.rpartition("\r")[2] for line in CODES.sub("", screen.getvalue()).split("\n")]
    assert max(map(len, shown)) <= width
    assert "…" not in screen.getvalue()


# ---- when it fails


@pytest.mark.parametrize(("arguments", "module"), WAYS)
def test_a_step_without_its_effect_fails_the_command(
    arguments: tuple[str, ...], module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_in_place(deals: list[Deal]) -> None:
        """Forgets to save."""

    async def change_in_place_async(deals: list[Deal]) -> None:
        """Forgets to save."""

    broken = change_in_place_async if module is async_steps else change_in_place
    monkeypatch.setattr(module, "change_in_place", broken)
    found = invoke_demo(*arguments)
    assert found.exit_code == 1
    assert found.stderr.startswith("Step 3, 'Change in place, save what changed', failed. CheckFailed: Not so:")
    assert "In all" not in found.stdout


def test_an_error_of_the_library_fails_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def create_linked() -> Deal:
        raise NotFound("there is no such pipeline")

    monkeypatch.setattr(steps, "create_linked", create_linked)
    found = invoke_demo()
    assert found.exit_code == 1
    assert found.stderr == (
        "Step 5, 'Create linked objects', failed. NotFound: there is no such pipeline (docs/errors.md#not-found)\n"
    )


def test_a_bug_fails_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def change_and_set_back(deal: Deal) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(steps, "change_and_set_back", change_and_set_back)
    found = invoke_demo()
    assert found.exit_code == 1
    assert isinstance(found.exception, RuntimeError)


def test_too_few_leads_are_refused() -> None:
    found = CliRunner().invoke(app, ["demo", "--leads", "5"])
    assert found.exit_code == 2


@pytest.mark.parametrize("leads", range(20, 30))
def test_the_demo_runs_on_a_small_account(leads: int) -> None:
    assert run_demo(leads, printer=DemoPrinter(Console(file=io.StringIO()))) == 0

"""Documents run: every `python` block of README.md and docs/ is executed against a fresh sandbox.

The blocks of a page run in order in one namespace; `await` at the top level works. A block that defines tests is run by
pytest, as a file of its own. What a page calls `Kommo("acme", token="...")` is the sandbox here: it has the rows of
`seed` below, and the custom fields that the page's models declare.

- An `output` block is what the `python` block before it prints; `...` stands for anything.
- A comment that starts with `<!-- python` is a block that readers do not see. It may use `sandbox_of_this_page`.
- A block that cannot run says why on the line above: `<!-- no-run: reason -->`.
- The tables of filters and of kinds of fields are compared with the code, so that they stay complete.
"""

from __future__ import annotations

import ast
import asyncio
import doctest
import inspect
import io
import re
import sys
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from itertools import chain, takewhile, zip_longest
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import kommo_orm
from kommo_orm import Accounts, CustomAttr, Kommo, Query, errors
from kommo_orm.entities.notes.note_params import CLASSES, UnknownParams
from kommo_orm.model.model import Model
from kommo_orm.sandbox import Sandbox

pytest_plugins = ["pytester"]

for (
    place
) in kommo_orm._EXPORTS:  # pytester takes modules away that a test was the first to import: later tests need them
    import_module(place)

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MOST_SKIPPED = 3
PLUGIN = "kommo_orm.pytest_plugin"

FENCE = re.compile(r"(?P<indent> *)(?P<marks>`{3,})(?P<language>[\w+-]*)")
HIDDEN, HIDDEN_ENDS = "<!-- python", "-->"
NO_RUN = re.compile(r"<!-- no-run: (?P<reason>.+) -->")
TESTS = re.compile(r"^(async )?def test_", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One fenced block of a page; `line` is that of its first line of code."""

    language: str
    line: int
    source: str
    no_run: str | None = None


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        opening = FENCE.match(lines[number])
        hidden = lines[number] == HIDDEN
        number += 1
        if opening is None and not hidden:
            continue
        reason = NO_RUN.search(lines[number - 2]) if number > 1 else None
        first = number
        ends, language = (opening["marks"], opening["language"]) if opening else (HIDDEN_ENDS, "python")
        while lines[number].strip() != ends:
            number += 1
        source = textwrap.dedent("\n".join(lines[first:number])) + "\n"
        yield Block(language, first + 1, source, reason and reason["reason"])
        number += 1


def python_blocks(page: Path) -> list[Block]:
    """The blocks of a page that are Python."""
    return [block for block in blocks(page.read_text(encoding="utf-8")) if block.language == "python"]


def execute(block: Block, page: Path, namespace: dict[str, Any]) -> str:
    """Run one block and answer what it prints; a traceback shows the line of the page."""
    source = "\n" * (block.line - 1) + block.source
    code = compile(source, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    with redirect_stdout(io.StringIO()) as printed:
        if code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(eval(code, namespace))
        else:
            exec(code, namespace)
    return printed.getvalue()


def compare(output: Block, printed: str, page: Path) -> None:
    """Fail where a page shows another output than its code has."""
    checker = doctest.OutputChecker()
    if not checker.check_output(output.source, printed, doctest.ELLIPSIS):
        expected = doctest.Example("", output.source)
        pytest.fail(f"{page.name}:{output.line}\n{checker.output_difference(expected, printed, doctest.ELLIPSIS)}")


def seed(sandbox: Sandbox) -> None:
    """The integration and the rows that the pages talk about."""
    tokens = sandbox.account.tokens
    tokens.client_id, tokens.redirect_uri = "0b1e9c8a-5c1c-4a0e-9d53-2f6d2a1c7e10", "https://example.org/kommo"
    sandbox.add("users", id=42, name="Sam Seller", email="sam@example.com")
    sandbox.add("pipelines", id=7, name="Wholesale")
    sandbox.add("statuses", pipeline_id=7, id=71, name="Offer sent", sort=40)
    sandbox.add("loss_reasons", id=31, name="Too dear")
    sandbox.add_field("leads", "Budget", "numeric", id=551)
    sandbox.add_field("leads", "Source", "select", enums=("web", "fair"))
    sandbox.add_field("leads", "Regions", "multiselect", enums=("EU", "US"), id=553)
    sandbox.add_field("leads", "Signed on", "date", code="SIGNED_ON")
    sandbox.add("catalogs", id=3005, name="Products")
    sandbox.add_field(3005, "Price", "price", code="PRICE")
    for number, name in enumerate(("Desk lamp", "Chair"), start=880):
        sandbox.add("catalog_elements", catalog_id=3005, id=number, name=name)
    company = sandbox.add("companies", name="Northwind")
    for price in (500, 1000, 2500):
        contact = sandbox.add("contacts", name=f"Buyer of {price}")
        sandbox.add(
            "leads",
            name=f"Deal of {price}",
            price=price,
            pipeline_id=7,
            contacts=[contact["id"]],
            company=company["id"],
        )


class Account:
    """Makes every `Kommo(...)` of a page an account of the sandbox, the way `sandbox.connect()` does."""

    def __init__(self, sandbox: Sandbox, module: ModuleType) -> None:
        self.sandbox = sandbox
        self.module = module
        self.opened: list[Kommo] = []
        self.defined: set[type[Model]] = set()
        self.options: dict[str, Any] = {}

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Learn from `sandbox.connect()` what connects an account to it, and give that to every other one."""
        real: Callable[..., None] = Kommo.__init__

        def note(kommo: Kommo, *args: Any, **options: Any) -> None:
            self.options = options
            real(kommo, *args, **options)

        with patch.context() as learning:
            learning.setattr(Kommo, "__init__", note)
            self.opened.append(self.sandbox.connect())

        def connected(kommo: Kommo, *args: Any, **options: Any) -> None:
            if not options.keys() & {"transport", "base_url", "pools"}:
                self.define_fields()
                options = {**self.options, **options, "token": self.options["token"]}
                if options.get("oauth") or options.get("login"):
                    del options["token"]
                for name in ("proxy", "verify"):  # the transport's own business
                    options.pop(name, None)
            self.opened.append(kommo)
            real(kommo, *args, **options)

        patch.setattr(Kommo, "__init__", connected)
        self.install_shared(patch)

    def install_shared(self, patch: pytest.MonkeyPatch) -> None:
        """The same for accounts that share connections."""
        real: Callable[..., None] = Accounts.__init__

        def connected(accounts: Accounts, **options: Any) -> None:
            real(accounts, **{**options, "transport": self.options["transport"], "rate": None})

        patch.setattr(Accounts, "__init__", connected)

    def define_fields(self) -> None:
        """Create the custom fields that the page's models declare."""
        models = {
            value
            for value in vars(self.module).values()
            if isinstance(value, type) and issubclass(value, Model) and value.__module__ == self.module.__name__
        }
        self.sandbox.define(*(models - self.defined))
        self.defined |= models

    def close(self) -> None:
        """Close what the page left open."""
        for kommo in self.opened:
            kommo.close()


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, pytester: pytest.Pytester) -> Callable[[Path], Sandbox]:
    """Runs a page and answers with the account that it has worked on."""

    def run(page: Path) -> Sandbox:
        module = ModuleType("page")
        monkeypatch.setitem(sys.modules, "page", module)  # pydantic and pickle look classes up by their module
        sandbox = Sandbox(subdomain="acme")
        seed(sandbox)
        vars(module)["sandbox_of_this_page"] = sandbox
        account = Account(sandbox, module)
        account.install(monkeypatch)
        monkeypatch.setenv("KOMMO_ACCOUNT", "acme")
        monkeypatch.setenv("KOMMO_TOKEN", "...")
        monkeypatch.setenv("CRM_SECRET", sandbox.client_secret)
        monkeypatch.setenv("CRM_API_KEY", sandbox.api_key)
        try:
            run_blocks(page, vars(module), lambda block: run_tests(block, pytester, monkeypatch))
        finally:
            account.close()
        return sandbox

    return run


def run_blocks(page: Path, namespace: dict[str, Any], tests: Callable[[Block], None]) -> None:
    """Run the blocks of a page in order, and compare what they print with what the page says."""
    found = list(blocks(page.read_text(encoding="utf-8")))
    for block, following in zip_longest(found, found[1:]):
        if block.language != "python" or block.no_run:
            continue
        if TESTS.search(block.source):
            tests(block)
            continue
        printed = execute(block, page, namespace)
        if following is not None and following.language == "output":
            compare(following, printed, page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_snippets_run(page: Path, ran: Callable[[Path], Sandbox]) -> None:
    ran(page)


def test_the_readme_sends_the_requests_that_it_names(ran: Callable[[Path], Sandbox]) -> None:
    sandbox = ran(ROOT / "README.md")
    *changed, assigned = [entry.json for entry in sandbox.requests("PATCH")]
    assert [sorted(body) for body in changed] == [["custom_fields_values", "price"]] * 2
    assert [len(body["custom_fields_values"]) for body in changed] == [1, 1]
    assert [row["responsible_user_id"] for row in assigned] == [42, 42, 42]
    created = [entry.path for entry in sandbox.requests("POST")]
    assert created == ["/api/v4/companies", "/api/v4/contacts", "/api/v4/leads"]


def run_tests(block: Block, pytester: pytest.Pytester, patch: pytest.MonkeyPatch) -> None:
    """Run a block of tests as a user would: a file, and the plugin that the installed package brings."""
    pytester.makepyfile(block.source)
    patch.setenv("PYTHONPATH", str(ROOT))
    is_installed = any(entry.value == PLUGIN for entry in entry_points(group="pytest11"))
    plugin = () if is_installed else ("-p", PLUGIN)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", *plugin)
    result.assert_outcomes(passed=len(TESTS.findall(block.source)))


def test_few_snippets_are_left_out() -> None:
    found = [(page, block) for page in PAGES for block in python_blocks(page)]
    left_out = [f"{page.name}:{block.line} {block.no_run}" for page, block in found if block.no_run]
    assert len(left_out) <= MOST_SKIPPED, left_out


def test_the_readme_has_two_command_lines() -> None:
    """The main job and the tests, one line each: `.ci/run` takes them from there."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [block.source.count("\n") for block in blocks(readme) if block.language == "sh"] == [1, 1]


# ---- tables that must be complete


def tables(page: Path) -> Iterator[list[dict[str, str]]]:
    """The tables of a page: rows by the headings of their columns."""
    lines = page.read_text(encoding="utf-8").splitlines()
    for head, line in enumerate(lines):
        if re.fullmatch(r"\|[ |-]+\|", line):
            rows = takewhile(lambda row: row.startswith("|"), lines[head + 1 :])
            yield [dict(zip(cells(lines[head - 1]), cells(row), strict=True)) for row in rows]


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def in_code(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


def table_with(page: str, *columns: str) -> Iterator[dict[str, str]]:
    found = [table for table in tables(ROOT / "docs" / page) if table and set(columns) <= table[0].keys()]
    assert found, f"{page} has no table with the columns {columns}"
    return chain.from_iterable(found)


def query_of(model: str) -> type[Query[Any]]:
    query: Query[Any] = getattr(kommo_orm, model).objects
    return type(query)


def test_the_tables_of_filters_are_complete() -> None:
    known: dict[str, set[str]] = defaultdict(set)

    def note(model: str, field: str, lookups: str) -> None:
        if names := in_code(field):
            known[model] |= {names[0] + lookup.removeprefix("=") for lookup in in_code(lookups)}

    for row in table_with("queries.md", "Field", "`Lead`"):
        for model in ("Lead", "Contact", "Company"):
            if row[f"`{model}`"] == "yes":
                note(model, row["Field"], row["Lookups"])
    for row in table_with("queries.md", "Class", "Lookups"):
        note(in_code(row["Class"])[0], row["Field"], row["Lookups"])
    asked = [in_code(row["Class"])[0] for row in table_with("queries.md", "Class", "Orders by")]
    assert known == {model: set(query_of(model)._filters.__annotations__) for model in asked if model in known}
    assert not [model for model in asked if model not in known and query_of(model)._filters.__annotations__]


def test_the_table_of_orders_and_includes_is_complete() -> None:
    for row in table_with("queries.md", "Class", "Orders by"):
        query = query_of(in_code(row["Class"])[0])
        assert in_code(row["Orders by"]) == list(query._orders), row
        assert in_code(row["Includes"]) == [name for name in query._includes if name != "only_deleted"], row
        assert (row["Search"] == "yes") == query._is_searchable, row
        assert bool(row["Under"]) == bool(query._parent_kinds), row


def test_the_table_of_kinds_is_complete() -> None:
    known = {in_code(row["Annotation"])[0] for row in table_with("models-and-custom-fields.md", "Annotation")}
    named = {name for name in kommo_orm.__all__ if name != "CustomAttr" and is_kind(getattr(kommo_orm, name))}
    assert known == named


def is_kind(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, CustomAttr)


def test_the_table_of_notes_is_complete() -> None:
    known = {name for row in table_with("entities.md", "`params`") for name in in_code(row["`params`"])}
    assert known == {cls.__name__ for cls in (*CLASSES.values(), UnknownParams)}


def error_classes() -> list[str]:
    found = [value for value in vars(errors).values() if isinstance(value, type)]
    return [error.__name__ for error in found if issubclass(error, errors.KommoError)]


@pytest.mark.parametrize("name", error_classes())
def test_every_error_is_in_the_tree_and_has_a_section(name: str) -> None:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    anchor = re.sub(r"(?<!^)([A-Z])", r"-\1", name).lower()
    assert re.search(rf"(?m)^[│├└─ ]*{name}\b", page), f"docs/errors.md: {name} is not in the tree"
    assert f"### {name} {{ #{anchor} }}\n" in page, f"docs/errors.md: {name} has no section with the anchor {anchor}"


PAGE = """
Text with `code`.

```python
a = 1
```

<!-- python
assert a
-->

<!-- no-run: needs a printer -->
```python
b = 2
```

=== "Async"

    ```python
    c = await d
    ```

````text
```python
no = True
```
````
"""


def test_blocks_are_found_where_they_stand() -> None:
    assert list(blocks(PAGE)) == [
        Block("python", 5, "a = 1\n"),
        Block("python", 9, "assert a\n"),
        Block("python", 14, "b = 2\n", "needs a printer"),
        Block("python", 20, "c = await d\n"),
        Block("text", 24, "```python\nno = True\n```\n"),
    ]


def test_await_works_at_the_top_level() -> None:
    namespace: dict[str, Any] = {}
    execute(Block("python", 1, "import asyncio\nx = await asyncio.sleep(0, 5)\n"), Path("page.md"), namespace)
    assert namespace["x"] == 5


def test_outputs_are_compared() -> None:
    printed = execute(Block("python", 1, "print('a', 1)\n"), Path("page.md"), {})
    compare(Block("output", 5, "a ...\n"), printed, Path("page.md"))
    with pytest.raises(pytest.fail.Exception, match=r"page\.md:5"):
        compare(Block("output", 5, "b 1\n"), printed, Path("page.md"))


def test_a_failing_snippet_names_its_line() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        execute(Block("python", 40, "\n1 / 0\n"), Path("page.md"), {})
    last = caught.traceback[-1]
    assert (str(last.path), last.lineno + 1) == ("page.md", 41)

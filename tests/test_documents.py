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
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import entry_points
from itertools import zip_longest
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kommo_orm import Accounts, Kommo
from kommo_orm.model.base import Model
from kommo_orm.sandbox import Sandbox

pytest_plugins = ["pytester"]

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
                if options.get("oauth"):
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_snippets_run(page: Path, monkeypatch: pytest.MonkeyPatch, pytester: pytest.Pytester) -> None:
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
    found = list(blocks(page.read_text(encoding="utf-8")))
    try:
        for block, following in zip_longest(found, found[1:]):
            if block.language != "python" or block.no_run:
                continue
            if TESTS.search(block.source):
                run_tests(block, pytester, monkeypatch)
                continue
            printed = execute(block, page, vars(module))
            if following is not None and following.language == "output":
                compare(following, printed, page)
    finally:
        account.close()


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

"""The habits that CONTRIBUTING.md names, where a file shows whether they are kept."""

from __future__ import annotations

import re

from tests.house.source_code import ROOT


def read_unreleased() -> str:
    """The part of the changelog about what no version has yet."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return re.split(r"(?m)^## ", changelog.partition("## [Unreleased]")[2])[0]


def has_releases() -> bool:
    return re.search(r"(?m)^## \[\d", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")) is not None


def test_nothing_is_fixed_that_was_never_released() -> None:
    assert has_releases() or "### Fixed" not in read_unreleased(), (
        "CHANGELOG.md: no version was released, so nothing of it can be fixed; describe under Added how it works"
    )


def test_the_documents_are_built_strictly_and_with_their_warnings_in_view() -> None:
    [line] = [
        line for line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines() if "mkdocs build" in line
    ]
    assert "--strict" in line, ".ci/run: mkdocs build needs --strict"
    assert "--quiet" not in line, ".ci/run: mkdocs build --quiet hides the warnings that --strict counts"


def test_contributing_names_the_rules_of_commits() -> None:
    text = " ".join((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split())
    assert "72 characters" in text
    assert "*Fixed* is for faults of a released version" in text

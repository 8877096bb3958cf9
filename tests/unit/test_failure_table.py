"""What a failed batch means: the whole table is walked."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from kommo_orm.interface.batch import Verb
from kommo_orm.interface.failure import FailureKind
from kommo_orm.unit.failure_table import (
    ALL_VERBS,
    CHANGING,
    CREATING,
    TABLE,
    FailureAction,
    decide_action,
    find_row,
    render_table,
)

CASES = list(product(ALL_VERBS, FailureKind, (False, True), (False, True)))
RESENDING = {FailureAction.FAIL_NAMED, FailureAction.SPLIT}
NOTHING_STORED = {FailureKind.INVALID, FailureKind.TOO_LARGE, FailureKind.GONE}


@pytest.mark.parametrize(("verb", "kind", "applied", "single"), CASES)
def test_every_case_has_an_action(verb: Verb, kind: FailureKind, applied: bool, single: bool):
    assert decide_action(verb, kind, applied=applied, is_single=single) in FailureAction


@pytest.mark.parametrize(("verb", "kind", "applied"), list(product(CREATING, FailureKind, (False, True))))
def test_a_creation_is_sent_again_only_where_nothing_was_stored(verb: Verb, kind: FailureKind, applied: bool):
    for single in (False, True):
        if decide_action(verb, kind, applied=applied, is_single=single) in RESENDING:
            assert kind in NOTHING_STORED


@pytest.mark.parametrize(("verb", "kind"), list(product(CHANGING, FailureKind)))
def test_a_change_that_may_be_applied_never_counts_as_failed_only(verb: Verb, kind: FailureKind):
    for single in (False, True):
        action = decide_action(verb, kind, applied=True, is_single=single)
        assert action is not FailureAction.FAIL


@pytest.mark.parametrize(("verb", "kind", "applied"), list(product(ALL_VERBS, FailureKind, (False, True))))
def test_one_item_is_never_halved(verb: Verb, kind: FailureKind, applied: bool):
    assert decide_action(verb, kind, applied=applied, is_single=True) is not FailureAction.SPLIT


def test_a_deletion_that_finds_nothing_after_a_lost_attempt_is_done():
    assert decide_action("delete", FailureKind.GONE, applied=True, is_single=True) is FailureAction.SUCCEED
    assert decide_action("delete", FailureKind.GONE, applied=False, is_single=True) is FailureAction.FAIL_NAMED


def test_only_deletions_succeed_by_a_failure():
    done = {
        verb
        for verb, kind, applied, single in CASES
        if decide_action(verb, kind, applied=applied, is_single=single) == "succeed"
    }
    assert done == {"delete"}


def test_no_row_is_idle():
    used = {id(find_row(verb, kind, applied=applied)) for verb, kind, applied, _ in CASES}
    assert used == {id(row) for row in TABLE}


def test_the_architecture_prints_the_table():
    page = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text()
    assert "\n".join(render_table()) in page

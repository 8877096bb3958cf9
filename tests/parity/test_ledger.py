"""Every feature of the PHP library has a row in the guide, and every row a test that proves it."""

from __future__ import annotations

from tests.parity.ledger import BUGS, FEATURES, FLOWS, proofs, table


def test_every_row_is_in_the_guide_once() -> None:
    assert [row for row, _ in table()] == [*FEATURES, *BUGS, *FLOWS]


def test_every_row_has_a_test() -> None:
    found = proofs()
    assert [row for row in (*FEATURES, *BUGS, *FLOWS) if row not in found] == []


def test_the_guide_names_tests_that_prove_the_row() -> None:
    found = proofs()
    assert [row for row, tests in table() if not tests] == []
    assert [(row, test) for row, tests in table() for test in tests if test not in found.get(row, ())] == []


def test_no_test_proves_what_there_is_not() -> None:
    assert sorted(proofs().keys() - {*FEATURES, *BUGS, *FLOWS}) == []

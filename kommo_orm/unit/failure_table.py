"""What a failed batch means: a table of (verb, kind of failure, may have been applied) -> action.

The dialect says which kind of failure an error is (`Dialect.classify_failure`). The delivery tracker says whether an attempt
may have been applied although no answer says so. The first row that fits decides; every combination has one.
`docs/architecture.md` prints this table, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import get_args

from kommo_orm.interface.batch import Verb
from kommo_orm.interface.failure import FailureKind


class FailureAction(StrEnum):
    """What happens to the objects of a failed batch."""

    FAIL = "fail"  # all fail with the error and stay pending
    FAIL_NAMED = "fail the named"  # the named items fail, and the others are sent again; if none is named: split
    SPLIT = "split"  # two halves are sent
    MARK_UNCONFIRMED = "unconfirmed"  # creations are uncertain; changes fail and count as changed until they are read
    SPLIT_BY_VERB = "split by verb"  # creations are uncertain; updates are sent again
    SUCCEED = "succeed"  # an earlier attempt did it, and its answer was lost


ALL_VERBS: tuple[Verb, ...] = get_args(Verb)
CREATING: tuple[Verb, ...] = ("create", "complex", "save")
CHANGING: tuple[Verb, ...] = ("update", "link", "unlink", "delete")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table. `applied` is None where it does not matter; `single` is the action for one item alone."""

    verbs: tuple[Verb, ...]
    failures: tuple[FailureKind, ...]
    applied: bool | None
    action: FailureAction
    single: FailureAction
    reason: str

    def fits(self, verb: Verb, failure: FailureKind, *, applied: bool) -> bool:
        """Whether the row is about this case."""
        return verb in self.verbs and failure in self.failures and self.applied in (None, applied)

    def __str__(self) -> str:
        verbs = "any" if self.verbs == ALL_VERBS else ", ".join(self.verbs)
        applied = "any" if self.applied is None else "yes" if self.applied else "no"
        action = self.action if self.action is self.single else f"{self.action}; one alone: {self.single}"
        return f"| {verbs} | {', '.join(kind.value for kind in self.failures)} | {applied} | {action} | {self.reason} |"


def _row(
    verbs: tuple[Verb, ...],
    failures: str,
    applied: bool | None,
    action: FailureAction,
    reason: str,
    *,
    single: FailureAction | None = None,
) -> Row:
    kinds = tuple(FailureKind[name] for name in failures.split())
    return Row(verbs, kinds, applied, action, single or action, reason)


_FAIL, _FAIL_NAMED, _SPLIT = FailureAction.FAIL, FailureAction.FAIL_NAMED, FailureAction.SPLIT
_UNCONFIRMED, _SUCCEED, _BY_VERB = (
    FailureAction.MARK_UNCONFIRMED,
    FailureAction.SUCCEED,
    FailureAction.SPLIT_BY_VERB,
)

TABLE: tuple[Row, ...] = (
    _row(("delete",), "GONE", True, _SUCCEED, "an earlier attempt deleted it"),
    _row(ALL_VERBS, "INVALID GONE", None, _FAIL_NAMED, "the service stores all of a batch or nothing"),
    _row(CREATING, "FAULT", None, _UNCONFIRMED, "it may have been stored"),
    _row(CHANGING, "FAULT", None, _FAIL_NAMED, "doing it twice does no harm"),
    _row(CHANGING, "TOO_LARGE", True, _SPLIT, "smaller bodies pass", single=_UNCONFIRMED),
    _row(ALL_VERBS, "TOO_LARGE", None, _SPLIT, "smaller bodies pass", single=_FAIL),
    _row(CHANGING, "TIMED_OUT", None, _SPLIT, "doing it twice does no harm; less takes less time", single=_UNCONFIRMED),
    _row(("save",), "UNCERTAIN", None, _BY_VERB, "creations are never repeated blindly; updates may be"),
    _row(("create", "complex"), "UNCERTAIN TIMED_OUT", None, _UNCONFIRMED, "a creation is never repeated blindly"),
    _row(("save",), "TIMED_OUT", None, _BY_VERB, "creations are never repeated blindly; updates may be"),
    _row(CREATING, "LOST REFUSED", None, _FAIL, "nothing was stored: else the failure is 'uncertain'"),
    _row(CHANGING, "LOST UNCERTAIN", None, _UNCONFIRMED, "the change may be stored"),
    _row(CHANGING, "REFUSED", True, _UNCONFIRMED, "an earlier attempt may have stored the change"),
    _row(CHANGING, "REFUSED", False, _FAIL, "the service did nothing"),
)


def find_row(verb: Verb, failure: FailureKind, *, applied: bool) -> Row:
    """The first row that fits."""
    return next(row for row in TABLE if row.fits(verb, failure, applied=applied))


_ROWS = {
    (verb, failure, applied): find_row(verb, failure, applied=applied)
    for verb, failure, applied in product(ALL_VERBS, FailureKind, (False, True))
}


def decide_action(verb: Verb, failure: FailureKind, *, applied: bool, is_single: bool) -> FailureAction:
    """What happens to a failed batch."""
    row = _ROWS[verb, failure, applied]
    return row.single if is_single else row.action


def render_table() -> Iterator[str]:
    """The table as Markdown, line by line."""
    yield "| Verb | Failure | May be applied | Action | Reason |"
    yield "| --- | --- | --- | --- | --- |"
    yield from map(str, TABLE)

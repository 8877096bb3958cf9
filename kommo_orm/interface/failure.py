"""The meaning of an error for the batch that met it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from kommo_orm.errors import ItemError, KommoError


class FailureKind(Enum):
    """What is known after a batch failed: what the service objects to, and whether it may have stored something."""

    INVALID = "invalid"  # 400, 422: nothing was stored; `Failure.problems` names the bad items, or none
    FAULT = "fault"  # 400 with a fault of the service itself: it does not say what was stored
    GONE = "gone"  # rows that were to be deleted do not exist; `Failure.problems` names them, or none
    TOO_LARGE = "too large"  # 413: nothing was stored, and half of the batch may pass
    TIMED_OUT = "timed out"  # 504: the service took too long, and half of the batch may pass
    LOST = "lost"  # no usable answer, or 5xx: the batch may have been stored
    UNCERTAIN = "uncertain"  # the same for a creating request, which the transport did not repeat
    REFUSED = "refused"  # everything else (401, 402, 403, 404, 429, not sent): nothing was stored, each item fails


MAY_BE_APPLIED = frozenset({FailureKind.FAULT, FailureKind.TIMED_OUT, FailureKind.LOST, FailureKind.UNCERTAIN})


@dataclass(frozen=True, slots=True)
class Failure:
    """What a dialect says about the error of a batch.

    `problems` holds the service's words about single items, by their `request_id`; a batch of one item always names that
    one where the kind is INVALID, FAULT or GONE and the service answered 400. `stale_options` are the request ids of
    items that name an option which the account does not have any more: worth another try with fresh definitions.
    """

    kind: FailureKind
    error: KommoError
    problems: Mapping[str, tuple[ItemError, ...]] = field(default_factory=dict)
    stale_options: frozenset[str] = frozenset()

    @property
    def may_be_applied(self) -> bool:
        """Whether the service may have stored something, as far as this error tells. Earlier attempts may have, too."""
        return self.kind in MAY_BE_APPLIED

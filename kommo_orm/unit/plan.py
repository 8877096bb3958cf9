"""The plan of a flush: its requests in order, as values that a dry run prints and a test compares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from kommo_orm.interface.batch import Verb

# A row that others point at has a lower rank. Links come last and are rows of their own, so there can be no cycle.
# (An incoming lead creates its lead and its contacts itself, so it may come before them.)
BY_RANK = {
    0: "users webhooks widgets roles loss_reasons pipelines catalogs custom_field_groups chat_templates customer_statuses",
    1: "incoming_leads statuses sources website_buttons custom_fields tags segments",
    2: "companies",
    3: "contacts",
    4: "leads",
    5: "customers",
    6: "catalog_elements",
    7: "calls transactions tasks",
    8: "notes short_links files",
}
RANKS = {kind: rank for rank, kinds in BY_RANK.items() for kind in kinds.split()}
LAST_RANK = 9


def flush_rank(kind: str) -> int:
    return RANKS.get(kind, LAST_RANK - 1)


@dataclass(frozen=True, slots=True)
class Planned:
    """One step of a plan: how many objects of which kind in which request."""

    verb: Verb
    kind: str
    count: int
    waits_for: tuple[str, ...] = ()

    def __str__(self) -> str:
        waits = f" (after {', '.join(self.waits_for)})" if self.waits_for else ""
        return f"{self.verb:7s} {self.count:4d} {self.kind}{waits}"


@dataclass(frozen=True, slots=True)
class Plan(Sequence[Planned]):
    """What a flush would send, in its order. It prints one line for each request."""

    steps: tuple[Planned, ...]

    @overload
    def __getitem__(self, index: int) -> Planned: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Planned, ...]: ...
    def __getitem__(self, index: int | slice) -> Planned | tuple[Planned, ...]:
        return self.steps[index]

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Planned]:
        return iter(self.steps)

    def __repr__(self) -> str:
        return f"<Plan: steps {len(self.steps)}, rows {sum(step.count for step in self.steps)}>"

    def __str__(self) -> str:
        return "\n".join(map(str, self.steps)) or "nothing to send"


def split_chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for at in range(0, len(items), size):
        yield items[at : at + size]


__all__ = ["Plan"]

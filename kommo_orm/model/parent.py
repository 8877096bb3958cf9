"""Under what a list lives: notes under leads, stages under a pipeline, elements under a list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parent:
    """A kind of entity (`Parent("leads")`), or one row of it (`Parent("leads", 5)`).

    `inside` is what that row lives under itself: the list of an element.
    `options` are what else the address of a write says, and the bodies do not: whether purchases earn bonus points.
    """

    kind: str
    id: int | None = None
    inside: Parent | None = None
    options: tuple[tuple[str, bool], ...] = ()

    def __str__(self) -> str:
        return self.kind if self.id is None else f"{self.kind} {self.id}"

"""A save goes a short way, held by counts: calls of functions, files, and rooms that are entered again."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest

import kommo_orm
from kommo_orm import Kommo, Lead, MultiSelect, Number, custom
from kommo_orm.sandbox import Sandbox

PACKAGE = Path(kommo_orm.__file__).parent


class Deal(Lead):
    budget: Number = custom(name="Budget")
    regions: MultiSelect = custom(name="Regions")


class Way(NamedTuple):
    """What a save called: functions entered and generators resumed, of which files, and the steps back into a room."""

    calls: int
    files: int
    steps_back: int


def follow(action: Callable[[], object]) -> Way:
    """Run and count what is called inside of the package; the sandbox is not part of it."""
    seen: list[str] = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(f"{PACKAGE}{os.sep}") and f"{os.sep}sandbox{os.sep}" not in path:
            seen.append(path[len(str(PACKAGE)) + 1 :])

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(before)
    rooms = [Path(path).parts[0] for path in seen]
    turns = [room for place, room in enumerate(rooms) if place == 0 or rooms[place - 1] != room]
    return Way(len(seen), len(set(seen)), sum(room in turns[:place] for place, room in enumerate(turns)))


@pytest.fixture
def deal() -> Iterator[Deal]:
    sandbox = Sandbox()
    sandbox.add_field("leads", "Budget", "numeric")
    sandbox.add_field("leads", "Regions", "multiselect", enums=[f"Region {number}" for number in range(10)])
    with sandbox.serve() as server, Kommo("acme", token=sandbox.token, base_url=server.url, rate=1000):
        found = Deal.objects.get(sandbox.add("leads", name="Roof", price=1)["id"])
        for number in range(3):  # definitions, connections and caches are warm
            found.regions.append(f"Region {number}")
            found.price += 1
            found.budget = number
            found.save()
        yield found


def change_price(deal: Deal) -> None:
    deal.price += 1


def change_number(deal: Deal) -> None:
    deal.budget = 1000


def append_option(deal: Deal) -> None:
    deal.regions.append("Region 7")


@pytest.mark.parametrize("change", [change_price, change_number, append_option])
def test_one_changed_field_takes_a_short_way(deal: Deal, change: Callable[[Deal], None]):
    change(deal)
    way = follow(deal.save)
    assert way.calls <= 450
    assert way.files <= 30
    assert way.steps_back <= 60


def test_nothing_to_save_takes_almost_no_way(deal: Deal):
    assert follow(deal.save).calls <= 110

"""Paging is honest (rule 8), and a loop that saves misses nothing (rule 12). The walk is driven by hand here.

`Service` is a list whose order and members move as rows are written; `Driver` decides when what was started goes on: a
request is read by the service some time after it left, and its answer arrives some time after that.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kommo_orm.errors import UnexpectedResponse
from kommo_orm.interface.page import Page
from kommo_orm.query.offset_pagination import OffsetPaginator, PageSlot, find_page_at
from kommo_orm.transport.flow import CancelTask, EmitValue, Flow, JoinTask, Sleep, StartTask, Task, sleep_for

ORDERS = ("id", "-id", "updated_at", "-updated_at")


@dataclass
class Service:
    """Rows 0 to count-1, all in the filter, in the order of one field."""

    count: int
    order: str = "id"
    seconds: float = 0.0
    writes: int = 0
    calls: int = 0
    moment: int = 0
    tells: bool = True  # whether rows can be compared as the order does
    coarse: int = 1  # so many moments are one second
    inside: dict[int, int] = field(default_factory=dict)  # id: updated_at

    def __post_init__(self) -> None:
        self.inside = {number: number // self.coarse for number in range(self.count)}
        self.moment = self.count

    def listed(self) -> list[int]:
        name, descending = self.order.removeprefix("-"), self.order.startswith("-")
        key: Callable[[int], Any] = (lambda pk: pk) if name == "id" else (lambda pk: (self.inside[pk], pk))
        return sorted(self.inside, key=key, reverse=descending)

    def page(self, number: int, size: int) -> Page:
        self.calls += 1
        rows = self.listed()
        part = rows[(number - 1) * size : number * size]
        return Page(
            [{"id": pk, "updated_at": self.inside[pk]} for pk in part],
            last=number * size >= len(rows),
            seconds=self.seconds,
        )

    def after(self, row: dict[str, Any], other: dict[str, Any]) -> bool:
        name = self.order.removeprefix("-")
        return bool(row[name] < other[name] if self.order.startswith("-") else row[name] > other[name])

    def write(self, pk: int, leaves: bool) -> None:
        """What a save does: the row leaves the filter, or it stays and is the newest."""
        self.writes += 1
        if pk in self.inside:
            self.moment += 1
            self.inside[pk] = self.moment // self.coarse
            if leaves:
                del self.inside[pk]

    def fetch(self, number: int, size: int) -> Flow[Page]:
        yield from sleep_for(1)  # on its way there
        page = self.page(number, size)
        yield from sleep_for(1)  # on its way back
        return page


class Driver:
    """Runs a walk; what it started goes on when `goes_on` says so, at the latest when it is waited for."""

    def __init__(self, goes_on: Callable[[int], int] = lambda waiting: 0) -> None:
        self.goes_on = goes_on
        self.flows: dict[int, Generator[Any, Any, Any]] = {}
        self.results: dict[int, Any] = {}

    def rows(self, flow: Flow[None]) -> Iterator[list[int]]:
        reply: Any = None
        while True:
            try:
                effect = flow.send(reply)
            except StopIteration:
                return
            reply = None
            match effect:
                case EmitValue(value):
                    self.let_go_on()
                    yield [row.get("id") for row in value]
                    self.let_go_on()
                case StartTask(started):
                    number = len(self.flows)
                    self.flows[number] = started
                    reply = Task(number)
                case JoinTask(task):
                    while task.handle not in self.results:
                        self.step(task.handle)
                    reply = self.results[task.handle]
                case CancelTask(task):
                    self.flows[task.handle].close()
                    self.results[task.handle] = None
                case Sleep():
                    self.let_go_on()

    def let_go_on(self) -> None:
        waiting = [number for number in self.flows if number not in self.results]
        for _ in range(self.goes_on(len(waiting))):
            waiting = [number for number in waiting if number not in self.results]
            if waiting:
                self.step(waiting[0])

    def step(self, number: int) -> None:
        try:
            self.flows[number].send(None)
        except StopIteration as end:
            self.results[number] = end.value


def walk(
    service: Service, size: int, *, window: int = 4, most: int | None = None, rate: float | None = None
) -> OffsetPaginator:
    after = service.after if service.tells else None
    return OffsetPaginator(
        service.fetch, size=size, window=window, rate=rate, writes=lambda: service.writes, most=most, after=after
    )


def walked(service: Service, size: int, **options: Any) -> list[int]:
    return [pk for rows in Driver().rows(walk(service, size, **options).paginate()) for pk in rows]


# ---- quiet
@given(
    count=st.integers(0, 60),
    size=st.integers(1, 9),
    window=st.integers(1, 6),
    seconds=st.sampled_from([0.0, 0.05, 1.0]),
    order=st.sampled_from(ORDERS),
)
def test_all_rows_come_once_and_in_their_order(count, size, window, seconds, order):
    service = Service(count, order, seconds)
    assert walked(service, size, window=window) == service.listed()


def test_no_more_pages_are_asked_than_there_are():
    for count, calls in [(0, 1), (5, 1), (10, 1), (11, 2), (20, 2), (21, 3)]:
        service = Service(count)
        walked(service, 10)
        assert service.calls == calls


@given(count=st.integers(0, 40), size=st.integers(1, 7), most=st.integers(1, 50), seconds=st.sampled_from([0.0, 1.0]))
def test_a_limit_gives_as_many_and_asks_for_no_more(count, size, most, seconds):
    service = Service(count, seconds=seconds)
    assert walked(service, size, most=most) == list(range(min(count, most)))
    probes = 2 if seconds else 0  # one page far ahead, and another one in a wide gap
    assert service.calls <= max(1, -(-min(count, most) // size)) + probes
    assert service.calls <= -(-most // size)


def test_pages_are_asked_ahead_only_as_far_as_the_pace_can_use_them():
    def most_under_way(seconds: float, rate: float | None, window: int = 4) -> int:
        service, under_way = Service(200, seconds=seconds), []
        driver = Driver()
        for _ in driver.rows(walk(service, 10, rate=rate, window=window).paginate()):
            under_way.append(len([number for number in driver.flows if number not in driver.results]))
        return max(under_way)

    assert most_under_way(0.001, 7.0) == 0
    assert most_under_way(0.4, 7.0) == 3
    assert most_under_way(2.0, 7.0) == 4
    assert most_under_way(2.0, 7.0, window=20) in (13, 14)  # a probe may have been answered
    assert most_under_way(0.001, None) == 0
    assert most_under_way(1.0, None, window=9) in (8, 9)


def test_a_list_that_ignores_page_numbers_comes_once():
    service = Service(5)

    def same(number: int, size: int) -> Flow[Page]:
        yield from sleep_for(1)
        service.calls += 1
        return Page([{"id": pk} for pk in range(5)], last=False)

    found = OffsetPaginator(same, size=5, window=4, rate=None, writes=lambda: service.writes)
    assert [pk for rows in Driver().rows(found.paginate()) for pk in rows] == [0, 1, 2, 3, 4]
    assert service.calls == 2


def test_it_comes_once_also_to_a_loop_that_saves():
    service = Service(5)

    def same(number: int, size: int) -> Flow[Page]:
        yield from sleep_for(1)
        return Page([{"id": pk} for pk in range(5)], last=False)

    given_: list[int] = []
    for rows in Driver().rows(
        OffsetPaginator(same, size=5, window=4, rate=None, writes=lambda: service.writes).paginate()
    ):
        given_ += rows
        service.writes += 1
    assert given_ == [0, 1, 2, 3, 4]


def test_rows_without_an_id_are_given_all():
    def odd(number: int, size: int) -> Flow[Page]:
        yield from sleep_for(1)
        return Page([{}, {}, {"id": 1}], last=True)

    walk = OffsetPaginator(odd, size=5, window=1, rate=None, writes=lambda: 0)
    rows = [row for given_ in Driver().rows(walk.paginate()) for row in given_]
    assert len(rows) == 3


def test_an_empty_page_that_names_a_next_one_is_not_the_end():
    pages = {1: Page([{"id": 1}], last=False), 2: Page([], last=False), 3: Page([{"id": 3}], last=True)}

    def fetch(number: int, size: int) -> Flow[Page]:
        yield from sleep_for(1)
        return pages[number]

    walk = OffsetPaginator(fetch, size=1, window=1, rate=None, writes=lambda: 0)
    assert list(Driver().rows(walk.paginate())) == [[1], [3]]


def test_a_list_of_nothing_but_empty_pages_is_given_up():
    def fetch(number: int, size: int) -> Flow[Page]:
        yield from sleep_for(1)
        return Page([], last=False)

    with pytest.raises(UnexpectedResponse, match="51 pages in a row are empty"):
        list(Driver().rows(OffsetPaginator(fetch, size=1, window=1, rate=None, writes=lambda: 0).paginate()))


def test_quick_pages_are_not_asked_ahead():
    """A thread costs more than what it could save."""
    driver = Driver()
    assert len(list(driver.rows(walk(Service(30, seconds=0.05), 5).paginate()))) == 6
    assert driver.flows == {}
    assert list(driver.rows(walk(Service(30, seconds=0.4), 5).paginate()))
    assert driver.flows != {}


@given(index=st.integers(-5, 3000), size=st.integers(1, 250))
def test_a_page_may_begin_nearly_anywhere(index, size):
    place = find_page_at(index, size)
    assert 0 <= place.start <= max(0, index)
    assert max(1, size * 4 // 5) <= place.size <= size
    assert place.start + place.size > index
    assert PageSlot(1, 7).next() == PageSlot(2, 7)


# ---- a loop that saves
SERVICES = st.builds(
    Service,
    count=st.integers(0, 40),
    order=st.sampled_from(ORDERS),
    seconds=st.sampled_from([0.0, 0.06, 1.0]),
    coarse=st.sampled_from([1, 1, 5, 1000]),
)


@settings(max_examples=300)
@given(data=st.data())
def test_a_loop_that_saves_what_it_was_given_misses_nothing(data):
    """Every row comes exactly once, whatever the saves do to the rows, and whenever pages asked ahead are answered."""
    service = data.draw(SERVICES)
    service.tells = data.draw(st.booleans()) or service.coarse > 1
    size, window = data.draw(st.integers(1, 8)), data.draw(st.integers(1, 5))
    driver = Driver(lambda waiting: data.draw(st.integers(0, 4)) if waiting else 0)
    everyone, met = set(service.inside), []
    for rows in driver.rows(walk(service, size, window=window).paginate()):
        for pk in rows:
            met.append(pk)
            driver.let_go_on()
            match data.draw(st.sampled_from(["nothing", "stays", "leaves"])):
                case "stays":
                    service.write(pk, leaves=False)
                case "leaves":
                    service.write(pk, leaves=True)
    assert len(met) == len(set(met))
    assert set(met) == everyone


@settings(max_examples=300)
@given(data=st.data())
def test_saving_other_rows_too_skips_none_that_nobody_touched(data):
    """Rows that were not written before their turn are all met; none is met twice."""
    service = data.draw(SERVICES)
    size = data.draw(st.integers(1, 8))
    driver = Driver(lambda waiting: data.draw(st.integers(0, 4)) if waiting else 0)
    untouched, met = set(service.inside), []
    for rows in driver.rows(walk(service, size).paginate()):
        met += rows
        for _ in range(data.draw(st.integers(0, 6))):
            pk = data.draw(st.integers(0, max(0, service.count - 1)))
            service.write(pk, leaves=data.draw(st.booleans()))
            if pk not in met:
                untouched.discard(pk)
    assert len(met) == len(set(met))
    assert untouched <= set(met)


@pytest.mark.parametrize("order", ["updated_at", "-updated_at"])
@pytest.mark.parametrize("stays", [1, 2, 5])
def test_what_the_rows_do_not_tell_is_found_by_looking_on_both_sides(order: str, stays: int):
    """Where the order cannot be told from the rows, saved ones may stand before or behind those not given."""
    service = Service(60, order, seconds=1.0, tells=False)
    driver, met = Driver(lambda waiting: 3), []
    for rows in driver.rows(walk(service, 7).paginate()):
        met += rows
        for pk in rows:
            service.write(pk, leaves=pk % stays != 0)
    assert sorted(met) == list(range(60))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("leaves", [True, False])
def test_the_price_of_saving_in_the_loop_is_about_one_request_a_page(order: str, leaves: bool):
    service = Service(2000, order)
    met: list[int] = []
    for rows in Driver().rows(walk(service, 50).paginate()):
        met += rows
        for pk in rows:
            service.write(pk, leaves=leaves)
    assert sorted(met) == list(range(2000))
    assert service.calls <= 2.5 * 40


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("leaves", [True, False])
def test_so_it_is_when_each_page_is_saved_in_one_batch(order: str, leaves: bool):
    service = Service(2000, order)
    met: list[int] = []
    for rows in Driver().rows(walk(service, 50).paginate()):
        met += rows
        for pk in rows:
            service.write(pk, leaves=leaves)
        service.writes -= len(rows) - 1
    assert sorted(met) == list(range(2000))
    assert service.calls <= 2.5 * 40


@settings(max_examples=300)
@given(data=st.data())
def test_saves_that_are_still_on_their_way_hide_nothing(data):
    """Saves started in the loop and applied some time later, beside it. Their beginnings and their ends are counted."""
    service = data.draw(SERVICES)
    size, on_their_way = data.draw(st.integers(1, 8)), []

    def goes_on(waiting: int) -> int:
        if on_their_way and data.draw(st.booleans()):
            service.write(*on_their_way.pop(0))
        return data.draw(st.integers(0, 4)) if waiting else 0

    driver, everyone, met = Driver(goes_on), set(service.inside), []
    for rows in driver.rows(walk(service, size).paginate()):
        for pk in rows:
            met.append(pk)
            driver.let_go_on()
            if data.draw(st.booleans()):
                service.writes += 1
                on_their_way.append((pk, data.draw(st.booleans())))
    assert len(met) == len(set(met))
    assert set(met) == everyone

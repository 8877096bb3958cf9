"""How many pages are asked for, and how long a list takes, on a simulated clock with the real rate limiter."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from kommo_orm.errors import ServerError
from kommo_orm.interface.list_lengths import ListLength
from kommo_orm.interface.page import Page
from kommo_orm.query.offset_pagination import OffsetPaginator
from kommo_orm.transport.flow import Flow
from kommo_orm.transport.http_messages import HttpRequest
from tests.simulated_clock import SimulatedClock


class Reading(NamedTuple):
    """What it took to read a list."""

    seconds: float
    asked: list[int]  # numbers of pages, in the order in which the requests left
    behind_end: int
    most_under_way: int
    length: ListLength | None


def read_list(
    pages: int,
    latency: float,
    *,
    rate: float | None = 7.0,
    window: int | None = None,
    most: int | None = None,
    known: ListLength | None = None,
) -> Reading:
    """Read a list of so many pages of 2 rows."""
    clock = SimulatedClock(latency, rate)

    def fetch(number: int, size: int) -> Flow[Page]:
        response = yield from clock.send(HttpRequest("GET", str(number)))
        rows = [{"id": pk} for pk in range((number - 1) * size, number * size)] if number <= pages else []
        return Page(rows, last=number >= pages, seconds=response.seconds)

    paginator = OffsetPaginator(fetch, size=2, window=window, rate=rate, writes=lambda: 0, most=most, known=known)
    clock.run(paginator.paginate())
    assert paginator.given == min(2 * pages, most or 2 * pages)
    asked = [int(request.path) for request in clock.left]
    assert len(asked) == len(set(asked))
    return Reading(clock.now, asked, sum(number > pages for number in asked), clock.most_under_way, paginator.length)


@pytest.mark.parametrize("pages", range(1, 45))
@pytest.mark.parametrize("latency", [0.05, 0.2, 0.4, 0.5])
def test_one_page_is_asked_for_behind_the_end_at_most(pages: int, latency: float) -> None:
    reading = read_list(pages, latency)
    assert reading.behind_end <= 1
    assert sorted(reading.asked)[:pages] == list(range(1, pages + 1))


@pytest.mark.parametrize("pages", range(1, 45))
@pytest.mark.parametrize("latency", [0.7, 1.0, 1.5, 3.0])
def test_a_slow_service_is_asked_for_few_pages_behind_the_end(pages: int, latency: float) -> None:
    """There 5 to 20 requests are under way, and each halving of what is not known may meet one page too many."""
    assert read_list(pages, latency).behind_end <= (2 if latency <= 1 else 3 if latency <= 1.5 else 4)


def test_a_list_of_one_page_is_one_request() -> None:
    for latency in (0.05, 0.4, 1.5, 5.0):
        assert read_list(1, latency).asked == [1]


def test_short_lists_are_not_more_requests_than_a_window_of_four_was() -> None:
    for pages in (2, 3):
        assert len(read_list(pages, 0.4).asked) <= pages + 1
        assert len(read_list(pages, 1.5).asked) <= 5


def test_forty_pages_of_a_slow_service_fill_the_pace() -> None:
    reading = read_list(40, 1.5)
    assert reading.behind_end <= 1
    assert reading.seconds < 10.5  # 17.1 with a window of four
    assert reading.most_under_way >= 9
    assert read_list(40, 1.0).seconds < 9
    assert read_list(40, 0.4).seconds < 7


def test_a_list_whose_length_is_known_is_read_side_by_side_from_the_start() -> None:
    known = read_list(40, 1.5).length
    assert known is not None
    assert known.pages == 40
    reading = read_list(40, 1.5, known=known)
    assert reading.behind_end == 0
    assert reading.seconds < 7.6  # 39 gaps of the pace and one answer


@pytest.mark.parametrize("pages", [1, 2, 9, 20, 39, 41, 47, 80])
def test_a_list_that_has_changed_since_is_read_completely(pages: int) -> None:
    reading = read_list(pages, 1.5, known=ListLength(40, 1.5))
    assert sorted(reading.asked)[:pages] == list(range(1, pages + 1))
    assert reading.behind_end <= (10 if pages < 10 else 3)  # those that were under way when the first answers came


def test_the_window_of_the_user_is_a_hard_limit() -> None:
    for window in (1, 2, 4):
        assert read_list(40, 1.5, window=window).most_under_way <= window
        assert read_list(40, 1.5, window=window, rate=None).most_under_way <= window


def test_without_a_rate_the_window_has_a_limit_of_its_own() -> None:
    assert 20 < read_list(400, 1.5, rate=None).most_under_way <= 32


@pytest.mark.parametrize("most", [1, 2, 3, 10, 79, 80])
def test_pages_behind_a_limit_are_not_asked_for(most: int) -> None:
    reading = read_list(60, 1.5, most=most)
    assert max(reading.asked) <= -(-most // 2)


def test_pages_that_wait_for_the_pace_are_given_up_when_the_end_is_known() -> None:
    """The known length is wrong: what had not left by the first answer never leaves."""
    reading = read_list(2, 1.5, rate=1.0, known=ListLength(40, 30.0))
    assert reading.asked == [1, 40, 2, 3]  # of 28 that were started


def test_a_far_page_that_cannot_be_read_ends_nothing() -> None:
    """An error of a page far ahead concerns nobody until it is its turn. Then it is asked for again."""
    clock, asked = SimulatedClock(0.5, 7.0), list[int]()

    def fetch(number: int, size: int) -> Flow[Page]:
        asked.append(number)
        response = yield from clock.send(HttpRequest("GET", str(number)))
        if number == 4 and asked.count(4) == 1:
            raise ServerError("no page 4", status=500)
        return Page([{"id": number}], last=number >= 6, seconds=response.seconds)

    paginator = OffsetPaginator(fetch, size=1, window=None, rate=7.0, writes=lambda: 0)
    clock.run(paginator.paginate())
    assert paginator.given == 6
    assert asked.count(4) == 2

"""What is remembered of lists that were read to their end."""

from __future__ import annotations

from kommo_orm.interface.list_lengths import MOST_LISTS, ListLength, ListLengths
from kommo_orm.interface.read_request import ReadRequest
from kommo_orm.interface.term import Term


def test_a_list_is_known_by_what_it_asks_for_and_not_by_what_it_includes() -> None:
    lengths = ListLengths()
    lengths.note_length(ReadRequest("leads", includes=frozenset({"contacts"})), 250, ListLength(40, 1.5))
    assert lengths.find_length(ReadRequest("leads"), 250) == ListLength(40, 1.5)
    assert lengths.find_length(ReadRequest("leads"), 50) is None
    assert lengths.find_length(ReadRequest("leads", terms=(Term("id", "eq", 5),)), 250) is None


def test_a_list_that_has_become_one_page_is_forgotten() -> None:
    lengths, request = ListLengths(), ReadRequest("leads")
    lengths.note_length(request, 250, ListLength(40, 1.5))
    lengths.note_length(request, 250, ListLength(1, 1.5))
    assert lengths.find_length(request, 250) is None


def test_only_the_latest_lists_are_kept() -> None:
    lengths = ListLengths()
    for number in range(MOST_LISTS + 5):
        lengths.note_length(ReadRequest(f"kind {number}"), 250, ListLength(2, 1.0))
    assert lengths.find_length(ReadRequest("kind 4"), 250) is None
    assert lengths.find_length(ReadRequest("kind 5"), 250) == ListLength(2, 1.0)


def test_values_that_cannot_be_hashed_are_not_remembered() -> None:
    lengths, request = ListLengths(), ReadRequest("leads", terms=(Term("id", "in", [5]),))
    lengths.note_length(request, 250, ListLength(2, 1.0))
    assert lengths.find_length(request, 250) is None

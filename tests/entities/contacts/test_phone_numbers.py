"""Which ways of writing a number surely mean the same."""

from __future__ import annotations

import pytest

from kommo_orm.entities.contacts.phone_numbers import get_search_digits, is_same_number, normalize_number

SAME = [
    ("+34 600 111 222", "34600111222"),
    ("+34 600 111 222", "0034 (600) 111-222"),
    ("+7 999 000-08-16", "8 (999) 000-08-16"),
    ("79990000816", "89990000816"),
    ("8 343 222-33-44", "+73432223344"),
    ("8 701 222 33 44", "7 701 222 33 44"),
    ("101", "1-0-1"),
]
OTHERS = [
    ("9990000816", "+79990000816"),  # a country is missing: it may be any
    ("+84912345678", "+74912345678"),  # Vietnam
    ("84912345678", "+74912345678"),  # Vietnam without its plus, or Russia with an 8: nobody knows
    ("+89990000816", "+79990000816"),
    ("85212345678", "75212345678"),  # Hong Kong
    ("+34600111222", "+34600111223"),
    ("12", "12"),  # too short to be a number
    ("", ""),
    ("00", "00"),
    ("+1 555 000 100 ext. 5", "+1 555 000 100"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_number(one: str, other: str):
    assert is_same_number(one, other)
    assert is_same_number(other, one)
    assert get_search_digits(one) in "".join(filter(str.isdigit, other)), (
        "the search has to find the other way of writing it"
    )


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_not_surely_the_same_number(one: str, other: str):
    assert not is_same_number(one, other)
    assert not is_same_number(other, one)


def test_what_is_searched_for():
    assert get_search_digits("+34 600 111 222") == "34600111222"
    assert get_search_digits("8 999 000-08-16") == get_search_digits("+79990000816") == "9990000816"
    assert normalize_number("+00") == "00"

"""Compare telephone numbers that are written in different ways.

People write `+34 600 111 222`, `0034600111222` and `34600111222`; these are compared by their digits. In Russia and
Kazakhstan `8` in front of ten digits stands for `+7`; it is taken for that only where no country's code could be meant.
"""

from __future__ import annotations

WITHOUT_COUNTRY = 10  # digits behind a Russian 7 or 8
ALLOCATED_AFTER_8 = "0124568"  # +81 Japan, +84 Vietnam, +852 Hong Kong ...: behind those an 8 may be a country's code
SHORTEST = 3


def normalize_number(text: str) -> str:
    """The digits of a number in its international form, as far as it is written in one."""
    digits = "".join(character for character in text if character in "0123456789")
    is_long = len(digits) > WITHOUT_COUNTRY
    if digits.startswith("00") and is_long and not text.lstrip().startswith("+"):
        return digits[2:]
    if is_national(digits) and "+" not in text:
        return f"7{digits[1:]}"
    return digits


def is_national(digits: str) -> bool:
    """A Russian or Kazakh number with its 8: no country has a code that such a number could begin with."""
    return len(digits) == WITHOUT_COUNTRY + 1 and digits[0] == "8" and digits[1] not in ALLOCATED_AFTER_8


def get_search_digits(text: str) -> str:
    """The digits to search for: the part that all spellings of the number contain."""
    digits = normalize_number(text)
    return (
        digits[1:]
        if len(digits) == WITHOUT_COUNTRY + 1 and is_national(f"8{digits[1:]}") and digits[0] == "7"
        else digits
    )


def is_same_number(one: str, other: str) -> bool:
    digits = normalize_number(one)
    return len(digits) >= SHORTEST and digits == normalize_number(other)

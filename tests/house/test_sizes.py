"""Functions and files are short enough to be read at once."""

from __future__ import annotations

from tests.house import limits
from tests.house.source_code import read_functions, read_modules


def test_functions_are_short() -> None:
    sizes = sorted(function.line_count for function in read_functions())
    median, p90 = sizes[len(sizes) // 2], sizes[len(sizes) * 9 // 10]
    assert median <= limits.MEDIAN_LINES, f"the median function has {median} lines"
    assert p90 <= limits.P90_LINES, f"one function in ten has more than {p90 - 1} lines"


def test_no_function_is_long() -> None:
    long = [f"{one}: {one.line_count} lines" for one in read_functions() if one.line_count > limits.LONGEST_FUNCTION]
    assert not long, f"split functions of more than {limits.LONGEST_FUNCTION} lines:\n" + "\n".join(long)


def test_no_file_is_long() -> None:
    long = [f"{one.place}: {one.line_count} lines" for one in read_modules() if one.line_count > limits.LONGEST_FILE]
    assert not long, f"split files of more than {limits.LONGEST_FILE} lines by what they hold:\n" + "\n".join(long)

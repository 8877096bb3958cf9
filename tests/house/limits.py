"""The limits that the tests of the house rules hold, in one table. A limit may be lowered, never raised."""

from __future__ import annotations

from typing import Final

PARTICIPLE_SHARE: Final = 0.03
"""Share of functions whose name begins with a participle or a gerund."""

SHARED_NAMES: Final = 0
"""Function names that stand in more than `MODULES_PER_NAME` modules and belong to no base class and no Protocol."""

MODULES_PER_NAME: Final = 3

MEDIAN_LINES: Final = 6
P90_LINES: Final = 14
LONGEST_FUNCTION: Final = 50
LONGEST_FILE: Final = 415

FILES_IN_CIRCLES: Final = 0
"""Files that belong to an import circle over two or more rooms."""

ARROWS_UP: Final = 0
"""Imports from a lower room into a higher one, for type checking only or not."""

"""Run apart: the cost of plain dicts, of typed leads, and of two fields read of each, as a line of JSON.

In a process of its own neither the tracing of coverage nor what other tests left behind counts as work.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from tests.perf.pages import Deal, Pages, cheapest


def read(pages: Pages, *names: str) -> Callable[[], int]:
    def work() -> int:
        count = 0
        with pages.connected():
            for deal in Deal.objects.all():
                for name in names:
                    getattr(deal, name)
                count += 1
        return count

    return work


if __name__ == "__main__":
    pages = Pages(10)
    sys.stdout.write(json.dumps(cheapest(pages.plain, read(pages), read(pages, "budget", "name"))))

"""Run apart: the cost of plain dicts, of typed leads, and of two fields read of each, as a line of JSON.

In a process of its own neither the tracing of coverage nor what other tests left behind counts as work.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from kommo_orm.transport import http_messages, json_codec
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


def parser(name: str) -> Callable[[bytes], Any]:
    if name == "orjson":
        import orjson

        return orjson.loads
    return json_codec.parse_with_pydantic


if __name__ == "__main__":
    json_codec.parse_json = http_messages.parse_json = parser(sys.argv[1])
    pages = Pages(10)
    sys.stdout.write(json.dumps(cheapest(pages.plain, read(pages), read(pages, "budget", "name"))))

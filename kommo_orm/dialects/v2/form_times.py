"""When forms came in, a second for each.

To API v2, two forms of the same page and second are one, and the other is refused as a duplicate. So forms that do not say
when they came in are told apart by seconds, back from now. An object keeps its second: sent again after a lost answer it is
the duplicate that it would be.
Source: Kommo API v2, "Incoming leads".
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable

from kommo_orm.model.model import Model

MOST = 10_000  # seconds that are remembered of one form
MOST_FORMS = 1_000  # that are remembered, those that came last: addresses of pages may differ with each visit


class Moments:
    """Of a process. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given: dict[int, tuple[weakref.ref[Model], int]] = {}  # by identity: new objects have no hash
        self._taken: OrderedDict[Hashable, set[int]] = OrderedDict()

    def of(self, made: Model, form: Hashable, now: int) -> int:
        """The second of an object: the same one whenever it is asked for."""
        with self._lock:
            known, moment = self._given.get(id(made), (None, 0))
            if known is None or known() is not made:
                moment = self._free(form, now)
                self._given[id(made)] = (weakref.ref(made, self._forgetting(id(made))), moment)
            return moment

    def _free(self, form: Hashable, now: int) -> int:
        taken = self._taken.setdefault(form, set())
        self._taken.move_to_end(form)
        if len(self._taken) > MOST_FORMS:
            self._taken.popitem(last=False)
        if len(taken) >= MOST:
            taken.intersection_update(sorted(taken)[MOST // 2 :])
        while now in taken:
            now -= 1
        taken.add(now)
        return now

    def _forgetting(self, key: int) -> Callable[[weakref.ref[Model]], None]:
        given = self._given

        def forget(dead: weakref.ref[Model]) -> None:
            if key in given and given[key][0] is dead:
                given.pop(key, None)

        return forget

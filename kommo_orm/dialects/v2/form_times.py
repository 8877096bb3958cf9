"""Gives each form of an incoming lead a creation time of its own.

To API v2, two forms of the same page and the same second are one, and the second one is refused as a duplicate. So forms
without a time get different seconds, counted back from now. An object keeps its second: sent again after a lost answer, it
is refused as the duplicate that it is.
Source: Kommo API v2, "Incoming leads".
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable

from kommo_orm.model.model import Model

MAX_SECONDS = 10_000  # seconds that are remembered for one form
MAX_FORMS = 1_000  # forms that are remembered, the latest ones: addresses of pages may differ with each visit


class FormTimes:
    """The times of one process. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_object: dict[int, tuple[weakref.ref[Model], int]] = {}  # by identity: new objects have no hash
        self._used: OrderedDict[Hashable, set[int]] = OrderedDict()

    def assign_time(self, model: Model, form: Hashable, now: int) -> int:
        """The second of an object: always the same one."""
        with self._lock:
            known, second = self._by_object.get(id(model), (None, 0))
            if known is None or known() is not model:
                second = self._find_free_second(form, now)
                self._by_object[id(model)] = (weakref.ref(model, self._make_cleanup(id(model))), second)
            return second

    def _find_free_second(self, form: Hashable, now: int) -> int:
        used = self._used.setdefault(form, set())
        self._used.move_to_end(form)
        if len(self._used) > MAX_FORMS:
            self._used.popitem(last=False)
        if len(used) >= MAX_SECONDS:
            used.intersection_update(sorted(used)[MAX_SECONDS // 2 :])
        while now in used:
            now -= 1
        used.add(now)
        return now

    def _make_cleanup(self, key: int) -> Callable[[weakref.ref[Model]], None]:
        by_object = self._by_object

        def remove_object(dead: weakref.ref[Model]) -> None:
            if key in by_object and by_object[key][0] is dead:
                by_object.pop(key, None)

        return remove_object

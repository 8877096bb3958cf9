"""`get_values`: the values that an object holds, without decoding the others.

Tools read an object's `__dict__` and expect all values there: `vars(deal)`, `pl.DataFrame(deals)`, debuggers. For them `Model`
decodes the whole row first. The library itself wants to know what is there already, and reads the slot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel

_SLOT: Any = vars(BaseModel)["__dict__"]

get_values: Callable[[Any], dict[str, Any]] = _SLOT.__get__
"""Return the values that were given, set or decoded, by field. Changes of this dict are changes of the object."""

replace_values: Callable[[Any, dict[str, Any]], None] = _SLOT.__set__
"""Let an object hold these values."""


@contextmanager
def marked_as_set(model: Any) -> Iterator[None]:
    """Let pydantic count all values of a loaded object as set while the block runs: `model_dump(exclude_unset=True)`."""
    given = model.__pydantic_fields_set__
    object.__setattr__(model, "__pydantic_fields_set__", set(get_values(model)))
    try:
        yield
    finally:
        object.__setattr__(model, "__pydantic_fields_set__", given)

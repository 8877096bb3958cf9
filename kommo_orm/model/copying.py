"""Copies and pickles of models: values, baseline and pending changes go along; the client and the session stay behind."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

from kommo_orm.model.attached_state import find_state_factory
from kommo_orm.model.field_values import get_values, replace_values

Duplicate = Callable[[Any], Any]


class CopySupport:
    """Base of `Model` with the methods that `copy` and `pickle` call."""

    __slots__ = ()

    if not TYPE_CHECKING:  # checkers read these methods off `PydanticModel`

        def __copy__(self) -> Self:
            return copy_model(self, type(self).__new__(type(self)), lambda value: value)

        def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
            memo = {} if memo is None else memo
            memo[id(self)] = twin = type(self).__new__(type(self))
            return copy_model(self, twin, lambda value: copy.deepcopy(value, memo))

        def __getstate__(self) -> dict[str, Any]:
            state = self.__kommo_state__
            return {
                "values": dict(get_values(self)),
                "set": set(self.__pydantic_fields_set__),
                "private": self.__pydantic_private__,
                "state": state,
                "attached": {
                    name: attached.__getstate__()
                    for name, attached in state.attached.items()
                    if attached._is_changed or attached._keeps_loaded
                },
            }

        def __setstate__(self, saved: dict[str, Any]) -> None:
            fill_slots(self, saved["values"], saved["set"], saved["private"])
            object.__setattr__(self, "__kommo_state__", saved["state"])
            for name, kept in saved["attached"].items():
                self._get_attached(name, find_state_factory(type(self), name)).__setstate__(kept)


def copy_model(model: Any, twin: Any, duplicate: Duplicate) -> Any:
    """Fill `twin` with the values, the baseline and the pending changes of `model`. It belongs to no session."""
    values = {name: duplicate(value) for name, value in get_values(model).items()}
    fill_slots(twin, values, set(model.__pydantic_fields_set__), copy.copy(model.__pydantic_private__))
    state = model.__kommo_state__.copy_detached(duplicate)
    object.__setattr__(twin, "__kommo_state__", state)
    for name, attached in model.__kommo_state__.attached.items():
        state.attach(name, attached._copy_for(twin, duplicate))
    return twin


def fill_slots(model: Any, values: Mapping[str, Any], given: set[str], private: Any) -> None:
    """Set what pydantic keeps in an object, without validation."""
    put = object.__setattr__
    replace_values(model, dict(values))
    put(model, "__pydantic_fields_set__", given)
    put(model, "__pydantic_extra__", None)
    put(model, "__pydantic_private__", private)

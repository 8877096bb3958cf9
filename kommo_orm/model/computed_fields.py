"""Pydantic's computed fields in dumps: one that reads what the row does not carry is absent, as the field itself is."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, cast

from kommo_orm.errors import NotLoaded

if TYPE_CHECKING:
    from pydantic_core.core_schema import SerializationInfo

    from kommo_orm.model.model import Model


def find_absent_computed(model: Model, excluded: object) -> list[str]:
    """The names of the computed fields that cannot be computed now and are not excluded already."""
    known = excluded if isinstance(excluded, Collection) else ()
    return [
        name
        for name in cast(Any, type(model)).model_computed_fields
        if name not in known and not _is_present(model, name)
    ]


def _is_present(model: Model, name: str) -> bool:
    try:
        getattr(model, name)
    except NotLoaded:
        return False
    return True


def dump_without(model: Model, names: list[str], info: SerializationInfo) -> Any:
    """Dump an object as it is being dumped, without these computed fields."""
    excluded: Any = info.exclude
    exclude = {**excluded, **dict.fromkeys(names, True)} if isinstance(excluded, dict) else {*(excluded or ()), *names}
    return cast(Any, model).__pydantic_serializer__.to_python(
        model,
        mode=info.mode,
        include=info.include,
        exclude=exclude,
        context=info.context,
        by_alias=info.by_alias,
        exclude_unset=info.exclude_unset,
        exclude_defaults=info.exclude_defaults,
        exclude_none=info.exclude_none,
        round_trip=info.round_trip,
    )

"""Messages for a name that a class does not have: what it is instead, or the nearest name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kommo_orm.model.close_names import find_close_names

if TYPE_CHECKING:
    from kommo_orm.model.model import Model


def describe_unknown_name(cls: type[Model], name: str) -> str:
    """Return the message for an attribute or an argument that the class does not have."""
    info = cls.__kommo_info__
    if name in info.attached:
        return f"{cls.__name__}.{name} is a relation: set it on the object, for instance `{cls.__name__.lower()}.{name}.add(...)`"
    return _describe_missing_method(cls, name) or f"{cls.__name__} has no field {name!r}; {_find_nearest(cls, name)}"


def _describe_missing_method(cls: type[Model], name: str) -> str | None:
    info, kind = cls.__kommo_info__, cls.__kommo_info__.kind.replace("_", " ")
    if name in ("delete", "adelete"):
        return f"Kommo's API cannot delete {kind}, so {cls.__name__} has no {name}().{info.delete_hint}"
    if name in ("save", "asave") and info.create_hint:
        return f"{cls.__name__} has no {name}(): {info.create_hint}"
    if name in ("save", "asave"):
        return f"Kommo's API can neither create nor change {kind}, so {cls.__name__} has no {name}()."
    return None


def _find_nearest(cls: type[Model], name: str) -> str:
    info = cls.__kommo_info__
    names = [*info.fields, *info.attached, *info.plain_fields]
    methods = [one for one, value in vars(cls).items() if not one.startswith("_") and callable(value)]
    close = find_close_names(name, [*names, *methods])
    return f"did you mean {close[0]!r}?" if close else f"its fields are {', '.join(sorted(names))}"

"""Signatures of models: what `help(Lead)` and `inspect.signature(Lead)` show of the constructor.

Pydantic's own signature spells each annotation, `Annotated[Attr[...], ...]`. A reader wants to know what can be given: the
names and the plain types that setting takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import Parameter
from typing import TYPE_CHECKING, Any, get_args, get_origin

from kommo_orm.model.assignment import is_read_only
from kommo_orm.model.attr import Attr, find_attr_class, is_settable

if TYPE_CHECKING:
    from kommo_orm.model.model import Model


class NotGiven:
    """The default of an argument that may be left out; it reads as `...`."""

    def __repr__(self) -> str:
        return "..."


NOT_GIVEN = NotGiven()


def iterate_parameters(cls: type[Model]) -> Iterator[Parameter]:
    """Yield the arguments of a model's constructor: its fields, but not those that only Kommo sets, and its relations."""
    info = cls.__kommo_info__
    for name, declared in cls.model_fields.items():
        spec = info.fields.get(name)
        if spec is None or name == "id" or not is_read_only(spec):
            annotation = find_setting_type(declared.annotation)
            yield Parameter(name, Parameter.KEYWORD_ONLY, default=NOT_GIVEN, annotation=annotation)
    for name, attached in info.attached.items():
        if attached.in_constructor:
            yield Parameter(name, Parameter.KEYWORD_ONLY, default=NOT_GIVEN)


def find_setting_type(annotation: Any) -> Any:
    """Return the type that a field takes when it is set: `Decimal | int | float` of `Money`."""
    found = find_attr_class(annotation)
    if found is None:
        return annotation
    cls, args = found
    while cls is not Attr:
        base = next(one for one in cls.__orig_bases__ if find_attr_class(one) is not None)  # type: ignore[attr-defined]
        if getattr(base, "__parameters__", ()):
            base = base[args or tuple(one.__default__ for one in base.__parameters__)]
        cls, args = get_origin(base) or base, get_args(base)
        if len(args) == 3:
            break
    return args[1] if is_settable(args) else args[0]

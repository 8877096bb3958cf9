"""`field()`: how a core field stands in Kommo's row, and when it may be sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec

from pydantic import Field, GetCoreSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from kommo_orm.errors import ConfigurationError
from kommo_orm.model.codec import Codec
from kommo_orm.model.lazy_row import MISSING

P = ParamSpec("P")
WRITABLE = "create update"


class Defaulted:
    """Base of what stands in the metadata of a field and may name a default."""

    __slots__ = ()

    default: Any
    default_factory: Callable[[], Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldOptions(Defaulted):
    """The options of a core field, kept in pydantic's metadata of the field.

    * `key`: its key in the row, where that is not the attribute's name.
    * `writable`: when it may be sent: `create update`, `create`, `update` or never.
    * `codec`: how it is read, checked and written, where its type alone does not say that.
    * `positive`: whether 0 or less means None.
    * `instead`: the key of a more exact value, which a row may have beside it.
    * `place`: whether it says where the row lives, as a stage's pipeline does. It is given once, stands in the address, and
      is never sent as a change.
    * `default`, `default_factory`: the value of a new object that is given none, or the function that makes it.
    """

    key: str | None = None
    writable: str = WRITABLE
    codec: Codec[Any] | None = None
    positive: bool = False
    instead: str | None = None
    place: bool = False
    default: Any = MISSING
    default_factory: Callable[[], Any] | None = None

    def __post_init__(self) -> None:
        if self.default is not MISSING and self.default_factory is not None:
            raise ConfigurationError("field() takes default= or default_factory=, not both")

    @property
    def verbs(self) -> frozenset[str]:
        """When the field may be sent."""
        return frozenset() if self.place else frozenset(self.writable.split())

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Add the checks of the field's own codec to the schema of its annotation."""
        from kommo_orm.model.attr import find_attr_class

        codec, found = self.codec, find_attr_class(source)
        if codec is None:
            return handler(source)
        inner = found[0].build_core_schema(found[1][:1], handler) if found is not None and found[1] else handler(source)
        return core_schema.no_info_after_validator_function(
            lambda value: None if value is None else codec.clean(value), inner
        )


def add_metadata(mark: Any) -> Any:
    """Return a pydantic field that may be left out, with this in its metadata."""
    info: Any = Field(default=None)
    info.metadata.append(mark)
    return info


def make_declaration(options: Callable[P, object]) -> Callable[P, Any]:
    """Return a function with the arguments of `options`; its result stands behind the `=` of a field."""

    def declare(*args: P.args, **kwargs: P.kwargs) -> Any:
        return add_metadata(options(*args, **kwargs))

    return declare


field = make_declaration(FieldOptions)
"""Declare a core field with the options of `FieldOptions`: `price: Money = field(codec=PRICE)`.

In a class of yours it declares a default: a field that an entity has already keeps its other options.

Example:
    >>> class Deal(Lead):
    ...     name: Found[str] = field(default="New deal")
"""


def find_field_options(info: FieldInfo) -> FieldOptions:
    """Return the options that a field was declared with."""
    return next((mark for mark in info.metadata if isinstance(mark, FieldOptions)), FieldOptions())


__all__ = ["field"]

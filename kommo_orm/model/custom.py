"""`custom()`: a custom field of the account as an ordinary, typed attribute of a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeVar

from kommo_orm.errors import ConfigurationError
from kommo_orm.model.attr import Attr, validate_with
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.field_options import Defaulted, add_metadata
from kommo_orm.model.field_spec import CustomSpec, FieldSpec
from kommo_orm.model.kind import Kind
from kommo_orm.model.lazy_row import MISSING

G = TypeVar("G", covariant=True)
S = TypeVar("S", contravariant=True)
X = TypeVar("X", covariant=True, default=Unfilterable[Any])


@dataclass(frozen=True, slots=True)
class CustomFieldKey(Defaulted):
    """The id, code or name that `custom()` was given, and the default, kept in pydantic's metadata of the field."""

    id: int | None = None
    code: str | None = None
    label: str | None = None
    default: Any = MISSING
    default_factory: Callable[[], Any] | None = None


def custom(
    id: int | None = None,
    *,
    code: str | None = None,
    name: str | None = None,
    default: Any = MISSING,
    default_factory: Callable[[], Any] | None = None,
) -> Any:
    """Map an attribute to a custom field of the account, by exactly one of its id, its code or its name.

    Ids are taken as given; codes and names are looked up in the account's own definitions, since ids differ from account
    to account. With nothing given, the attribute's own name is the field's name.

    Args:
        id: the field's id in the account.
        code: the field's symbolic code, such as `PHONE`.
        name: the field's name as people see it.
        default: the value of a new object that is given none. It is sent when the object is created.
        default_factory: a function without arguments that makes this value.

    Raises:
        ConfigurationError: more than one of id, code and name; a default and a factory; or a wrong type.

    Example:
        >>> from kommo_orm import Lead, Number, Select, custom
        >>> class Deal(Lead):
        ...     budget: Number = custom(551)
        ...     source: Select = custom(name="Source", default="web")

    Source: Kommo API v4, "Custom field values".
    """
    given = [what for what in (id, code, name) if what is not None]
    if len(given) > 1:
        raise ConfigurationError("custom() takes one of id, code= and name=: they would have to agree in every account")
    if id is not None and (isinstance(id, bool) or not isinstance(id, int) or id <= 0):
        raise ConfigurationError(
            f"custom() takes a field's id (a positive whole number), not {id!r}; a code or a name is given as "
            "custom(code=...) or custom(name=...)"
        )
    for text in (code, name):
        if text is not None and (not isinstance(text, str) or not text.strip()):
            raise ConfigurationError(f"custom() takes a code or name that is not empty, not {text!r}")
    if default is not MISSING and default_factory is not None:
        raise ConfigurationError("custom() takes default= or default_factory=, not both")
    return add_metadata(CustomFieldKey(id, code, name, default, default_factory))


def find_declared_key(info: FieldInfo) -> CustomFieldKey | None:
    return next((mark for mark in info.metadata if isinstance(mark, CustomFieldKey)), None)


class CustomAttr(Attr[G, S, X]):
    """Base of the annotations of custom fields: `Number`, `Text`, `Select` ... in `kommo_orm.fields`.

    An own kind is a subclass with a `kind`, and works like the ones that are shipped.
    """

    __slots__ = ()
    kind: Kind[Any]
    expression: type[Any] = Unfilterable

    @classmethod
    def kind_for(cls, args: tuple[Any, ...]) -> Kind[Any]:
        """The kind of this annotation; `args` are its type arguments, such as the user's enum."""
        return cls.kind

    @classmethod
    def build_core_schema(cls, args: tuple[Any, ...], handler: GetCoreSchemaHandler) -> CoreSchema:
        kind = cls.kind_for(args)
        schema = validate_with(cls.build_cleaner(args), handler.generate_schema(kind.python))
        return schema if kind.empty() is not None else core_schema.nullable_schema(schema)

    @classmethod
    def build_cleaner(cls, args: tuple[Any, ...]) -> Callable[[Any], Any]:
        kind = cls.kind_for(args)
        empty, clean = kind.empty, kind.clean
        return lambda value: empty() if value is None else clean(value)

    @classmethod
    def build_spec(cls, name: str, owner: str, args: tuple[Any, ...], info: FieldInfo) -> FieldSpec:
        mark = find_declared_key(info)
        if mark is None:
            raise ConfigurationError(
                f"{owner}.{name} has the type of a custom field but no `= custom(...)`; say which field of the account it is"
            )
        return CustomSpec(
            name, owner, cls.kind_for(args), id=mark.id, code=mark.code, label=mark.label, expression=cls.expression
        )


__all__ = ["CustomAttr", "custom"]

"""Fields whose class another key of the row names: the params of notes, the metadata of incoming leads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from pydantic import GetCoreSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeVar

from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.model.attr import Attr, validate_with
from kommo_orm.model.codec import Codec
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.field_options import find_field_options
from kommo_orm.model.field_spec import CoreSpec, FieldSpec
from kommo_orm.model.lazy_row import MISSING

if TYPE_CHECKING:
    from kommo_orm.model.instance_state import InstanceState

G = TypeVar("G", covariant=True)
S = TypeVar("S", contravariant=True)
Reader = Callable[[Any, Any], NestedValue]


class DiscriminatedSpec(CoreSpec):
    """A field whose class is named by the key `discriminator` of the row."""

    discriminator: str
    read_value: Reader

    def read(self, state: InstanceState) -> Any:
        row = state.row
        if row is None or self.key not in row:
            return MISSING
        return self.read_value(row.get(self.discriminator), row[self.key])


class DiscriminatedAttr(Attr[G, S, Unfilterable[Any]], Generic[G, S]):
    """Base of the annotations of such fields."""

    __slots__ = ()

    codec: ClassVar[Codec[Any]]
    discriminator: ClassVar[str]

    @staticmethod
    def read_value(key: Any, raw: Any) -> NestedValue:
        """The value, in the class that `key` names."""
        raise NotImplementedError

    @classmethod
    def build_core_schema(cls, args: tuple[Any, ...], handler: GetCoreSchemaHandler) -> CoreSchema:
        dumped = core_schema.plain_serializer_function_ser_schema(dump_value)
        return validate_with(cls.build_cleaner(args), core_schema.any_schema(serialization=dumped))

    @classmethod
    def build_cleaner(cls, args: tuple[Any, ...]) -> Callable[[Any], Any]:
        return cls.codec.clean

    @classmethod
    def build_spec(cls, name: str, owner: str, args: tuple[Any, ...], info: FieldInfo) -> FieldSpec:
        options = find_field_options(info)
        spec = DiscriminatedSpec(name, owner, cls.codec, options, nullable=False, settable=True)
        spec.discriminator, spec.read_value = cls.discriminator, cls.read_value
        return spec


def dump_value(value: Any) -> Any:
    """The value in dumps: its parts that are not None, and what else the service sent."""
    return value.model_dump(exclude_none=True) if isinstance(value, NestedValue) else value

"""Fields whose value is of one class or another, as another key of the row tells: params of notes, metadata of incoming leads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from pydantic import GetCoreSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeVar

from kommo_orm.entities.shared.nested_value import Nested
from kommo_orm.model.attr import Attr, FieldOptions, find_field_options, validate_with
from kommo_orm.model.codec import Codec
from kommo_orm.model.condition import Unfilterable
from kommo_orm.model.field_spec import MISSING, CoreSpec, FieldSpec

if TYPE_CHECKING:
    from kommo_orm.model.instance_state import InstanceState

G = TypeVar("G", covariant=True)
S = TypeVar("S", contravariant=True)
Reader = Callable[[Any, Any], Nested]


class VariedSpec(CoreSpec):
    """Its class is told by the key `told_by` of the row."""

    told_by: str
    reader: Reader

    def read(self, state: InstanceState) -> Any:
        row = state.row
        if row is None or self.key not in row:
            return MISSING
        return self.reader(row.get(self.told_by), row[self.key])


class Varied(Attr[G, S, Unfilterable[Any]], Generic[G, S]):
    """Base of their annotations."""

    __slots__ = ()

    codec: ClassVar[Codec[Any]]
    told_by: ClassVar[str]

    @staticmethod
    def reader(told: Any, raw: Any) -> Nested:
        """The value, in the class that `told` names."""
        raise NotImplementedError

    @classmethod
    def core_schema(cls, args: tuple[Any, ...], handler: GetCoreSchemaHandler) -> CoreSchema:
        dumped = core_schema.plain_serializer_function_ser_schema(dump)
        return validate_with(cls.codec.clean, core_schema.any_schema(serialization=dumped))

    @classmethod
    def spec_for(cls, name: str, owner: str, args: tuple[Any, ...], info: FieldInfo) -> FieldSpec:
        stored = find_field_options(info) or FieldOptions()
        spec = VariedSpec(name, owner, cls.codec, nullable=False, key=stored.key, writable=stored.writable)
        spec.told_by, spec.reader = cls.told_by, cls.reader
        return spec


def dump(value: Any) -> Any:
    """In dumps: the parts that there are, and what the service sent beside them."""
    return value.model_dump(exclude_none=True) if isinstance(value, Nested) else value

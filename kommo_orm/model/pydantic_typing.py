"""`PydanticModel`: what models and values inherit of pydantic.

At run time it is a `pydantic.BaseModel` whose constructor has a readable signature. Checkers see a plain class with
`dataclass_transform` and the pydantic methods that models offer. So `mypy` gives the same answers with and without
`pydantic.mypy`, whose own idea of fields would drop the types of inherited descriptors.
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal, Self

    from pydantic.fields import FieldInfo
    from typing_extensions import dataclass_transform

    IncEx = set[str] | dict[str, Any] | None

    @dataclass_transform(kw_only_default=True)
    class PydanticModel:
        model_config: ClassVar[ConfigDict]
        model_fields: ClassVar[dict[str, FieldInfo]]

        @property
        def model_fields_set(self) -> set[str]: ...
        @classmethod
        def model_validate(cls, obj: Any, *, strict: bool | None = None, context: Any | None = None) -> Self: ...
        @classmethod
        def model_validate_json(
            cls, json_data: str | bytes | bytearray, *, strict: bool | None = None, context: Any | None = None
        ) -> Self: ...
        @classmethod
        def model_json_schema(
            cls, by_alias: bool = True, *, mode: Literal["validation", "serialization"] = "validation"
        ) -> dict[str, Any]: ...
        def model_dump(
            self,
            *,
            mode: Literal["json", "python"] | str = "python",
            include: IncEx = None,
            exclude: IncEx = None,
            exclude_unset: bool = False,
            exclude_defaults: bool = False,
            exclude_none: bool = False,
            fallback: Callable[[Any], Any] | None = None,
        ) -> dict[str, Any]: ...
        def model_dump_json(
            self,
            *,
            indent: int | None = None,
            include: IncEx = None,
            exclude: IncEx = None,
            exclude_unset: bool = False,
            exclude_defaults: bool = False,
            exclude_none: bool = False,
        ) -> str: ...
        def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self: ...
        def __copy__(self) -> Self: ...
        def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self: ...

else:

    class ModelType(type(BaseModel)):
        """The metaclass of models. It answers `__signature__`, which pydantic would set on each class that it completes."""

        @property
        def __signature__(cls) -> Signature:
            return Signature([*cls._iterate_parameters()])

        @__signature__.setter
        def __signature__(cls, value: object) -> None: ...

    class PydanticModel(BaseModel, metaclass=ModelType):
        @classmethod
        def _iterate_parameters(cls) -> Iterator[Parameter]:
            """Yield the arguments that the constructor takes."""
            yield from ()

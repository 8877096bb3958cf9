"""`Model`: what every entity is. Loading, reading, setting, comparing, copying; talking is left to `entities`.

An object loaded from Kommo keeps the service's row and an empty `__dict__`: a page costs its parsing and little more. A
value is decoded when first read (`attr.read`) and compared with its row when changes are asked for (`state`). Whatever
looks at all fields at once (dumps, `==`, `repr`) decodes the rest first.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from pydantic import BaseModel, ConfigDict, ValidationError, model_serializer
from pydantic_core import InitErrorDetails, PydanticCustomError

from kommo_orm.errors import UnexpectedResponse
from kommo_orm.model.attached_state import find_state_factory
from kommo_orm.model.attr import Attr, field
from kommo_orm.model.changes import find_changed_fields, get_old_value
from kommo_orm.model.class_builder import IgnoredByPydantic, build_class, refuse_shadows
from kommo_orm.model.condition import Exact
from kommo_orm.model.connection import Connection
from kommo_orm.model.field_spec import FREE_VALUES, MISSING, CustomSpec, FieldSpec
from kommo_orm.model.instance_state import InstanceState, Row, Unit
from kommo_orm.model.pydantic_typing import PydanticModel

if TYPE_CHECKING:
    from pydantic_core.core_schema import SerializerFunctionWrapHandler

    from kommo_orm.model.custom_fields import CustomFields


class ReadOnlyField(AttributeError, ValueError):
    """Assignment to what only the service sets."""


class Model(PydanticModel):
    """Base of all entities: a pydantic model that knows what the service sent and what changed since.

    Made by the constructor, an object is new: `save()` creates it. With an `id` it is a reference to a stored row:
    `save()` updates what was given. Loaded by a query it carries the row. Reading what a row does not carry raises
    `NotLoaded`; unknown keys of the service are in `extra`.
    """

    __slots__ = ("__weakref__", "_kommo_state")

    model_config = ConfigDict(
        extra="forbid",
        ignored_types=(IgnoredByPydantic,),
        arbitrary_types_allowed=True,
        validate_default=False,
        defer_build=True,
    )

    __kommo_kind__: ClassVar[str] = ""
    __kommo_fields__: ClassVar[dict[str, FieldSpec]] = {}
    __kommo_customs__: ClassVar[dict[str, CustomSpec]] = {}
    __kommo_extras__: ClassVar[dict[str, Any]] = {}
    __kommo_locals__: ClassVar[frozenset[str]] = frozenset()
    __kommo_with__: ClassVar[frozenset[str]] = frozenset()
    __kommo_only_created__: ClassVar[bool] = False  # the API never reads it
    __kommo_zone__: ClassVar[tuple[CustomSpec, ...]] = ()
    __kommo_key__: ClassVar[type[Any]] = int  # of its ids: groups of fields have texts
    __kommo_address__: ClassVar[str] = "id"  # the field that a row is read by: widgets have a code
    __kommo_within__: ClassVar[tuple[str, ...]] = ()  # places within which ids are unique: 142 is in every pipeline

    __kommo_uncreatable__: ClassVar[str] = ""  # how its rows come to be, where nothing is saved anew
    __kommo_undeletable__: ClassVar[str] = ""  # what to do instead, where the API deletes none

    id: Attr[int, int, Exact[int]] = field(writable="")

    # ---- building classes
    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        refuse_shadows(cls, Model)
        build_class(cls)

    if not TYPE_CHECKING:

        def __init__(self, /, **data: Any) -> None:
            extras = type(self).__kommo_extras__
            related = {name: data.pop(name) for name in [*data] if name in extras and extras[name].in_constructor}
            refused = [name for name in data if name != "id" and self.__read_only(name)]
            if refused:
                raise self.__refusal(refused[0], data[refused[0]], f"{refused[0]} is set by Kommo and read-only")
            unknown = [name for name in data if name not in type(self).model_fields]
            if unknown:
                raise self.__refusal(unknown[0], data[unknown[0]], describe_unknown_name(type(self), unknown[0]))
            super().__init__(**data)
            for name, value in related.items():
                extras[name].assign(self, value)

        __init__.__pydantic_base_init__ = True

    def model_post_init(self, context: Any, /) -> None:
        """Forget the defaults that pydantic filled in: what was not given is absent, not None."""
        values, given = vars(self), cast(BaseModel, self).model_fields_set
        for name in [name for name in values if name not in given and name in type(self).__kommo_fields__]:
            del values[name]

    # ---- loading
    @classmethod
    def hydrate(
        cls,
        rows: Iterable[Row],
        account: Connection | str | None = None,
        unit: Unit | None = None,
        included: frozenset[str] = frozenset(),
    ) -> list[Self]:
        """Objects of canonical rows. Nothing is decoded yet. Rows belong to the objects from now on."""
        new, put = cls.__new__, object.__setattr__
        models: list[Self] = []
        for row in rows:
            model = new(cls)
            put(model, "__pydantic_fields_set__", set())
            put(model, "__pydantic_extra__", None)
            put(model, "__pydantic_private__", None)
            state = InstanceState(row, account, unit)
            state.included = included
            put(model, "_kommo_state", state)
            models.append(model)
        if getattr(cls, "__private_attributes__", None):
            for model in models:
                model.__init_private()
        return models

    @classmethod
    def reference(cls, pk: int | None, account: Connection | str | None = None) -> Self:
        """An object that stands for a stored row and knows only its id; `save()` updates what is set on it."""
        reference = cls(id=cast(int, pk))
        reference.__kommo_state__.account = account
        return reference

    def __init_private(self) -> None:
        defaults = {
            name: private.get_default() for name, private in cast(Any, type(self)).__private_attributes__.items()
        }
        object.__setattr__(self, "__pydantic_private__", defaults)

    @property
    def __kommo_state__(self) -> InstanceState:
        try:
            return STATE_SLOT(self)  # type: ignore[no-any-return]
        except AttributeError:
            state = InstanceState()
            object.__setattr__(self, "_kommo_state", state)
            return state

    # ---- identity
    @property
    def pk(self) -> int | None:
        """The row's id, or None for a new object. Never raises."""
        found = vars(self).get("id")
        if found is None:
            row = self.__kommo_state__.row
            found = row.get("id") if row is not None else None
            if found is not None and type(found) is not type(self).__kommo_key__:
                found = self.__read_key(found)
        return found

    def __read_key(self, raw: Any) -> Any:
        try:
            return type(self).__kommo_key__(raw)
        except (TypeError, ValueError):
            return None

    @property
    def is_new(self) -> bool:
        """True until Kommo has given the object an id."""
        return self.pk is None

    @property
    def account_name(self) -> str | None:
        """Host of the account the object was loaded from or saved in; None if there is none yet."""
        return self.__kommo_state__.account_name

    @property
    def extra(self) -> dict[str, Any]:
        """Keys of the service's row that no field of the class reads, as they were sent (a copy).

        Example:
            >>> lead.extra.get("labor_cost_currency")
        """
        specs = type(self).__kommo_fields__.values()
        known = {key for spec in specs for key in (getattr(spec, "key", None), getattr(spec, "instead", None))}
        row = self.__kommo_state__.row or {}
        return {key: copy.deepcopy(value) for key, value in row.items() if key not in known and key not in ENVELOPE}

    @property
    def raw(self) -> dict[str, Any]:
        """The whole row as the service sent it (a copy); empty for an object made here."""
        return copy.deepcopy(self.__kommo_state__.row or {})

    @property
    def custom_fields(self) -> CustomFields:
        """Custom fields by id, code or name, declared or not: `lead.custom_fields[551]`, `["PHONE"]`, `["Source"]`."""
        from kommo_orm.model.custom_fields import CustomFields

        return cast("CustomFields", self._extra("custom_fields", CustomFields))

    def _extra(self, name: str, factory: Any) -> Any:
        """A relation or other companion of this object, made at first use."""
        extras = self.__kommo_state__.attached
        found = extras.get(name)
        if found is None:
            found = extras[name] = factory(self)
        return found

    # ---- changes
    @property
    def changes(self) -> dict[str, tuple[Any, Any]]:
        """What `save()` would send: `{name: (old, new)}`. In-place changes count, a value set back does not.

        Example:
            >>> deal.price += 100
            >>> deal.changes
            {'price': (Decimal('900'), Decimal('1000'))}
        """
        found = {name: (get_old_value(self, spec), value) for name, spec, value in find_changed_fields(self)}
        for name, companion in self.__kommo_state__.attached.items():
            found.update(companion.changes(name))
        return found

    @property
    def has_changes(self) -> bool:
        """Whether `save()` would send anything."""
        extras = self.__kommo_state__.attached
        return any(True for _ in find_changed_fields(self)) or any(
            companion.is_changed for companion in extras.values()
        )

    def revert(self) -> None:
        """Forget all pending changes: the object reads again as loaded (or as saved last)."""
        base, values = self.__kommo_state__.baseline, vars(self)
        for name in [name for name in values if name in type(self).__kommo_fields__ and name != "id"]:
            if name in base:
                values[name] = copy.deepcopy(base[name])
            else:
                del values[name]
        for companion in self.__kommo_state__.attached.values():
            companion.revert()

    def clone(self, **changes: Any) -> Self:
        """A new, unsaved object with this one's writable values, and `changes` on top. Relations are not copied.

        Raises:
            pydantic.ValidationError: a change has an unknown name or a wrong type.

        Example:
            >>> renewal = deal.clone(name="Renewal", price=500)
        """
        self._read_all()
        given = {
            name: copy.deepcopy(value)
            for name, value in vars(self).items()
            if (spec := type(self).__kommo_fields__.get(name)) is not None
            and ("create" in spec.writable or spec.is_place)
            and spec.name not in NOT_CLONED
        }
        return type(self)(**{**given, **changes})

    # ---- reading and setting
    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: Any) -> None:
            cls = type(self)
            spec = cls.__kommo_fields__.get(name)
            if spec is not None:
                self.__assign(spec, value)
            elif name in cls.__kommo_extras__:
                cls.__kommo_extras__[name].assign(self, value)
            elif name in cls.model_fields or name in cls.__private_attributes__ or hasattr(cls, name):
                super().__setattr__(name, value)
            else:
                raise AttributeError(describe_unknown_name(cls, name))

        def __getattr__(self, name: str) -> Any:
            cls = type(self)
            if name in cls.__kommo_locals__:
                value = vars(self)[name] = cls.model_fields[name].get_default(call_default_factory=True)
                return value
            if name in cls.__kommo_fields__ or name in cls.__kommo_extras__ or name.startswith("_"):
                return super().__getattr__(name)
            if hasattr(cls, name):
                return object.__getattribute__(self, name)
            raise AttributeError(describe_unknown_name(cls, name))

    def __assign(self, spec: FieldSpec, value: Any) -> None:
        if spec.name == "id":
            if value == self.pk and not self.is_new:
                return
            raise ReadOnlyField(
                f"{type(self).__name__}.id is given by Kommo; a reference to a stored row is {type(self).__name__}(id=...)."
            )
        if self.__read_only(spec.name):
            raise ReadOnlyField(f"{type(self).__name__}.{spec.name} is set by Kommo and read-only")
        if spec.is_place and not self.is_new:
            raise ReadOnlyField(f"{type(self).__name__}.{spec.name} says where the row lives: a stored row stays there")
        if type(self).__kommo_validated__:
            cast(Any, self).__pydantic_validator__.validate_assignment(self, spec.name, value)
        else:
            try:
                vars(self)[spec.name] = spec.clean(value)
            except ValueError as error:
                raise self.__refusal(spec.name, value, str(error)) from None
            cast(BaseModel, self).model_fields_set.add(spec.name)
        unit = self.__kommo_state__.unit
        if unit is not None:
            unit.touch(self)

    __kommo_validated__: ClassVar[bool] = False
    __kommo_customizable__: ClassVar[bool] = True  # whether its rows have custom fields

    @classmethod
    def __read_only(cls, name: str) -> bool:
        spec = cls.__kommo_fields__.get(name)
        fixed = spec is not None and not spec.writable and not spec.is_place
        return fixed or bool(getattr(getattr(spec, "kind", None), "read_only", False))

    @classmethod
    def __refusal(cls, name: str, value: Any, sentence: str) -> ValidationError:
        problem = PydanticCustomError("kommo", "{sentence}", {"sentence": sentence})
        return ValidationError.from_exception_data(
            cls.__name__, [InitErrorDetails(type=problem, loc=(name,), input=value)]
        )

    def _read_all(self, *, skip_broken: bool = False) -> None:
        """Decode every field that the row carries."""
        state, values = self.__kommo_state__, vars(self)
        for name, spec in type(self).__kommo_fields__.items():
            if name in values:
                continue
            try:
                value = spec.read(state)
            except UnexpectedResponse:
                if not skip_broken:
                    raise
                continue
            if value is not MISSING:
                values[name] = value
        for name in type(self).__kommo_locals__:
            getattr(self, name)

    # ---- whatever looks at the fields as a whole
    if not TYPE_CHECKING:

        @model_serializer(mode="wrap")
        def __dump(self, handler: SerializerFunctionWrapHandler):  # noqa: ANN202  # JSON schemas would show that alone
            self._read_all(skip_broken=True)
            return handler(self)

        def __eq__(self, other: object) -> bool:
            if isinstance(other, Model):
                self._read_all(skip_broken=True)
                other._read_all(skip_broken=True)
            return super().__eq__(other)

        def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
            self._read_all(skip_broken=True)
            return [(name, vars(self)[name]) for name in type(self).model_fields if name in vars(self)]

    def __hash__(self) -> int:
        if self.pk is None:
            raise TypeError(
                f"a new {type(self).__name__} has no identity to hash by: save() it first, or keep it in a list"
            )
        return hash((type(self).__kommo_kind__, self.pk))

    if not TYPE_CHECKING:

        def __copy__(self) -> Self:
            return self.__twin(lambda value: value)

        def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
            memo = {} if memo is None else memo
            memo[id(self)] = twin = type(self).__new__(type(self))
            return self.__twin(lambda value: copy.deepcopy(value, memo), twin)

        def __getstate__(self) -> dict[str, Any]:
            state = self.__kommo_state__
            extras = {
                name: companion.__getstate__()
                for name, companion in state.attached.items()
                if companion.is_changed or companion.keeps
            }
            return {
                "values": dict(vars(self)),
                "set": set(self.model_fields_set),
                "private": self.__pydantic_private__,
                "row": state.row,
                "base": state.baseline,
                "doubts": state.unconfirmed,
                "lost": state.unconfirmed_writes,
                "account": state.account_name,
                "included": state.included,
                "extras": extras,
                "attempt": state.create_attempt,
                "own": state.is_created_here,
            }

        def __setstate__(self, saved: dict[str, Any]) -> None:
            self.__fill(saved["values"], saved["set"], saved["private"])
            state = InstanceState(saved["row"], saved["account"])
            state.baseline, state.included, state.unconfirmed = saved["base"], saved["included"], saved["doubts"]
            state.unconfirmed_writes = saved["lost"]
            state.create_attempt, state.is_created_here = saved["attempt"], saved["own"]
            object.__setattr__(self, "_kommo_state", state)
            for name, kept in saved["extras"].items():
                self._extra(name, find_state_factory(type(self), name)).__setstate__(kept)

    def __twin(self, duplicate: Any, twin: Any = None) -> Any:
        """A detached copy: own values, baseline and pending changes, the same account, no session."""
        twin = type(self).__new__(type(self)) if twin is None else twin
        here = cast(Any, self)
        twin.__fill(
            {k: duplicate(v) for k, v in vars(self).items()},
            set(here.model_fields_set),
            copy.copy(here.__pydantic_private__),
        )
        mine = self.__kommo_state__
        state = InstanceState(mine.row, mine.account)
        state.baseline, state.included, state.is_created_here = (
            duplicate(dict(mine.baseline)),
            mine.included,
            mine.is_created_here,
        )
        state.unconfirmed, state.unconfirmed_writes = set(mine.unconfirmed), mine.unconfirmed_writes
        state.create_attempt = (
            replace(
                mine.create_attempt,
                values=duplicate(mine.create_attempt.values),
                attached=duplicate(mine.create_attempt.attached),
            )
            if mine.create_attempt is not None
            else None
        )
        object.__setattr__(twin, "_kommo_state", state)
        for name, companion in mine.attached.items():
            state.attached[name] = companion.copy_for(twin, duplicate)
        return twin

    def __fill(self, values: Mapping[str, Any], given: set[str], private: Any) -> None:
        put = object.__setattr__
        put(self, "__dict__", dict(values))
        put(self, "__pydantic_fields_set__", given)
        put(self, "__pydantic_extra__", None)
        put(self, "__pydantic_private__", private)


STATE_SLOT = cast(Any, Model).__dict__["_kommo_state"].__get__
ENVELOPE = frozenset({FREE_VALUES, "_links", "_embedded", "request_id"})
NOT_CLONED = frozenset({"created_at", "updated_at", "created_by", "updated_by", "closed_at", "account_id"})


def get_address_key(model: Model) -> Any:
    """What a stored row is read by: its id, or the name that it has in addresses. Raises `NotLoaded`."""
    name = type(model).__kommo_address__
    return model.pk if name == "id" else getattr(model, name)


def describe_unknown_name(cls: type[Model], name: str) -> str:
    """A sentence for a name the class does not have, with the nearest one."""
    relation = cls.__kommo_extras__.get(name)
    if relation is not None:
        return f"{cls.__name__}.{name} is a relation: set it on the object, for instance `{cls.__name__.lower()}.{name}.add(...)`"
    kind = cls.__kommo_kind__.replace("_", " ")
    if name in ("delete", "adelete"):
        return f"Kommo's API cannot delete {kind}, so {cls.__name__} has no {name}().{cls.__kommo_undeletable__}"
    if name in ("save", "asave") and cls.__kommo_uncreatable__:
        return f"{cls.__name__} has no {name}(): {cls.__kommo_uncreatable__}"
    if name in ("save", "asave"):
        return f"Kommo's API can neither create nor change {kind}, so {cls.__name__} has no {name}()."
    names: Sequence[str] = [*cls.__kommo_fields__, *cls.__kommo_extras__, *cls.__kommo_locals__]
    methods = [one for one, value in vars(cls).items() if not one.startswith("_") and callable(value)]
    close = get_close_matches(name, [*names, *methods], n=1)
    hint = f"; did you mean {close[0]!r}?" if close else f"; its fields are {', '.join(sorted(names))}"
    return f"{cls.__name__} has no field {name!r}{hint}"

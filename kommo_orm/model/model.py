"""`Model`: the base of all entities. It loads rows, reads and sets fields, and compares them with what is stored.

An object that was loaded from Kommo keeps the row and an empty `__dict__`, so that a page costs little more than its
parsing. A value is decoded when it is first read (`attr.decode_field`). Changes are found by comparison with the row
(`changes`). What looks at all fields at once (dumps, `==`, `repr`) decodes the rest first.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import replace
from inspect import Parameter
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from pydantic import ConfigDict, model_serializer

from kommo_orm.errors import ConfigurationError, UnexpectedResponse
from kommo_orm.model.assignment import assign_field, is_read_only, make_validation_error, set_value
from kommo_orm.model.attr import Attr
from kommo_orm.model.changes import find_changed_fields, get_old_value, has_changed_field
from kommo_orm.model.class_builder import IgnoredByPydantic, build_class, refuse_shadows
from kommo_orm.model.class_declarations import complete_post_init, refuse_declarations
from kommo_orm.model.codec import ID
from kommo_orm.model.computed_fields import dump_without, find_absent_computed
from kommo_orm.model.condition import Exact
from kommo_orm.model.connection import ModelConnection
from kommo_orm.model.construction import build_argument_checks, fill_object, take_relations
from kommo_orm.model.copying import CopySupport
from kommo_orm.model.defaults import apply_defaults
from kommo_orm.model.entity_hooks import EntityHooks
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.field_spec import CustomSpec
from kommo_orm.model.field_values import get_values, marked_as_set, replace_values
from kommo_orm.model.instance_state import NOTHING, SLOTS, InstanceState, Row, Unit
from kommo_orm.model.lazy_row import FREE_VALUES, MISSING, LazyRow
from kommo_orm.model.name_hints import describe_unknown_name
from kommo_orm.model.pydantic_typing import PydanticModel
from kommo_orm.model.signature import iterate_parameters

if TYPE_CHECKING:
    from pydantic_core.core_schema import SerializationInfo, SerializerFunctionWrapHandler

    import kommo_orm  # names `Query` in the annotation of `Model.objects`
    from kommo_orm.model.custom_fields import CustomFields

    M = TypeVar("M", bound="Model")

    class ObjectsAttribute:
        """The `objects` of a class that is known as `type[M]` alone. Each entity has a manager of its own."""

        def __get__(self, instance: None, owner: type[M], /) -> kommo_orm.Query[M]: ...


class Model(EntityHooks, CopySupport, PydanticModel):
    """Base of all entities: a pydantic model that knows what the service sent and what changed since.

    Made by the constructor, an object is new: `save()` creates it. With an `id` it is a reference to a stored row:
    `save()` updates what was given. Loaded by a query it carries the row. Reading what a row does not carry raises
    `NotLoaded`; unknown keys of the service are in `extra`.
    """

    model_config = ConfigDict(
        extra="forbid",
        ignored_types=(IgnoredByPydantic,),
        arbitrary_types_allowed=True,
        validate_default=False,
        defer_build=True,
    )

    __kommo_info__: ClassVar[EntityInfo] = EntityInfo()
    __kommo_kind__: ClassVar[str] = ""  # these two are in `__kommo_info__`, too: the sandbox reads them by these names
    __kommo_customs__: ClassVar[dict[str, CustomSpec]] = {}

    if TYPE_CHECKING:
        objects = ObjectsAttribute()

        @property
        def __kommo_state__(self) -> InstanceState: ...
    else:
        __slots__ = ("__kommo_state__",)  # pyright would take the slot for the property itself

    id: Attr[int, int, Exact[int]] = field(writable="", codec=ID)

    # ---- building classes
    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        refuse_shadows(cls)
        refuse_declarations(cls)
        build_class(cls)
        complete_post_init(cls, Model)

    if not TYPE_CHECKING:

        def __init__(self, /, **data: Any) -> None:
            cls, related = type(self), None
            info = cls.__kommo_info__
            if (checks := info.checks) is None:
                checks = build_argument_checks(cls)
                cls.__kommo_info__ = info = replace(info, checks=checks)
            if not data.keys() <= checks.cleaners.keys():
                related = take_relations(cls, data)
                self.__refuse_arguments(data)
            if checks.cleaners:
                fill_object(self, data, checks)
                if "_derive_values" in info.own_hooks:
                    self._derive_values()
                if info.defaults:
                    apply_defaults(self)
            else:
                super().__init__(**data)
                self.__kommo_state__.baseline = NOTHING  # what is given to a reference is a change
            for name, value in related.items() if related else ():
                info.attached[name].assign_value(self, value)

        __init__.__pydantic_base_init__ = True

        @classmethod
        def _iterate_parameters(cls) -> Iterator[Parameter]:
            return iterate_parameters(cls)

    @classmethod
    def __refuse_arguments(cls, data: dict[str, Any]) -> None:
        """Raise `pydantic.ValidationError` for the first argument that the class does not take."""
        fields = cls.__kommo_info__.fields
        for name, value in data.items():
            if name != "id" and name in fields and is_read_only(fields[name]):
                raise make_validation_error(cls, name, value, f"{name} is set by Kommo and read-only")
        for name, value in data.items():
            if name not in cls.model_fields:
                raise make_validation_error(cls, name, value, describe_unknown_name(cls, name))

    def model_post_init(self, context: Any, /) -> None:
        """Forget the defaults that pydantic filled in: what was not given is absent, not None."""
        values, info = get_values(self), type(self).__kommo_info__
        for name in (values.keys() & info.fields.keys()) - cast(Any, self).__pydantic_fields_set__:
            del values[name]
        if "_derive_values" in info.own_hooks:
            self._derive_values()
        if info.defaults:
            apply_defaults(self)
        if "id" in values:  # a dump of a stored object: what it contains is known, and no change
            self.__kommo_state__.baseline = {
                name: copy.deepcopy(values[name]) for name in values.keys() & info.savable.keys()
            }

    # ---- loading
    @classmethod
    def hydrate(
        cls,
        rows: Iterable[Row | None],
        account: ModelConnection | str | None = None,
        unit: Unit | None = None,
        included: frozenset[str] = frozenset(),
    ) -> list[Self]:
        """Objects of canonical rows. Nothing is decoded yet. Rows belong to the objects from now on."""
        new, put = cls.__new__, object.__setattr__
        models: list[Self] = []
        for row in rows:
            model = new(cls)
            put(model, "__kommo_state__", InstanceState(row, account, unit, included))
            models.append(model)
        return models

    @classmethod
    def reference(cls, pk: int | None, account: ModelConnection | str | None = None) -> Self:
        """An object that stands for a stored row and knows only its id; `save()` updates what is set on it."""
        (reference,) = cls.hydrate([None], account)
        if pk is not None:
            get_values(reference)["id"] = pk
            cast(Any, reference).__pydantic_fields_set__.add("id")
        return reference

    # ---- identity
    @property
    def pk(self) -> int | None:
        """The row's id, or None for a new object. Never raises."""
        row = self.__kommo_state__.row
        found = row.get("id") if row is not None else None
        if found is None:
            found = get_values(self).get("id")
        elif type(found) is not type(self).__kommo_info__.id_type:
            found = self.__convert_id(found)
        return found

    def __convert_id(self, raw: Any) -> Any:
        try:
            return type(self).__kommo_info__.id_type(raw)
        except (TypeError, ValueError, OverflowError):
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
        specs = type(self).__kommo_info__.fields.values()
        known = {key for spec in specs for key in (getattr(spec, "key", None), getattr(spec, "instead", None))}
        return {key: value for key, value in self.raw.items() if key not in known and key not in ENVELOPE}

    @property
    def raw(self) -> dict[str, Any]:
        """The row as the service sent it (a copy); empty for an object made here."""
        row = self.__kommo_state__.row
        return row.to_dict() if isinstance(row, LazyRow) else copy.deepcopy(dict(row or {}))

    @property
    def custom_fields(self) -> CustomFields:
        """Custom fields by id, code or name, declared or not: `lead.custom_fields[551]`, `["PHONE"]`, `["Source"]`.

        Raises:
            ConfigurationError: rows of this kind have no custom fields in Kommo.
        """
        from kommo_orm.model.custom_fields import CustomFields

        info = type(self).__kommo_info__
        if not info.has_custom_fields:
            raise ConfigurationError(
                f"{type(self).__name__}.custom_fields: {info.kind.replace('_', ' ')} have no custom fields in Kommo; "
                "leads, contacts, companies, customers, segments and list elements do"
            )
        state: CustomFields = self._get_attached("custom_fields", CustomFields)
        return state._with_owner(self)

    def _get_attached(self, name: str, factory: Any) -> Any:
        """Return the state of a relation, of the tags or of the custom fields. It is made at first use."""
        state = self.__kommo_state__
        found = state.attached.get(name)
        if found is None:
            state.attach(name, found := factory(self))
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
        for name, attached in self.__kommo_state__.attached.items():
            found.update(attached._describe_changes(name))
        return found

    @property
    def has_changes(self) -> bool:
        """Whether `save()` would send anything."""
        if has_changed_field(self):
            return True
        attached = self.__kommo_state__.attached
        return bool(attached) and any(one._is_changed for one in attached.values())

    def revert(self) -> None:
        """Forget all pending changes: the object reads again as loaded (or as saved last)."""
        baseline, values, fields = self.__kommo_state__.baseline, get_values(self), type(self).__kommo_info__.fields
        for name in [name for name in values if name in fields and name != "id"]:
            if name in baseline:
                values[name] = fields[name].copy_value(baseline[name])
            else:
                del values[name]
        for attached in self.__kommo_state__.attached.values():
            attached._revert()

    def clone(self, **changes: Any) -> Self:
        """A new, unsaved object with this one's writable values, and `changes` on top. Relations are not copied.

        Raises:
            pydantic.ValidationError: a change has an unknown name or a wrong type.

        Example:
            >>> renewal = deal.clone(name="Renewal", price=500)
        """
        values, state = get_values(self), self.__kommo_state__
        given: dict[str, Any] = {}
        for name, spec in type(self).__kommo_info__.fields.items():
            if name in NOT_CLONED or name in changes or not ("create" in spec.writable or spec.is_place):
                continue
            value = spec.copy_value(values[name]) if name in values else spec.read_stored(state)
            if value is not MISSING:
                given[name] = value
        return type(self)(**given, **changes)

    # ---- reading and setting
    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: Any) -> None:
            cls = type(self)
            info = cls.__kommo_info__
            if (spec := info.settable.get(name)) is not None:
                set_value(self, spec, value)
            elif (spec := info.fields.get(name)) is not None:
                assign_field(self, spec, value)
            elif name in info.attached:
                info.attached[name].assign_value(self, value)
            elif name in cls.model_fields or name in cls.__private_attributes__ or hasattr(cls, name):
                super().__setattr__(name, value)
            else:
                raise AttributeError(describe_unknown_name(cls, name))

        def __getattr__(self, name: str) -> Any:
            cls = type(self)
            if name in SLOTS:
                object.__setattr__(self, name, value := SLOTS[name](cls))
                return value
            info = cls.__kommo_info__
            if name in info.plain_fields:
                value = get_values(self)[name] = cls.model_fields[name].get_default(call_default_factory=True)
                return value
            if name in info.fields or name in info.attached:
                return object.__getattribute__(self, name)  # raises what the descriptor raises, such as `NotLoaded`
            if name.startswith("_"):
                return super().__getattr__(name)
            if hasattr(cls, name):
                return object.__getattribute__(self, name)
            raise AttributeError(describe_unknown_name(cls, name))

    def _decode_all(self, *, skip_broken: bool = False) -> None:
        """Decode every field that the row carries."""
        state, values, info = self.__kommo_state__, get_values(self), type(self).__kommo_info__
        has_mutable = False
        for name in [name for name in info.fields if name not in values]:
            try:
                value = info.fields[name].read_stored(state)
            except UnexpectedResponse:
                if not skip_broken:
                    raise
                continue
            if value is not MISSING:
                values[name] = value
                has_mutable |= name in info.mutable
        if has_mutable and state.unit is not None:
            state.unit.touch(self)
        for name in info.plain_fields:
            getattr(self, name)

    # ---- dumps and comparison
    if not TYPE_CHECKING:

        @model_serializer(mode="wrap")
        def __dump(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo):  # noqa: ANN202  # JSON schemas would show that alone
            self._decode_all(skip_broken=True)
            if info.exclude_unset and self.__kommo_state__.row is not None:
                with marked_as_set(self):
                    return handler(self)
            absent = find_absent_computed(self, info.exclude) if type(self).model_computed_fields else None
            return handler(self) if not absent else dump_without(self, absent, info)

        @property
        def __dict__(self) -> dict[str, Any]:
            """All values. Tools read them here: `vars(deal)`, `pl.DataFrame(deals)`."""
            self._decode_all(skip_broken=True)
            return get_values(self)

        @__dict__.setter
        def __dict__(self, values: dict[str, Any]) -> None:
            replace_values(self, values)

        @property
        def model_fields_set(self) -> set[str]:
            """The fields that were given or set; of a loaded object all that it has."""
            if self.__kommo_state__.row is None:
                return self.__pydantic_fields_set__
            return set(vars(self))

        def __eq__(self, other: object) -> bool:
            if isinstance(other, Model):
                self._decode_all(skip_broken=True)
                other._decode_all(skip_broken=True)
            return super().__eq__(other)

        def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
            self._decode_all(skip_broken=True)
            return [(name, get_values(self)[name]) for name in type(self).model_fields if name in get_values(self)]

    def __hash__(self) -> int:
        if self.pk is None:
            raise TypeError(
                f"a new {type(self).__name__} has no identity to hash by: save() it first, or keep it in a list"
            )
        return hash((type(self).__kommo_info__.kind, self.pk))


ENVELOPE = frozenset({FREE_VALUES, "_links", "_embedded", "request_id"})
NOT_CLONED = frozenset({"created_at", "updated_at", "created_by", "updated_by", "closed_at", "account_id"})


def get_address_key(model: Model) -> Any:
    """Return what a stored row is read by: its id, or the name that it has in addresses. Raises `NotLoaded`."""
    name = type(model).__kommo_info__.address_field
    return model.pk if name == "id" else getattr(model, name)


__all__ = ["Model"]

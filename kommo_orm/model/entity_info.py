"""`EntityInfo`: what the library knows about one class of entity, as one value.

An entity's file declares the first half (`__kommo_info__ = EntityInfo(kind="leads", ...)`). When pydantic has built a class,
`class_builder` adds the second half from its annotations. Subclasses, a user's own too, inherit the value of their base.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kommo_orm.model.attached_state import AttachedAttribute
    from kommo_orm.model.construction import ArgumentChecks
    from kommo_orm.model.field_spec import CustomSpec, FieldSpec


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EntityInfo:
    """What models, queries and flushes need to know about a class of entity.

    Declared by the entity:

    * `kind`: the name by which dialects, the registry and the sandbox know the entity, such as `leads`.
    * `required`: the fields without which Kommo creates no row.
    * `on_request`: the fields that a row carries only if the query asks for them.
    * `includes`: Kommo's words for the names that `include()` takes; None for what every row carries.
    * `load_hint`: how to ask for a field of `on_request`; `{name}` is its name. It ends a message of `NotLoaded`.
    * `id_type`: `int`, or `str` for entities whose ids are texts.
    * `address_field`: the field that stands in the address of one row: `id`, or a widget's `code`.
    * `unique_within`: the fields that make an id unique: stage 142 is in every pipeline.
    * `is_write_only`: rows are created, and Kommo's API never reads them.
    * `create_hint`: how rows come to be, for entities that `save()` cannot create. It ends a message.
    * `delete_hint`: what to do instead, for entities that Kommo's API cannot delete. It ends a message.
    * `has_custom_fields`: whether Kommo has custom fields of this entity.

    Found in the class by `class_builder`:

    * `fields`: every field, by the name of its attribute.
    * `customs`: those of them that are custom fields of the account.
    * `attached`: relations, tags and other attributes that keep their state beside the fields.
    * `plain_fields`: ordinary pydantic fields of a user's class. They are never read or sent.
    * `zoned_fields`: custom fields whose values are days of the account's time zone.
    * `has_validators`: whether the class has pydantic validators, so that setting a field must run them.
    * `settable`: the fields that can be set on every object of the class, and without pydantic.
    * `savable`: the fields that a save may send.
    * `mutable`: the names of fields whose values can change in place.
    * `constrained`: the fields with pydantic's own constraints, such as `Field(ge=0)`. Setting them must check these.
    * `defaults`: the functions that make the values of a new object that is given none.
    * `checks`: the checks of what the constructor takes. They are made at the first construction.
    * `has_parent`: whether the address of a row names the row it lives under.
    * `own_hooks`: the methods of `EntityHooks` that the class overrides. The defaults of the others need no call.
    """

    kind: str = ""
    required: tuple[str, ...] = ()
    on_request: frozenset[str] = frozenset()
    includes: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    load_hint: str = "add .include({name!r}) to the query"
    id_type: type[Any] = int
    address_field: str = "id"
    unique_within: tuple[str, ...] = ()
    is_write_only: bool = False
    create_hint: str = ""
    delete_hint: str = ""
    has_custom_fields: bool = True

    fields: Mapping[str, FieldSpec] = field(default_factory=dict[str, "FieldSpec"], repr=False)
    customs: Mapping[str, CustomSpec] = field(default_factory=dict[str, "CustomSpec"], repr=False)
    attached: Mapping[str, AttachedAttribute] = field(default_factory=dict[str, "AttachedAttribute"], repr=False)
    plain_fields: frozenset[str] = field(default=frozenset(), repr=False)
    zoned_fields: tuple[CustomSpec, ...] = field(default=(), repr=False)
    has_validators: bool = field(default=False, repr=False)
    settable: Mapping[str, FieldSpec] = field(default_factory=dict[str, "FieldSpec"], repr=False)
    savable: Mapping[str, FieldSpec] = field(default_factory=dict[str, "FieldSpec"], repr=False)
    mutable: frozenset[str] = field(default=frozenset(), repr=False)
    constrained: frozenset[str] = field(default=frozenset(), repr=False)
    defaults: Mapping[str, Callable[[], Any]] = field(default_factory=dict[str, "Callable[[], Any]"], repr=False)
    checks: ArgumentChecks | None = field(default=None, repr=False)
    has_parent: bool = field(default=False, repr=False)
    own_hooks: frozenset[str] = field(default=frozenset(), repr=False)

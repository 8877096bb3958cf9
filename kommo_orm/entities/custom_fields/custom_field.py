"""Definitions of custom fields: the fields of cards and lists that an account defines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, Self

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.custom_fields.definition_parts import (
    CHAIN,
    ChainedCatalog,
    FieldCategory,
    FieldOption,
    StageId,
    set_option_places,
)
from kommo_orm.entities.custom_fields.definitions_query import (
    DefinitionsQuery,
    forget_definitions,
    get_definition_parent,
)
from kommo_orm.entities.pipelines.stage_filter import Stage
from kommo_orm.entities.shared.deletable_query import DeletableQuery
from kommo_orm.entities.shared.entity import Deletable
from kommo_orm.errors import ConfigurationError, NotLoaded
from kommo_orm.model.attr import Attr, Plain, ReadOnly
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.condition import Condition, Exact, Unfilterable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.model.parent import Parent
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    pass

F = TypeVar("F", bound="CustomField", default="CustomField", covariant=True)

FieldOrder = Literal["id", "-id", "sort", "-sort"]
FieldType = Literal[
    "text", "numeric", "checkbox", "select", "multiselect", "date", "url", "textarea", "radiobutton", "streetaddress",
    "smart_address", "birthday", "legal_entity", "date_time", "price", "category", "items", "multitext", "monetary",
    "file", "chained_list", "tracking_data", "linked_entity", "payer", "supplier",
]  # fmt: skip
"""The types of fields that can be created; which of them depends on the entity."""
Remind = Literal["never", "day", "week", "month"]
OPTIONED = ("select", "multiselect", "radiobutton")  # an update has to say their options again


class FieldFilters(TypedDict, total=False):
    """Filters of definitions. Source: Kommo API v4, "Custom field definitions"."""

    id: int
    id__in: Iterable[int]
    type: str
    type__in: Iterable[str]


class FieldOptions(TypedDict, total=False):
    """Values of a new field beside its name and type; much of it belongs to one type or one entity only."""

    code: str | None
    sort: int
    group_id: str | None
    enums: Iterable[FieldOption | str]
    nested: Iterable[FieldCategory]
    chained_lists: Iterable[ChainedCatalog]
    required_statuses: Iterable[Stage]
    hidden_statuses: Iterable[Stage]
    is_api_only: bool
    is_visible: bool
    is_required: bool
    is_deletable: bool
    remind: Remind | None
    currency: str | None
    search_in: str | None


class CustomFieldQuery(DefinitionsQuery[F], DeletableQuery[F]):
    """A query of the custom fields of one entity: `CustomField.objects.of(Lead)`."""

    _filters = FieldFilters
    _orders = ("id", "sort")
    _parent_kinds = (*DefinitionsQuery._parent_kinds, "segments")

    def filter(self, *conditions: Condition, **lookups: Unpack[FieldFilters]) -> Self:
        """Fields for which all conditions hold."""
        return self._add_conditions(conditions, lookups)

    def order_by(self, field: FieldOrder) -> Self:
        """Order by one field; a minus in front reverses the order."""
        return self._set_order(field)

    def create(self, name: str, type: FieldType, **options: Unpack[FieldOptions]) -> F:
        """Define a new field.

        Example:
            >>> CustomField.objects.of(Lead).create("Source", "select", enums=["Web", "Fair"])
        """
        return self._create_object({"name": name, "type": type, **options})

    async def acreate(self, name: str, type: FieldType, **options: Unpack[FieldOptions]) -> F:
        """`create()` for async code."""
        return await self._acreate_object({"name": name, "type": type, **options})


class CustomFieldManager(Manager):
    """`CustomField.objects`."""

    def __get__(self, instance: None, owner: type[F]) -> CustomFieldQuery[F]:
        return CustomFieldQuery(require_class(instance, owner))


class CustomField(Deletable):
    """The definition of a custom field. For administrators, but for reading.

    Options change in place; what is taken out of `enums` disappears with its values. A successful write makes the
    account's definitions be asked again.

    Example:
        >>> field = CustomField.objects.of(Lead).filter(type="select").first()
        >>> field.enums[0].value = "Website"
        >>> field.add_option("Fair")
        >>> field.save()

    Source: Kommo API v4, "Custom field definitions".
    """

    __kommo_info__ = EntityInfo(kind="custom_fields", required=("name", "type"), has_custom_fields=False)

    name: Plain[str] = field()
    type: Attr[str, FieldType, Exact[str]] = field(writable="create")
    code: Plain[str | None] = field()
    sort: Plain[int] = field()
    entity_type: Attr[str, str] = field(place=True)
    catalog_id: Attr[int | None, int] = field(place=True)
    group_id: Plain[str | None] = field()
    enums: Attr[list[FieldOption], Iterable[FieldOption | str], Unfilterable[Any]] = field()
    nested: Attr[list[FieldCategory], Iterable[FieldCategory], Unfilterable[Any]] = field()
    chained_lists: Attr[list[ChainedCatalog], Iterable[ChainedCatalog], Unfilterable[Any]] = field(codec=CHAIN)
    required_statuses: Attr[list[StageId], Iterable[Stage], Unfilterable[Any]] = field()
    hidden_statuses: Attr[list[StageId], Iterable[Stage], Unfilterable[Any]] = field()
    is_api_only: Plain[bool] = field()
    is_visible: Plain[bool] = field()
    is_required: Plain[bool] = field()
    is_deletable: Plain[bool] = field()
    is_predefined: ReadOnly[bool] = field()
    is_computed: ReadOnly[bool] = field()
    remind: Attr[str | None, Remind | None, Unfilterable[Any]] = field()
    currency: Plain[str | None] = field()
    search_in: Plain[str | None] = field()
    tracking_callback: ReadOnly[str | None] = field()
    settings: ReadOnly[Any | None] = field()
    triggers: ReadOnly[Any | None] = field()
    account_id: ReadOnly[int] = field()

    objects = CustomFieldManager()

    def option(self, value: str) -> FieldOption | None:
        """The option of that value or code; None if there is none."""
        return next((option for option in self.enums if value in (option.value, option.code)), None)

    def add_option(self, value: str, *, code: str | None = None) -> FieldOption:
        """A new option at the end; `save()` sends it."""
        option = FieldOption(value=value, code=code)
        self.enums.append(option)
        return option

    def _get_parent(self) -> Parent | None:
        return get_definition_parent(self)

    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        if not creating and "enums" not in body and getattr(self, "type", None) in OPTIONED:
            body["enums"] = build_stored_options(self)
        for key in ("enums", "nested"):
            try:
                body.update({key: set_option_places(body[key])} if body.get(key) else {})
            except ValueError as error:
                raise ConfigurationError(f"{describe(self)}: {key} cannot be sent: {error}") from None
        return body

    def _after_write(self, row: dict[str, Any]) -> None:
        forget_definitions(self)


def build_stored_options(model: Any) -> list[dict[str, Any]]:
    """The stored options, which Kommo requires in every change of such a field."""
    try:
        return [option.to_raw() for option in model.enums]
    except NotLoaded:
        raise ConfigurationError(
            f"{describe(model)}: Kommo takes changes of a {model.type} field together with its options, which are not "
            "loaded. Call refresh() first"
        ) from None


register_class("custom_fields", CustomField)
__all__ = ["CustomField", "CustomFieldQuery"]

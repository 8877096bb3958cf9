"""Sources: where leads of an integration come from. An integration sees its own ones only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from typing_extensions import TypedDict, TypeVar, Unpack

from kommo_orm.entities.shared.deletable_query import DeletableQuery
from kommo_orm.entities.shared.entity import Deletable
from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.errors import ConfigurationError, QueryError
from kommo_orm.fields.compound_value import Given, Words, part
from kommo_orm.model.attr import Attr, Found, Plain
from kommo_orm.model.class_registry import register_class
from kommo_orm.model.codec import STR, Codec, clean_str, decode_str
from kommo_orm.model.condition import Assignment, Condition, Unfilterable
from kommo_orm.model.entity_info import EntityInfo
from kommo_orm.model.field_options import field
from kommo_orm.query.manager import Manager, require_class
from kommo_orm.unit.report import Report, describe

if TYPE_CHECKING:
    pass

S = TypeVar("S", bound="Source", default="Source", covariant=True)

LONGEST_CODE = 20


class SourcePage(NestedValue):
    """One page (a phone number, an account) of a service, as people choose it for a website button."""

    id: Words = part()
    name: Words = part()
    link: Words = part()


class ServiceParams(NestedValue):
    """`waba`: the WhatsApp Business API is used, so templates and its time window apply."""

    waba: Given[bool] = part()
    is_supports_list_message: Given[bool] = part()


class SourceService(NestedValue):
    """What stands behind a source. Kommo knows the type `whatsapp`.

    Example:
        >>> SourceService(type="whatsapp", pages=[SourcePage(id="1", name="Sales", link="34600111222")])
    """

    type: Attr[str, str]
    pages: Attr[list[SourcePage], Iterable[SourcePage], Unfilterable[Any]] = part([])
    params: Attr[ServiceParams, ServiceParams] = part(ServiceParams())


def clean_origin(value: Any) -> str:
    """The code of a chat channel (`amo.ext.7`). Raises `ValueError`."""
    code = clean_str(value)
    if not code.strip() or code.isdigit() or len(code) > LONGEST_CODE:
        raise ValueError(
            f"expected the code of a chat channel, 1 to {LONGEST_CODE} characters that are not all digits: {code!r}"
        )
    return code


def clean_filled(value: Any) -> str:
    text = clean_str(value)
    if not text.strip():
        raise ValueError("expected a text that is not empty")
    return text


ORIGIN = Codec(str, clean_origin, decode_str, str)
FILLED = Codec(str, clean_filled, STR.decode, str)


class SourceFilters(TypedDict, total=False):
    """Filters of sources. Source: Kommo API v4, "Sources"."""

    external_id: str
    external_id__in: Iterable[str]


class SourceOptions(TypedDict, total=False):
    """Values of a new source beside its name and its external id. Without a pipeline it is in the main one."""

    pipeline_id: int
    default: bool
    origin_code: str
    services: Iterable[SourceService]


class SourceChanges(TypedDict, total=False):
    """Values that many sources can be given at once."""

    name: str
    pipeline_id: int
    origin_code: str
    services: Iterable[SourceService]


class SourceQuery(DeletableQuery[S]):
    """The sources of the token's integration: at most 100, without pages."""

    _filters = SourceFilters

    def filter(self, *conditions: Condition, **lookups: Unpack[SourceFilters]) -> Self:
        """Sources of one external id or of several: `filter(external_id__in=["site-1", "site-2"])`."""
        return self._add_conditions(conditions, lookups)

    def create(self, name: str, external_id: str, **options: Unpack[SourceOptions]) -> S:
        """Create one source. Needs an administrator.

        Raises:
            BadRequest: the external id is taken, or the pipeline is unknown.

        Example:
            >>> Source.objects.create("Landing page", "landing-1", default=True)
        """
        return self._create_object({"name": name, "external_id": external_id, **options})

    async def acreate(self, name: str, external_id: str, **options: Unpack[SourceOptions]) -> S:
        """`create()` for async code."""
        return await self._acreate_object({"name": name, "external_id": external_id, **options})

    def update(self, *assignments: Assignment, **values: Unpack[SourceChanges]) -> Report:
        """Give all sources of the query the same values, 100 a request, after all rows were read and verified.

        Raises:
            QueryError: `default` or `external_id`, which one source at most can have.
        """
        refuse_unique_values(assignments, values)
        return self._update_rows(assignments, values)

    async def aupdate(self, *assignments: Assignment, **values: Unpack[SourceChanges]) -> Report:
        """`update()` for async code."""
        refuse_unique_values(assignments, values)
        return await self._aupdate_rows(assignments, values)


def refuse_unique_values(assignments: Iterable[Assignment], values: Iterable[str]) -> None:
    for name in ("default", "external_id"):
        if name in values or any(one.spec.name == name for one in assignments):
            raise QueryError(f"At most one source has this {name}: set it on one source and save() it")


class SourceManager(Manager):
    """`Source.objects`."""

    def __get__(self, instance: None, owner: type[S]) -> SourceQuery[S]:
        return SourceQuery(require_class(instance, owner))


class Source(Deletable):
    """A source of leads. `external_id` is the integration's own name of it, unique among its sources.

    One source at most is the `default`: making another one so takes it from the first, which a loaded object learns by
    `refresh()`. After the default one was deleted the integration has to choose again. Sources are seen in Kommo if the
    integration's widget has the place `lead_sources`. `lead.lead_source` is one with little more than id and name.

    Example:
        >>> source = Source.objects.create("Landing page", "landing-1", pipeline_id=7)
        >>> source.services = [SourceService(type="whatsapp", pages=[SourcePage(id="1", name="Sales", link="34600")])]
        >>> source.save()

    Source: Kommo API v4, "Sources".
    """

    __kommo_info__ = EntityInfo(kind="sources", required=("name", "external_id"), has_custom_fields=False)

    name: Plain[str] = field(codec=FILLED)
    external_id: Found[str] = field(codec=FILLED)
    pipeline_id: Attr[int | None, int, Unfilterable[Any]] = field(positive=True)
    default: Plain[bool] = field()
    origin_code: Attr[str | None, str, Unfilterable[Any]] = field(codec=ORIGIN)
    services: Attr[list[SourceService], Iterable[SourceService], Unfilterable[Any]] = field()

    objects = SourceManager()

    def _finish_payload(self, body: dict[str, Any], creating: bool) -> dict[str, Any]:
        """Kommo takes no null for what it may answer as null."""
        for key in ("origin_code", "pipeline_id"):
            if body.get(key, "") is None:
                raise ConfigurationError(f"{describe(self)}: {key} cannot be removed, only replaced")
        return body


register_class("sources", Source)
__all__ = ["ServiceParams", "Source", "SourcePage", "SourceQuery", "SourceService"]

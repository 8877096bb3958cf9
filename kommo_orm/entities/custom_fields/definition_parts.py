"""Parts of definitions of custom fields: options, categories, stages, chained lists.

Source: Kommo API v4, "Custom field definitions".
"""

from __future__ import annotations

from typing import Any, NamedTuple, Self
from uuid import uuid4

from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.fields.compound_value import Whole, Words, part
from kommo_orm.model.attr import Attr
from kommo_orm.model.codec import BY_TYPE, Codec, decode_int, make_list_codec, make_value_error


class FieldOption(NestedValue):
    """One option of a select, multiselect or radiobutton field. Wherever options are taken, a `str` means its value.

    An option with an `id` stays the one it is; without one it is new.
    """

    id: Whole = part()
    value: Attr[str, str]
    sort: Whole = part()
    code: Words = part()

    @classmethod
    def clean(cls, given: Any) -> Self:
        """A copy of what a user gave; a text is the value of a new option."""
        return cls(value=given) if isinstance(given, str) else super().clean(given)


class FieldCategory(NestedValue):
    """One node of the tree of a category field.

    Example:
        >>> tools = FieldCategory(value="Tools")
        >>> field.nested = [tools, tools.child("Saws"), tools.child("Drills")]
    """

    id: Whole = part()
    parent_id: Whole = part()
    value: Attr[str, str]
    sort: Whole = part()
    request_id: Words = part()
    parent_request_id: Words = part()

    def child(self, value: str, *, sort: int | None = None) -> FieldCategory:
        """A new node under this one, which may be new itself; put both into `nested`."""
        if self.id is not None:
            return FieldCategory(value=value, sort=sort, parent_id=self.id)
        self.request_id = self.request_id or uuid4().hex  # letters and digits only: the service takes no others
        return FieldCategory(value=value, sort=sort, parent_request_id=self.request_id)


class ChainedCatalog(NestedValue):
    """One list of a chain: an element chosen in it narrows the choice in the next one."""

    catalog_id: Attr[int, int]
    title: Words = part()
    parent_catalog_id: Whole = part()


class StageId(NamedTuple):
    """A stage: the pair of pipeline and status. Equal to the plain tuple."""

    pipeline_id: int
    status_id: int


def clean_stage(value: Any) -> StageId:
    if getattr(type(value), "__kommo_kind__", None) == "statuses":
        return StageId(value.pipeline_id, value.id)
    match value:
        case (int(pipeline), int(status)):
            return StageId(pipeline, status)
        case _:
            raise make_value_error("a stage, (pipeline_id, status_id) or a Status", value)


def decode_stage(raw: Any) -> StageId:
    return StageId(decode_int(raw["pipeline_id"]), decode_int(raw["status_id"]))


def encode_stage(value: StageId) -> dict[str, int]:
    return {"pipeline_id": value.pipeline_id, "status_id": value.status_id}


def encode_chain(lists: list[ChainedCatalog]) -> dict[str, Any]:
    """The service's own client sends an object keyed by list."""
    return {str(one.catalog_id): one.to_raw() for one in lists}


BY_TYPE[StageId] = Codec(StageId, clean_stage, decode_stage, encode_stage)
CHAIN = make_list_codec(ChainedCatalog.__kommo_codec__)
CHAIN.encode = encode_chain


def set_option_places(options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give every option or node a `sort`. Raises `ValueError` for an option that is given twice."""
    last = 0
    seen: set[tuple[Any, Any]] = set()
    for option in options:
        last = option.setdefault("sort", last + 1)
        key = (option.get("value"), option.get("parent_id", option.get("parent_request_id")))
        if key in seen:
            raise ValueError(f"{option.get('value')!r} is there twice")
        seen.add(key)
    return options


__all__ = ["ChainedCatalog", "FieldCategory", "FieldOption", "StageId"]

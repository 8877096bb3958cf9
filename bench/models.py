"""The classes with which the library reads the rows of `bench.rows`, and the same ones as plain pydantic models."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field, TypeAdapter

from bench.rows import FIRST_FIELD
from kommo_orm import Date, Lead, MultiSelect, Number, Select, Text, custom


class Deal(Lead):
    budget: Number = custom(FIRST_FIELD)
    source: Select = custom(FIRST_FIELD + 1)
    regions: MultiSelect = custom(FIRST_FIELD + 2)
    remark: Text = custom(FIRST_FIELD + 3)
    signed: Date = custom(FIRST_FIELD + 4)


CORE_FIELDS = (
    "id",
    "name",
    "price",
    "responsible_user_id",
    "group_id",
    "status_id",
    "pipeline_id",
    "loss_reason_id",
    "created_by",
    "updated_by",
    "created_at",
    "updated_at",
    "closed_at",
    "closest_task_at",
    "is_deleted",
    "score",
    "account_id",
    "labor_cost",
    "is_price_computed",
)
"""All fields of a lead that are not custom, and that a row of a list carries."""

THREE_CUSTOM_FIELDS = ("budget", "source", "regions")


class PlainPrice(BaseModel):
    name: str
    price: int


class PlainField(BaseModel):
    field_id: int
    field_name: str
    field_code: str | None
    field_type: str
    values: list[dict[str, Any]]


class PlainEmbedded(BaseModel):
    tags: list[dict[str, Any]]
    companies: list[dict[str, Any]]
    contacts: list[dict[str, Any]]


class PlainLead(BaseModel):
    """A lead as pydantic alone has it: every value is validated when the page is read."""

    id: int
    name: str
    price: int
    responsible_user_id: int
    group_id: int
    status_id: int
    pipeline_id: int
    loss_reason_id: int | None
    created_by: int
    updated_by: int
    created_at: int
    updated_at: int
    closed_at: int | None
    closest_task_at: int | None
    is_deleted: bool
    custom_fields_values: list[PlainField] | None
    score: int | None
    account_id: int
    labor_cost: int | None
    is_price_computed: bool
    embedded: PlainEmbedded = Field(alias="_embedded")


class PlainRows(BaseModel):
    leads: list[PlainLead]


class PlainPage(BaseModel):
    embedded: PlainRows = Field(alias="_embedded")


PLAIN_PAGE = TypeAdapter(PlainPage)

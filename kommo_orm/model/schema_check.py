"""`kommo.check(Deal, Person)`: whether the declared custom fields fit this account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kommo_orm.model.arguments import refuse_list_argument
from kommo_orm.model.definition import Definition
from kommo_orm.model.field_spec import CustomSpec
from kommo_orm.model.kind import KINDS
from kommo_orm.transport.flow import Flow

if TYPE_CHECKING:
    from kommo_orm.model.connection import ModelConnection
    from kommo_orm.model.model import Model
    from kommo_orm.model.schema import Definitions

Problem = Literal["absent", "type", "duplicate", "options"]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One declared custom field that does not fit the account.

    `problem` is `absent` (no such field), `type` (the field is of another type), `duplicate` (several fields have that
    name) or `options` (the account lacks options that the user's enum has).
    """

    model: type[Model]
    attribute: str
    problem: Problem
    detail: str

    def __str__(self) -> str:
        return f"{self.model.__name__}.{self.attribute}: {self.detail}"


def check_schema(connection: ModelConnection, models: Sequence[type[Model]]) -> Flow[list[Mismatch]]:
    """Compare the declarations with the account's definitions, read afresh once per kind."""
    refuse_list_argument(models, "check")
    found: list[Mismatch] = []
    for model in models:
        kind = yield from find_definitions_kind(connection, model)
        definitions = yield from connection.schema.get_definitions(kind, fresh=True)
        for name, spec in model.__kommo_customs__.items():
            found += [Mismatch(model, name, *problem) for problem in _iterate_problems(connection, definitions, spec)]
    return found


def find_definitions_kind(connection: ModelConnection, model: type[Model]) -> Flow[str]:
    """Under which kind the account keeps the definitions of a class: elements have those of their list."""
    parent = yield from model._find_class_parent(connection)
    return f"{parent.kind}/{parent.id}" if parent is not None else model.__kommo_kind__


def _iterate_problems(
    connection: ModelConnection, definitions: Definitions, spec: CustomSpec
) -> Iterator[tuple[Problem, str]]:
    candidates = _find_candidates(connection, definitions, spec)
    key = connection.schema.find_field_id(spec) or spec.code or spec.label or spec.name
    if not candidates:
        yield (
            "absent",
            f"{connection.name} has no custom field {key!r} on {definitions.kind}; {definitions.describe_nearest(key, spec.name)}",
        )
    elif len(candidates) > 1:
        ids = ", ".join(str(definition.id) for definition in candidates)
        yield "duplicate", f"{len(candidates)} fields are named {key!r} (ids {ids}); map the field by id"
    else:
        yield from _iterate_misfits(candidates[0], spec)


def _find_candidates(connection: ModelConnection, definitions: Definitions, spec: CustomSpec) -> list[Definition]:
    field_id = connection.schema.find_field_id(spec)
    if field_id is not None:
        return [definition for definition in definitions.rows if definition.id == field_id]
    if spec.code is not None:
        return [definition for definition in definitions.rows if definition.code == spec.code][:1]
    return [definition for definition in definitions.rows if definition.name == (spec.label or spec.name)]


def _iterate_misfits(definition: Definition, spec: CustomSpec) -> Iterator[tuple[Problem, str]]:
    readers = {
        name for name in KINDS if isinstance(KINDS[name], type(spec.kind)) or isinstance(spec.kind, type(KINDS[name]))
    }
    if definition.type not in {*spec.kind.types, *readers}:
        yield (
            "type",
            f"field {definition.id} {definition.name!r} is of type {definition.type}, declared is {spec.field_type}",
        )
        return
    known = {choice.value for choice in definition.choices} | {choice.id for choice in definition.choices}
    known |= {choice.code for choice in definition.choices if choice.code}
    lacking = [option for option in spec.options if option not in known]
    if lacking:
        nearest = definition.describe_nearest(str(lacking[0]))
        yield (
            "options",
            f"field {definition.id} {definition.name!r} lacks the options {', '.join(map(repr, lacking))}; {nearest}",
        )


__all__ = ["Mismatch"]

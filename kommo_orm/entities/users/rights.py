"""Rights of users and roles. One letter for each action: A all, G own group, M own, L linked (lists), D denied.

Reading takes any letter and keeps broken rows in `extra`; writing sends what is set.

Source: Kommo API v4, "Rights".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from kommo_orm.entities.shared.nested_value import NestedValue
from kommo_orm.errors import ConfigurationError
from kommo_orm.fields.compound_value import Computed, Given, Whole, part
from kommo_orm.model.attr import Attr
from kommo_orm.unit.report import describe

if TYPE_CHECKING:
    from kommo_orm.model.model import Model

Letter = Literal["A", "G", "M", "L", "D"]
Right = Attr[str | None, Letter | None]


LETTERS = frozenset("AGMD")
LETTERS_OF_LISTS = frozenset("ALD")
LETTERS_OF_STAGES = frozenset("AD")


class CardRights(NestedValue):
    """Rights on leads, contacts or companies."""

    view: Right = part()
    edit: Right = part()
    add: Right = part()
    delete: Right = part()
    export: Right = part()


class TaskRights(NestedValue):
    """Rights on tasks."""

    edit: Right = part()
    delete: Right = part()


class ListRights(NestedValue):
    """Rights on one list. A broken row has no `catalog_id`; its `extra` shows what the service sent."""

    catalog_id: Whole = part()
    rights: Attr[CardRights, CardRights] = part(CardRights())


class StageRights(NestedValue):
    """Rights on the leads of one stage."""

    entity_type: Attr[str | None, str | None] = part()
    pipeline_id: Whole = part()
    status_id: Whole = part()
    rights: Attr[CardRights, CardRights] = part(CardRights())


class Rights(NestedValue):
    """All rights of a user or a role. What is None is not sent.

    A new user has either all blocks, or a `role_id`, or `is_free`; anything not granted is denied.

    Example:
        >>> Rights(leads=CardRights(view="A", edit="M"), mail_access=False)
        >>> Rights(role_id=77, group_id=501)
    """

    leads: Attr[CardRights, CardRights] = part(CardRights())
    contacts: Attr[CardRights, CardRights] = part(CardRights())
    companies: Attr[CardRights, CardRights] = part(CardRights())
    tasks: Attr[TaskRights, TaskRights] = part(TaskRights())
    mail_access: Given[bool] = part()
    catalog_access: Given[bool] = part()
    files_access: Given[bool] = part()
    status_rights: Given[list[StageRights]] = part()
    catalog_rights: Given[list[ListRights]] = part()
    is_free: Given[bool] = part()
    group_id: Whole = part()
    role_id: Whole = part()
    is_admin: Computed[bool] = part()
    is_active: Computed[bool] = part()

    def to_raw(self) -> dict[str, Any]:
        """A role or a free user is sent without other rights, which the service would ignore."""
        body = super().to_raw()
        if body.get("role_id") is not None or body.get("is_free"):
            key_kept = "role_id" if body.get("role_id") is not None else "is_free"
            return {key: body[key] for key in (key_kept, "group_id") if key in body}
        kept = {key: self._drop_broken_rows(key, value) for key, value in body.items()}
        return {key: value for key, value in kept.items() if value is not None}

    @staticmethod
    def _drop_broken_rows(key: str, value: Any) -> Any:
        """Rows that could not be read are not sent. None, if none of them could be."""
        if key not in ("status_rights", "catalog_rights"):
            return value
        rows = [row for row in value if "rights" in row]
        return rows if rows or not value else None


def validate_rights(model: Model, rights: dict[str, Any]) -> None:
    """Raise `ConfigurationError` for an unknown letter before it is sent. Reading takes any letter."""
    for block in ("leads", "contacts", "companies", "tasks"):
        _validate_letters(model, block, rights.get(block), LETTERS)
    for row in rights.get("catalog_rights") or ():
        _validate_letters(model, "catalog_rights", row.get("rights"), LETTERS_OF_LISTS)
    for row in rights.get("status_rights") or ():
        _validate_letters(model, "status_rights", row.get("rights"), LETTERS_OF_STAGES)


def _validate_letters(model: Model, block: str, given: Any, letters: frozenset[str]) -> None:
    for name, letter in (given or {}).items():
        if letter not in letters:
            able = ", ".join(one for one in "AGMLD" if one in letters)
            raise ConfigurationError(f"{describe(model)}: rights.{block}.{name} is one of {able}, not {letter!r}")


__all__ = ["CardRights", "ListRights", "Rights", "StageRights", "TaskRights"]

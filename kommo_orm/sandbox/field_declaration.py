"""Custom fields for models: what `Sandbox.define` makes of the fields that model classes declare.

Models are known by two attributes only, so that the sandbox needs nothing of the library: `__kommo_kind__`
("leads") and `__kommo_customs__`, attribute name -> object with `id`, `code`, `label`, `field_type` and `options`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from kommo_orm.sandbox.account_state import CARDS, Account
from kommo_orm.sandbox.resources import catalogs, custom_fields
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import is_object


class CustomFieldKey(Protocol):
    """One declared custom field; where `id`, `code` and `label` are all None the attribute's name is its name."""

    id: int | None
    code: str | None
    label: str | None
    field_type: str
    options: Iterable[Any]


def define_model_fields(account: Account, model: Any) -> list[Row]:
    """Make the fields that a model declares and the account lacks; answers all of them."""
    owner = _get_field_owner(account, model)
    declared: Mapping[str, CustomFieldKey] = model.__kommo_customs__
    return [
        _find_declared_field(account, owner, *pair) or _create_declared_field(account, owner, *pair)
        for pair in declared.items()
    ]


def _get_field_owner(account: Account, model: Any) -> str:
    kind = str(model.__kommo_kind__)
    return kind if kind in (*CARDS, "segments") else f"catalogs/{_require_catalog_id(account, model)}"


def _require_catalog_id(account: Account, model: Any) -> int:
    """The list of an element model, by id, name or type; made when absent."""
    wanted = getattr(model, "__kommo_catalog__", None) or model.__name__
    kind = getattr(wanted, "type", None)
    for row in account.store.iter_rows("catalogs"):
        if kind == row["type"] or wanted in (row["id"], row["name"]):
            return int(row["id"])
    if kind == "products":
        return int(catalogs.insert_product_catalog(account, account.owner_id)["id"])
    if kind is not None:
        return int(
            catalogs.insert_catalog(account, account.owner_id, {"name": str(kind).capitalize(), "type": kind})["id"]
        )
    if isinstance(wanted, int):
        account.store.reserve_ids("catalogs", wanted)
    return int(catalogs.insert_catalog(account, account.owner_id, {"name": str(wanted)})["id"])


def _find_declared_field(account: Account, owner: str, attribute: str, item: CustomFieldKey) -> Row | None:
    column, value = _get_lookup_key(attribute, item)
    return next((row for row in account.get_definitions(owner) if row[column] == value), None)


def _get_lookup_key(attribute: str, item: CustomFieldKey) -> tuple[str, Any]:
    """What the field is found by: its id, else its code, else its name."""
    for column, value in (("id", item.id), ("code", item.code)):
        if value is not None:
            return column, value
    return "name", item.label if item.label is not None else attribute


def _create_declared_field(account: Account, owner: str, attribute: str, item: CustomFieldKey) -> Row:
    name = item.label if item.label is not None else item.code if item.code is not None else attribute
    return define_field(account, owner, name, item.field_type, code=item.code, enums=item.options, id=item.id)


def define_field(
    account: Account,
    owner: str,
    name: str,
    field_type: str,
    *,
    code: str | None = None,
    enums: Iterable[Any] = (),
    id: int | None = None,
    **settings: Any,
) -> Row:
    """One definition; options are texts, or rows with `value`, `code`, `id` and `sort`."""
    clean: Row = {"name": name, "type": field_type, "code": code, **settings}
    options: list[Row] = [option if is_object(option) else {"value": str(option)} for option in enums]
    if options:
        clean["nested" if field_type == "category" else "enums"] = options
    if field_type == "monetary":
        clean.setdefault("currency", "EUR")
    if id is not None:
        account.store.reserve_ids("custom_fields", id)
    return custom_fields.insert_field(account, owner, clean)

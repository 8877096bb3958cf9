"""Creates the custom fields that model classes declare, for `Sandbox.define`.

Only two attributes of a model are read, so that the sandbox does not import the library: `__kommo_kind__` ("leads") and
`__kommo_customs__`, attribute name -> object with `id`, `code`, `label`, `field_type` and `options`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from kommo_orm.sandbox.account_state import CARDS, Account
from kommo_orm.sandbox.resources import catalogs, field_definitions
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import is_object


class CustomFieldKey(Protocol):
    """One declared custom field. If `id`, `code` and `label` are all None, its name is the name of the attribute."""

    id: int | None
    code: str | None
    label: str | None
    field_type: str
    options: Iterable[Any]


Options = Mapping[str, Iterable[Any]]  # name of the attribute -> texts of options


def define_model_fields(account: Account, model: Any, options: Options) -> list[Row]:
    """Create the fields that a model declares and the account does not have. Returns all declared fields.

    `options` are added to those that the model declares or the account has. Other attributes of `options` are ignored.
    """
    owner = _get_field_owner(account, model)
    declared: Mapping[str, CustomFieldKey] = model.__kommo_customs__
    made: list[Row] = []
    for attribute, item in declared.items():
        row = _find_declared_field(account, owner, attribute, item)
        row = row or _create_declared_field(account, owner, attribute, item)
        _add_options(account, row, options.get(attribute, ()))
        made.append(row)
    return made


def check_options(models: Iterable[Any], options: Options) -> None:
    """Check the options of a call of `define`. Raises `ValueError` for an attribute without options, `TypeError`."""
    declared = {name: item for model in models for name, item in model.__kommo_customs__.items()}
    for name, texts in options.items():
        if name not in declared:
            raise ValueError(f"define(options=...) names {name!r}, which none of the models declares")
        if declared[name].field_type not in (*field_definitions.OPTIONED, "category"):
            raise ValueError(f"{name} is a field of type {declared[name].field_type}, which has no options")
        if isinstance(texts, str):
            raise TypeError(f"The options of {name} are several texts, such as [{texts!r}]")


def _add_options(account: Account, row: Row, wanted: Iterable[Any]) -> None:
    """Add the options that the field does not have."""
    key = "nested" if row["type"] == "category" else "enums"
    known: list[Row] = row[key] or []
    texts = {option["value"] for option in known}
    new = [option if is_object(option) else {"value": str(option)} for option in wanted]
    new = [option for option in new if option["value"] not in texts]
    if new:
        last = max((option["sort"] for option in known), default=0)
        numbered = [{"sort": last + at, **option} for at, option in enumerate(new, 1)]
        field_definitions.change_field(account, row, {key: [*known, *numbered]})


def _get_field_owner(account: Account, model: Any) -> str:
    kind = str(model.__kommo_kind__)
    return kind if kind in (*CARDS, "segments") else f"catalogs/{_require_catalog_id(account, model)}"


def _require_catalog_id(account: Account, model: Any) -> int:
    """Return the list of an element model, found by id, name or type. An unknown list is created."""
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
    """Return the column and value that identify the field: its id, else its code, else its name."""
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
    """Insert one definition. Options are texts, or rows with `value`, `code`, `id` and `sort`."""
    clean: Row = {"name": name, "type": field_type, "code": code, **settings}
    options: list[Row] = [option if is_object(option) else {"value": str(option)} for option in enums]
    if options:
        clean["nested" if field_type == "category" else "enums"] = options
    if field_type == "monetary":
        clean.setdefault("currency", "EUR")
    if id is not None:
        account.store.reserve_ids("custom_fields", id)
    return field_definitions.insert_field(account, owner, clean)

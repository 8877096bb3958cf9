"""Definitions of custom fields, of cards and of lists (Kommo API v4, Custom fields).

This file knows which types an owner may have and which keys a type adds. `enums` in an update is the complete new set:
options with an `id` are kept, options that are left out are removed together with their values.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import CARDS, Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_empty_response, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import (
    FIELD_MISSING,
    NOT_SUPPORTED_CHOICE,
    NOT_UNIQUE,
    HttpError,
    build_not_found,
)
from kommo_orm.sandbox.query_string import get_leaves
from kommo_orm.sandbox.resources import custom_field_groups
from kommo_orm.sandbox.resources.field_definitions import (
    OPTIONED,
    SEGMENTS_PATH,
    change_field,
    insert_field,
    remove_field,
    render_field,
)
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    Validator,
    accept_any,
    allow_null,
    is_array,
    is_object,
    validate_array,
    validate_boolean,
    validate_choice,
    validate_integer,
    validate_nested,
    validate_object,
    validate_row_id,
    validate_text,
)

_PLAIN = "text numeric checkbox date url date_time textarea streetaddress select multiselect radiobutton"
_CARD = f"{_PLAIN} smart_address birthday legal_entity monetary file"
TYPES: dict[str, tuple[str, ...]] = {
    "leads": tuple(f"{_CARD} chained_list tracking_data".split()),
    "contacts": tuple(f"{_CARD} multitext".split()),
    "companies": tuple(f"{_CARD} multitext".split()),
    "customers": tuple(f"{_PLAIN} monetary file chained_list".split()),
    "segments": tuple(_PLAIN.split()),
    "catalogs": tuple(f"{_PLAIN} price category linked_entity monetary file".split()),
}
MOST_OF_SEGMENTS = 30


# Schemas


def _validate_option(context: ValidationContext, value: Any, path: str) -> Row:
    schema = {
        "id": validate_integer,
        "value": validate_text,
        "sort": validate_integer,
        "code": allow_null(validate_text),
    }
    return validate_object(context, value, schema, path, ("value",))


def _validate_options(context: ValidationContext, value: Any, path: str) -> Any:
    """Validate options. Their values must be distinct."""
    options = validate_array(_validate_option)(context, value, path)
    values = [option.get("value") for option in options]
    if is_array(value) and len(set(values)) < len(values):
        context.add_error(NOT_UNIQUE, path)
    return options


_NODE: Schema = {
    "id": validate_integer,
    "parent_id": allow_null(validate_integer),
    "value": validate_text,
    "sort": validate_integer,
    "request_id": validate_text,
    "parent_request_id": validate_text,
}
_STATUS: Schema = {"status_id": validate_integer, "pipeline_id": validate_row_id("pipelines")}
_CHAIN: Schema = {
    "title": allow_null(validate_text),
    "catalog_id": validate_row_id("catalogs"),
    "parent_catalog_id": allow_null(validate_integer),
}


def _validate_chained_lists(context: ValidationContext, value: Any, path: str) -> Any:
    """Accept an array, or an object whose keys are list ids."""
    items = list(value.values()) if is_object(value) else value
    return validate_array(validate_nested(_CHAIN, ("catalog_id",)))(context, items, path)


_COMMON: Schema = {
    "name": validate_text,
    "code": allow_null(validate_text),
    "sort": validate_integer,
    "settings": allow_null(accept_any),
}
_OF_CUSTOMERS: Schema = {"group_id": allow_null(validate_text), "is_api_only": validate_boolean}
_OF_CARDS: Schema = {
    **_OF_CUSTOMERS,
    "required_statuses": allow_null(validate_array(validate_nested(_STATUS, _STATUS))),
    "hidden_statuses": allow_null(validate_array(validate_nested(_STATUS, _STATUS))),
}
_OF_LISTS: Schema = {"is_visible": validate_boolean, "is_required": validate_boolean, "is_deletable": validate_boolean}
_OWN: dict[str, Schema] = {"customers": _OF_CUSTOMERS, "segments": {}}
_OF_TYPES: dict[str, tuple[str, Validator]] = {
    **dict.fromkeys(OPTIONED, ("enums", _validate_options)),
    "category": ("nested", validate_array(validate_nested(_NODE, ("value",)))),
    "birthday": ("remind", allow_null(validate_choice("never", "day", "week", "month"))),
    "monetary": ("currency", validate_text),
    "chained_list": ("chained_lists", _validate_chained_lists),
    "linked_entity": ("search_in", allow_null(validate_text)),
    "tracking_data": ("tracking_callback", allow_null(validate_text)),
}
_NEEDED_ON_CREATE = {"monetary": "currency"}


def _build_group_validator(owner: str) -> Validator:
    def validate_group_id(context: ValidationContext, value: Any, path: str) -> Any:
        validate_text(context, value, path)
        if value not in [group["id"] for group in custom_field_groups.get_groups(context.account, owner)]:
            context.add_error(NOT_SUPPORTED_CHOICE, path)
        return value

    return validate_group_id


def _build_field_schema(owner: str, kind: str) -> Schema:
    own = _OF_LISTS if owner.startswith("catalogs/") else _OWN.get(owner, _OF_CARDS)
    key, validator = _OF_TYPES.get(kind, ("name", validate_text))
    if "group_id" in own:
        own = {**own, "group_id": allow_null(_build_group_validator(owner))}
    return {**_COMMON, **own, key: validator, "type": validate_choice(*TYPES[owner.partition("/")[0]])}


def _build_new_field_validator(owner: str) -> Any:
    def validate_new_field(context: ValidationContext, item: Any) -> Row:
        kind = str(item.get("type")) if is_object(item) else ""
        needed = [_NEEDED_ON_CREATE[kind]] if kind in _NEEDED_ON_CREATE else []
        clean = validate_object(context, item, _build_field_schema(owner, kind), required=("name", "type", *needed))
        _validate_code(context, owner, clean, None)
        return clean

    return validate_new_field


def _build_field_update_validator(owner: str, known: int | None = None) -> Any:
    """Build the validator of an update.

    A field with options must send its options again (Kommo API v4, Update custom fields).
    """

    def validate_field_update(context: ValidationContext, item: Any) -> Row:
        number = item.get("id", known) if is_object(item) else known
        row = next((row for row in context.account.get_definitions(owner) if row["id"] == number), None)
        if row is None:
            context.add_error(FIELD_MISSING if number is None else NOT_SUPPORTED_CHOICE, "id")
            return {}
        needed = ("enums",) if row["type"] in OPTIONED else ()
        clean = validate_object(
            context,
            item,
            {"id": validate_integer, **_build_field_schema(owner, row["type"]), "type": validate_choice(row["type"])},
            "",
            needed,
        )
        _validate_code(context, owner, clean, row)
        _validate_option_ids(context, clean.get("enums") or [], row)
        return {**clean, "id": number}

    return validate_field_update


def _validate_code(context: ValidationContext, owner: str, clean: Row, row: Row | None) -> None:
    """Require a code that no other field of the owner has."""
    taken = [field["code"] for field in context.account.get_definitions(owner) if field is not row]
    if clean.get("code") is not None and clean["code"] in taken:
        context.add_error(NOT_UNIQUE, "code")


def _validate_option_ids(context: ValidationContext, options: list[Row], row: Row) -> None:
    stored: list[Row] = row["enums"] or []
    known = [option["id"] for option in stored]
    for index, option in enumerate(options):
        if "id" in option and option["id"] not in known:
            context.add_error(NOT_SUPPORTED_CHOICE, f"enums.{index}.id")


# Routes

_ORDERS = ("sort", "id")


def require_field_owner(call: ApiCall) -> str:
    if call.kind != "catalogs":
        return call.kind
    if call.store.get_row("catalogs", call.get_path_id("catalog_id")) is None:
        raise build_not_found("Catalog not found")
    return f"catalogs/{call.get_path_id('catalog_id')}"


def _require_field(call: ApiCall) -> Row:
    owner = require_field_owner(call)
    row = call.store.get_row("custom_fields", call.get_path_id())
    if row is None or row["owner"] != owner:
        raise build_not_found("Custom field not found")
    return row


def list_fields(call: ApiCall) -> SandboxResponse:
    wanted = {name: get_leaves(node) for name, node in call.query.get_branch("filter").items()}
    rows = [
        row
        for row in call.account.get_definitions(require_field_owner(call))
        if row["type"] in wanted.get("type", [row["type"]]) and str(row["id"]) in wanted.get("id", [str(row["id"])])
    ]
    column, descending = filters.parse_order(call.query.tree.get("order"), _ORDERS, "sort")
    rows.sort(key=lambda row: (row[column], row["id"]), reverse=descending)
    table = call.store.get_table("custom_fields")
    numbers = [row["id"] for row in rows]
    return call.build_page_response(
        "custom_fields", numbers, lambda number: encode_json(render_field(call.account, table[number])), counts=True
    )


def get_field(call: ApiCall) -> SandboxResponse:
    return call.build_row_response(render_field(call.account, _require_field(call)))


def create_fields(call: ApiCall) -> SandboxResponse:
    """Create fields, with status 201.

    A single object instead of an array is accepted, and the response is then one object.
    """
    owner = require_field_owner(call)
    if is_object(call.parse_body()):
        row = insert_field(call.account, owner, call.validate_item(_build_new_field_validator(owner)))
        return call.build_row_response(render_field(call.account, row), 201)
    checked = call.validate_items(_build_new_field_validator(owner))
    if owner == "segments" and len(call.account.get_definitions(owner)) + len(checked) > MOST_OF_SEGMENTS:
        raise HttpError(422, f"Segments have at most {MOST_OF_SEGMENTS} custom fields")
    made = [
        {**render_field(call.account, insert_field(call.account, owner, clean)), "request_id": name}
        for clean, name in checked
    ]
    return call.build_list_response("custom_fields", made, links=False, status=201)


def update_fields(call: ApiCall) -> SandboxResponse:
    owner = require_field_owner(call)
    made: list[Row] = []
    for clean, request_id in call.validate_items(_build_field_update_validator(owner)):
        row = call.store.get_table("custom_fields")[clean["id"]]
        change_field(call.account, row, clean)
        made.append({**render_field(call.account, row), "request_id": request_id})
    return call.build_list_response("custom_fields", made, links=False)


def update_field(call: ApiCall) -> SandboxResponse:
    row = _require_field(call)
    clean = call.validate_item(_build_field_update_validator(require_field_owner(call), row["id"]))
    change_field(call.account, row, clean)
    return call.build_row_response(render_field(call.account, row))


def delete_field(call: ApiCall) -> SandboxResponse:
    row = _require_field(call)
    if row["is_predefined"] or not row["is_deletable"]:
        raise HttpError(403, "This field can not be deleted")
    remove_field(call.account, row)
    return build_empty_response()


def _build_no_filter(account: Account, node: Any) -> None:
    return None


_FILTERS: dict[str, filters.FilterParser] = {"type": _build_no_filter, "id": _build_no_filter}


def _build_field_routes(kind: str, base: str) -> tuple[Route, ...]:
    return (
        Route("GET", base, list_fields, kind, filters=_FILTERS, orders=_ORDERS),
        Route("GET", f"{base}/{{id}}", get_field, kind),
        Route("POST", base, create_fields, kind, admin=True),
        Route("PATCH", base, update_fields, kind, admin=True),
        Route("PATCH", f"{base}/{{id}}", update_field, kind, admin=True),
        Route("DELETE", f"{base}/{{id}}", delete_field, kind, admin=True),
    )


ROUTES = (
    *(route for kind in CARDS for route in _build_field_routes(kind, f"/api/v4/{kind}/custom_fields")),
    *_build_field_routes("segments", SEGMENTS_PATH),
    *_build_field_routes("catalogs", "/api/v4/catalogs/{catalog_id}/custom_fields"),
)

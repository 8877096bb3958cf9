"""Tags (Kommo API v4, Tags). Each kind of card has its own tags, which are attached and detached by writes of cards.

The same name has different ids for leads and for contacts. Only tags of leads have colours. `_embedded.tags` of a card
replaces all its tags; `tags_to_add` and `tags_to_delete` are then ignored. An unknown name creates a tag. A tag may be
sent back as it was read: its id counts, and its name and colour are ignored.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import CARDS, Account
from kommo_orm.sandbox.api_call import ApiCall, require_path_row
from kommo_orm.sandbox.hal_responses import build_self_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, FIELD_NOT_EXPECTED, NOT_SUPPORTED_CHOICE
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    Validator,
    allow_null,
    drop_value,
    is_object,
    join_path,
    split_words,
    validate_array,
    validate_choice,
    validate_filled_text,
    validate_integer,
    validate_object,
)

COLOURS = split_words(
    "EBEBEB D0D0D0 F2DDF7 D1A4DC FF8F92 FFC8C8 C7DB8C DDEBB5 8699DA AABDFF FFCE5A FFE193 90CDB0 "
    "C6F4DE A9A5D7 D8D5FF 86C0FC 832161 6A0F49 0C7C59 10599D 9D2B32 247BA0"
)


# On a card


def build_tags_validator(kind: str) -> Validator:
    """Build the validator of `tags_to_add` and `tags_to_delete`."""
    return validate_array(_build_tag_validator(kind))


def build_embedded_tags_validator(kind: str) -> Validator:
    """Build the validator of `_embedded.tags`. Null detaches all tags."""
    return allow_null(build_tags_validator(kind))


def _build_tag_validator(kind: str) -> Validator:
    def validate_tag(context: ValidationContext, value: Any, path: str) -> Row:
        schema: Schema = {"id": validate_integer, "name": validate_filled_text, "color": drop_value}
        sent = {key: item for key, item in value.items() if item is not None} if is_object(value) else value
        clean = validate_object(context, sent, schema, path)
        if "color" in clean and "id" not in clean:
            context.add_error(FIELD_NOT_EXPECTED, join_path(path, "color"))
        clean.pop("color", None)
        if not clean and not context.has_error(path):
            context.add_error(FIELD_MISSING, join_path(path, "name"))
        elif "id" in clean and (context.account.store.get_row("tags", clean["id"]) or {}).get("entity") != kind:
            context.add_error(NOT_SUPPORTED_CHOICE, join_path(path, "id"))
        return clean

    return validate_tag


def resolve_card_tags(account: Account, kind: str, attached: list[int], clean: Row) -> list[int]:
    """Return the ids of a card's tags after a write."""
    nested: Row = clean.get("_embedded") or {}
    if "tags" in nested:
        wanted: list[Row] = nested["tags"] or []
        return _deduplicate_ids([_require_tag_id(account, kind, item) for item in wanted])
    added = [_require_tag_id(account, kind, item) for item in clean.get("tags_to_add", [])]
    removed = {_find_tag_id(account, kind, item) for item in clean.get("tags_to_delete", [])}
    return _deduplicate_ids([number for number in [*attached, *added] if number not in removed])


def _deduplicate_ids(numbers: list[int]) -> list[int]:
    return list(dict.fromkeys(numbers))


def _find_tag_id(account: Account, kind: str, reference: Row) -> int | None:
    if "id" in reference:
        return int(reference["id"])
    found = find_tag(account, kind, reference["name"])
    return int(found["id"]) if found else None


def _require_tag_id(account: Account, kind: str, reference: Row) -> int:
    return _find_tag_id(account, kind, reference) or int(insert_tag(account, kind, reference["name"])["id"])


def render_card_tags(account: Account, row: Row) -> list[Row]:
    return [_render_tag(account.store.get_table("tags")[number]) for number in row["tags"]]


# The directory


def find_tag(account: Account, kind: str, name: str) -> Row | None:
    return next((row for row in account.store.iter_rows("tags") if row["entity"] == kind and row["name"] == name), None)


def insert_tag(account: Account, kind: str, name: str, colour: str | None = None) -> Row:
    row: Row = {"id": account.store.allocate_id("tags"), "name": name, "color": colour, "entity": kind}
    return account.store.insert_row("tags", row)


def _render_tag(row: Row) -> Row:
    return {"id": row["id"], "name": row["name"], "color": row["color"]}


def _build_tag_schema(kind: str) -> Schema:
    return (
        {"name": validate_filled_text, "color": allow_null(validate_choice(*COLOURS))}
        if kind == "leads"
        else {"name": validate_filled_text}
    )


def list_tags(call: ApiCall) -> SandboxResponse:
    row_filters = call.build_row_filters()
    wanted = (call.query.get_text("query") or "").casefold()
    rows = [
        row for row in call.store.iter_rows("tags") if row["entity"] == call.kind and wanted in row["name"].casefold()
    ]
    chosen = [row["id"] for row in rows if all(row_filter(row) for row_filter in row_filters)]
    return call.build_page_response(
        "tags", chosen, lambda number: encode_json(_render_tag(call.store.get_table("tags")[number]))
    )


def create_tags(call: ApiCall) -> SandboxResponse:
    """Create tags.

    A name that exists returns the stored tag. The rows have no links, and a colour only if it is set.
    """
    schema = _build_tag_schema(call.kind)
    made: list[Row] = []
    for clean, request_id in call.validate_items(
        lambda context, item: validate_object(context, item, schema, required=("name",))
    ):
        row = find_tag(call.account, call.kind, clean["name"]) or insert_tag(
            call.account, call.kind, clean["name"], clean.get("color")
        )
        colour = {"color": row["color"]} if row["color"] else {}
        made.append({"id": row["id"], "name": row["name"], **colour, "request_id": request_id})
    return call.build_list_response("tags", made, links=False)


def update_tags(call: ApiCall) -> SandboxResponse:
    checked = call.validate_items(_validate_tag_update)
    return call.build_batch_response("tags", [_update_and_render_tag(call, clean) for clean, _ in checked])


def update_tag(call: ApiCall) -> SandboxResponse:
    row = require_path_row(call, "tags")
    clean = call.validate_item(lambda context, item: _validate_tag_update(context, {"id": row["id"], **item}))
    return call.build_row_response(_update_and_render_tag(call, clean))


def _validate_tag_update(context: ValidationContext, item: Any) -> Row:
    clean = validate_object(context, item, {"id": validate_integer, **_build_tag_schema("leads")}, required=("id",))
    if (context.account.store.get_row("tags", clean.get("id")) or {}).get("entity") != "leads":
        context.add_error(NOT_SUPPORTED_CHOICE, "id")
    return clean


def _update_and_render_tag(call: ApiCall, clean: Row) -> Row:
    row = call.store.get_table("tags")[clean["id"]]
    row.update(clean)
    call.store.clear_cache()
    return {**_render_tag(row), "_links": build_self_link(call.build_url(f"/api/v4/leads/tags/{row['id']}"))}


FILTERS = {"id": filters.filter_by_ids("id"), "name": filters.filter_by_texts("name")}


def _build_tag_routes(kind: str) -> tuple[Route, ...]:
    base = f"/api/v4/{kind}/tags"
    return (
        Route("GET", base, list_tags, kind, params=frozenset({"query"}), filters=FILTERS),
        Route("POST", base, create_tags, kind),
    )


ROUTES = (
    *(route for kind in CARDS for route in _build_tag_routes(kind)),
    Route("PATCH", "/api/v4/leads/tags", update_tags, "leads"),
    Route("PATCH", "/api/v4/leads/tags/{id}", update_tag, "leads"),
)

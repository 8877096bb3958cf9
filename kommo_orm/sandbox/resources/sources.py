"""Sources of leads (Kommo API v4, Sources). An integration identifies them by `external_id`; it has at most a hundred.

At most one source is the default. Reading an unknown id gives 204, writing one gives 404.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_empty_response, build_row_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import (
    FIELD_MISSING,
    FIELD_NOT_EXPECTED,
    INVALID_VALUE,
    HttpError,
    build_not_found,
)
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    validate_array,
    validate_boolean,
    validate_choice,
    validate_integer,
    validate_nested,
    validate_object,
    validate_row_id,
    validate_text,
)

MOST = 100  # in a request, and in the account
TAKEN = "SourceAlreadyExists"


def _validate_external_id(context: ValidationContext, value: Any, path: str) -> Any:
    validate_text(context, value, path)
    if value == "":
        context.add_error(INVALID_VALUE, path, "This value should not be blank.")
    return value


def _validate_origin_code(context: ValidationContext, value: Any, path: str) -> Any:
    validate_text(context, value, path)
    if isinstance(value, str) and (not value or len(value) > 20 or value.isdigit()):
        context.add_error(INVALID_VALUE, path)
    return value


_PAGE = validate_nested({"id": validate_text, "name": validate_text, "link": validate_text})
_SERVICE = validate_nested(
    {
        "type": validate_choice("whatsapp"),
        "pages": validate_array(_PAGE),
        "params": validate_nested({"waba": validate_boolean, "is_supports_list_message": validate_boolean}),
    },
    ("type",),
)
_SCHEMA: Schema = {
    "name": validate_text,
    "external_id": _validate_external_id,
    "pipeline_id": validate_row_id("pipelines"),
    "default": validate_boolean,
    "origin_code": _validate_origin_code,
    "services": validate_array(_SERVICE),
}


def render_source(account: Account, row: Row) -> Row:
    services = [{**one, "pages": one.get("pages", []), "params": one.get("params") or []} for one in row["services"]]
    return {**row, "services": services, "_links": build_row_link(account.build_url(f"/api/v4/sources/{row['id']}"))}


def render_lead_source(account: Account, number: int | None) -> Row | None:
    """Render `_embedded.source` of a lead."""
    row = account.store.get_row("sources", number)
    return {"id": row["id"], "name": row["name"]} if row else None


def validate_lead_source(context: ValidationContext, value: Any, path: str) -> int | None:
    """Validate `_embedded.source` of a new lead and return its id. The integration must have registered the source."""
    clean = validate_object(
        context, value, {"external_id": validate_text, "type": validate_choice("widget")}, path, ("external_id",)
    )
    row = _find_source(context.account, clean.get("external_id"))
    if row is None:
        context.add_error("NotSupportedChoice", f"{path}.external_id")
    return int(row["id"]) if row else None


def _find_source(account: Account, external_id: Any) -> Row | None:
    return next((row for row in account.store.iter_rows("sources") if row["external_id"] == external_id), None)


def list_sources(call: ApiCall) -> SandboxResponse:
    row_filters = call.build_row_filters()
    rows = [row for row in call.store.iter_rows("sources") if all(row_filter(row) for row_filter in row_filters)]
    return (
        call.build_list_response("sources", [encode_json(render_source(call.account, row)) for row in rows])
        if rows
        else build_empty_response()
    )


def get_source(call: ApiCall) -> SandboxResponse:
    row = call.store.get_row("sources", call.get_path_id())
    return build_empty_response() if row is None else call.build_row_response(render_source(call.account, row))


# Writing


def create_sources(call: ApiCall) -> SandboxResponse:
    taken: set[Any] = set()

    def validate_new_source(context: ValidationContext, item: Any) -> Row:
        clean = validate_object(context, item, _SCHEMA, required=("name", "external_id"))
        key = clean.get("external_id")
        if key is not None and (key in taken or _find_source(call.account, key)):
            context.add_error(TAKEN, "external_id", "Source already exists.")
        taken.add(key)
        return clean

    checked = call.validate_items(validate_new_source, MOST)
    if len(call.store.get_table("sources")) + len(checked) > MOST:
        raise HttpError(400, f"No more than {MOST} sources are possible")
    made = [{**_insert_source(call, clean), "request_id": request_id} for clean, request_id in checked]
    return call.build_batch_response("sources", made)


def _insert_source(call: ApiCall, clean: Row) -> Row:
    rest: Row = {"pipeline_id": call.account.get_main_pipeline()["id"], "default": False, "origin_code": None}
    row: Row = {"id": call.store.allocate_id("sources"), "name": "", **rest, "services": []}
    call.store.insert_row("sources", {**row, **clean})
    return _settle_default_source(call, call.store.get_table("sources")[row["id"]])


def _settle_default_source(call: ApiCall, row: Row) -> Row:
    """Make a new default source the only one. Returns the rendered row."""
    if row["default"]:
        for other in call.store.iter_rows("sources"):
            other["default"] = other is row
    call.store.clear_cache()
    return render_source(call.account, row)


def _validate_source_update(context: ValidationContext, item: Any, known: int | None = None) -> Row:
    """Validate an update. In a batch `external_id` cannot change, but it may be repeated."""
    clean = validate_object(context, item, {"id": validate_integer, **_SCHEMA})
    if known is None and "id" not in clean:
        context.add_error(FIELD_MISSING, "id")
    row = context.account.store.get_row("sources", clean.get("id", known))
    if known is None and row is not None and clean.get("external_id", row["external_id"]) != row["external_id"]:
        context.add_error(FIELD_NOT_EXPECTED, "external_id")
    other = _find_source(context.account, clean.get("external_id"))
    if other is not None and other is not row:
        context.add_error(TAKEN, "external_id", "Source already exists.")
    return clean


def _require_source(call: ApiCall, number: Any) -> Row:
    row = call.store.get_row("sources", number)
    if row is None:
        raise build_not_found("Source not found")
    return row


def update_sources(call: ApiCall) -> SandboxResponse:
    checked = call.validate_items(_validate_source_update, MOST)
    found = [(_require_source(call, clean["id"]), clean, request_id) for clean, request_id in checked]
    made: list[Row] = []
    for row, clean, request_id in found:
        row.update(clean)
        made.append({**_settle_default_source(call, row), "request_id": request_id})
    return call.build_batch_response("sources", made)


def update_source(call: ApiCall) -> SandboxResponse:
    row = _require_source(call, call.get_path_id())
    row.update(
        call.validate_item(lambda context, item: _validate_source_update(context, item, call.get_path_id())),
        id=row["id"],
    )
    return call.build_row_response(_settle_default_source(call, row))


def delete_sources(call: ApiCall) -> SandboxResponse:
    checked = call.validate_items(
        lambda context, item: validate_object(context, item, {"id": validate_integer}, required=("id",))
    )
    return _delete_found_sources(call, [clean["id"] for clean, _ in checked])


def delete_source(call: ApiCall) -> SandboxResponse:
    return _delete_found_sources(call, [call.get_path_id()])


def _delete_found_sources(call: ApiCall, numbers: list[int]) -> SandboxResponse:
    """Delete sources. If an id is unknown, nothing is deleted and the response is plain text."""
    if any(call.store.get_row("sources", number) is None for number in numbers):
        return SandboxResponse(404, {"content-type": "text/plain; charset=utf-8"}, b"Not found")
    for number in numbers:
        call.store.delete_row("sources", number)
    call.store.clear_cache()
    return build_empty_response()


_BASE = "/api/v4/sources"
ROUTES = (
    Route("GET", _BASE, list_sources, filters={"external_id": filters.filter_by_texts("external_id")}),
    Route("GET", f"{_BASE}/{{id}}", get_source),
    Route("POST", _BASE, create_sources, admin=True),
    Route("PATCH", _BASE, update_sources, admin=True),
    Route("PATCH", f"{_BASE}/{{id}}", update_source, admin=True),
    Route("DELETE", _BASE, delete_sources, admin=True),
    Route("DELETE", f"{_BASE}/{{id}}", delete_source, admin=True),
)

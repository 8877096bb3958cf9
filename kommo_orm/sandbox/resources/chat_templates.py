"""Chat templates (Kommo API v4, Chat templates). Only administrators may use them; a page holds 50."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall, RequestId
from kommo_orm.sandbox.filters import FilterParser
from kommo_orm.sandbox.hal_responses import build_empty_response, build_row_link, encode_json
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import (
    FIELD_MISSING,
    INVALID_VALUE,
    NOT_SUPPORTED_CHOICE,
    HttpError,
    build_not_found,
)
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    Validator,
    allow_null,
    validate_array,
    validate_boolean,
    validate_choice,
    validate_integer,
    validate_nested,
    validate_object,
    validate_text,
)

MOST = 50  # rows of a page
_ATTACHMENT: Schema = {
    "id": validate_text,
    "name": validate_text,
    "type": validate_choice("picture", "file", "document", "video"),
    "is_external": validate_boolean,
}
_BUTTON = validate_nested(
    {"type": validate_choice("inline", "url"), "text": validate_text, "url": allow_null(validate_text)},
    ("type", "text"),
)


def _validate_template_buttons(context: ValidationContext, value: Any, path: str) -> Any:
    rows = validate_array(_BUTTON)(context, value, path)
    if len({row.get("type") for row in rows}) > 1:
        context.add_error(INVALID_VALUE, path, "Buttons must be of one type.")
    return rows


def _validate_examples(context: ValidationContext, value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        context.add_type_error(path, "object")
    return value


_TEXTS: dict[str, Validator] = {
    f"waba_{name}": allow_null(validate_text) for name in ("header", "header_type", "footer", "language")
}
_SCHEMA: Schema = {
    "name": validate_text,
    "content": validate_text,
    "type": validate_choice("amocrm", "waba"),
    "is_editable": validate_boolean,
    "external_id": allow_null(validate_text),
    "buttons": allow_null(_validate_template_buttons),
    "attachment": allow_null(validate_nested(_ATTACHMENT, ("id",))),
    **_TEXTS,
    "waba_category": allow_null(validate_choice("UTILITY", "AUTHENTICATION", "MARKETING")),
    "waba_examples": allow_null(_validate_examples),
}


def render_template(account: Account, row: Row, *, reviews: bool = False) -> Row:
    hidden = ("reviews", "review_status", "is_on_review")
    shown = {key: value for key, value in row.items() if key not in hidden}
    shown |= {
        "account_id": account.id,
        "_links": build_row_link(account.build_url(f"/api/v4/chats/templates/{row['id']}")),
    }
    if reviews:
        status = row["reviews"][-1]["status"] if row["reviews"] else None
        shown |= {"review_status": status, "is_on_review": status == "review", "_embedded": {"reviews": row["reviews"]}}
    return shown


def list_templates(call: ApiCall) -> SandboxResponse:
    row_filters, table = call.build_row_filters(), call.store.get_table("chat_templates")
    chosen = [number for number, row in table.items() if all(row_filter(row) for row_filter in row_filters)]
    return _build_template_page(call, chosen, table)


def _build_template_page(call: ApiCall, chosen: list[int], table: dict[int, Row]) -> SandboxResponse:
    with_reviews = "reviews" in call.withs
    return call.build_page_response(
        "chat_templates",
        chosen,
        lambda n: encode_json(render_template(call.account, table[n], reviews=with_reviews)),
        most=MOST,
    )


def _require_template(call: ApiCall) -> Row:
    row = call.store.get_row("chat_templates", call.get_path_id())
    if row is None:
        raise build_not_found("Template not found")
    return row


def get_template(call: ApiCall) -> SandboxResponse:
    return call.build_row_response(
        render_template(call.account, _require_template(call), reviews="reviews" in call.withs)
    )


def create_templates(call: ApiCall) -> SandboxResponse:
    made = call.validate_items(
        lambda context, item: validate_object(context, item, _SCHEMA, required=("name", "content"))
    )
    return call.build_batch_response(
        "chat_templates", [_insert_template(call, clean, request_id) for clean, request_id in made]
    )


def _insert_template(call: ApiCall, clean: Row, request_id: RequestId) -> Row:
    rest: Row = dict.fromkeys(_SCHEMA, None)
    rest |= {"type": "amocrm", "is_editable": False, "created_at": call.now, "updated_at": call.now, "reviews": []}
    row = {"id": call.store.allocate_id("chat_templates"), **rest, **clean}
    call.store.insert_row("chat_templates", row)
    return {**render_template(call.account, row), "request_id": request_id}


def _validate_template_update(context: ValidationContext, item: Any, known: int | None = None) -> Row:
    clean = validate_object(context, item, {"id": validate_integer, **_SCHEMA})
    number = clean.setdefault("id", known)
    row = context.account.store.get_row("chat_templates", number)
    if number is None:
        context.add_error(FIELD_MISSING, "id")
    elif row is None:
        context.add_error(NOT_SUPPORTED_CHOICE, "id")
    elif row["type"] == "waba" and row["reviews"] and row["reviews"][-1]["status"] != "draft":
        context.add_error(INVALID_VALUE, "type", "Only drafts of WhatsApp templates can be changed.")
    return clean


def update_templates(call: ApiCall) -> SandboxResponse:
    made = call.validate_items(_validate_template_update)
    rows = [{**_update_and_render_template(call, clean), "request_id": request_id} for clean, request_id in made]
    return call.build_batch_response("chat_templates", rows)


def update_template(call: ApiCall) -> SandboxResponse:
    _require_template(call)
    clean = call.validate_item(lambda context, item: _validate_template_update(context, item, call.get_path_id()))
    return call.build_row_response(_update_and_render_template(call, clean))


def _update_and_render_template(call: ApiCall, clean: Row) -> Row:
    row = call.store.get_table("chat_templates")[clean["id"]]
    row.update(clean, updated_at=call.now)
    call.store.invalidate_row("chat_templates", row["id"])
    return render_template(call.account, row)


def delete_templates(call: ApiCall) -> SandboxResponse:
    made = call.validate_items(
        lambda context, item: validate_object(context, item, {"id": validate_integer}, required=("id",))
    )
    for clean, _ in made:
        call.store.delete_row("chat_templates", clean["id"])
    return build_empty_response()


def delete_template(call: ApiCall) -> SandboxResponse:
    call.store.delete_row("chat_templates", _require_template(call)["id"])
    return build_empty_response()


# Reviews


def send_to_review(call: ApiCall) -> SandboxResponse:
    """Send a WhatsApp template to review. Kommo reviews it once for each source; the sandbox has one source."""
    row = _require_template(call)
    if call.request.body.strip() not in (b"", b"{}", b"[]"):
        raise HttpError(400, "This request takes no body")
    if row["type"] != "waba":
        raise HttpError(422, "Only WhatsApp templates are reviewed")
    review = {"id": call.store.allocate_id("reviews"), "source_id": 1, "status": "review", "reject_reason": ""}
    row["reviews"] = [*row["reviews"], review]
    return call.build_row_response({"_embedded": {"reviews": row["reviews"]}})


def update_review(call: ApiCall) -> SandboxResponse:
    row = _require_template(call)
    schema: Schema = {"status": validate_choice("approved", "rejected", "paused"), "reject_reason": validate_text}
    clean = call.validate_item(lambda context, item: validate_object(context, item, schema, required=("status",)))
    for review in row["reviews"]:
        if review["id"] == call.get_path_id("review_id"):
            review.update(clean)
            return call.build_row_response(review)
    raise build_not_found("Review not found")


FILTERS: dict[str, FilterParser] = {"external_id": filters.filter_by_texts("external_id")}
_BASE = "/api/v4/chats/templates"
_WITHS = frozenset({"reviews"})
ROUTES = (
    Route("GET", _BASE, list_templates, filters=FILTERS, withs=_WITHS, admin=True),
    Route("GET", f"{_BASE}/{{id}}", get_template, withs=_WITHS, admin=True),
    Route("POST", _BASE, create_templates, admin=True),
    Route("PATCH", _BASE, update_templates, admin=True),
    Route("PATCH", f"{_BASE}/{{id}}", update_template, admin=True),
    Route("DELETE", _BASE, delete_templates, admin=True),
    Route("DELETE", f"{_BASE}/{{id}}", delete_template, admin=True),
    Route("POST", f"{_BASE}/{{id}}/review", send_to_review, admin=True),
    Route("POST", f"{_BASE}/{{id}}/review/{{review_id}}", update_review, admin=True),
)

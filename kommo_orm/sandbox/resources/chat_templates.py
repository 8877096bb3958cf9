"""Chat templates (Kommo API v4, Chat templates): an integration sees its own; pages hold 50; for administrators."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.filters import Filter
from kommo_orm.sandbox.hal_responses import encode, link, nothing
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, INVALID_VALUE, NOT_SUPPORTED_CHOICE, Refusal, not_found
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Check,
    Schema,
    Scope,
    array_of,
    boolean,
    choice,
    examine,
    integer,
    nullable,
    shape,
    text,
)

MOST = 50  # rows of a page
_ATTACHMENT: Schema = {
    "id": text,
    "name": text,
    "type": choice("picture", "file", "document", "video"),
    "is_external": boolean,
}
_BUTTON = shape({"type": choice("inline", "url"), "text": text, "url": nullable(text)}, ("type", "text"))


def _buttons(scope: Scope, value: Any, path: str) -> Any:
    rows = array_of(_BUTTON)(scope, value, path)
    if len({row.get("type") for row in rows}) > 1:
        scope.flaw(INVALID_VALUE, path, "Buttons must be of one type.")
    return rows


def _examples(scope: Scope, value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        scope.wrong_type(path, "object")
    return value


_TEXTS: dict[str, Check] = {f"waba_{name}": nullable(text) for name in ("header", "header_type", "footer", "language")}
_SCHEMA: Schema = {
    "name": text,
    "content": text,
    "type": choice("amocrm", "waba"),
    "is_editable": boolean,
    "external_id": nullable(text),
    "buttons": nullable(_buttons),
    "attachment": nullable(shape(_ATTACHMENT, ("id",))),
    **_TEXTS,
    "waba_category": nullable(choice("UTILITY", "AUTHENTICATION", "MARKETING")),
    "waba_examples": nullable(_examples),
}


def show(account: Account, row: Row, *, reviews: bool = False) -> Row:
    hidden = ("reviews", "review_status", "is_on_review")
    shown = {key: value for key, value in row.items() if key not in hidden}
    shown |= {"account_id": account.id, "_links": link(account.url(f"/api/v4/chats/templates/{row['id']}"))}
    if reviews:
        status = row["reviews"][-1]["status"] if row["reviews"] else None
        shown |= {"review_status": status, "is_on_review": status == "review", "_embedded": {"reviews": row["reviews"]}}
    return shown


def list_templates(call: Call) -> SandboxResponse:
    tests, table = call.tests(), call.store.table("chat_templates")
    chosen = [number for number, row in table.items() if all(test(row) for test in tests)]
    return _page(call, chosen, table)


def _page(call: Call, chosen: list[int], table: dict[int, Row]) -> SandboxResponse:
    with_reviews = "reviews" in call.withs
    return call.page(
        "chat_templates", chosen, lambda n: encode(show(call.account, table[n], reviews=with_reviews)), most=MOST
    )


def _found(call: Call) -> Row:
    row = call.store.get("chat_templates", call.number())
    if row is None:
        raise not_found("Template not found")
    return row


def get_template(call: Call) -> SandboxResponse:
    return call.one(show(call.account, _found(call), reviews="reviews" in call.withs))


def create_templates(call: Call) -> SandboxResponse:
    made = call.checked_items(lambda scope, item: examine(scope, item, _SCHEMA, required=("name", "content")))
    return call.written("chat_templates", [_create(call, clean, request_id) for clean, request_id in made])


def _create(call: Call, clean: Row, request_id: str) -> Row:
    rest: Row = dict.fromkeys(_SCHEMA, None)
    rest |= {"type": "amocrm", "is_editable": False, "created_at": call.now, "updated_at": call.now, "reviews": []}
    row = {"id": call.store.new_id("chat_templates"), **rest, **clean}
    call.store.insert("chat_templates", row)
    return {**show(call.account, row), "request_id": request_id}


def _check_update(scope: Scope, item: Any, known: int | None = None) -> Row:
    clean = examine(scope, item, {"id": integer, **_SCHEMA})
    number = clean.setdefault("id", known)
    row = scope.account.store.get("chat_templates", number)
    if number is None:
        scope.flaw(FIELD_MISSING, "id")
    elif row is None:
        scope.flaw(NOT_SUPPORTED_CHOICE, "id")
    elif row["type"] == "waba" and row["reviews"] and row["reviews"][-1]["status"] != "draft":
        scope.flaw(INVALID_VALUE, "type", "Only drafts of WhatsApp templates can be changed.")
    return clean


def update_templates(call: Call) -> SandboxResponse:
    made = call.checked_items(_check_update)
    rows = [{**_update(call, clean), "request_id": request_id} for clean, request_id in made]
    return call.written("chat_templates", rows)


def update_template(call: Call) -> SandboxResponse:
    _found(call)
    clean = call.checked_item(lambda scope, item: _check_update(scope, item, call.number()))
    return call.one(_update(call, clean))


def _update(call: Call, clean: Row) -> Row:
    row = call.store.table("chat_templates")[clean["id"]]
    row.update(clean, updated_at=call.now)
    call.store.touch("chat_templates", row["id"])
    return show(call.account, row)


def delete_templates(call: Call) -> SandboxResponse:
    made = call.checked_items(lambda scope, item: examine(scope, item, {"id": integer}, required=("id",)))
    for clean, _ in made:
        call.store.remove("chat_templates", clean["id"])
    return nothing()


def delete_template(call: Call) -> SandboxResponse:
    call.store.remove("chat_templates", _found(call)["id"])
    return nothing()


# Reviews


def send_to_review(call: Call) -> SandboxResponse:
    """A template for WhatsApp goes to the review of each source; here there is one."""
    row = _found(call)
    if call.request.body.strip() not in (b"", b"{}", b"[]"):
        raise Refusal(400, "This request takes no body")
    if row["type"] != "waba":
        raise Refusal(422, "Only WhatsApp templates are reviewed")
    review = {"id": call.store.new_id("reviews"), "source_id": 1, "status": "review", "reject_reason": ""}
    row["reviews"] = [*row["reviews"], review]
    return call.one({"_embedded": {"reviews": row["reviews"]}})


def set_review(call: Call) -> SandboxResponse:
    row = _found(call)
    schema: Schema = {"status": choice("approved", "rejected", "paused"), "reject_reason": text}
    clean = call.checked_item(lambda scope, item: examine(scope, item, schema, required=("status",)))
    for review in row["reviews"]:
        if review["id"] == call.number("review_id"):
            review.update(clean)
            return call.one(review)
    raise not_found("Review not found")


FILTERS: dict[str, Filter] = {"external_id": filters.texts("external_id")}
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
    Route("POST", f"{_BASE}/{{id}}/review/{{review_id}}", set_review, admin=True),
)

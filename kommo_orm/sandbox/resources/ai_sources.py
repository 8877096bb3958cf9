"""Sources of knowledge for Kommo AI (Kommo AI API). They are stored, and no route shows them again."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_response
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, INVALID_VALUE
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    validate_array,
    validate_boolean,
    validate_choice,
    validate_object,
    validate_text,
)

_FUNCTION = validate_array(validate_choice("agent", "suggested_reply"))
_TOPICS = ("contact_information", "privacy_policy", "return_and_refund_policy", "shipping_policy", "terms_of_service")
_LONGEST = {"agent": 5000, "suggested_reply": 2000}
_COMMON: Schema = {"available_functions": _FUNCTION, "code": validate_choice(*_TOPICS)}
_LANG = validate_choice("en", "es", "pt", "ru")
_TEXT: Schema = {**_COMMON, "name": validate_text, "text": validate_text, "lang": _LANG}
_URL: Schema = {**_COMMON, "url": validate_text, "with_nested": validate_boolean}
_FILE: Schema = {**_COMMON, "url": validate_text, "file_uuid": validate_text, "lang": _LANG}


def _validate_ai_source(
    context: ValidationContext, item: Any, schema: Schema, optional: tuple[str, ...]
) -> dict[str, Any]:
    clean = validate_object(context, item, schema, required=[key for key in schema if key not in ("code", *optional)])
    functions = clean.get("available_functions") or []
    if len(functions) != 1 and not context.has_error("available_functions"):
        context.add_error(FIELD_MISSING, "available_functions", "Exactly one function is needed.")
    elif "text" in clean and not context.errors and not 10 <= len(clean["text"]) <= _LONGEST[functions[0]]:
        context.add_error(INVALID_VALUE, "text")
    return clean


def _create_ai_source(call: ApiCall, schema: Schema, optional: tuple[str, ...] = ()) -> SandboxResponse:
    clean = call.validate_item(lambda context, item: _validate_ai_source(context, item, schema, optional))
    row = {"id": call.store.allocate_id("ai_sources"), "name": clean.get("name", clean.get("url")), **clean}
    call.store.insert_row("ai_sources", row)
    shown = {"id": row["id"], "name": row["name"], "updated_at": call.now, "updated_by": call.user["id"]}
    return build_response(201, shown, media="application/json")


def import_products(call: ApiCall) -> SandboxResponse:
    return build_response(201, {"code": 201, "status": "success"}, media="application/json")


ROUTES = (
    Route("POST", "/api/v2/sources/text", lambda call: _create_ai_source(call, _TEXT)),
    Route("POST", "/api/v2/sources/url", lambda call: _create_ai_source(call, _URL, ("with_nested",))),
    Route("POST", "/api/v2/sources/file", lambda call: _create_ai_source(call, _FILE)),
    Route("POST", "/api/v2/agent/knowledges/products/import", import_products),
)

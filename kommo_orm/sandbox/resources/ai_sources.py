"""Kommo AI (Kommo AI API): sources of knowledge are taken and never shown again."""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox.hal_responses import answer
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, INVALID_VALUE
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.validators import Schema, Scope, array_of, boolean, choice, examine, text

_FUNCTION = array_of(choice("agent", "suggested_reply"))
_TOPICS = ("contact_information", "privacy_policy", "return_and_refund_policy", "shipping_policy", "terms_of_service")
_LONGEST = {"agent": 5000, "suggested_reply": 2000}
_COMMON: Schema = {"available_functions": _FUNCTION, "code": choice(*_TOPICS)}
_LANG = choice("en", "es", "pt", "ru")
_TEXT: Schema = {**_COMMON, "name": text, "text": text, "lang": _LANG}
_URL: Schema = {**_COMMON, "url": text, "with_nested": boolean}
_FILE: Schema = {**_COMMON, "url": text, "file_uuid": text, "lang": _LANG}


def _check(scope: Scope, item: Any, schema: Schema, optional: tuple[str, ...]) -> dict[str, Any]:
    clean = examine(scope, item, schema, required=[key for key in schema if key not in ("code", *optional)])
    functions = clean.get("available_functions") or []
    if len(functions) != 1 and not scope.bad("available_functions"):
        scope.flaw(FIELD_MISSING, "available_functions", "Exactly one function is needed.")
    elif "text" in clean and not scope.flaws and not 10 <= len(clean["text"]) <= _LONGEST[functions[0]]:
        scope.flaw(INVALID_VALUE, "text")
    return clean


def _added(call: Call, schema: Schema, optional: tuple[str, ...] = ()) -> SandboxResponse:
    clean = call.checked_item(lambda scope, item: _check(scope, item, schema, optional))
    row = {"id": call.store.new_id("ai_sources"), "name": clean.get("name", clean.get("url")), **clean}
    call.store.insert("ai_sources", row)
    shown = {"id": row["id"], "name": row["name"], "updated_at": call.now, "updated_by": call.user["id"]}
    return answer(201, shown, media="application/json")


def import_products(call: Call) -> SandboxResponse:
    return answer(201, {"code": 201, "status": "success"}, media="application/json")


ROUTES = (
    Route("POST", "/api/v2/sources/text", lambda call: _added(call, _TEXT)),
    Route("POST", "/api/v2/sources/url", lambda call: _added(call, _URL, ("with_nested",))),
    Route("POST", "/api/v2/sources/file", lambda call: _added(call, _FILE)),
    Route("POST", "/api/v2/agent/knowledges/products/import", import_products),
)

"""Sources (Kommo API v4, Sources): at most a hundred, known to their integration by `external_id`.

One of them at most is the default. An unknown id is 204 to a reader and 404 to a writer.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import filters
from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.hal_responses import encode, link, nothing
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FIELD_MISSING, FIELD_NOT_EXPECTED, INVALID_VALUE, Refusal, not_found
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    Scope,
    array_of,
    boolean,
    choice,
    examine,
    existing,
    integer,
    shape,
    text,
)

MOST = 100  # in a request, and in all
TAKEN = "SourceAlreadyExists"


def _external_id(scope: Scope, value: Any, path: str) -> Any:
    text(scope, value, path)
    if value == "":
        scope.flaw(INVALID_VALUE, path, "This value should not be blank.")
    return value


def _origin(scope: Scope, value: Any, path: str) -> Any:
    text(scope, value, path)
    if isinstance(value, str) and (not value or len(value) > 20 or value.isdigit()):
        scope.flaw(INVALID_VALUE, path)
    return value


_PAGE = shape({"id": text, "name": text, "link": text})
_SERVICE = shape(
    {
        "type": choice("whatsapp"),
        "pages": array_of(_PAGE),
        "params": shape({"waba": boolean, "is_supports_list_message": boolean}),
    },
    ("type",),
)
_SCHEMA: Schema = {
    "name": text,
    "external_id": _external_id,
    "pipeline_id": existing("pipelines"),
    "default": boolean,
    "origin_code": _origin,
    "services": array_of(_SERVICE),
}


def show(account: Account, row: Row) -> Row:
    services = [{**one, "pages": one.get("pages", []), "params": one.get("params") or []} for one in row["services"]]
    return {**row, "services": services, "_links": link(account.url(f"/api/v4/sources/{row['id']}"))}


def embedded(account: Account, number: int | None) -> Row | None:
    """`_embedded.source` of a lead."""
    row = account.store.get("sources", number)
    return {"id": row["id"], "name": row["name"]} if row else None


def registered(scope: Scope, value: Any, path: str) -> int | None:
    """`_embedded.source` of a new lead: a source that the integration has registered."""
    clean = examine(scope, value, {"external_id": text, "type": choice("widget")}, path, ("external_id",))
    row = _of(scope.account, clean.get("external_id"))
    if row is None:
        scope.flaw("NotSupportedChoice", f"{path}.external_id")
    return int(row["id"]) if row else None


def _of(account: Account, external_id: Any) -> Row | None:
    return next((row for row in account.store.rows("sources") if row["external_id"] == external_id), None)


def list_sources(call: Call) -> SandboxResponse:
    tests = call.tests()
    rows = [row for row in call.store.rows("sources") if all(test(row) for test in tests)]
    return call.whole("sources", [encode(show(call.account, row)) for row in rows]) if rows else nothing()


def get_source(call: Call) -> SandboxResponse:
    row = call.store.get("sources", call.number())
    return nothing() if row is None else call.one(show(call.account, row))


# Writing


def create_sources(call: Call) -> SandboxResponse:
    taken: set[Any] = set()

    def check(scope: Scope, item: Any) -> Row:
        clean = examine(scope, item, _SCHEMA, required=("name", "external_id"))
        key = clean.get("external_id")
        if key is not None and (key in taken or _of(call.account, key)):
            scope.flaw(TAKEN, "external_id", "Source already exists.")
        taken.add(key)
        return clean

    checked = call.checked_items(check, MOST)
    if len(call.store.table("sources")) + len(checked) > MOST:
        raise Refusal(400, f"No more than {MOST} sources are possible")
    made = [{**_create(call, clean), "request_id": request_id} for clean, request_id in checked]
    return call.written("sources", made)


def _create(call: Call, clean: Row) -> Row:
    rest: Row = {"pipeline_id": call.account.main_pipeline()["id"], "default": False, "origin_code": None}
    row: Row = {"id": call.store.new_id("sources"), "name": "", **rest, "services": []}
    call.store.insert("sources", {**row, **clean})
    return _settled(call, call.store.table("sources")[row["id"]])


def _settled(call: Call, row: Row) -> Row:
    """A new default takes it from the old one."""
    if row["default"]:
        for other in call.store.rows("sources"):
            other["default"] = other is row
    call.store.forget_rendered()
    return show(call.account, row)


def _check_change(scope: Scope, item: Any, known: int | None = None) -> Row:
    """Many at once keep their `external_id`."""
    clean = examine(scope, item, {"id": integer, **_SCHEMA})
    if known is None and "id" not in clean:
        scope.flaw(FIELD_MISSING, "id")
    if known is None and "external_id" in clean:
        scope.flaw(FIELD_NOT_EXPECTED, "external_id")
    other = _of(scope.account, clean.get("external_id"))
    if other is not None and other["id"] != known:
        scope.flaw(TAKEN, "external_id", "Source already exists.")
    return clean


def _found(call: Call, number: Any) -> Row:
    row = call.store.get("sources", number)
    if row is None:
        raise not_found("Source not found")
    return row


def update_sources(call: Call) -> SandboxResponse:
    checked = call.checked_items(_check_change, MOST)
    found = [(_found(call, clean["id"]), clean, request_id) for clean, request_id in checked]
    made: list[Row] = []
    for row, clean, request_id in found:
        row.update(clean)
        made.append({**_settled(call, row), "request_id": request_id})
    return call.written("sources", made)


def update_source(call: Call) -> SandboxResponse:
    row = _found(call, call.number())
    row.update(call.checked_item(lambda scope, item: _check_change(scope, item, call.number())), id=row["id"])
    return call.one(_settled(call, row))


def delete_sources(call: Call) -> SandboxResponse:
    checked = call.checked_items(lambda scope, item: examine(scope, item, {"id": integer}, required=("id",)))
    return _delete(call, [clean["id"] for clean, _ in checked])


def delete_source(call: Call) -> SandboxResponse:
    return _delete(call, [call.number()])


def _delete(call: Call, numbers: list[int]) -> SandboxResponse:
    """An unknown id is refused in plain text."""
    if any(call.store.get("sources", number) is None for number in numbers):
        return SandboxResponse(404, {"content-type": "text/plain; charset=utf-8"}, b"Not found")
    for number in numbers:
        call.store.remove("sources", number)
    call.store.forget_rendered()
    return nothing()


_BASE = "/api/v4/sources"
ROUTES = (
    Route("GET", _BASE, list_sources, filters={"external_id": filters.texts("external_id")}),
    Route("GET", f"{_BASE}/{{id}}", get_source),
    Route("POST", _BASE, create_sources, admin=True),
    Route("PATCH", _BASE, update_sources, admin=True),
    Route("PATCH", f"{_BASE}/{{id}}", update_source, admin=True),
    Route("DELETE", _BASE, delete_sources, admin=True),
    Route("DELETE", f"{_BASE}/{{id}}", delete_source, admin=True),
)

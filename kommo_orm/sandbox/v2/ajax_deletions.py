"""Routes of the web interface that delete lists, elements and customers. No document describes them.

A request deletes one list, by a bare id: an array breaks the service's page. The response names under `errors` the rows
that were not found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kommo_orm.sandbox.account_state import Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import HTML, build_response
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import HttpError, render_gateway_page
from kommo_orm.sandbox.resources.v2_deletions import delete_catalog, delete_customer, delete_element
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.v2 import parsers, request_bodies, routes
from kommo_orm.sandbox.v2.errors import JSON, RequestError
from kommo_orm.sandbox.validators import is_array, is_object

Remove = Callable[[Account, int], None]


def _parse_deletion(call: ApiCall, kind: str) -> Any:
    if call.request.headers.get("x-requested-with", "").lower() != "xmlhttprequest":
        raise HttpError(403, "Sandbox: this route needs X-Requested-With: XMLHttpRequest")
    node = request_bodies.parse_body(call)
    for key in ("request", kind, "delete"):
        if not is_object(node) or not node.get(key):
            raise RequestError(222, "Empty request")
        parsers.refuse_unknown_keys(call, node, (key,), "request")
        node = node[key]
    return node


def _delete_rows(call: ApiCall, kind: str, numbers: list[int], remove: Remove) -> SandboxResponse:
    gone: Row = {}
    errors: list[Row] = []
    for number in numbers:
        row = call.store.get_row(kind, number)
        if row is None:
            errors.append({"id": number, "code": 404, "message": "Not found"})
            continue
        gone[str(number)] = {"id": number, "name": row["name"]}
        remove(call.account, number)
    done = {kind: {"delete": {kind: gone or [], "errors": errors}}}  # an empty object is a list in PHP
    return build_response(200, {"response": {**done, "server_time": call.now}}, media=JSON)


def _delete_catalog(call: ApiCall) -> SandboxResponse:
    given = _parse_deletion(call, "catalogs")
    if is_array(given) or is_object(given):
        return SandboxResponse(500, {"content-type": HTML}, render_gateway_page(500))
    return _delete_rows(call, "catalogs", [parsers.parse_integer(call, given, "delete")], delete_catalog)


def _build_deletion_handler(kind: str, remove: Remove) -> routes.Handler:
    def handle_deletion(call: ApiCall) -> SandboxResponse:
        given = parsers.parse_array(call, _parse_deletion(call, kind), "delete")
        return _delete_rows(call, kind, parsers.parse_ids(call, given, "delete"), remove)

    return handle_deletion


ROUTES = (
    routes.build_post_route("/ajax/v1/catalogs/set", _delete_catalog),
    routes.build_post_route(
        "/ajax/v1/catalog_elements/set", _build_deletion_handler("catalog_elements", delete_element)
    ),
    routes.build_post_route("/ajax/v1/customers/set", _build_deletion_handler("customers", delete_customer)),
)

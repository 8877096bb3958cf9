"""The older API, for what v4 cannot do: deleting customers, lists and their elements (Kommo API v2, Customers, Lists).

`POST /api/v2/catalogs {"delete": [ids]}`; errors stand inside a 200 answer, as everywhere in v2.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import feed
from kommo_orm.sandbox.checks import is_array, is_int
from kommo_orm.sandbox.hal import answer
from kommo_orm.sandbox.messages import SandboxResponse
from kommo_orm.sandbox.problems import Refusal
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.state import Account

_NOT_FOUND = 282  # "list or element not found in the account"


def delete_catalog(account: Account, number: int) -> None:
    """A list goes with its elements and its fields."""
    elements = [row["id"] for row in account.store.rows("catalog_elements") if row["catalog_id"] == number]
    for element in elements:
        account.store.remove("catalog_elements", element)
    for field in account.definitions(f"catalogs/{number}"):
        account.store.remove("custom_fields", field["id"])
    account.store.remove("catalogs", number)
    account.definitions_changed()


def delete_element(account: Account, number: int) -> None:
    account.store.remove("catalog_elements", number)


def delete_customer(account: Account, number: int) -> None:
    """A customer goes with its purchases."""
    bought = [row["id"] for row in account.store.rows("transactions") if row["customer_id"] == number]
    for transaction in bought:
        account.store.remove("transactions", transaction)
    account.store.remove("customers", number)
    feed.deleted(account, "customers", number, account.owner_id)


_DELETERS = {"catalogs": delete_catalog, "catalog_elements": delete_element, "customers": delete_customer}


def _numbers(call: Call) -> list[Any]:
    """Ids come as numbers or as texts."""
    given = call.item()
    if given.keys() - {"delete"}:
        raise Refusal(400, f"Sandbox: only delete is served here, not {', '.join(sorted(given.keys() - {'delete'}))}")
    if not is_array(given["delete"]):
        raise Refusal(400, "Request validation failed")
    return [int(value) if str(value).isdigit() else value for value in given["delete"]]


def delete(call: Call) -> SandboxResponse:
    items: list[Any] = []
    errors: dict[str, Any] = {}
    for number in _numbers(call):
        if not is_int(number) or call.store.get(call.kind, number) is None:
            errors[str(number)] = {"code": _NOT_FOUND, "msg": "Entity not found"}
            continue
        _DELETERS[call.kind](call.account, number)
        items.append({"id": number, "request_id": number})
    nested = {"items": items, **({"errors": {"delete": errors}} if errors else {})}
    links = {"self": {"href": call.request.path, "method": "post"}}
    return answer(200, {"_links": links, "_embedded": nested})


_ELSEWHERE = ("catalogs", "catalog_elements")  # the whole of their API v2 is in `sandbox/v2/lists.py`
ROUTES = tuple(Route("POST", f"/api/v2/{kind}", delete, kind) for kind in _DELETERS if kind not in _ELSEWHERE)

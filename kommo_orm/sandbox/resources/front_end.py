"""Private routes of the web interface that delete what the API cannot (Kommo, front-end routes; undocumented).

Leads, contacts and companies go to the trash: out of normal lists, still found with `with=only_deleted`.
"""

from __future__ import annotations

from kommo_orm.sandbox.hal import answer
from kommo_orm.sandbox.messages import SandboxResponse
from kommo_orm.sandbox.problems import Refusal
from kommo_orm.sandbox.query import Query, leaves
from kommo_orm.sandbox.routing import Call, Route
from kommo_orm.sandbox.state import CARDS, Account
from kommo_orm.sandbox.store import Row


def trash(account: Account, user_id: int, kind: str, number: int) -> bool:
    """Put a card into the trash; False when it is not there or there already."""
    row = account.store.get(kind, number)
    if row is None:
        return False
    linked = [end for end, _ in account.store.links.of((kind, number))]
    row.update(trashed=True, updated_at=account.now(), updated_by=user_id)
    for end in ((kind, number), *linked):
        account.store.touch(*end)
    return True


def delete_cards(call: Call) -> SandboxResponse:
    """The answer of a refusal is the same for "no rights" and "already in the trash"."""
    if call.request.headers.get("x-requested-with", "").lower() != "xmlhttprequest":
        raise Refusal(403, "Sandbox: this route needs X-Requested-With: XMLHttpRequest")
    form = Query(call.request.body.decode())
    numbers = [int(value) for value in leaves(form.branch("ID")) if value.isdigit()]
    results = [trash(call.account, call.user["id"], call.kind, number) for number in numbers]
    shown: Row = {"status": "success", "message": f"Deleted: {sum(results)}"}
    if not results or not all(results):
        shown = {"status": "fail", "errors": [f"Not enough rights to delete {call.kind}"]}
    return answer(200, shown, media="application/json")


ROUTES = tuple(Route("POST", f"/ajax/{kind}/multiple/delete", delete_cards, kind) for kind in CARDS)

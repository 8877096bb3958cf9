"""Private routes of the web interface that delete what the API cannot (Kommo, front-end routes; undocumented).

Leads, contacts and companies go to the trash: out of normal lists, still found with `with=only_deleted`. Tasks and notes
go for good, one a request.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

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


def delete_task_or_note(call: Call) -> SandboxResponse:
    """One task or one note a request, for good; each says in its own way that there is none."""
    form = dict(parse_qsl(call.request.body.decode()))
    kind = {"TASK_DELETE": "tasks", "NOTE_DELETE": "notes"}.get(form.get("ACTION", ""))
    if kind is None or not form.get("ID", "").isdigit():
        raise Refusal(400, f"Sandbox: {form} is not known here")
    number = int(form["ID"])
    if call.account.store.get(kind, number) is None:
        said: Row = {"status": "fail" if kind == "tasks" else "no note", "id": number}
        return answer(400 if kind == "tasks" else 200, said, media="application/json")
    call.account.store.remove(kind, number)
    return answer(200, {"status": "ok", "id": number}, media="application/json")


ROUTES = (
    *(Route("POST", f"/ajax/{kind}/multiple/delete", delete_cards, kind) for kind in CARDS),
    Route("POST", "/private/notes/edit2.php", delete_task_or_note),
)

"""Private routes of Kommo's web interface: deletions that the API does not offer, and a list (undocumented).

Leads, contacts and companies go to the trash: normal lists hide them, and `with=only_deleted` finds them. Tasks and
notes are deleted for good, one a request. The list is a web page unless the request asks for JSON.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from kommo_orm.sandbox import event_feed
from kommo_orm.sandbox.account_state import TRASHABLE, Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import HTML, build_response
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import HttpError
from kommo_orm.sandbox.query_string import QueryString, get_leaves
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.webhooks import outbox


def trash_card(account: Account, user_id: int, kind: str, number: int) -> bool:
    """Put a card into the trash. Returns False if it does not exist or is already there."""
    row = account.store.get_row(kind, number)
    if row is None:
        return False
    _set_trashed(account, user_id, kind, row, trashed=True)
    event_feed.record_card_deleted(account, kind, number, user_id)
    outbox.record_card_deleted(account, kind, row)
    return True


def restore_card(account: Account, user_id: int, kind: str, number: int) -> bool:
    """Take a card out of the trash. Returns False if it is not there."""
    row = account.store.get_table(kind).get(number)
    if row is None or not row["trashed"]:
        return False
    _set_trashed(account, user_id, kind, row, trashed=False)
    event_feed.record_card_restored(account, kind, number, user_id)
    outbox.record_card_restored(account, kind, row)
    return True


def _set_trashed(account: Account, user_id: int, kind: str, row: Row, *, trashed: bool) -> None:
    linked = [end for end, _ in account.store.links.find_linked((kind, row["id"]))]
    row.update(trashed=trashed, updated_at=account.now(), updated_by=user_id)
    for end in ((kind, row["id"]), *linked):
        account.store.invalidate_row(*end)


def _require_ajax_header(call: ApiCall) -> None:
    if call.request.headers.get("x-requested-with", "").lower() != "xmlhttprequest":
        raise HttpError(403, "Sandbox: this route needs X-Requested-With: XMLHttpRequest")


def delete_cards(call: ApiCall) -> SandboxResponse:
    """Trash cards. The error is the same for "no rights" and "already in the trash"."""
    _require_ajax_header(call)
    form = QueryString(call.request.body.decode())
    numbers = [int(value) for value in get_leaves(form.get_branch("ID")) if value.isdigit()]
    results = [trash_card(call.account, call.user["id"], call.kind, number) for number in numbers]
    shown: Row = {"status": "success", "message": f"Deleted: {sum(results)}"}
    if not results or not all(results):
        shown = {"status": "fail", "errors": [f"Not enough rights to delete {call.kind}"]}
    return build_response(200, shown, media="application/json")


def delete_task_or_note(call: ApiCall) -> SandboxResponse:
    """Delete one task or one note. For an unknown id tasks and notes have different errors."""
    form = dict(parse_qsl(call.request.body.decode()))
    kind = {"TASK_DELETE": "tasks", "NOTE_DELETE": "notes"}.get(form.get("ACTION", ""))
    if kind is None or not form.get("ID", "").isdigit():
        raise HttpError(400, f"Sandbox: the form must have a known ACTION and a number as ID, not {form}")
    number = int(form["ID"])
    row = call.account.store.get_row(kind, number)
    if row is None:
        error: Row = {"status": "fail" if kind == "tasks" else "no note", "id": number}
        return build_response(400 if kind == "tasks" else 200, error, media="application/json")
    if kind == "tasks":
        outbox.record_task_deleted(call.account, row)
    call.account.store.delete_row(kind, number)
    return build_response(200, {"status": "ok", "id": number}, media="application/json")


_LISTED = {"1": ("contacts", "contact"), "3": ("companies", "company")}  # element type -> kind, name of an item
_LIST_ROWS = 50


def list_cards(call: ApiCall) -> SandboxResponse:
    """List contacts or companies as the web page does. Its filters are not served."""
    _require_ajax_header(call)
    form = QueryString(call.request.body.decode())
    unknown = sorted(form.tree.keys() - {"json", "page", "useFilter", "element_type"})
    if unknown:
        raise HttpError(501, f"Sandbox: {call.request.path} is not served with {', '.join(unknown)}")
    kind, word = _LISTED.get(form.get_text("element_type") or "1", _LISTED["1"])
    if form.get_text("json") != "1":
        return SandboxResponse(200, {"content-type": HTML}, f"<html><body>{kind} · Sandbox</body></html>".encode())
    number, page = int(form.get_text("element_type") or 1), max(1, int(form.get_text("page") or 1))
    rows = [row for row in call.store.iter_rows(kind) if not row.get("trashed")][
        (page - 1) * _LIST_ROWS : page * _LIST_ROWS
    ]
    items = [
        {
            "id": row["id"],
            "entity": word,
            "element_type": number,
            "name": {"text": row["name"], "url": f"/{kind}/detail/{row['id']}"},
        }
        for row in rows
    ]
    shown: Row = {"response": {"url": "/contacts/list/contacts/", "items": items}}
    return build_response(200, shown, media="application/json")


ROUTES = (
    Route("POST", "/ajax/contacts/list", list_cards),
    *(Route("POST", f"/ajax/{kind}/multiple/delete", delete_cards, kind) for kind in TRASHABLE),
    Route("POST", "/private/notes/edit2.php", delete_task_or_note),
)

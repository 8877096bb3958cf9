"""Deleting: by API v4 where it can; customers, lists and their elements by the old v2 batch; other cards by the front end.

Source: Kommo API v4, "Deletion" of catalog elements; Kommo API v2, "Customers"; the front-end routes are in no
documentation (see `unofficial`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from kommo_orm.dialects.v2.faults import refusals
from kommo_orm.dialects.v4.decode import parsed
from kommo_orm.dialects.v4.routes import ROUTES
from kommo_orm.errors import UnexpectedResponse
from kommo_orm.interface.batch import Batch
from kommo_orm.interface.refusal import Refusal
from kommo_orm.transport.client_options import XHR_HEADERS
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse

OLD_BATCH = {
    "catalogs": "/api/v2/catalogs",
    "catalog_elements": "/api/v2/catalog_elements",
    "customers": "/api/v2/customers",
}
CARDS = frozenset({"leads", "contacts", "companies"})
ONE_BY_ONE = {"tasks": "TASK_DELETE", "notes": "NOTE_DELETE"}
CUSTOMERS = "customers"
TRASHABLE = CARDS | {CUSTOMERS} | ONE_BY_ONE.keys()


def deleting(batch: Batch) -> HttpRequest:
    """The public way to delete the rows of a batch."""
    if batch.kind in OLD_BATCH:
        ids = [item.id for item in batch.items]
        return HttpRequest("POST", OLD_BATCH[batch.kind], json={"delete": ids}, purpose=str(batch))
    route = ROUTES[batch.kind]
    if route.deletes_many and (len(batch) > 1 or route.deletes_one_so):
        rows = [{route.pk: item.id} for item in batch.items]
        return HttpRequest("DELETE", route.url(batch.parent), json=rows, purpose=str(batch), drive=route.drive)
    (item,) = batch.items
    if route.whole_collection:
        return HttpRequest("DELETE", route.url(batch.parent), json=item.body, purpose=f"delete {batch.kind} {item.id}")
    return HttpRequest("DELETE", route.url(batch.parent, item.id), purpose=f"delete {batch.kind} {item.id}")


def kept(batch: Batch, answer: HttpResponse) -> dict[str, Refusal]:
    """Why rows of a deletion were not deleted, by mark: v2 reports errors inside a success, in many shapes."""
    if batch.kind not in OLD_BATCH or answer.empty:
        return {}
    return refusals(batch, parsed(answer), answer.request.json)


def _nameless(told: Any) -> str:
    """The words of errors that do not say which row they are about."""
    found = (
        [error for error in told if not (isinstance(error, dict) and "id" in error)] if isinstance(told, list) else []
    )
    return "; ".join(map(_said, found))


def _reasons(told: Any) -> dict[str, str]:
    if isinstance(told, dict):
        return {str(key): _said(value) for key, value in cast("Mapping[Any, Any]", told).items()}
    named = [error for error in told if isinstance(error, dict) and "id" in error] if isinstance(told, list) else []
    return {str(error["id"]): _said(error) for error in named}


def _said(error: Any) -> str:
    """One error in words, whatever its shape."""
    if isinstance(error, list):
        return "; ".join(map(_said, error))
    if not isinstance(error, dict):
        return str(error)
    told = cast("Mapping[str, Any]", error)
    return str(told.get("msg") or told.get("message") or told.get("code") or "refused")


# ---- the front end's own routes
def trashing(kind: str, ids: Sequence[int]) -> HttpRequest:
    """What the web interface sends to move cards to the trash, or to delete customers, one task or one note."""
    purpose = f"move {len(ids)} {kind} to the trash"
    if kind in CARDS:
        form = tuple(("ID[]", str(pk)) for pk in ids)
        return HttpRequest("POST", f"/ajax/{kind}/multiple/delete/", form=form, headers=XHR_HEADERS, purpose=purpose)
    if kind == CUSTOMERS:
        sent = {"request": {CUSTOMERS: {"delete": list(ids)}}}
        return HttpRequest(
            "POST", "/ajax/v1/customers/set/", json=sent, headers=XHR_HEADERS, purpose=f"delete {len(ids)} {kind}"
        )
    form = (("ID", str(ids[0])), ("ACTION", ONE_BY_ONE[kind]))
    return HttpRequest("POST", "/private/notes/edit2.php", form=form, headers=XHR_HEADERS, purpose=purpose)


def trashed(kind: str, ids: Sequence[int], answer: HttpResponse) -> dict[int, str]:
    """What the interface refused to delete, by id, in its words. Raises `UnexpectedResponse` for anything unknown."""
    said = answer.parse_object()
    if kind == CUSTOMERS:
        return _customers_kept(ids, answer)
    status = said.get("status")
    if status == ("success" if kind in CARDS else "ok"):
        return {}
    if status in ("fail", "no note"):
        errors = said.get("errors")
        told = "; ".join(map(str, errors)) if isinstance(errors, list) else str(said.get("message") or status)
        return dict.fromkeys(ids, told or str(status))
    raise _unknown(answer)


def _customers_kept(ids: Sequence[int], answer: HttpResponse) -> dict[int, str]:
    """An older envelope, with errors inside a success. Errors that name nobody are about all who are not said to be gone."""
    said: Any = answer.parse_object()
    for key in ("response", CUSTOMERS, "delete"):
        said = said.get(key) if isinstance(said, dict) else None
    if not isinstance(said, dict) or "errors" not in said:
        raise _unknown(answer)
    errors = cast("dict[str, Any]", said)["errors"]
    if not errors:
        return {}
    reasons, nameless = _reasons(errors), _nameless(errors)
    if not reasons and not nameless:
        nameless = str(errors)
    gone = _ids(cast("dict[str, Any]", said).get(CUSTOMERS)) if nameless else {str(pk) for pk in ids} - reasons.keys()
    return {pk: reasons.get(str(pk)) or nameless or "refused" for pk in ids if str(pk) not in gone}


def _ids(rows: Any) -> set[str]:
    if isinstance(rows, dict):
        return set(map(str, rows))
    return {str(row.get("id")) if isinstance(row, dict) else str(row) for row in cast("list[Any]", rows or [])}


def _unknown(answer: HttpResponse) -> UnexpectedResponse:
    return UnexpectedResponse(
        f"{answer.request}: the interface answered {answer.text[:200]!r}, which is not known; look in the account."
    )

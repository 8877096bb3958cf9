"""Deletions by the routes of Kommo's web interface, which belong to no API.

They are in no documentation; what is known of them was measured. See `kommo_orm.unofficial`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from kommo_orm.errors import UnexpectedResponse
from kommo_orm.transport.http_messages import HttpRequest, HttpResponse
from kommo_orm.transport.raw_requests import XHR_HEADERS

CARDS = frozenset({"leads", "contacts", "companies"})
ONE_BY_ONE = {"tasks": "TASK_DELETE", "notes": "NOTE_DELETE"}
CUSTOMERS = "customers"
TRASHABLE = CARDS | {CUSTOMERS} | ONE_BY_ONE.keys()


def build_trash_request(kind: str, ids: Sequence[int]) -> HttpRequest:
    """Build the request that moves cards to the trash, or deletes customers, one task or one note."""
    purpose = f"move {len(ids)} {kind} to the trash"
    if kind in CARDS:
        form = tuple(("ID[]", str(pk)) for pk in ids)
        return HttpRequest("POST", f"/ajax/{kind}/multiple/delete/", form=form, headers=XHR_HEADERS, purpose=purpose)
    if kind == CUSTOMERS:
        body = {"request": {CUSTOMERS: {"delete": list(ids)}}}
        purpose = f"delete {len(ids)} {kind}"
        return HttpRequest("POST", "/ajax/v1/customers/set/", json=body, headers=XHR_HEADERS, purpose=purpose)
    form = (("ID", str(ids[0])), ("ACTION", ONE_BY_ONE[kind]))
    return HttpRequest("POST", "/private/notes/edit2.php", form=form, headers=XHR_HEADERS, purpose=purpose)


def parse_trash_refusals(kind: str, ids: Sequence[int], answer: HttpResponse) -> dict[int, str]:
    """Why rows were not deleted, by id. Raises `UnexpectedResponse` for an unknown answer."""
    if kind == CUSTOMERS:
        return _parse_customer_refusals(ids, answer)
    body = answer.parse_object()
    status = body.get("status")
    if status == ("success" if kind in CARDS else "ok"):
        return {}
    if status in ("fail", "no note"):
        errors = body.get("errors")
        reason = "; ".join(map(str, errors)) if isinstance(errors, list) else str(body.get("message") or status)
        return dict.fromkeys(ids, reason or str(status))
    raise _build_unknown_error(answer)


def _parse_customer_refusals(ids: Sequence[int], answer: HttpResponse) -> dict[int, str]:
    """An older envelope. Errors without an id are about all rows that the answer does not list as deleted."""
    part: Any = answer.parse_object()
    for key in ("response", CUSTOMERS, "delete"):
        part = part.get(key) if isinstance(part, dict) else None
    if not isinstance(part, dict) or "errors" not in part:
        raise _build_unknown_error(answer)
    errors = cast("dict[str, Any]", part)["errors"]
    if not errors:
        return {}
    by_id, general = _collect_reasons(errors), _join_general_reasons(errors)
    if not by_id and not general:
        general = str(errors)
    deleted = (
        _list_ids(cast("dict[str, Any]", part).get(CUSTOMERS)) if general else {str(pk) for pk in ids} - by_id.keys()
    )
    return {pk: by_id.get(str(pk)) or general or "refused" for pk in ids if str(pk) not in deleted}


def _collect_reasons(errors: Any) -> dict[str, str]:
    """The reasons of errors that name a row, by its id."""
    if isinstance(errors, dict):
        return {str(key): _describe_error(value) for key, value in cast("Mapping[Any, Any]", errors).items()}
    named = [one for one in errors if isinstance(one, dict) and "id" in one] if isinstance(errors, list) else []
    return {str(one["id"]): _describe_error(one) for one in named}


def _join_general_reasons(errors: Any) -> str:
    """The reasons of errors that name no row."""
    many = errors if isinstance(errors, list) else []
    return "; ".join(_describe_error(one) for one in many if not (isinstance(one, dict) and "id" in one))


def _describe_error(error: Any) -> str:
    """One error as a text, whatever its shape."""
    if isinstance(error, list):
        return "; ".join(map(_describe_error, error))
    if not isinstance(error, dict):
        return str(error)
    known = cast("Mapping[str, Any]", error)
    return str(known.get("msg") or known.get("message") or known.get("code") or "refused")


def _list_ids(rows: Any) -> set[str]:
    if isinstance(rows, dict):
        return set(map(str, rows))
    return {str(row.get("id")) if isinstance(row, dict) else str(row) for row in cast("list[Any]", rows or [])}


def _build_unknown_error(answer: HttpResponse) -> UnexpectedResponse:
    return UnexpectedResponse(
        f"{answer.request}: the interface answered {answer.text[:200]!r}, which is not known; look in the account"
    )

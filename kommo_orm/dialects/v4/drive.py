"""Files: what is done on their host, and what cards do with them. One function an action.

Parts of an upload go to addresses that the host names itself, one after the other. Sending one again to the same address
is how an upload is taken up after a break. Source: Kommo API v4, "Files".
"""

from __future__ import annotations

from collections.abc import Callable

from kommo_orm.dialects.v4.routes import ROUTES
from kommo_orm.interface.action import Action
from kommo_orm.transport.http_messages import HttpRequest

OWNERS = ("leads", "contacts", "companies", "customers", "catalog_elements")


def opening(action: Action) -> HttpRequest:
    """An upload is opened; a second one that nobody sends to leaves nothing behind."""
    purpose = f"open the upload of {action.body['file_name']!r}"
    return HttpRequest("POST", "/v1.0/sessions", json=action.body, purpose=purpose, drive=True)


def part(action: Action) -> HttpRequest:
    sent = action.body
    headers = (("Content-Type", sent.content_type),)
    return HttpRequest("POST", sent.url, content=sent.content, headers=headers, purpose=str(sent), drive=True)


def download(action: Action) -> HttpRequest:
    wanted = action.body
    headers = (("Accept", "*/*"), ("Accept-Encoding", "identity"))
    return HttpRequest("GET", wanted.url, headers=headers, purpose=str(wanted), drive=True, sink=wanted.sink)


def restoring(action: Action) -> HttpRequest:
    rows = [{"uuid": uuid} for uuid in action.ids]
    return HttpRequest(
        "POST", f"{ROUTES['files'].path}/restore", json=rows, purpose=f"restore {len(rows)} files", drive=True
    )


def links(action: Action) -> HttpRequest:
    (uuid,) = action.ids
    return HttpRequest("GET", f"/api/v4/files/{uuid}/links", purpose=f"read who uses file {uuid}")


def of_owner(action: Action) -> str:
    """List elements have no segment of their own in this address."""
    (pk,) = action.ids
    parent = action.parent
    return f"/api/v4/catalogs/{parent.id}/{pk}/files" if parent is not None else f"/api/v4/{action.kind}/{pk}/files"


def attached(action: Action) -> HttpRequest:
    params = tuple((name, str(value)) for name, value in action.body.items())
    return HttpRequest("GET", of_owner(action), params, purpose=f"read the files of {action.kind} {action.ids[0]}")


def attaching(action: Action) -> HttpRequest:
    purpose = f"attach {len(action.body)} files to {action.kind} {action.ids[0]}"
    return HttpRequest("PUT", of_owner(action), json=rows_of(action), purpose=purpose)


def detaching(action: Action) -> HttpRequest:
    purpose = f"detach {len(action.body)} files from {action.kind} {action.ids[0]}"
    return HttpRequest("DELETE", of_owner(action), json=rows_of(action), purpose=purpose)


def rows_of(action: Action) -> list[dict[str, str]]:
    return [{"file_uuid": uuid} for uuid in action.body]


FILES: dict[tuple[str, str], Callable[[Action], HttpRequest]] = {
    ("files", "open upload"): opening,
    ("files", "upload part"): part,
    ("files", "download"): download,
    ("files", "restore"): restoring,
    ("files", "links"): links,
    **{(kind, "attached files"): attached for kind in OWNERS},
    **{(kind, "attach files"): attaching for kind in OWNERS},
    **{(kind, "detach files"): detaching for kind in OWNERS},
}

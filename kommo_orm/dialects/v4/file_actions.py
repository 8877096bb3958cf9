"""Builds the requests of actions on files: on their host, and on the cards that they are attached to.

The parts of an upload go to addresses that the host names itself, one after the other. To continue an upload after an
interruption, a part is sent again to the same address.
Source: Kommo API v4, "Files".
"""

from __future__ import annotations

from collections.abc import Callable

from kommo_orm.interface.action import Action
from kommo_orm.transport.http_messages import HttpRequest

FILES_PATH = "/v1.0/files"
OWNERS = ("leads", "contacts", "companies", "customers", "catalog_elements")


def build_upload_session(action: Action) -> HttpRequest:
    """Open an upload. A second session that receives no part leaves nothing behind."""
    purpose = f"open the upload of {action.body['file_name']!r}"
    return HttpRequest("POST", "/v1.0/sessions", json=action.body, purpose=purpose, drive=True)


def build_part_upload(action: Action) -> HttpRequest:
    """Send one part of a file."""
    part = action.body
    headers = (("Content-Type", part.content_type),)
    return HttpRequest("POST", part.url, content=part.content, headers=headers, purpose=str(part), drive=True)


def build_download(action: Action) -> HttpRequest:
    """Read the content of a file as it is stored."""
    wanted = action.body
    headers = (("Accept", "*/*"), ("Accept-Encoding", "identity"))
    return HttpRequest("GET", wanted.url, headers=headers, purpose=str(wanted), drive=True, sink=wanted.sink)


def build_file_restoration(action: Action) -> HttpRequest:
    """Restore files from the trash."""
    rows = [{"uuid": uuid} for uuid in action.ids]
    return HttpRequest("POST", f"{FILES_PATH}/restore", json=rows, purpose=f"restore {len(rows)} files", drive=True)


def build_usage_request(action: Action) -> HttpRequest:
    """Read which cards a file is attached to."""
    (uuid,) = action.ids
    return HttpRequest("GET", f"/api/v4/files/{uuid}/links", purpose=f"read who uses file {uuid}")


def build_card_files_url(action: Action) -> str:
    """The address of the files of a card. Elements of lists have a path of their own."""
    (pk,) = action.ids
    parent = action.parent
    return f"/api/v4/catalogs/{parent.id}/{pk}/files" if parent is not None else f"/api/v4/{action.kind}/{pk}/files"


def build_attached_files_request(action: Action) -> HttpRequest:
    """List the files of a card."""
    params = tuple((name, str(value)) for name, value in action.body.items())
    return HttpRequest(
        "GET", build_card_files_url(action), params, purpose=f"read the files of {action.kind} {action.ids[0]}"
    )


def build_file_attachment(action: Action) -> HttpRequest:
    """Attach files to a card."""
    purpose = f"attach {len(action.body)} files to {action.kind} {action.ids[0]}"
    return HttpRequest("PUT", build_card_files_url(action), json=build_file_rows(action), purpose=purpose)


def build_file_detachment(action: Action) -> HttpRequest:
    """Detach files from a card."""
    purpose = f"detach {len(action.body)} files from {action.kind} {action.ids[0]}"
    return HttpRequest("DELETE", build_card_files_url(action), json=build_file_rows(action), purpose=purpose)


def build_file_rows(action: Action) -> list[dict[str, str]]:
    """The rows that name files in a body."""
    return [{"file_uuid": uuid} for uuid in action.body]


FILE_ACTIONS: dict[tuple[str, str], Callable[[Action], HttpRequest]] = {
    ("files", "open upload"): build_upload_session,
    ("files", "upload part"): build_part_upload,
    ("files", "download"): build_download,
    ("files", "restore"): build_file_restoration,
    ("files", "links"): build_usage_request,
    **{(kind, "attached files"): build_attached_files_request for kind in OWNERS},
    **{(kind, "attach files"): build_file_attachment for kind in OWNERS},
    **{(kind, "detach files"): build_file_detachment for kind in OWNERS},
}

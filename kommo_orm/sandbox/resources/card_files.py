"""Files that are attached to cards and to list elements (Kommo API v4, Files).

Pages are newest first; the next page begins below the lowest id so far (`before_id`). The list of the cards that use a
file is flat.
"""

from __future__ import annotations

from collections.abc import Callable

from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.hal_responses import build_response, build_self_link, encode_collection
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import HttpError, build_not_found
from kommo_orm.sandbox.resources.files import parse_uuids
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row


def _require_file_owner(call: ApiCall) -> int:
    """Return the id of the card in the path. Raises 404."""
    row = call.store.get_row(call.kind, call.get_path_id())
    if row is None or ("catalog_id" in call.path_params and row["catalog_id"] != call.get_path_id("catalog_id")):
        raise build_not_found()
    return int(row["id"])


def _get_attachments(call: ApiCall, owner: int) -> list[Row]:
    return [one for one in call.account.drive.attached if (one["kind"], one["owner"]) == (call.kind, owner)]


def list_card_files(call: ApiCall) -> SandboxResponse:
    before = call.query.get_text("before_id")
    if before is not None and not before.isdecimal():
        raise HttpError(400, "before_id is not a whole number")
    rows = sorted(_get_attachments(call, _require_file_owner(call)), key=lambda row: -row["id"])
    rows = [row for row in rows if before is None or row["id"] < int(before)]
    _, size = call.get_page_bounds()
    page = rows[:size]
    if not page:
        return SandboxResponse(204)
    links = build_self_link(f"{call.build_url()}?{call.query.raw}")
    if len(rows) > size:
        links["next"] = {"href": f"{call.build_url()}?limit={size}&before_id={page[-1]['id']}"}
    shown = [{"id": row["id"], "file_uuid": row["file_uuid"]} for row in page]
    return build_response(200, encode_collection("files", shown, {"_links": links}))


def attach_files(call: ApiCall) -> SandboxResponse:
    owner, wanted = _require_file_owner(call), parse_uuids(call, "file_uuid")
    here = call.account.drive
    for uuid in wanted:
        here.require_file(uuid, trashed=False)
    known = {row["file_uuid"] for row in _get_attachments(call, owner)}
    for uuid in dict.fromkeys(wanted):
        if uuid not in known:
            here.attached.append({"id": here.allocate_number(), "file_uuid": uuid, "kind": call.kind, "owner": owner})
    return call.build_row_response({})


def detach_files(call: ApiCall) -> SandboxResponse:
    owner, wanted = _require_file_owner(call), set(parse_uuids(call, "file_uuid"))
    gone = [row for row in _get_attachments(call, owner) if row["file_uuid"] in wanted]
    if {row["file_uuid"] for row in gone} != wanted:
        raise build_not_found("File not found")
    call.account.drive.attached = [row for row in call.account.drive.attached if row not in gone]
    return SandboxResponse(202)


def list_file_uses(call: ApiCall) -> SandboxResponse:
    file = call.account.drive.require_file(call.path_params["uuid"])
    uses = [row for row in call.account.drive.attached if row["file_uuid"] == file["uuid"]]
    cards = [(row["kind"], call.store.get_row(row["kind"], row["owner"])) for row in uses]
    shown = [_render_use(kind, card) for kind, card in cards if card is not None]
    return build_response(200, {"file_uuid": file["uuid"], "entities": shown})


def _render_use(kind: str, card: Row) -> Row:
    """Render a card that uses a file. Kommo still uses old key names here, such as `date_create`."""
    return {
        "id": card["id"],
        "entity_type": kind,
        "name": card.get("name"),
        "price": card.get("price"),
        "pipeline_id": card.get("pipeline_id"),
        "status_id": card.get("status_id"),
        "main_user_id": card.get("responsible_user_id"),
        "created_by": card.get("created_by"),
        "updated_by": card.get("updated_by"),
        "date_create": card.get("created_at"),
        "date_update": card.get("updated_at"),
        "closest_task_at": card.get("closest_task_at"),
    }


_PATHS = {kind: f"/api/v4/{kind}/{{id}}/files" for kind in ("leads", "contacts", "companies", "customers")} | {
    "catalog_elements": "/api/v4/catalogs/{catalog_id}/{id}/files"
}
_VERBS: dict[str, Callable[[ApiCall], SandboxResponse]] = {
    "GET": list_card_files,
    "PUT": attach_files,
    "DELETE": detach_files,
}
ROUTES = (
    *(
        Route(verb, path, handler, kind, params=frozenset({"before_id"}) if verb == "GET" else frozenset())
        for kind, path in _PATHS.items()
        for verb, handler in _VERBS.items()
    ),
    Route("GET", "/api/v4/files/{uuid:text}/links", list_file_uses),
)

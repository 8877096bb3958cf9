"""Files of the drive (Kommo API v4, Files): uploads in parts, downloads, versions and a trash.

The drive has its own host. When the sandbox is served over HTTP, the drive has the account's address.
"""

from __future__ import annotations

from typing import Any

from kommo_orm.sandbox import drive
from kommo_orm.sandbox.account_state import HOSTS, Account
from kommo_orm.sandbox.api_call import ApiCall
from kommo_orm.sandbox.filters import FilterError, FilterParser, RowFilter, parse_integers, parse_range
from kommo_orm.sandbox.hal_responses import build_response, encode_collection
from kommo_orm.sandbox.http_messages import SandboxResponse
from kommo_orm.sandbox.problem_documents import FieldError, HttpError, build_field_error, build_validation_error
from kommo_orm.sandbox.query_string import Node, get_leaves
from kommo_orm.sandbox.routing import Route
from kommo_orm.sandbox.row_store import Row
from kommo_orm.sandbox.validators import (
    Schema,
    ValidationContext,
    allow_null,
    is_object,
    split_words,
    validate_boolean,
    validate_integer,
    validate_nested,
    validate_object,
    validate_text,
)

JSON = "application/json"


def get_drive_url(call: ApiCall) -> str:
    """Return the URL of the drive: its own host if a host of Kommo was requested, else the address that was asked."""
    if not call.request.origin or call.request.host.endswith(HOSTS):
        return f"https://{drive.HOST}"
    return call.request.origin


# Rendering
def render_file(call: ApiCall, file: Row) -> Row:
    trashed = file["deleted_at"] is not None
    return {
        **render_common_keys(call, file, file["version_uuid"]),
        "version_uuid": file["version_uuid"],
        "is_trashed": trashed,
        "has_multiple_versions": len(file["versions"]) > 1,
        "deleted_at": file["deleted_at"],
        "deleted_by": file.get("deleted_by") if trashed else None,
        "_links": build_file_links(call, file["uuid"], file["version_uuid"], "download"),
    }


def render_version(call: ApiCall, file: Row, version: Row) -> Row:
    return {
        **render_common_keys(call, version, version["uuid"]),
        "file_uuid": file["uuid"],
        "is_main": version["uuid"] == file["version_uuid"],
        "_links": build_file_links(call, file["uuid"], version["uuid"], "download_version"),
    }


_HIDDEN = ("versions", "has_preview", "version_uuid", "deleted_at", "deleted_by")


def render_common_keys(call: ApiCall, row: Row, version_uuid: str) -> Row:
    plain = {key: value for key, value in row.items() if key not in _HIDDEN}
    picture = {"download_link": f"{get_drive_url(call)}/download/{version_uuid}", "width": 170, "height": 100}
    return {**plain, "source_id": None, "previews": [picture] if row["has_preview"] else None}


def build_file_links(call: ApiCall, uuid: str, version_uuid: str, name: str) -> Row:
    own = {"href": f"{get_drive_url(call)}/v1.0/files/{uuid}"}
    return {"self": own, "download": {"href": f"{get_drive_url(call)}/download/{version_uuid}"}} | (
        {name: {"href": f"{get_drive_url(call)}/download/{version_uuid}"}} if name != "download" else {}
    )


def build_files_response(
    call: ApiCall, key: str, rows: list[Row], count: int | None = None, more: Row | None = None
) -> SandboxResponse:
    head: Row = {"_count": len(rows) if count is None else count}
    if more is not None:
        head["_links"] = more
    return build_response(200, encode_collection(key, rows, head), media=JSON)


# Uploads
_AUTHOR = allow_null(validate_nested({"id": allow_null(validate_integer), "type": allow_null(validate_text)}))
_SESSION: Schema = {
    "file_name": validate_text,
    "file_size": validate_integer,
    "content_type": validate_text,
    "file_uuid": allow_null(validate_text),
    "with_preview": validate_boolean,
    "created_by": _AUTHOR,
}


def open_upload(call: ApiCall) -> SandboxResponse:
    announced = call.validate_item(_validate_upload)
    if announced.get("file_uuid"):
        call.account.drive.require_file(announced["file_uuid"], trashed=False)
    if announced["file_size"] > call.account.drive.max_file_size:
        raise HttpError(
            400, f"The file has {announced['file_size']} bytes, more than {call.account.drive.max_file_size}"
        )
    upload = call.account.drive.open_upload(announced, call.user["id"], call.now)
    limits = {"max_file_size": call.account.drive.max_file_size, "max_part_size": call.account.drive.max_part_size}
    return build_response(
        200, {"session_id": upload.number, "upload_url": build_upload_url(call, upload), **limits}, media=JSON
    )


def _validate_upload(context: ValidationContext, item: Any) -> Row:
    clean = validate_object(context, item, _SESSION, required=("file_name", "file_size"))
    if type(clean.get("file_size")) is int and clean["file_size"] < 1:
        context.add_error("InvalidValue", "file_size")
    if clean.get("file_name") == "":
        context.add_error("InvalidValue", "file_name")
    return clean


def build_upload_url(call: ApiCall, upload: drive.Upload) -> str:
    return f"{get_drive_url(call)}/upload/{upload.token}"


def upload_part(call: ApiCall) -> SandboxResponse:
    here, token = call.account.drive, call.path_params["token"]
    upload = here.require_upload(token, call.now)
    if token in upload.responses:
        return build_response(200, upload.responses[token], media=JSON)
    if "content-type" not in call.request.headers:
        raise HttpError(400, "The part has no content type")
    if here.accept_part(upload, call.request.body):
        here.close_upload(upload)
        return build_response(200, render_file(call, here.store_upload(upload, call.now)), media=JSON)
    here.renew_token(upload)
    upload.responses[token] = {"session_id": upload.number, "next_url": build_upload_url(call, upload)}
    return build_response(200, upload.responses[token], media=JSON)


def download_version(call: ApiCall) -> SandboxResponse:
    content = call.account.drive.contents.get(call.path_params["version"])
    if content is None:
        raise HttpError(404, "File not found")
    return SandboxResponse(200, {"content-type": "application/octet-stream"}, content)


# Files
def list_files(call: ApiCall) -> SandboxResponse:
    wanted = call.query.get_branch("filter").get("deleted")
    both = "deleted" in call.withs
    row_filters = call.build_row_filters()
    chosen = [
        file
        for file in call.account.drive.iter_files()
        if (both or (file["deleted_at"] is not None) == (wanted == "1"))
        and all(row_filter(file) for row_filter in row_filters)
    ]
    number, size = call.get_page_bounds()
    rows = [render_file(call, file) for file in chosen[(number - 1) * size : number * size]]
    if not rows:
        return SandboxResponse(204)
    around = {"self": number, "next": number + 1 if number * size < len(chosen) else 0, "prev": number - 1}
    more = {
        name: {
            "href": f"{get_drive_url(call)}/v1.0/files?{call.query.replace_values({'page': str(at), 'limit': str(size)})}"
        }
        for name, at in around.items()
        if at
    }
    return build_files_response(call, "files", rows, len(chosen), more)


def get_file(call: ApiCall) -> SandboxResponse:
    return build_response(200, render_file(call, call.account.drive.require_file(call.path_params["uuid"])), media=JSON)


def list_versions(call: ApiCall) -> SandboxResponse:
    file = call.account.drive.require_file(call.path_params["uuid"])
    return build_files_response(
        call, "versions", [render_version(call, file, one) for one in reversed(file["versions"])]
    )


_CHANGES: Schema = {
    "name": validate_text,
    "version_uuid": validate_text,
    "uuid": validate_text,
    "created_by": _AUTHOR,
    "updated_by": _AUTHOR,
}


def update_file(call: ApiCall) -> SandboxResponse:
    file = call.account.drive.require_file(call.path_params["uuid"], trashed=False)
    clean = call.validate_item(lambda context, item: validate_object(context, item, _CHANGES))
    if ("name" in clean) == ("version_uuid" in clean):
        raise HttpError(400, "Either name or version_uuid is expected")
    if clean.get("name") == "":
        raise build_field_error("InvalidValue", "name")
    if "version_uuid" in clean and not call.account.drive.select_version(file, clean["version_uuid"]):
        raise HttpError(404, "Version not found")
    file["name"] = clean.get("name", file["name"])
    file.update(updated_at=call.now, updated_by={"id": call.user["id"], "type": "internal"})
    return build_response(200, render_file(call, file), media=JSON)


def delete_files(call: ApiCall) -> SandboxResponse:
    for file in _require_named_files(call):
        file.update(deleted_at=call.now, deleted_by={"id": call.user["id"], "type": "internal"})
    return build_response(200, {}, media=JSON)


def restore_files(call: ApiCall) -> SandboxResponse:
    files = _require_named_files(call)
    for file in files:
        file["deleted_at"] = None
    return build_files_response(call, "files", [render_file(call, file) for file in files])


def _require_named_files(call: ApiCall) -> list[Row]:
    return [call.account.drive.require_file(uuid) for uuid in parse_uuids(call, "uuid")]


def parse_uuids(call: ApiCall, key: str) -> list[str]:
    """Parse the UUIDs of a body `[{key: uuid}]`."""
    found: list[str] = []
    errors: list[tuple[str | None, list[FieldError]]] = []
    for index, item in enumerate(call.parse_items()):
        if not is_object(item) or item.keys() != {key} or not isinstance(item[key], str):
            errors.append((str(index), [FieldError("InvalidType", key)]))
        else:
            found.append(item[key])
    if errors:
        raise build_validation_error(errors)
    return found


# Filters
def _filter_by_uuids(account: Account, node: str | Node) -> RowFilter:
    if not isinstance(node, str):
        raise FilterError("expects uuids with commas between them")
    wanted = set(node.split(","))
    return lambda row: row["uuid"] in wanted


def _filter_by_text_part(*columns: str) -> FilterParser:
    def parse_text(account: Account, node: str | Node) -> RowFilter:
        if not isinstance(node, str):
            raise FilterError("expects one text")
        return lambda row: any(node.casefold() in str(row[column]).casefold() for column in columns)

    return parse_text


def _filter_by_term(account: Account, node: str | Node) -> RowFilter:
    """Filter by a part of the file's name, or of the name of a card that has the file."""
    if not isinstance(node, str):
        raise FilterError("expects one text")

    def has_term(row: Row) -> bool:
        cards = (one for one in account.drive.attached if one["file_uuid"] == row["uuid"])
        names = [str((account.store.get_row(one["kind"], one["owner"]) or {}).get("name", "")) for one in cards]
        return any(node.casefold() in name.casefold() for name in (row["name"], row["sanitized_name"], *names))

    return has_term


def _filter_by_extension(account: Account, node: str | Node) -> RowFilter:
    wanted = {value.casefold() for value in get_leaves(node)}
    return lambda row: row["metadata"]["extension"].casefold() in wanted


def _filter_by_size(account: Account, node: str | Node) -> RowFilter:
    if isinstance(node, str):
        raise FilterError("expects [from], [to] and [unit]")
    unit = int(str(node.get("unit", 1)))
    low, high = parse_range({key: value for key, value in node.items() if key != "unit"})
    return lambda row: (low is None or low * unit <= row["size"]) and (high is None or row["size"] <= high * unit)


_PERIODS = split_words(
    "day tomorrow yesterday week previous_week next_week month next_month previous_month quarter previous_quarter "
    "next_quarter last_3_days next_3_days last_6_month year"
)
_PAST = {"day": 1, "week": 7, "month": 31, "quarter": 92, "last_3_days": 3, "last_6_month": 183, "year": 366}


def _filter_by_date(account: Account, node: str | Node) -> RowFilter:
    if isinstance(node, str) or node.get("type") not in ("created_at", "updated_at"):
        raise FilterError("expects [type] created_at or updated_at")
    column, preset = str(node["type"]), node.get("date_preset")
    if preset is not None:
        return _filter_by_period(account, column, preset)
    low, high = parse_range({key: value for key, value in node.items() if key != "type"})
    return lambda row: (low is None or low <= row[column]) and (high is None or row[column] <= high)


def _filter_by_period(account: Account, column: str, preset: str | Node) -> RowFilter:
    """Filter by a named period. Only periods that end today find rows."""
    if preset not in _PERIODS:
        raise FilterError("expects a [date_preset] that is documented")
    since = account.find_midnight(account.now()) - (_PAST.get(str(preset), 1) - 1) * drive.DAY
    return lambda row: preset in _PAST and since <= row[column]


def _filter_by_author(column: str) -> FilterParser:
    def parse_author_ids(account: Account, node: str | Node) -> RowFilter:
        wanted = parse_integers(node)
        return lambda row: row[column]["id"] in wanted

    return parse_author_ids


def _skip_deleted_filter(account: Account, node: str | Node) -> RowFilter | None:
    return None


def _filter_by_source(account: Account, node: str | Node) -> RowFilter:
    parse_integers(node)
    return lambda row: False


_FILTERS: dict[str, FilterParser] = {
    "uuid": _filter_by_uuids,
    "name": _filter_by_text_part("name", "sanitized_name"),
    "extensions": _filter_by_extension,
    "term": _filter_by_term,
    "source_id": _filter_by_source,
    "deleted": _skip_deleted_filter,
    "size": _filter_by_size,
    "date": _filter_by_date,
    "created_by": _filter_by_author("created_by"),
    "updated_by": _filter_by_author("updated_by"),
}

_BASE = "/v1.0/files"
ROUTES = (
    Route("POST", "/v1.0/sessions", open_upload),
    Route("POST", "/upload/{token:text}", upload_part),
    Route("GET", "/download/{version:text}", download_version),
    Route("GET", _BASE, list_files, withs=frozenset({"deleted", "unbilled"}), filters=_FILTERS),
    Route("DELETE", _BASE, delete_files),
    Route("POST", f"{_BASE}/restore", restore_files),
    Route("GET", f"{_BASE}/{{uuid:text}}", get_file),
    Route("PATCH", f"{_BASE}/{{uuid:text}}", update_file),
    Route("GET", f"{_BASE}/{{uuid:text}}/versions", list_versions),
)
